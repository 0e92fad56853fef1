// Builders of NTP packets for tests.
#pragma once

#include <array>
#include <cstdint>

#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::test {

struct NtpPacket {
  std::uint8_t first = 0x23;  ///< leap, version, mode: version 4, client
  std::uint8_t stratum = 0;
  std::uint8_t poll = 6;
  std::uint8_t precision = 0xe9;
  std::uint32_t root_delay = 0;
  std::uint32_t root_dispersion = 0;
  Octets reference_id = Octets(4);
  std::uint64_t reference = 0;
  std::uint64_t origin = 0;
  std::uint64_t receive = 0;
  std::uint64_t transmit = 0;
};

template <class T>
Octets ntp_octets(T value) {
  std::array<std::uint8_t, sizeof(T)> octets{};
  store_be(octets.data(), value);
  return {octets.begin(), octets.end()};
}

inline Octets ntp_packet(const NtpPacket& packet) {
  return join(Octets{packet.first, packet.stratum, packet.poll, packet.precision},
              ntp_octets(packet.root_delay), ntp_octets(packet.root_dispersion),
              packet.reference_id, ntp_octets(packet.reference), ntp_octets(packet.origin),
              ntp_octets(packet.receive), ntp_octets(packet.transmit));
}

/// An extension field, its length filled in.
inline Octets ntp_extension(std::uint16_t type, Bytes value) {
  return join(ntp_octets(type), ntp_octets(static_cast<std::uint16_t>(value.size() + 4)), value);
}

}  // namespace ntan::test

// One frame decoded for a test: kept in a heap block of exactly its size, so that ASan sees a read
// one octet past its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/packet.h"
#include "tests/support/bytes.h"
#include "wire/checksum.h"
#include "wire/decoded.h"

namespace ntan::test {

struct DecodedFrame {
  std::unique_ptr<std::uint8_t[]> octets;  // NOLINT(*-avoid-c-arrays)
  PacketView packet;
  wire::Decoded decoded;
  wire::Extra extra;

  [[nodiscard]] std::vector<std::uint8_t> payload() const {
    const Bytes bytes = decoded.payload_bytes();
    return {bytes.begin(), bytes.end()};
  }
};

struct FrameOptions {
  LinkType link = LinkType::ethernet;
  std::size_t captured = SIZE_MAX;  ///< a snaplen
  bool verify_checksums = false;
};

using Octets = std::vector<std::uint8_t>;

inline void put_be16(Octets& out, std::size_t at, std::size_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

/// An Ethernet frame of type `type`.
inline Octets ethernet(std::uint16_t type, Bytes payload) {
  using namespace literals;
  Octets frame = join("020000000001 020000000002 0000"_hex, payload);
  put_be16(frame, 12, type);
  return frame;
}

/// 10.0.0.1 > 10.0.0.2 without options, length and checksum right.
inline Octets ipv4(std::uint8_t proto, Bytes payload) {
  using namespace literals;
  Octets packet = join("45000000 0001 0000 40 00 0000 0a000001 0a000002"_hex, payload);
  put_be16(packet, 2, packet.size());
  packet[9] = proto;
  put_be16(packet, 10, wire::internet_checksum(Bytes{packet}.first(20)));
  return packet;
}

/// 2001:db8::1 > 2001:db8::2, length right.
inline Octets ipv6(std::uint8_t next_header, Bytes payload) {
  using namespace literals;
  Octets packet = join(
      "60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002"_hex,
      payload);
  put_be16(packet, 4, payload.size());
  packet[6] = next_header;
  return packet;
}

inline DecodedFrame decode_frame(Bytes sent, const FrameOptions& options = {}) {
  const std::size_t captured = std::min(options.captured, sent.size());
  DecodedFrame frame{
      .octets = std::make_unique<std::uint8_t[]>(captured),  // NOLINT(*-avoid-c-arrays)
      .packet = {},
      .decoded = {},
      .extra = {}};
  std::copy_n(sent.begin(), captured, frame.octets.get());
  frame.packet.data = Bytes{frame.octets.get(), captured};
  frame.packet.wire_size = static_cast<std::uint32_t>(sent.size());
  frame.packet.link = options.link;
  wire::decode(frame.packet, {.verify_checksums = options.verify_checksums}, frame.decoded,
               frame.extra);
  return frame;
}

}  // namespace ntan::test

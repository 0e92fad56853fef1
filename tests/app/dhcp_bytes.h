// Builders of DHCP messages for tests.
#pragma once

#include <cstdint>
#include <string_view>

#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::test {

/// One option, its length filled in.
inline Octets dhcp_option(std::uint8_t code, Bytes value) {
  return join(Octets{code, static_cast<std::uint8_t>(value.size())}, value);
}

inline Octets dhcp_option(std::uint8_t code, std::string_view text) {
  return dhcp_option(code, as_bytes(text));
}

struct DhcpHeader {
  std::uint8_t op = 1;
  std::uint8_t hardware_type = 1;
  std::uint8_t hardware_size = 6;
  std::uint8_t hops = 0;
  std::uint8_t xid = 7;  ///< its last octet
  std::uint8_t seconds = 0;
  std::uint8_t flags = 0;  ///< their first octet
  Octets client = Octets(4);
  Octets assigned = Octets(4);
  Octets next_server = Octets(4);
  Octets relay = Octets(4);
  Octets hardware = {2, 0, 0, 0, 0, 1};
  Octets server_name;
  Octets file;
};

inline Octets padded(Octets octets, std::size_t size) {
  octets.resize(size);
  return octets;
}

/// A message without options: BOOTP's are 64 octets of anything.
inline Octets dhcp_header(const DhcpHeader& header) {
  return join(Octets{header.op, header.hardware_type, header.hardware_size, header.hops},
              Octets{0, 0, 0, header.xid}, Octets{0, header.seconds, header.flags, 0},
              header.client, header.assigned, header.next_server, header.relay,
              padded(header.hardware, 16), padded(header.server_name, 64),
              padded(header.file, 128));
}

/// A message with these options and the end behind them.
inline Octets dhcp_message(const DhcpHeader& header, const Octets& options) {
  return join(dhcp_header(header), Octets{0x63, 0x82, 0x53, 0x63}, options, Octets{255});
}

inline Octets dhcp_of_type(std::uint8_t type, const DhcpHeader& header = {},
                           const Octets& options = {}) {
  return dhcp_message(header, join(dhcp_option(53, Octets{type}), options));
}

}  // namespace ntan::test

// A DNS query, its answer, and the flows that they may be seen in.
#pragma once

#include <cstdint>
#include <vector>

#include "app/protocol.h"
#include "base/address.h"
#include "tests/support/bytes.h"

namespace ntan::app {
extern const Protocol dns_protocol;
}  // namespace ntan::app

namespace ntan::test::dns {

using Octets = std::vector<std::uint8_t>;

inline app::FlowContext flow(app::Transport transport, std::uint16_t client_port,
                             std::uint16_t server_port) {
  return {.transport = transport,
          .client = *parse_address("10.0.0.1"),
          .server = *parse_address("10.0.0.53"),
          .client_port = client_port,
          .server_port = server_port};
}

inline const app::FlowContext udp = flow(app::Transport::udp, 40001, 53);
inline const app::FlowContext tcp = flow(app::Transport::tcp, 40001, 53);

// example.org A, id 0x10e1, RD.
inline const Bytes query =
    "10e1 0100 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 0001 0001"_hex;
// The same, answered with 192.0.2.1, TTL 60.
inline const Bytes answer =
    "10e1 8180 0001 0001 0000 0000 | 07 6578616d706c65 03 6f7267 00 0001 0001"
    "c00c 0001 0001 0000003c 0004 c0000201"_hex;

/// As TCP carries it: its length comes first (RFC 1035 4.2.2).
inline Octets framed(Bytes message) {
  Octets octets{static_cast<std::uint8_t>(message.size() >> 8U),
                static_cast<std::uint8_t>(message.size())};
  octets.insert(octets.end(), message.begin(), message.end());
  return octets;
}

}  // namespace ntan::test::dns

// Whether octets are a DNS message, by what they hold.
#pragma once

#include "app/protocol.h"

namespace ntan::app::dns {

inline constexpr std::uint16_t dns_port = 53;
inline constexpr std::uint16_t mdns_port = 5353;
inline constexpr std::uint16_t llmnr_port = 5355;

/// On a port of the DNS a sane header is enough, so that malformed messages are reported as such;
/// elsewhere the whole message must parse to its last octet.
[[nodiscard]] Verdict probe(const Segment& start, const FlowContext& flow);

}  // namespace ntan::app::dns

// Community ID: a short hash of a flow's ends that other tools compute alike, so that their records
// can be joined with ours. Not flow_id, which also tells flows of the same ends apart.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "event/value.h"

namespace ntan::flow {

/// The ends of a flow as one of its packets shows them; either direction gives the same id.
struct CommunityTuple {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;           ///< IP protocol number
  std::uint16_t source_port = 0;       ///< TCP, UDP, SCTP; ICMP and ICMPv6: the type
  std::uint16_t destination_port = 0;  ///< ICMP and ICMPv6: the code
};

/// Community ID v1 with seed 0: `1:` and the base64 of a SHA-1. Other protocols than those named
/// above have no ports in the hash. Empty unless both addresses are known and of one version.
[[nodiscard]] event::FixedText<30> community_id(const CommunityTuple& tuple) noexcept;

}  // namespace ntan::flow

// TCP packets that were captured twice, by a mirror port or on two interfaces.
#pragma once

#include <array>
#include <cstdint>

#include "base/direction.h"
#include "base/time.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// As long after a packet its copy from a mirror port may come.
inline constexpr std::uint32_t capture_copy_us = 1000;

/// Whether the sender gave the packet a number of its own. IPv6 has none, and where RFC 6864 lets
/// it be anything many stacks leave it 0.
[[nodiscard]] inline bool has_identification(const wire::Decoded& packet) noexcept {
  return packet.src.version == IpVersion::v4 && packet.ip_id != 0;
}

/// The last packets of a shard's connections. The same numbers of one side with the same
/// identification, each no more than capture_copy_us after another, are one packet, whatever was
/// captured in between: what is sent again has a new identification. Of very many within that time
/// some are forgotten, and their copies are taken for repeats.
class SegmentCopies {
 public:
  /// Whether it is a copy of one before it; never one without identification.
  /// `flow`: the number of the flow's first packet.
  [[nodiscard]] bool is_copy(std::uint64_t flow, Direction direction, const wire::Decoded& packet,
                             Timestamp time) noexcept;

 private:
  struct Seen {
    std::uint32_t look = 0;  ///< half of the hash of all that two sendings do not share
    std::uint32_t us = 0;    ///< microseconds since the epoch, modulo 2^32
  };

  std::array<Seen, 512> seen_{};  ///< by the other half
};

}  // namespace ntan::flow

// Datagrams that were captured twice, by a mirror port for instance: what they say was said once.
#pragma once

#include <array>
#include <cstdint>

#include "app/protocol.h"
#include "base/time.h"

namespace ntan::run {

/// The last datagrams of a shard's flows. The same octets of one side with the same identification
/// of their IP packet, no more than flow::capture_copy_us apart, are one packet: whoever asks again
/// or answers again waits longer. Of very many within that time some are forgotten, and their
/// copies are taken for repeats.
class DatagramCopies {
 public:
  /// Whether it is a copy of one that was no copy. `flow`: the number of the flow's first packet,
  /// or whatever else tells the senders of datagrams apart.
  [[nodiscard]] bool is_copy(std::uint64_t flow, const app::Segment& datagram) noexcept;

 private:
  struct Seen {
    std::uint64_t look = 0;  ///< hash of all that two sendings do not share
    Timestamp time;
  };

  std::array<Seen, 256> seen_{};  ///< by `look`
};

}  // namespace ntan::run

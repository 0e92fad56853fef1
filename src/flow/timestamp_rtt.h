// Round-trip times by the timestamps that one side sends and the other echoes (RFC 7323).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "flow/rtt.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// The timestamps of one side: from the first packet with a TSval to the first with that TSecr.
/// Unlike sequence numbers they tell copies apart, and stand in pure ACKs too.
///
/// Up to four wait for their echo; one that comes while four do is not timed. A clock runs in ticks
/// of a millisecond or more, and an echo settles all before it, so four are mostly enough: of the
/// 526 directions of the captures this was tried on, all but six gave the same samples as with
/// any number of them, and all the same minimum.
class TimestampRtt {
 public:
  static constexpr std::size_t capacity = 4;

  /// A packet of this side. `now_us`: clock, modulo 2^32.
  void sent(std::uint32_t value, std::uint32_t now_us) noexcept;
  /// A packet of the other side. `now_us`: clock, modulo 2^32.
  void echoed(std::uint32_t value, std::uint32_t now_us) noexcept;

  void forget_waiting() noexcept { count_ = 0; }

  [[nodiscard]] const RttRange& times() const noexcept { return times_; }

 private:
  struct Waiting {
    std::uint32_t value = 0;
    std::uint32_t sent_us = 0;
  };

  void forget_oldest() noexcept;

  std::array<Waiting, capacity> waiting_{};  ///< oldest first
  // Members lie in its padding.
  [[no_unique_address]] RttRange times_;
  std::uint32_t newest_ = 0;     ///< TSval, with `started_`: what is not newer was sent before
  std::uint32_t newest_us_ = 0;  ///< when it came
  std::uint8_t count_ = 0;
  bool started_ = false;
};
static_assert(sizeof(TimestampRtt) <= 64);

}  // namespace ntan::flow

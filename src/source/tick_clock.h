// Timestamps of pcapng: 64-bit counts of a unit that each interface chooses.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace ntan::source {

/// Turns counts into time. Saturates at earliest_time and latest_time.
class TickClock {
 public:
  /// `resolution` as if_tsresol has it: a negative power of 10, or of 2 with the top bit set.
  /// `offset` in seconds as if_tsoffset has it.
  explicit TickClock(std::uint8_t resolution = 6, std::int64_t offset = 0) noexcept;

  [[nodiscard]] Timestamp at(std::uint64_t ticks) const noexcept {
    if (ticks >= fast_end_) return slow_at(ticks);
    return from_ns(static_cast<std::int64_t>(ticks * multiplier_) + offset_ns_);
  }

 private:
  [[nodiscard]] Timestamp slow_at(std::uint64_t ticks) const noexcept;

  std::uint8_t resolution_;
  std::int64_t offset_;
  std::uint64_t multiplier_ = 0;  ///< nanoseconds per tick where that is a whole number
  std::int64_t offset_ns_ = 0;
  std::uint64_t fast_end_ = 0;  ///< counts below need no wider arithmetic
};

}  // namespace ntan::source

// The fullest second of a flow, in ten octets.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace ntan::flow {

/// Octets of the fullest second, where seconds are those of the epoch. Exact while a flow has fewer
/// than 2^32 octets a second (34 Gbit/s) and is never silent for 18 hours: no flow outlives that.
class PeakSecond {
 public:
  /// Moves to the second of `clock`. `total`: octets of the flow before that.
  void advance(Timestamp clock, std::uint64_t total) noexcept {
    const auto second = static_cast<std::uint16_t>(
        std::chrono::floor<std::chrono::seconds>(clock).time_since_epoch().count());
    if (second == second_) [[likely]]
      return;
    peak_ = octets(total);
    mark_ = static_cast<std::uint32_t>(total);
    second_ = second;
  }

  /// Octets of the fullest second. `total`: octets of the flow so far.
  [[nodiscard]] std::uint32_t octets(std::uint64_t total) const noexcept {
    return std::max(peak_, static_cast<std::uint32_t>(total) - mark_);
  }

 private:
  std::uint32_t mark_ = 0;  ///< octets before this second, modulo 2^32
  std::uint32_t peak_ = 0;
  std::uint16_t second_ = 0;  ///< modulo 2^16
};

}  // namespace ntan::flow

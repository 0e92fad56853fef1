// Throughput of a window, and its fullest bins of 1 s, 100 ms and 1 ms.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/time.h"
#include "stats/bursts.h"

namespace ntan::stats {

/// Beginning of the bin that holds `ns`, where bins of `length` ns are aligned to the epoch.
/// Requires: length > 0.
[[nodiscard]] constexpr std::int64_t bin_begin(std::int64_t ns, std::int64_t length) noexcept {
  const std::int64_t into = ns % length;
  const std::int64_t begin = ns - into;
  if (into >= 0) return begin;
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  return begin < least + length ? least : begin - length;
}

/// End of that bin, which no longer belongs to it; INT64_MAX if time ends first.
[[nodiscard]] constexpr std::int64_t bin_end(std::int64_t ns, std::int64_t length) noexcept {
  const std::int64_t begin = bin_begin(ns, length);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return begin > most - length ? most : begin + length;
}

/// Bins of `length` ns in a row, of which only the fullest is remembered.
template <std::int64_t length>
class PeakBin {
 public:
  [[nodiscard]] bool over(std::int64_t now) const noexcept { return now >= end_; }

  /// Ends the bin and begins the one that holds `now`. `total`: all octets before `now`.
  void roll(std::int64_t now, std::uint64_t total) noexcept {
    peak_ = std::max(peak_, total - mark_);
    mark_ = total;
    end_ = bin_end(now, length);
  }

  /// Begin of the bin, in ns. Requires: roll() was called.
  [[nodiscard]] std::int64_t begin() const noexcept { return end_ - length; }
  /// Octets of the present bin.
  [[nodiscard]] std::uint64_t octets(std::uint64_t total) const noexcept { return total - mark_; }

  /// Bits per second in the fullest bin, the present one included.
  [[nodiscard]] std::uint64_t bps(std::uint64_t total) const noexcept {
    constexpr std::uint64_t second = 1'000'000'000;
    return std::max(peak_, total - mark_) * 8 * (second / length);
  }

 private:
  std::int64_t end_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t mark_ = 0;  ///< octets before this bin
  std::uint64_t peak_ = 0;
};

using PeakSecond = PeakBin<1'000'000'000>;

/// Counts frames in the order of the trace clock. Bins are aligned to the epoch; of one that lies
/// across the borders of the window only the part inside counts.
class Rate {
 public:
  struct Frame {
    Timestamp clock;
    std::uint32_t wire_bytes = 0;
    std::uint32_t captured_bytes = 0;
  };

  /// Three additions and a comparison, except for the first frame of a millisecond.
  void add(const Frame& frame) noexcept {
    const std::int64_t now = to_ns(frame.clock);
    if (millisecond_.over(now)) [[unlikely]]
      roll(now);
    ++frames_;
    wire_bytes_ += frame.wire_bytes;
    captured_bytes_ += frame.captured_bytes;
  }

  void clear() noexcept;

  /// A frame of that time begins a second. Before it, the last one may be judged.
  [[nodiscard]] bool ends_second(Timestamp clock) const noexcept {
    return second_.over(to_ns(clock));
  }

  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }

  /// Octets as sent, whatever was captured of them.
  [[nodiscard]] std::uint64_t wire_bytes() const noexcept { return wire_bytes_; }

  [[nodiscard]] std::uint64_t captured_bytes() const noexcept { return captured_bytes_; }

  /// Bits and packets per second over `length`; absent if that is not positive.
  [[nodiscard]] std::optional<std::uint64_t> bps(Duration length) const noexcept;
  /// Rounded to thousandths.
  [[nodiscard]] std::optional<double> pps(Duration length) const noexcept;

  [[nodiscard]] std::uint64_t peak_1s_bps() const noexcept { return second_.bps(wire_bytes_); }

  [[nodiscard]] std::uint64_t peak_100ms_bps() const noexcept { return tenth_.bps(wire_bytes_); }

  [[nodiscard]] std::uint64_t peak_1ms_bps() const noexcept {
    return millisecond_.bps(wire_bytes_);
  }

  /// Of what belongs to no second that is over, as if it ended now.
  [[nodiscard]] BurstCounts bursts() const noexcept {
    if (frames_ == 0) return {};
    return bursts_.counts(millisecond_.begin(), millisecond_.octets(wire_bytes_));
  }

 private:
  void roll(std::int64_t now) noexcept;

  std::uint64_t frames_ = 0;
  std::uint64_t wire_bytes_ = 0;
  std::uint64_t captured_bytes_ = 0;
  PeakBin<1'000'000> millisecond_;
  PeakBin<100'000'000> tenth_;
  PeakSecond second_;
  Bursts bursts_;
};

}  // namespace ntan::stats

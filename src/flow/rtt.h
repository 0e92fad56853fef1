// Round-trip times of one direction's data, from its segments to their acknowledgements.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "flow/pool.h"

namespace ntan::flow {

/// What is kept of all samples. Microseconds.
class RttRange {
 public:
  void add(std::uint32_t us) noexcept;

  [[nodiscard]] std::uint32_t n() const noexcept { return n_; }
  // Requires: n() != 0.
  [[nodiscard]] std::uint32_t min() const noexcept { return min_; }
  [[nodiscard]] std::uint32_t max() const noexcept { return max_; }
  [[nodiscard]] std::uint32_t average() const noexcept {
    return static_cast<std::uint32_t>((sum_ + n_ / 2) / n_);
  }

 private:
  std::uint64_t sum_ = 0;
  std::uint32_t n_ = 0;
  std::uint32_t min_ = 0;
  std::uint32_t max_ = 0;
};

/// The same, and what RFC 6298 2 makes of them: with the gains 1/8 and 1/4.
class RttStats {
 public:
  void add(std::uint32_t us) noexcept;

  [[nodiscard]] const RttRange& range() const noexcept { return range_; }
  [[nodiscard]] std::uint32_t n() const noexcept { return range_.n(); }
  // Requires: n() != 0.
  [[nodiscard]] std::uint32_t smoothed() const noexcept { return smoothed8_ >> 3U; }
  [[nodiscard]] std::uint32_t variation() const noexcept { return variation4_ >> 2U; }

 private:
  // Members lie in its padding.
  [[no_unique_address]] RttRange range_;
  std::uint32_t smoothed8_ = 0;   ///< eighths
  std::uint32_t variation4_ = 0;  ///< fourths
};

/// Segments under way, oldest first: where each ends and when it passed. Up to 64, in a block of
/// the pool that grows with them and goes back when none is under way.
class SegmentRing {
 public:
  static constexpr std::size_t capacity = 64;

  struct Segment {
    std::uint32_t end = 0;      ///< one past its last sequence number
    std::uint32_t sent_us = 0;  ///< clock, modulo 2^32
  };

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool full() const noexcept { return count_ == capacity; }
  /// `at`: 0 is the oldest. Requires: at < size().
  [[nodiscard]] Segment& operator[](std::size_t at) const noexcept {
    return segments_[(head_ + at) & (room_ - 1U)];
  }

  /// Returns false when there is no room: with 64 of them, or without memory.
  bool push(const Segment& segment, Pool& pool);
  /// Requires: size() != 0.
  void pop(Pool& pool) noexcept;
  void clear(Pool& pool) noexcept;

 private:
  bool grow(Pool& pool);

  Segment* segments_ = nullptr;  ///< from the pool
  std::uint8_t room_ = 0;        ///< 0 or a power of two
  std::uint8_t head_ = 0;
  std::uint8_t count_ = 0;
};

}  // namespace ntan::flow

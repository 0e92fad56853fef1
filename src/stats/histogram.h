// Latencies in bounded memory: a log-linear histogram of integers. Adding is a count of leading
// zeros and a shift; merging adds cells and loses nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/hash.h"

namespace ntan::stats {

/// Durations in ns. From 2^10 ns to 2^37 ns (1 µs to 137 s) every octave has 2^CellBits cells of
/// equal width, so the middle of a cell is within half a cell's width of every value in it. n, min,
/// max and sum are exact.
template <unsigned CellBits>
class BasicHistogram {
 public:
  static constexpr unsigned first_octave = 10;
  static constexpr unsigned end_octave = 37;
  static constexpr unsigned cell_bits = CellBits;
  static constexpr std::size_t octave_cells = std::size_t{1} << cell_bits;
  /// Cell 0 holds what lies below the octaves, the last cell what lies above them.
  static constexpr std::size_t cells = (end_octave - first_octave) * octave_cells + 2;

  void add(std::uint64_t ns) noexcept {
    std::uint32_t& cell = cells_[cell_of(ns)];
    cell += cell != UINT32_MAX ? 1U : 0U;
    ++n_;
    sum_ += ns;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
  }

  /// As if every value of `other` had been added here.
  void merge(const BasicHistogram& other) noexcept;
  void clear() noexcept;

  [[nodiscard]] std::uint64_t n() const noexcept { return n_; }

  /// 0 without values, as max().
  [[nodiscard]] std::uint64_t min() const noexcept { return n_ == 0 ? 0 : min_; }

  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  [[nodiscard]] Uint128 sum() const noexcept { return sum_; }

  /// The value of nearest rank, ceil(n * per_mille / 1000), as the middle of its cell and never
  /// outside min() to max(). The bound does not hold below 1 µs and above 137 s. 0
  /// without values. Requires: per_mille <= 1000.
  [[nodiscard]] std::uint64_t quantile(std::uint32_t per_mille) const noexcept;

  friend bool operator==(const BasicHistogram&, const BasicHistogram&) = default;

 private:
  [[nodiscard]] static constexpr std::size_t cell_of(std::uint64_t ns) noexcept {
    if (ns < std::uint64_t{1} << first_octave) return 0;
    const auto octave = static_cast<unsigned>(std::bit_width(ns)) - 1;
    if (octave >= end_octave) return cells - 1;
    const std::uint64_t within = ns >> (octave - cell_bits) & (octave_cells - 1);
    return 1 + (octave - first_octave) * octave_cells + static_cast<std::size_t>(within);
  }

  [[nodiscard]] std::uint64_t middle_of(std::size_t cell) const noexcept;

  std::array<std::uint32_t, cells> cells_{};  ///< up to 2^32-1
  std::uint64_t n_ = 0;
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
  Uint128 sum_ = 0;
};

extern template class BasicHistogram<6>;
extern template class BasicHistogram<5>;

/// Quantiles within 1/128 (0.79 %). 7 kB.
using Histogram = BasicHistogram<6>;
/// Quantiles within 1/64 (1.6 %), for tables of many. 3.5 kB.
using CoarseHistogram = BasicHistogram<5>;

}  // namespace ntan::stats

#include "stats/histogram.h"

#include <numeric>

namespace ntan::stats {

template <unsigned CellBits>
void BasicHistogram<CellBits>::merge(const BasicHistogram& other) noexcept {
  for (std::size_t i = 0; i < cells; ++i) {
    const std::uint64_t both = std::uint64_t{cells_[i]} + other.cells_[i];
    cells_[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(both, UINT32_MAX));
  }
  n_ += other.n_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

template <unsigned CellBits>
void BasicHistogram<CellBits>::clear() noexcept {
  if (n_ != 0) *this = {};
}

template <unsigned CellBits>
std::uint64_t BasicHistogram<CellBits>::quantile(std::uint32_t per_mille) const noexcept {
  if (n_ == 0) return 0;
  const Uint128 scaled = static_cast<Uint128>(n_) * per_mille;
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>((scaled + 999) / 1000));
  std::uint64_t seen = 0;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    seen += cells_[cell];
    if (seen >= rank) return std::clamp(middle_of(cell), min_, max_);
  }
  return max_;
}

template <unsigned CellBits>
std::uint64_t BasicHistogram<CellBits>::middle_of(std::size_t cell) const noexcept {
  // The outer cells have no second border of their own: the extreme value takes its place.
  if (cell == 0) return std::midpoint(min_, std::uint64_t{1} << first_octave);
  if (cell == cells - 1) return std::midpoint(std::uint64_t{1} << end_octave, max_);
  const std::size_t octave = (cell - 1) / octave_cells;
  const std::uint64_t within = (cell - 1) % octave_cells;
  const auto shift = static_cast<unsigned>(octave) + first_octave - cell_bits;
  return ((octave_cells + within) << shift) + ((std::uint64_t{1} << shift) / 2);
}

template class BasicHistogram<6>;
template class BasicHistogram<5>;

}  // namespace ntan::stats

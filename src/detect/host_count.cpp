#include "detect/host_count.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace ntan::detect {

bool HostCount::place(std::uint64_t hash) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & mask;
  return std::exchange(slots_[at], hash) == 0;
}

void HostCount::observe(std::uint64_t hash) noexcept {
  const std::size_t index = hash >> (64U - register_bits);
  const auto rank = static_cast<std::uint8_t>(
      1 + std::min(std::countl_zero(hash << register_bits), 64 - static_cast<int>(register_bits)));
  std::uint8_t& held = registers_->ranks[index];
  if (rank <= held) return;
  --registers_->with_rank[held];
  ++registers_->with_rank[rank];
  held = rank;
}

bool HostCount::add(std::uint64_t hash) {
  hash = std::max<std::uint64_t>(hash, 1);
  if (registers_) {
    observe(hash);
    return false;
  }
  if (2 * (size_ + 1) > slots_.size() && size_ < max_exact) {
    const auto old = std::exchange(
        slots_, std::vector<std::uint64_t>(std::max<std::size_t>(16, slots_.size() * 2)));
    for (const std::uint64_t slot : old) {
      if (slot != 0) place(slot);
    }
  }
  if (!place(hash)) return false;
  if (++size_ <= max_exact) return true;
  registers_ = std::make_unique<Registers>();
  for (const std::uint64_t slot : slots_) {
    if (slot != 0) observe(slot);
  }
  slots_ = {};
  return true;
}

std::uint64_t HostCount::count() const noexcept {
  if (!registers_) return size_;
  constexpr double m = register_count;
  double sum = 0;
  for (std::size_t rank = 0; rank < rank_count; ++rank) {
    const std::uint16_t registers = registers_->with_rank[rank];
    if (registers != 0) sum += std::ldexp(registers, -static_cast<int>(rank));
  }
  const double empty = registers_->with_rank[0];
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  const double estimate = raw <= 2.5 * m && empty > 0 ? m * std::log(m / empty) : raw;
  return static_cast<std::uint64_t>(std::llround(estimate));
}

}  // namespace ntan::detect

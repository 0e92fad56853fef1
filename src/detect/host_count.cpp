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
  (*registers_)[index] = std::max((*registers_)[index], rank);
}

bool HostCount::add(std::uint64_t hash) {
  hash = std::max<std::uint64_t>(hash, 1);
  if (registers_) {
    observe(hash);
    return false;
  }
  if (2 * (size_ + 1) > slots_.size()) {
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
  constexpr double m = std::tuple_size_v<Registers>;
  double sum = 0;
  double empty = 0;
  for (const std::uint8_t rank : *registers_) {
    sum += std::ldexp(1.0, -rank);
    empty += rank == 0 ? 1 : 0;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  const double estimate = raw <= 2.5 * m && empty > 0 ? m * std::log(m / empty) : raw;
  return static_cast<std::uint64_t>(estimate + 0.5);
}

}  // namespace ntan::detect

// A pair of Bloom filters that take turns, so that what was seen long ago fades.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ntan::detect {

/// Remembers 64-bit hashes: never says no to one of the last `capacity` added, and says yes to a
/// stranger in less than 1 % of cases.
template <std::size_t bits>
class RotatingBloom {
 public:
  static_assert((bits & (bits - 1)) == 0);
  static constexpr std::size_t capacity = bits / 13;  // 5 probes at 13 bits each: 0.2 % per filter

  [[nodiscard]] bool contains(std::uint64_t hash) const noexcept {
    return holds(current_, hash) || holds(former_, hash);
  }

  void add(std::uint64_t hash) noexcept {
    if (count_ >= capacity) rotate();
    if (holds(current_, hash)) return;
    for (std::size_t i = 0; i < probes; ++i) {
      const std::size_t bit = bit_of(hash, i);
      current_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    ++count_;
  }

  /// The current filter becomes the former one, whose content is forgotten.
  void rotate() noexcept {
    std::swap(current_, former_);
    current_.fill(0);
    count_ = 0;
  }

 private:
  static constexpr std::size_t probes = 5;
  using Words = std::array<std::uint64_t, bits / 64>;

  static std::size_t bit_of(std::uint64_t hash, std::size_t probe) noexcept {
    const std::uint64_t step = (hash >> 32U) | 1U;
    return static_cast<std::size_t>((hash + probe * step * 0x9e3779b97f4a7c15U) >> 20U) &
           (bits - 1);
  }

  static bool holds(const Words& words, std::uint64_t hash) noexcept {
    for (std::size_t i = 0; i < probes; ++i) {
      const std::size_t bit = bit_of(hash, i);
      if ((words[bit / 64] >> (bit % 64) & 1U) == 0) return false;
    }
    return true;
  }

  Words current_{};
  Words former_{};
  std::size_t count_ = 0;
};

}  // namespace ntan::detect

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
    return holds(filters_[current_], hash) || holds(filters_[current_ ^ 1U], hash);
  }

  void add(std::uint64_t hash) noexcept {
    if (count_ >= capacity) rotate();
    Words& words = filters_[current_];
    if (holds(words, hash)) return;
    const std::uint64_t stride = stride_of(hash);
    for (std::size_t i = 0; i < probes; ++i, hash += stride) {
      const std::size_t bit = bit_of(hash);
      words[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    ++count_;
  }

  /// The current filter becomes the former one, whose content is forgotten.
  void rotate() noexcept {
    const bool forgets = std::exchange(has_former_, count_ != 0);
    current_ ^= 1U;
    if (forgets) filters_[current_].fill(0);
    count_ = 0;
  }

 private:
  static constexpr std::size_t probes = 5;
  using Words = std::array<std::uint64_t, bits / 64>;

  // From one probe of a hash to its next.
  static std::uint64_t stride_of(std::uint64_t hash) noexcept {
    return ((hash >> 32U) | 1U) * 0x9e3779b97f4a7c15U;
  }

  static std::size_t bit_of(std::uint64_t position) noexcept {
    return static_cast<std::size_t>(position >> 20U) & (bits - 1);
  }

  static bool holds(const Words& words, std::uint64_t hash) noexcept {
    const std::uint64_t stride = stride_of(hash);
    for (std::size_t i = 0; i < probes; ++i, hash += stride) {
      const std::size_t bit = bit_of(hash);
      if ((words[bit / 64] >> (bit % 64) & 1U) == 0) return false;
    }
    return true;
  }

  std::array<Words, 2> filters_{};
  std::uint32_t count_ = 0;   // of the current filter
  std::uint8_t current_ = 0;  // which of the two
  bool has_former_ = false;   // the other is not empty
};

}  // namespace ntan::detect

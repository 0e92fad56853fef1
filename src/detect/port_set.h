// Which of the 65,536 ports, as a bitmap that knows where it is empty.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ntan::detect {

/// A run of neighbours, both ends included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

/// Counting costs nothing and a walk costs what is set, not what could be. About 8 KiB.
class PortSet {
 public:
  void add(std::uint16_t port) noexcept {
    std::uint64_t& word = words_[port / word_bits];
    const std::uint64_t bit = std::uint64_t{1} << (port % word_bits);
    if ((word & bit) != 0) return;
    word |= bit;
    used_[port / (word_bits * word_bits)] |= std::uint64_t{1} << (port / word_bits % word_bits);
    ++count_;
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// How many ports are in both.
  [[nodiscard]] std::size_t common(const PortSet& other) const noexcept {
    std::size_t both = 0;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      for (std::uint64_t left = used_[i] & other.used_[i]; left != 0; left &= left - 1) {
        const std::size_t at = i * word_bits + static_cast<std::size_t>(std::countr_zero(left));
        both += static_cast<std::size_t>(std::popcount(words_[at] & other.words_[at]));
      }
    }
    return both;
  }

  /// Calls `visit(PortRange)` for each range in ascending order until it returns false.
  template <class Visit>
  void for_each_range(Visit visit) const {
    for (std::size_t at = next_set(0); at < size;) {
      const std::size_t end = next_clear(at);
      if (!visit(PortRange{static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(end - 1)}))
        return;
      at = next_set(end);
    }
  }

 private:
  static constexpr std::size_t size = 65536;
  static constexpr std::size_t word_bits = 64;
  static constexpr std::size_t word_count = size / word_bits;

  /// The first port from `at` on that is set, else `size`.
  [[nodiscard]] std::size_t next_set(std::size_t at) const noexcept {
    if (at >= size) return size;
    std::size_t word = at / word_bits;
    const std::uint64_t here = words_[word] >> (at % word_bits);
    if (here != 0) return at + static_cast<std::size_t>(std::countr_zero(here));
    word = next_used(word + 1);
    if (word == word_count) return size;
    return word * word_bits + static_cast<std::size_t>(std::countr_zero(words_[word]));
  }

  /// The first port from `at` on that is not set, else `size`.
  [[nodiscard]] std::size_t next_clear(std::size_t at) const noexcept {
    while (at < size) {
      const std::size_t left = word_bits - at % word_bits;
      const auto ones =
          static_cast<std::size_t>(std::countr_one(words_[at / word_bits] >> (at % word_bits)));
      at += ones;
      if (ones < left) break;
    }
    return at;
  }

  /// The first word from `word` on that is not zero, else `word_count`.
  [[nodiscard]] std::size_t next_used(std::size_t word) const noexcept {
    while (word < word_count) {
      const std::uint64_t here = used_[word / word_bits] >> (word % word_bits);
      if (here != 0) return word + static_cast<std::size_t>(std::countr_zero(here));
      word = (word / word_bits + 1) * word_bits;
    }
    return word_count;
  }

  std::array<std::uint64_t, word_count> words_{};
  std::array<std::uint64_t, word_count / word_bits> used_{};  // which words are not zero
  std::size_t count_ = 0;
};

}  // namespace ntan::detect

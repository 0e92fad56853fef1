// A bit for each flow of a shard, where looking at the flow would fetch its record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/slab.h"

namespace ntan::run {

/// Grows with the highest number that was ever set; no other call allocates.
class FlowBits {
 public:
  void set(flow::Number number) {
    if (number / word_bits >= words_.size()) words_.resize(number / word_bits + 1);
    words_[number / word_bits] |= bit(number);
  }
  void clear(flow::Number number) noexcept {
    if (number / word_bits < words_.size()) words_[number / word_bits] &= ~bit(number);
  }
  [[nodiscard]] bool test(flow::Number number) const noexcept {
    return number / word_bits < words_.size() && (words_[number / word_bits] & bit(number)) != 0;
  }

 private:
  static constexpr std::size_t word_bits = 64;

  static constexpr std::uint64_t bit(flow::Number number) noexcept {
    return std::uint64_t{1} << (number % word_bits);
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace ntan::run

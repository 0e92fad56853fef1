// The bucket index of the flow table: from a 32-bit hash to record numbers, one cache line a
// bucket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/slab.h"

namespace ntan::flow {

/// Buckets of seven (tag, number) pairs and a count of entries that had to go on to a later bucket:
/// a search goes on only while that count is not zero, so erasing leaves no tombstones. The bucket
/// is given by the top bits of the tag itself; doubling therefore touches no record and rehashes
/// nothing.
class Index {
 public:
  static constexpr std::size_t slots = 7;

  struct alignas(64) Bucket {
    std::array<std::uint32_t, slots> tags{};
    std::uint32_t passed = 0;  ///< entries whose home is here or before and who live further on
    std::array<Number, slots> numbers{};
    std::uint32_t unused = 0;
  };

  Index() : buckets_(std::size_t{1} << initial_bits) {}

  void prefetch(std::uint32_t tag) const noexcept { __builtin_prefetch(&buckets_[home(tag)]); }

  /// The number under `tag` for which `same(number)` holds, or 0.
  template <class Same>
  [[nodiscard]] Number find(std::uint32_t tag, Same&& same) const noexcept {
    for (std::size_t at = home(tag);; at = (at + 1) & mask()) {
      const Bucket& bucket = buckets_[at];
      for (std::size_t i = 0; i < slots; ++i) {
        if (bucket.tags[i] == tag && bucket.numbers[i] != 0 && same(bucket.numbers[i]))
          return bucket.numbers[i];
      }
      if (bucket.passed == 0) return 0;
    }
  }

  /// The first number whose tag matches in its home bucket: a guess for prefetching, never an
  /// answer.
  [[nodiscard]] Number candidate(std::uint32_t tag) const noexcept {
    const Bucket& bucket = buckets_[home(tag)];
    for (std::size_t i = 0; i < slots; ++i) {
      if (bucket.tags[i] == tag) return bucket.numbers[i];
    }
    return 0;
  }

  /// Requires: the number is not in the index.
  void insert(std::uint32_t tag, Number number);
  /// Requires: the pair is in the index.
  void erase(std::uint32_t tag, Number number) noexcept;

  /// Whether so many of the recent insertions went far that it cannot be chance: somebody chooses
  /// keys that collide, and all tags are to become others.
  [[nodiscard]] bool flooded() const noexcept { return far_ > most_far; }
  /// Forgets all entries; whoever holds the tags inserts them anew.
  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return buckets_.size() * sizeof(Bucket); }
  /// Buckets past its home that the longest insertion had to go: flooding shows here.
  [[nodiscard]] std::size_t longest_probe() const noexcept { return longest_probe_; }

 private:
  static constexpr unsigned initial_bits = 4;
  // More than one insertion in a thousand passes more than eight buckets.
  static constexpr std::size_t far_probe = 8;
  static constexpr std::uint32_t recent = 65'536;
  static constexpr std::uint32_t most_far = recent / 1000;

  [[nodiscard]] std::size_t home(std::uint32_t tag) const noexcept { return tag >> (32U - bits_); }
  [[nodiscard]] std::size_t mask() const noexcept { return buckets_.size() - 1; }
  /// Returns how many buckets were passed.
  std::size_t place(std::uint32_t tag, Number number);
  void grow();

  unsigned bits_ = initial_bits;
  std::size_t size_ = 0;
  std::size_t longest_probe_ = 0;
  std::uint32_t inserted_ = 0;  ///< since `far_` began to count; up to `recent`
  std::uint32_t far_ = 0;       ///< of those, how many went far
  std::vector<Bucket> buckets_;
};

}  // namespace ntan::flow

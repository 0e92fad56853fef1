#include "flow/index.h"

#include <algorithm>
#include <utility>

namespace ntan::flow {

void Index::insert(std::uint32_t tag, Number number) {
  // Four of seven on average: a full bucket stays rare, and the line is still well used.
  if (size_ >= 4 * buckets_.size() && bits_ < 28) grow();
  if (++inserted_ > recent) inserted_ = far_ = 0;
  if (place(tag, number) > far_probe) ++far_;
  ++size_;
}

void Index::clear() noexcept {
  std::fill(buckets_.begin(), buckets_.end(), Bucket{});
  size_ = longest_probe_ = 0;
  inserted_ = far_ = 0;
}

std::size_t Index::place(std::uint32_t tag, Number number) {
  std::size_t probe = 0;
  for (std::size_t at = home(tag);; at = (at + 1) & mask(), ++probe) {
    Bucket& bucket = buckets_[at];
    for (std::size_t i = 0; i < slots; ++i) {
      if (bucket.numbers[i] != 0) continue;
      bucket.tags[i] = tag;
      bucket.numbers[i] = number;
      longest_probe_ = std::max(longest_probe_, probe);
      return probe;
    }
    ++bucket.passed;
  }
}

void Index::erase(std::uint32_t tag, Number number) noexcept {
  for (std::size_t at = home(tag);; at = (at + 1) & mask()) {
    Bucket& bucket = buckets_[at];
    for (std::size_t i = 0; i < slots; ++i) {
      if (bucket.numbers[i] != number) continue;
      bucket.tags[i] = 0;
      bucket.numbers[i] = 0;
      --size_;
      return;
    }
    --bucket.passed;
  }
}

void Index::grow() {
  std::vector<Bucket> old(2 * buckets_.size());
  std::swap(old, buckets_);
  ++bits_;
  for (const Bucket& bucket : old) {
    for (std::size_t i = 0; i < slots; ++i) {
      if (bucket.numbers[i] != 0) place(bucket.tags[i], bucket.numbers[i]);
    }
  }
}

}  // namespace ntan::flow

#include "stats/bursts.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "stats/rate.h"

namespace ntan::stats {

void Bursts::add(std::int64_t begin, std::uint64_t octets) noexcept {
  if (octets == 0) return;
  const std::int64_t second = bin_begin(begin, 1'000'000'000);
  if (second != second_ || size_ == bins_.size()) {
    settle();
    second_ = second;
  }
  bins_[size_++] = {
      .octets = static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, UINT32_MAX)),
      .ms = static_cast<std::uint32_t>((begin - second) / bin_length)};
}

// Bins are kept: they are written before they are read.
void Bursts::clear() noexcept {
  size_ = 0;
  run_end_ = std::numeric_limits<std::int64_t>::min();
  run_ms_ = 0;
  peak_ = 0;
  counts_ = {};
}

BurstCounts Bursts::counts(std::int64_t begin, std::uint64_t octets) const noexcept {
  Bursts all = *this;
  all.add(begin, octets);
  all.settle();
  return all.counts_;
}

void Bursts::settle() noexcept {
  const std::span bins = std::span{bins_}.first(size_);
  std::uint64_t total = 0;
  for (const Bin& bin : bins) total += bin.octets;
  for (const Bin& bin : bins) {
    if (bin.octets > peak_) {
      peak_ = bin.octets;
      const double times = static_cast<double>(bin.octets) * bins_per_second;
      counts_.peak_to_mean = std::round(times / static_cast<double>(total) * 1000) / 1000;
    }
    if (bin.octets * bins_per_second <= times_mean * total) continue;
    const std::int64_t begin = second_ + bin.ms * bin_length;
    if (begin != run_end_) {
      ++counts_.bursts;
      run_ms_ = 0;
    }
    run_end_ = begin + bin_length;
    ++run_ms_;
    counts_.longest_ms = std::max(counts_.longest_ms, run_ms_);
    counts_.octets += bin.octets;
  }
  size_ = 0;
}

}  // namespace ntan::stats

// Sums of the kernel's 32-bit counters, which wrap every few minutes on a busy link.
#pragma once

#include <cstdint>

namespace ntan::source {

class RingCounter {
 public:
  /// What the counter has before the first reading does not count.
  void begin(std::uint32_t value) noexcept { last_ = value; }

  /// Adds the counter's increase since the last reading. Requires: less than 2^32 between readings.
  void read(std::uint32_t value) noexcept {
    total_ += value - last_;
    last_ = value;
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  std::uint32_t last_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace ntan::source

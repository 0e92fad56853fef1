// So many of something in each second of the trace clock.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace ntan::run {

class SecondQuota {
 public:
  explicit constexpr SecondQuota(std::uint32_t limit) noexcept : limit_(limit) {}

  /// Takes one, or returns false. Times never go back.
  [[nodiscard]] bool take(Timestamp now) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ == limit_) return false;
    ++taken_;
    return true;
  }

 private:
  std::uint32_t limit_;
  std::uint32_t taken_ = 0;
  std::chrono::sys_seconds second_{};
};

}  // namespace ntan::run

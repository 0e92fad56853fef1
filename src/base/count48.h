// A count of six octets, for what every flow has several of.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace ntan {

/// Up to 2^48 - 1, where it stays: 281 TB, if it counts octets. Aligned like an octet.
class Count48 {
 public:
  static constexpr std::uint64_t most = (std::uint64_t{1} << 48U) - 1;

  Count48() = default;
  /// Requires: count <= most.
  Count48(std::uint64_t count) noexcept { set(count); }  // NOLINT(*-explicit-*): it is a number

  [[nodiscard]] operator std::uint64_t() const noexcept {  // NOLINT(*-explicit-*)
    // Two loads: six octets copied to eight would go over the stack.
    std::uint32_t low = 0;
    std::uint16_t high = 0;
    std::memcpy(&low, octets_.data(), sizeof(low));
    std::memcpy(&high, &octets_[sizeof(low)], sizeof(high));
    return std::uint64_t{high} << 32U | low;
  }
  Count48& operator+=(std::uint64_t more) noexcept {
    const std::uint64_t sum = *this + more;
    set(sum > most || sum < more ? most : sum);
    return *this;
  }

 private:
  void set(std::uint64_t count) noexcept {
    const auto low = static_cast<std::uint32_t>(count);
    const auto high = static_cast<std::uint16_t>(count >> 32U);
    std::memcpy(octets_.data(), &low, sizeof(low));
    std::memcpy(&octets_[sizeof(low)], &high, sizeof(high));
  }

  std::array<std::uint8_t, 6> octets_{};
};

}  // namespace ntan

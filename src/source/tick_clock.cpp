#include "source/tick_clock.h"

#include <algorithm>

namespace ntan::source {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::uint8_t nano = 9;
constexpr std::uint8_t power_of_two = 0x80;

Wide power_of_ten(unsigned exponent) noexcept {
  Wide power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

Wide ns_of(std::uint64_t ticks, std::uint8_t resolution) noexcept {
  const unsigned exponent = resolution & 0x7fU;
  // The product has at most 64 + 30 bits.
  if ((resolution & power_of_two) != 0) return (Wide{ticks} * ns_per_second) >> exponent;
  if (exponent <= nano) return Wide{ticks} * power_of_ten(nano - exponent);
  constexpr unsigned digits_of_a_count = 20;
  return exponent - nano > digits_of_a_count ? Wide{0}
                                             : Wide{ticks} / power_of_ten(exponent - nano);
}

}  // namespace

TickClock::TickClock(std::uint8_t resolution, std::int64_t offset) noexcept
    : resolution_(resolution), offset_(offset) {
  constexpr std::int64_t near = 1'000'000'000;  // seconds
  if (resolution > nano || offset > near || offset < -near) return;
  multiplier_ = static_cast<std::uint64_t>(power_of_ten(nano - resolution));
  offset_ns_ = offset * ns_per_second;
  // Whatever the offset, what lies below this stays inside the range.
  fast_end_ = static_cast<std::uint64_t>(to_ns(latest_time) - near * ns_per_second) / multiplier_;
}

Timestamp TickClock::slow_at(std::uint64_t ticks) const noexcept {
  const Wide ns = ns_of(ticks, resolution_) + Wide{offset_} * ns_per_second;
  constexpr Wide least = to_ns(earliest_time);
  constexpr Wide most = to_ns(latest_time);
  return from_ns(static_cast<std::int64_t>(std::clamp(ns, least, most)));
}

}  // namespace ntan::source

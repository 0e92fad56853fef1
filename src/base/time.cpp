#include "base/time.h"

#include "base/digits.h"

namespace ntan {

char* append_time(char* out, Timestamp time, TimeDigits digits) noexcept {
  // Civil date from days by 64-bit arithmetic; the proleptic Gregorian calendar as RFC 3339 has it.
  // std::chrono::floor overflows within a day of the earliest time.
  constexpr std::int64_t ns_per_day = 86'400'000'000'000;
  const std::int64_t ns = to_ns(time);
  const bool borrows = ns % ns_per_day < 0;
  const std::int64_t day = ns / ns_per_day - (borrows ? 1 : 0);
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  const auto in_day = static_cast<std::uint64_t>(ns % ns_per_day + (borrows ? ns_per_day : 0));
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) [[unlikely]] {
    *out++ = year < 0 ? '-' : '+';
    out = append_padded(out, static_cast<std::uint32_t>(year < 0 ? -year : year), 4);
  } else {
    out = append_two(out, static_cast<unsigned>(year) / 100);
    out = append_two(out, static_cast<unsigned>(year) % 100);
  }
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.month()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.day()));
  *out++ = 'T';
  const auto seconds = static_cast<std::uint32_t>(in_day / 1'000'000'000);
  const auto fraction = static_cast<std::uint32_t>(in_day % 1'000'000'000);
  out = append_two(out, seconds / 3600);
  *out++ = ':';
  out = append_two(out, seconds / 60 % 60);
  *out++ = ':';
  out = append_two(out, seconds % 60);
  *out++ = '.';
  out = append_two(out, fraction / 10'000'000);
  out = append_two(out, fraction / 100'000 % 100);
  out = append_two(out, fraction / 1'000 % 100);
  if (digits == TimeDigits::nano) out = append_digits(out, fraction % 1'000, 3);
  *out++ = 'Z';
  return out;
}

}  // namespace ntan

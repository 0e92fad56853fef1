#include "base/time.h"

#include "base/digits.h"

namespace ntan {

namespace {

struct Moment {
  std::int64_t day = 0;  ///< since the epoch
  std::uint32_t second = 0;
  std::uint32_t fraction = 0;  ///< nanoseconds
};

// std::chrono::floor overflows within a day of the earliest time.
Moment split(Timestamp time) noexcept {
  constexpr std::int64_t per_second = 1'000'000'000;
  constexpr std::int64_t per_day = 86'400;
  const std::int64_t ns = to_ns(time);
  std::int64_t seconds = ns / per_second;
  std::int64_t fraction = ns % per_second;
  if (fraction < 0) {
    --seconds;
    fraction += per_second;
  }
  std::int64_t day = seconds / per_day;
  std::int64_t second = seconds % per_day;
  if (second < 0) {
    --day;
    second += per_day;
  }
  return {day, static_cast<std::uint32_t>(second), static_cast<std::uint32_t>(fraction)};
}

char* append_year(char* out, int year) noexcept {
  if (year < 0 || year > 9999) [[unlikely]] {
    *out++ = year < 0 ? '-' : '+';
    return append_padded(out, static_cast<std::uint32_t>(year < 0 ? -year : year), 4);
  }
  out = append_two(out, static_cast<unsigned>(year) / 100);
  return append_two(out, static_cast<unsigned>(year) % 100);
}

}  // namespace

char* append_time(char* out, Timestamp time, TimeDigits digits) noexcept {
  const Moment moment = split(time);
  // The proleptic Gregorian calendar, as RFC 3339 has it.
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(moment.day)}}};
  out = append_year(out, static_cast<int>(date.year()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.month()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.day()));
  *out++ = 'T';
  const std::uint32_t minutes = moment.second / 60;
  out = append_two(out, minutes / 60);
  *out++ = ':';
  out = append_two(out, minutes % 60);
  *out++ = ':';
  out = append_two(out, moment.second % 60);
  *out++ = '.';
  const std::uint32_t micros = moment.fraction / 1'000;
  out = append_two(out, micros / 10'000);
  out = append_two(out, micros / 100 % 100);
  out = append_two(out, micros % 100);
  if (digits == TimeDigits::nano) out = append_digits(out, moment.fraction % 1'000, 3);
  *out++ = 'Z';
  return out;
}

}  // namespace ntan

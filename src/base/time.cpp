#include "base/time.h"

#include <cstring>

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

/// Appends the date and the mark behind it, and keeps them unless the year has not four digits.
char* append_day(char* out, std::int64_t day, DayText& known) noexcept {
  const char* const begin = out;
  // The proleptic Gregorian calendar, as RFC 3339 has it.
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  out = append_year(out, static_cast<int>(date.year()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.month()));
  *out++ = '-';
  out = append_two(out, static_cast<unsigned>(date.day()));
  *out++ = 'T';
  if (static_cast<std::size_t>(out - begin) == known.octets.size()) {
    std::memcpy(known.octets.data(), begin, known.octets.size());
    known.day = day;
  }
  return out;
}

/// Takes digits and fixed marks from the front of a text; a mismatch lasts.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) noexcept : rest_(text) {}

  int number(std::size_t digits) noexcept {
    if (rest_.size() < digits) good_ = false;
    int value = 0;
    for (std::size_t i = 0; good_ && i < digits; ++i) value = value * 10 + digit(rest_[i]);
    if (good_) rest_.remove_prefix(digits);
    return value;
  }

  void mark(char expected) noexcept {
    if (rest_.empty() || rest_.front() != expected) good_ = false;
    if (good_) rest_.remove_prefix(1);
  }

  /// `.123456`, as nanoseconds; 0 where there is none.
  int fraction() noexcept {
    if (!good_ || rest_.empty() || rest_.front() != '.') return 0;
    rest_.remove_prefix(1);
    constexpr int digits = 9;
    int value = 0;
    int seen = 0;
    for (; !rest_.empty() && rest_.front() != 'Z'; ++seen) {
      if (seen == digits) good_ = false;
      if (!good_) return 0;
      value = value * 10 + digit(rest_.front());
      rest_.remove_prefix(1);
    }
    if (seen == 0) good_ = false;
    for (; seen < digits; ++seen) value *= 10;
    return value;
  }

  [[nodiscard]] bool at_end() const noexcept { return good_ && rest_.empty(); }

 private:
  int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) noexcept {
  TimeReader reader(text);
  const int year = reader.number(4);
  reader.mark('-');
  const int month = reader.number(2);
  reader.mark('-');
  const int day = reader.number(2);
  reader.mark('T');
  const int hour = reader.number(2);
  reader.mark(':');
  const int minute = reader.number(2);
  reader.mark(':');
  const int second = reader.number(2);
  const int fraction = reader.fraction();
  reader.mark('Z');
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!reader.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds =
      (std::chrono::sys_days{date}.time_since_epoch().count() * std::int64_t{24} + hour) * 3'600 +
      minute * 60 + second;
  // In seconds: nanoseconds of the year 9999 do not fit.
  using std::chrono::floor;
  if (seconds > floor<std::chrono::seconds>(latest_time.time_since_epoch()).count() ||
      seconds < floor<std::chrono::seconds>(earliest_time.time_since_epoch()).count()) {
    return std::nullopt;
  }
  const Timestamp time = from_ns(seconds * 1'000'000'000 + fraction);
  return time > latest_time ? std::nullopt : std::optional{time};
}

char* append_time(char* out, Timestamp time, TimeDigits digits) noexcept {
  DayText known;
  return append_time(out, time, digits, known);
}

std::string to_string(Timestamp time, TimeDigits digits) {
  std::array<char, max_time_text> text{};
  return {text.data(), append_time(text.data(), time, digits)};
}

char* append_time(char* out, Timestamp time, TimeDigits digits, DayText& known) noexcept {
  const Moment moment = split(time);
  if (moment.day == known.day) [[likely]] {
    std::memcpy(out, known.octets.data(), known.octets.size());
    out += known.octets.size();
  } else {
    out = append_day(out, moment.day, known);
  }
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

// Packet time. Nothing behind source/ reads a clock: every time in the analysis comes from a
// packet.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace ntan {

using Duration = std::chrono::nanoseconds;
using Timestamp = std::chrono::sys_time<Duration>;

/// Nanoseconds since the epoch; negative before 1970.
[[nodiscard]] constexpr std::int64_t to_ns(Timestamp time) noexcept {
  return time.time_since_epoch().count();
}

[[nodiscard]] constexpr Timestamp from_ns(std::int64_t ns) noexcept {
  return Timestamp{Duration{ns}};
}

/// Packet times lie between these, in 1824 and 2115: differences of two, and a time-out more, fit.
/// Sources take what lies beyond for the nearer of them.
inline constexpr Timestamp latest_time{std::chrono::seconds{4'600'000'000}};
inline constexpr Timestamp earliest_time{-std::chrono::seconds{4'600'000'000}};

/// Whole microseconds, rounded down; the unit of every `_us` field.
[[nodiscard]] constexpr std::int64_t to_us(Duration duration) noexcept {
  return std::chrono::floor<std::chrono::microseconds>(duration).count();
}

enum class TimeDigits : std::uint8_t { micro = 6, nano = 9 };

/// Longest text of a time: `+292277-12-31T23:59:59.123456789Z` with room to spare.
inline constexpr std::size_t max_time_text = 40;

/// Appends RFC 3339 UTC text (`2023-11-14T22:13:20.123456Z`) and returns the new end.
/// Requires: max_time_text octets at `out`. Years before 0 or past 9999 keep their sign and digits.
char* append_time(char* out, Timestamp time, TimeDigits digits) noexcept;

/// The same text by itself.
[[nodiscard]] std::string to_string(Timestamp time, TimeDigits digits);

/// The text of the day that was written last, for who writes many times: nearly all are of one day.
struct DayText {
  static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::min();

  std::int64_t day = none;        ///< since the epoch
  std::array<char, 11> octets{};  ///< `2023-11-14T`
};

/// The same text, with the day taken from `known` or left there.
char* append_time(char* out, Timestamp time, TimeDigits digits, DayText& known) noexcept;

/// The time of RFC 3339 UTC text with years of four digits and up to nine digits of a second
/// (`2023-11-14T22:13:20Z`), from earliest_time to latest_time; nothing for other text.
[[nodiscard]] std::optional<Timestamp> parse_time(std::string_view text) noexcept;

}  // namespace ntan

#include "base/time.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using namespace ntan;

namespace {
std::string text(std::int64_t ns, TimeDigits digits = TimeDigits::micro) {
  return to_string(from_ns(ns), digits);
}
}  // namespace

TEST_CASE("time: text is RFC 3339 with fixed digits") {
  CHECK(text(1'700'000'000'123'456'789) == "2023-11-14T22:13:20.123456Z");
  CHECK(text(1'700'000'000'123'456'789, TimeDigits::nano) == "2023-11-14T22:13:20.123456789Z");
  CHECK(text(0) == "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("time: before 1970 and past 2106 the calendar goes on") {
  CHECK(text(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(text(4'294'967'296'000'000'000) == "2106-02-07T06:28:16.000000Z");
  CHECK(text(INT64_MIN) == "1677-09-21T00:12:43.145224Z");
  CHECK(text(INT64_MAX) == "2262-04-11T23:47:16.854775Z");
}

TEST_CASE("time: a day that is kept changes nothing, whatever day comes next") {
  constexpr std::int64_t noon = 1'700'049'600'000'000'000;
  constexpr std::int64_t day = 86'400'000'000'000;
  DayText known;
  for (const std::int64_t ns : {noon, noon + 1, noon + day, noon - day, std::int64_t{0},
                                std::int64_t{-1}, INT64_MIN, noon, INT64_MAX, noon + day}) {
    CAPTURE(ns);
    std::array<char, max_time_text> out{};
    char* const end = append_time(out.data(), from_ns(ns), TimeDigits::nano, known);
    CHECK(std::string{out.data(), end} == text(ns, TimeDigits::nano));
  }
}

TEST_CASE("time: microseconds round down") {
  CHECK(to_us(Duration{1999}) == 1);
  CHECK(to_us(Duration{0}) == 0);
}

TEST_CASE("time: what is written is read back, to the nanosecond") {
  std::uint64_t state = 1;
  for (int round = 0; round < 100'000; ++round) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    constexpr std::int64_t most = 4'599'999'999'999'999'999;
    const std::int64_t ns =
        static_cast<std::int64_t>(state >> 1U) % most * (round % 2 == 0 ? 1 : -1);
    CAPTURE(ns);
    REQUIRE(parse_time(text(ns, TimeDigits::nano)) == from_ns(ns));
    const auto micros = parse_time(text(ns));
    REQUIRE(micros);
    REQUIRE(to_us(micros->time_since_epoch()) == to_us(from_ns(ns).time_since_epoch()));
  }
}

TEST_CASE("time: every number of decimals up to nine is read") {
  const auto [given, expected] = GENERATE(table<std::string, std::int64_t>({
      {"2023-11-14T22:13:20Z", 1'700'000'000'000'000'000},
      {"2023-11-14T22:13:20.1Z", 1'700'000'000'100'000'000},
      {"2023-11-14T22:13:20.000001Z", 1'700'000'000'000'001'000},
      {"2023-11-14T22:13:20.123456789Z", 1'700'000'000'123'456'789},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999999999Z", -1},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000'000},
  }));
  CHECK(parse_time(given) == from_ns(expected));
}

TEST_CASE("time: near misses are no time") {
  const std::string given = GENERATE(
      "", "Z", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14 22:13:20Z", "2023-11-14t22:13:20z",
      "2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.1234567890Z",
      "2023-11-14T22:13:20,5Z", "2023-11-14T22:13:20.5", "2023-11-14T22:13:20.n",
      "2023-11-14T22:13:20.5Zx", "2023-11-14T22:13:20ZZ", " 2023-11-14T22:13:20Z",
      "2023-11-14T22:13Z", "23-11-14T22:13:20Z", "+2023-11-14T22:13:20Z", "-2023-11-14T22:13:20Z",
      "12023-11-14T22:13:20Z", "2023-13-14T22:13:20Z", "2023-00-14T22:13:20Z",
      "2023-11-31T22:13:20Z", "2023-02-29T22:13:20Z", "1900-02-29T00:00:00Z",
      "2023-11-00T22:13:20Z", "2023-11-14T24:00:00Z", "2023-11-14T22:60:20Z",
      "2023-11-14T22:13:60Z", "2023-11-14T22:13:20.-1Z", "2023-11-14T22:13:20. 1Z",
      "2023-1a-14T22:13:20Z", "2023-11--4T22:13:20Z", "2023-11-14T+2:13:20Z",
      "20\xd9\xa2\xd9\xa3-11-14T22:13:20Z");
  CAPTURE(given);
  CHECK_FALSE(parse_time(given));
}

TEST_CASE("time: a text that is cut anywhere is no time") {
  const std::string whole = "2023-11-14T22:13:20.123456789Z";
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(parse_time(whole.substr(0, size)));
  using namespace std::string_literals;
  CHECK_FALSE(parse_time("2023-11-14T22:13:20Z\0"s));
}

// Sources give such times to packets whose own lie beyond: their events are read back.
TEST_CASE("time: the first and the last time of packets are read, and nothing beyond") {
  CHECK(text(to_ns(latest_time)) == "2115-10-08T17:46:40.000000Z");
  CHECK(text(to_ns(earliest_time)) == "1824-03-26T06:13:20.000000Z");
  CHECK(parse_time("2115-10-08T17:46:40.000000Z") == latest_time);
  CHECK(parse_time("1824-03-26T06:13:20.000000Z") == earliest_time);
  CHECK_FALSE(parse_time("2115-10-08T17:46:40.000000001Z"));
  CHECK_FALSE(parse_time("2115-10-08T17:46:41Z"));
  CHECK_FALSE(parse_time("1824-03-26T06:13:19.999999999Z"));
}

TEST_CASE("time: years that no packet has are not read") {
  CHECK(parse_time("2115-10-01T00:00:00Z"));
  CHECK(parse_time("1824-06-01T00:00:00Z"));
  for (const char* far : {"2116-01-01T00:00:00Z", "1823-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
                          "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"})
    CHECK_FALSE(parse_time(far));
  for (int year = 2116; year <= 9999; ++year)
    REQUIRE_FALSE(parse_time(std::to_string(year) + "-07-01T00:00:00Z"));
}

#include "base/time.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using namespace ntan;

namespace {
std::string text(std::int64_t ns, TimeDigits digits = TimeDigits::micro) {
  std::array<char, max_time_text> out{};
  return {out.data(), append_time(out.data(), from_ns(ns), digits)};
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

TEST_CASE("time: microseconds round down") {
  CHECK(to_us(Duration{1999}) == 1);
  CHECK(to_us(Duration{0}) == 0);
}

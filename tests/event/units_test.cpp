#include "event/units.h"

#include <string>

#include <catch2/catch.hpp>

using namespace ntan::event;

TEST_CASE("units: durations have three digits, however they are rounded") {
  const auto [us, text] = GENERATE(table<double, std::string>({
      {0, "0 us"},
      {0.4, "0.4 us"},
      {17, "17 us"},
      {999, "999 us"},
      {999.7, "1.00 ms"},
      {9'996, "10.0 ms"},
      {84'400, "84.4 ms"},
      {99'960, "100 ms"},
      {999'400, "999 ms"},
      {999'600, "1.00 s"},
      {15'600'000, "15.6 s"},
      {99'960'000, "100 s"},
  }));
  CHECK(duration_text(us) == text);
}

TEST_CASE("units: amounts have a prefix, and what is not nothing does not look like it") {
  const auto [value, text] = GENERATE(table<double, std::string>({
      {0, "0 pkt/s"},
      {0.00001, "under 0.001 pkt/s"},
      {0.056, "0.056 pkt/s"},
      {0.5, "0.5 pkt/s"},
      {5, "5 pkt/s"},
      {999.6, "1.00 kpkt/s"},
      {3'740'000, "3.74 Mpkt/s"},
      {999'960'000, "1.00 Gpkt/s"},
  }));
  CHECK(size_text(value, "pkt/s") == text);
}

TEST_CASE("units: only all is 100 %, only nothing 0 %") {
  const auto [ratio, text] = GENERATE(table<double, std::string>({
      {0, "0 %"},
      {0.00001, "under 0.01 %"},
      {0.0044, "0.44 %"},
      {0.09996, "10.0 %"},
      {0.125, "12.5 %"},
      {0.9994, "99.9 %"},
      {0.9999, "over 99.9 %"},
      {1, "100 %"},
      {1.5, "150 %"},
  }));
  CHECK(percent_text(ratio) == text);
}

#include "run/status_line.h"

#include <chrono>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::run;
using namespace std::chrono_literals;

TEST_CASE("status line: a capture's says what came since the last one, and all that was dropped") {
  const Progress before{.packets = 1'000, .wire_bytes = 1'000'000};
  const Progress now{.packets = 4'000, .wire_bytes = 4'000'000, .events = 12, .dropped = 5};
  CHECK(capture_status(now, before, 2s) ==
        "1500 packets/s  12.0 Mbit/s  4000 packets  12 events  5 dropped");
  CHECK(capture_status(now, now, 1s) == "0 packets/s  0 bit/s  4000 packets  12 events  5 dropped");
}

TEST_CASE("status line: of files it says how far they are read, of pipes how much") {
  const Progress small{.packets = 6, .events = 3, .position = 740, .size = 1'480};
  CHECK(reading_status(small) == "740 B of 1.48 kB  6 packets  3 events");
  CHECK(reading_status({.packets = 7, .position = 12'500'000}) == "12.5 MB  7 packets  0 events");
}

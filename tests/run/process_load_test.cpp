#include "run/process_load.h"

#include <ctime>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace ntan::run;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::string stat(std::string_view name) {
  return "42 (" + std::string{name} +
         ") S 1 42 42 0 -1 4194304 100 0 0 0 7 5 0 0 20 0 1 0 900 1000000 256 "
         "18446744073709551615\n";
}

}  // namespace

TEST_CASE("process load: times and memory, whatever the process is called") {
  const ProcessTimes expected{.ticks = 12, .resident_pages = 256};
  for (const char* name : {"ntan", "", "a b", ") S 9 (", "(((", "))"})
    CHECK(parse_process_times(stat(name)) == expected);
}

TEST_CASE("process load: a line that is cut or holds no numbers is none") {
  const std::string whole = stat("ntan");
  for (std::size_t size = 0; size < whole.find(" 256 ") + 2; ++size)
    CHECK_FALSE(parse_process_times(std::string_view{whole}.substr(0, size)));
  CHECK_FALSE(parse_process_times("1 (x) S 1 2 3 4 5 6 7 8 9 10 x 12 13 14 15 16 17 18 19 20 21"));
}

TEST_CASE("process load: known from the second look on, and of the process that was looked at") {
  LoadMeter meter;
  CHECK_FALSE(meter.look(::getpid(), second_ns));
  // A tick is 10 ms: five of them.
  const std::clock_t begin = std::clock();
  while (std::clock() - begin < CLOCKS_PER_SEC / 20) {
  }
  const auto load = meter.look(::getpid(), 2 * second_ns);
  REQUIRE(load);
  CHECK(load->cpu_ratio > 0);
  CHECK(load->resident_bytes > 1'000'000);
  CHECK_FALSE(meter.look(::getppid(), 3 * second_ns));
  CHECK_FALSE(meter.look(::getpid(), 4 * second_ns));
}

TEST_CASE("process load: none of a process that is gone") {
  LoadMeter meter;
  CHECK_FALSE(meter.look(INT32_MAX, second_ns));
  CHECK_FALSE(meter.look(INT32_MAX, 2 * second_ns));
}

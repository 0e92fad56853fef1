#include "source/tick_clock.h"

#include <limits>
#include <tuple>

#include <catch2/catch.hpp>

namespace ntan::source {
namespace {

constexpr std::int64_t most = to_ns(latest_time);
constexpr std::int64_t least = to_ns(earliest_time);
constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("tick clock: counts become nanoseconds, saturating") {
  struct Row {
    int resolution;
    std::int64_t offset;
    std::uint64_t ticks;
    std::int64_t ns;
  };

  const Row row = GENERATE(values<Row>({
      {6, 0, 1'700'000'000'123'456, 1'700'000'000'123'456'000},
      {9, 0, 1'700'000'000'123'456'789, 1'700'000'000'123'456'789},
      {0, 0, 3, 3'000'000'000},
      {3, 0, 5, 5'000'000},
      {12, 0, 1'999, 1},
      {28, 0, all_ones, 1},
      {29, 0, all_ones, 0},
      {127, 0, all_ones, 0},
      {0x80, 0, 7, 7'000'000'000},
      {0x80 | 10, 0, 1536, 1'500'000'000},
      {0x80 | 32, 0, (std::uint64_t{3} << 32U) | 0x8000'0000U, 3'500'000'000},
      {0x80 | 127, 0, all_ones, 0},
      {6, 10, 1, 10'000'001'000},
      {6, -10, 1, -9'999'999'000},
      {6, 2'000'000'000, 1, 2'000'000'000'000'001'000},
      {9, 0, all_ones, most},
      {6, 0, all_ones, most},
      {0, 0, all_ones, most},
      {6, far, 0, most},
      {9, 0, 4'600'000'000'000'000'001, most},
      {9, 1'000'000'000, 3'599'999'999'999'999'999, most - 1},
      {9, 1'000'000'000, 3'600'000'000'000'000'001, most},
      {6, -far, 0, least},
      {6, far, all_ones, most},
  }));
  INFO("resolution " << row.resolution << " offset " << row.offset << " ticks " << row.ticks);
  const TickClock clock{static_cast<std::uint8_t>(row.resolution), row.offset};
  CHECK(to_ns(clock.at(row.ticks)) == row.ns);
}

}  // namespace
}  // namespace ntan::source

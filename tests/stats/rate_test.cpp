#include "stats/rate.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::stats;

namespace {

constexpr std::int64_t ms = 1'000'000;

Rate::Frame frame(std::int64_t ns, std::uint32_t size) {
  return {.clock = from_ns(ns), .wire_bytes = size, .captured_bytes = size / 2};
}

/// The slow way: all bins are kept.
struct Bins {
  std::int64_t length = 1;
  std::map<std::int64_t, std::uint64_t> octets;

  void add(std::int64_t now, std::uint32_t size) { octets[bin_begin(now, length)] += size; }

  [[nodiscard]] std::uint64_t peak_bps() const {
    std::uint64_t most = 0;
    for (const auto& [begin, count] : octets) most = std::max(most, count);
    return most * 8 * static_cast<std::uint64_t>(1'000'000'000 / length);
  }
};

}  // namespace

TEST_CASE("rate: bins are aligned to the epoch, before it too") {
  const auto [now, begin, end] = GENERATE(table<std::int64_t, std::int64_t, std::int64_t>({
      {0, 0, 10},
      {9, 0, 10},
      {10, 10, 20},
      {-1, -10, 0},
      {-10, -10, 0},
      {-11, -20, -10},
      {INT64_MAX, INT64_MAX - 7, INT64_MAX},
      {INT64_MIN, INT64_MIN, INT64_MIN + 8},
  }));
  CHECK(bin_begin(now, 10) == begin);
  if (now != INT64_MIN) CHECK(bin_end(now, 10) == end);
}

TEST_CASE("rate: a burst shows in the bins it fits in") {
  Rate rate;
  rate.add(frame(1'000 * ms, 1'000));
  rate.add(frame(1'000 * ms + 999'999, 1'000));
  rate.add(frame(1'001 * ms, 500));
  rate.add(frame(1'150 * ms, 100));
  rate.add(frame(2'500 * ms, 1'200));
  CHECK(rate.frames() == 5);
  CHECK(rate.wire_bytes() == 3'800);
  CHECK(rate.captured_bytes() == 1'900);
  CHECK(rate.peak_1ms_bps() == 2'000 * 8 * 1'000);
  CHECK(rate.peak_100ms_bps() == 2'500 * 8 * 10);
  CHECK(rate.peak_1s_bps() == 2'600 * 8);
}

TEST_CASE("rate: bits and packets per second are over the length that is given") {
  Rate rate;
  rate.add(frame(0, 1'000));
  rate.add(frame(5, 250));
  CHECK(rate.bps(std::chrono::seconds{10}) == 1'000);
  CHECK(rate.pps(std::chrono::seconds{10}) == 0.2);
  CHECK(rate.pps(std::chrono::seconds{3}) == 0.667);
  CHECK(!rate.bps(Duration{0}));
  CHECK(!rate.pps(Duration{-1}));
}

TEST_CASE("rate: peaks equal those of bins that are all kept") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 dice(seed);
    Rate rate;
    Bins bins[] = {{1 * ms, {}}, {100 * ms, {}}, {1'000 * ms, {}}};
    std::int64_t now = static_cast<std::int64_t>(dice() % (4'000 * ms)) - 2'000 * ms;
    for (int i = 0; i < 3'000; ++i) {
      const auto size = static_cast<std::uint32_t>(60 + dice() % 1'400);
      rate.add(frame(now, size));
      for (Bins& one : bins) one.add(now, size);
      const std::uint64_t longest = dice() % 100 == 0 ? 3'000 * ms : seed * 100'000;
      now += static_cast<std::int64_t>(dice() % longest);
    }
    CHECK(rate.peak_1ms_bps() == bins[0].peak_bps());
    CHECK(rate.peak_100ms_bps() == bins[1].peak_bps());
    CHECK(rate.peak_1s_bps() == bins[2].peak_bps());
  }
}

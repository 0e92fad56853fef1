#include "stats/bursts.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "stats/rate.h"

namespace ntan::stats {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000 * ms;

Rate::Frame frame(std::int64_t ns, std::uint32_t size) {
  return {.clock = from_ns(ns), .wire_bytes = size};
}

/// The slow way: every bin is kept, and looked at when all is known.
struct SlowBursts {
  std::map<std::int64_t, std::uint64_t> octets;

  [[nodiscard]] BurstCounts counts() const {
    std::map<std::int64_t, std::uint64_t> seconds;
    for (const auto& [at, size] : octets) seconds[bin_begin(at, second)] += size;
    BurstCounts all;
    std::uint64_t peak = 0;
    std::int64_t end = INT64_MIN;
    std::uint64_t length = 0;
    for (const auto& [at, size] : octets) {
      const std::uint64_t total = seconds[bin_begin(at, second)];
      if (size > peak) {
        peak = size;
        all.peak_to_mean = static_cast<double>(size) / (static_cast<double>(total) / 1000);
      }
      if (size * 1000 <= 10 * total) continue;
      length = at == end ? length + 1 : 1;
      if (at != end) ++all.bursts;
      end = at + ms;
      all.longest_ms = std::max(all.longest_ms, length);
      all.octets += size;
    }
    return all;
  }
};

TEST_CASE("bursts: milliseconds above ten times the mean of their second, in a row") {
  Rate rate;
  // 1,000 octets each 10 ms, and twice more: mean of the second 112 octets a millisecond.
  for (std::int64_t i = 0; i < 100; ++i) {
    rate.add(frame(5 * second + i * 10 * ms, 1'000));
    if (i == 20) {
      rate.add(frame(5 * second + 200 * ms, 3'000));
      rate.add(frame(5 * second + 201 * ms, 2'000));
      rate.add(frame(5 * second + 202 * ms, 2'000));
    }
    if (i == 50) rate.add(frame(5 * second + 500 * ms + 999'999, 5'000));
  }
  const BurstCounts counts = rate.bursts();
  CHECK(counts.bursts == 2);
  CHECK(counts.longest_ms == 3);
  CHECK(counts.octets == 4'000 + 2'000 + 2'000 + 6'000);
  CHECK(counts.peak_to_mean.value() == Approx(6'000 / 112.0).epsilon(1e-4));
}

TEST_CASE("bursts: one goes on over the border of a second") {
  Rate rate;
  rate.add(frame(7 * second - ms, 1'000));
  rate.add(frame(7 * second, 1'000));
  rate.add(frame(7 * second + ms, 1'000));
  CHECK(rate.bursts().bursts == 1);
  CHECK(rate.bursts().longest_ms == 3);
  rate.clear();
  CHECK(rate.bursts().bursts == 0);
  CHECK_FALSE(rate.bursts().peak_to_mean.has_value());
}

TEST_CASE("bursts: an even load has none") {
  Rate rate;
  for (std::int64_t i = 0; i < 3'000; ++i) rate.add(frame(second + i * ms, 100));
  CHECK(rate.bursts().bursts == 0);
  CHECK(rate.bursts().peak_to_mean.value() == 1);
}

TEST_CASE("bursts: as with all bins kept, for any traffic") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 50; ++round) {
    Rate rate;
    SlowBursts slow;
    std::int64_t now = static_cast<std::int64_t>(random() % 1'000) * ms;
    for (int i = 0; i < 2'000; ++i) {
      const bool pause = random() % 40 == 0;
      now += static_cast<std::int64_t>(random() % (pause ? 300 * ms : ms / 2));
      const auto size = static_cast<std::uint32_t>(60 + random() % 1'400);
      rate.add(frame(now, size));
      slow.octets[bin_begin(now, ms)] += size;
    }
    const BurstCounts counts = rate.bursts();
    const BurstCounts expected = slow.counts();
    CHECK(counts.bursts == expected.bursts);
    CHECK(counts.longest_ms == expected.longest_ms);
    CHECK(counts.octets == expected.octets);
    CHECK(counts.peak_to_mean.value() == Approx(expected.peak_to_mean.value()).margin(0.001));
    CHECK(counts.bursts > 0);
  }
}

}  // namespace
}  // namespace ntan::stats

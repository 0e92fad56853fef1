#include "flow/rtt.h"

#include <cmath>
#include <deque>
#include <random>

#include <catch2/catch.hpp>

#include "base/budget.h"

namespace ntan::flow {
namespace {

/// A ring with the pool that it takes room from.
struct Ring {
  explicit Ring(std::size_t memory = std::size_t{1} << 20U) : budget{.limit = memory} {}
  ~Ring() { ring.clear(pool); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  bool push(std::uint32_t end) { return ring.push({end, end + 1}, pool); }

  Budget budget;
  Pool pool{budget};
  SegmentRing ring;
};

}  // namespace

TEST_CASE("rtt: least, greatest, mean, and the smoothed value of RFC 6298") {
  RttStats rtt;
  CHECK(rtt.n() == 0);
  rtt.add(1000);
  CHECK(rtt.smoothed() == 1000);
  CHECK(rtt.variation() == 500);
  rtt.add(2000);
  // 3/4 * 500 + 1/4 * |1000 - 2000|, and 7/8 * 1000 + 1/8 * 2000.
  CHECK(rtt.variation() == 625);
  CHECK(rtt.smoothed() == 1125);
  CHECK(rtt.n() == 2);
  CHECK(rtt.range().min() == 1000);
  CHECK(rtt.range().max() == 2000);
  CHECK(rtt.range().average() == 1500);
}

TEST_CASE("rtt: smoothing follows the formulas however the samples fall") {
  std::mt19937 random(1);  // NOLINT(*-msc32-c, *-msc51-cpp): the same each time
  RttStats rtt;
  double smoothed = 0;
  double variation = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto sample =
        static_cast<std::uint32_t>(random() % (i % 100 == 0 ? 60'000'000U : 50'000U));
    if (i == 0) {
      smoothed = sample;
      variation = sample / 2.;
    } else {
      variation += (std::abs(smoothed - sample) - variation) / 4;
      smoothed += (sample - smoothed) / 8;
    }
    rtt.add(sample);
    REQUIRE(std::abs(rtt.smoothed() - smoothed) < 16);
    REQUIRE(std::abs(rtt.variation() - variation) < 64);
  }
}

TEST_CASE("rtt: a ring is a queue of up to 64, and its room goes back") {
  Ring ring;
  std::deque<std::uint32_t> twin;
  std::mt19937 random(2);  // NOLINT(*-msc32-c, *-msc51-cpp): the same each time
  std::uint32_t next = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Waves, so that it fills up and runs empty again and again.
    if (random() % 100 < (i / 500 % 2 == 0 ? 60U : 40U)) {
      const bool taken = ring.push(next);
      REQUIRE(taken == (twin.size() < SegmentRing::capacity));
      if (taken) twin.push_back(next);
      ++next;
    } else if (!twin.empty()) {
      ring.ring.pop(ring.pool);
      twin.pop_front();
    }
    REQUIRE(ring.ring.size() == twin.size());
    for (std::size_t at = 0; at < twin.size(); ++at) REQUIRE(ring.ring[at].end == twin[at]);
  }
  ring.ring.clear(ring.pool);
  const auto spent = ring.budget.used;
  // Everything it ever had is there for the next one.
  for (std::uint32_t i = 0; i < SegmentRing::capacity; ++i) REQUIRE(ring.push(i));
  CHECK(ring.budget.used == spent);
}

TEST_CASE("rtt: without memory a ring takes nothing") {
  Ring ring(0);
  CHECK_FALSE(ring.push(1));
  CHECK(ring.ring.size() == 0);
  ring.ring.clear(ring.pool);
}

}  // namespace ntan::flow

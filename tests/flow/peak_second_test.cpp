#include "flow/peak_second.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

TEST_CASE("flow: the fullest second, as with all seconds kept") {
  std::mt19937_64 random{11};
  for (int round = 0; round < 20; ++round) {
    PeakSecond peak;
    std::map<std::int64_t, std::uint64_t> seconds;
    std::uint64_t total = 0;
    std::int64_t now = round % 2 == 0 ? 1'700'000'000'000'000'000 : -3'000'000'000;
    for (int i = 0; i < 500; ++i) {
      now += static_cast<std::int64_t>(random() % 400'000'000);
      if (random() % 100 == 0) now += 250'000'000'000;
      const std::uint64_t size = 60 + random() % 12'000'000;
      peak.advance(from_ns(now), total);
      total += size;
      seconds[now / 1'000'000'000 - (now % 1'000'000'000 < 0 ? 1 : 0)] += size;
      std::uint64_t most = 0;
      for (const auto& [second, octets] : seconds) most = std::max(most, octets);
      REQUIRE(peak.octets(total) == most);
    }
    CHECK(total > UINT32_MAX / 2);
  }
}

}  // namespace
}  // namespace ntan::flow

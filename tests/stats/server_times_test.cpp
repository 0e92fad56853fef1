#include "stats/server_times.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include <catch2/catch.hpp>

namespace ntan::stats {
namespace {

using Kind = event::Note::Kind;

IpAddress server(std::uint32_t number) {
  const std::array<std::uint8_t, 4> octets{10, static_cast<std::uint8_t>(number >> 16U),
                                           static_cast<std::uint8_t>(number >> 8U),
                                           static_cast<std::uint8_t>(number)};
  return IpAddress::v4(octets.data());
}

constexpr std::uint64_t ms = 1'000'000;

}  // namespace

TEST_CASE("server times: each metric of each server apart, most measured first") {
  ServerTimes times;
  CHECK(times.top(10).empty());
  for (std::uint64_t i = 1; i <= 5; ++i) times.add(server(1), Kind::dns_rtt_us, i * ms);
  for (std::uint64_t i = 1; i <= 7; ++i) times.add(server(2), Kind::http_ttfb_us, i * ms);
  times.add(server(2), Kind::tcp_hs_rtt_server_us, 9 * ms);
  times.add(server(1), Kind::tcp_hs_rtt_server_us, 8 * ms);
  const auto rows = times.top(3);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].server == server(2));
  CHECK(rows[0].metric == Kind::http_ttfb_us);
  CHECK(rows[0].times->n() == 7);
  CHECK(rows[0].times->min() == ms);
  CHECK(rows[0].times->max() == 7 * ms);
  CHECK(rows[1].times->n() == 5);
  CHECK(rows[2].server == server(1));
  CHECK(rows[2].times->n() == 1);
  for (const auto& row : rows) CHECK(row.missed == 0);
  times.clear();
  CHECK(times.top(10).empty());
  times.add(server(1), Kind::dns_rtt_us, 3 * ms);
  REQUIRE(times.top(10).size() == 1);
  CHECK(times.top(10)[0].times->n() == 1);
}

TEST_CASE("server times: quantiles within 1.6 % of the exact ones") {
  std::mt19937 random(5);  // NOLINT(*-msc32-c, *-msc51-cpp): the same each time
  std::lognormal_distribution<double> latency(16, 1.5);
  ServerTimes times;
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(2000 + static_cast<std::uint64_t>(latency(random)));
    times.add(server(1), Kind::dns_rtt_us, all.back());
  }
  std::sort(all.begin(), all.end());
  for (const std::uint32_t per_mille : {500U, 950U, 990U}) {
    const auto exact = static_cast<double>(all[all.size() * per_mille / 1000 - 1]);
    const auto said = static_cast<double>(times.top(1)[0].times->quantile(per_mille));
    CHECK(std::abs(said - exact) <= exact / 64);
  }
}

TEST_CASE("server times: with many servers the frequent ones stay, and say what they missed") {
  std::mt19937 random(6);  // NOLINT(*-msc32-c, *-msc51-cpp): the same each time
  ServerTimes times;
  std::map<std::pair<IpAddress, Kind>, std::uint64_t> exact;
  constexpr std::uint64_t measurements = 50'000;
  for (std::uint64_t i = 0; i < measurements; ++i) {
    // Eight servers have half of all, thousands the rest.
    const auto number =
        static_cast<std::uint32_t>(random() % 2 == 0 ? random() % 8 : 100 + random() % 5000);
    times.add(server(number), Kind::dns_rtt_us, ms);
    ++exact[{server(number), Kind::dns_rtt_us}];
  }
  const auto rows = times.top(ServerTimes::capacity);
  REQUIRE(rows.size() == ServerTimes::capacity);
  for (const auto& row : rows) {
    const std::uint64_t truth = exact[{row.server, row.metric}];
    CHECK(row.times->n() <= truth);
    CHECK(truth <= row.times->n() + row.missed);
    CHECK(row.missed <= measurements / ServerTimes::capacity);
  }
  for (std::uint32_t number = 0; number < 8; ++number) {
    CHECK(std::any_of(rows.begin(), rows.begin() + 8,
                      [&](const auto& row) { return row.server == server(number); }));
  }
}

}  // namespace ntan::stats

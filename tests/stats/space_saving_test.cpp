#include "stats/space_saving.h"

#include <cmath>
#include <map>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::stats;

namespace {

IpAddress address(std::uint32_t number) {
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
      static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
  return IpAddress::v4(octets.data());
}

struct Exact {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
};

using Truth = std::map<IpAddress, Exact>;

struct Traffic {
  SpaceSaving counters;
  Truth truth;
  std::uint64_t total = 0;

  void add(const IpAddress& from, std::uint64_t bytes, std::uint64_t packets = 1) {
    counters.add(from, bytes, packets);
    truth[from].bytes += bytes;
    truth[from].packets += packets;
    total += bytes;
  }
};

/// Few heavy senders, a long tail: sender k is drawn about 1/k as often as the first.
Traffic skewed(std::uint64_t seed, double senders, int adds) {
  std::mt19937_64 dice(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  Traffic traffic;
  for (int i = 0; i < adds; ++i) {
    const auto sender = static_cast<std::uint32_t>(std::pow(senders, uniform(dice)));
    traffic.add(address(sender), 60 + dice() % 1'400);
  }
  return traffic;
}

/// The promises of the class, against exact counts.
void check_bounds(const SpaceSaving& counters, const Truth& truth, std::uint64_t total) {
  REQUIRE(counters.total_bytes() == total);
  const auto all = counters.top(SpaceSaving::capacity);
  std::map<IpAddress, SpaceSaving::Counter> listed;
  for (const SpaceSaving::Counter& counter : all) {
    listed[counter.address] = counter;
    const Exact& exact = truth.at(counter.address);
    CHECK(counter.bytes >= exact.bytes);
    CHECK(counter.bytes - counter.error <= exact.bytes);
    CHECK(counter.error <= total / SpaceSaving::capacity);
    CHECK(counter.packets <= exact.packets);
  }
  CHECK(listed.size() == all.size());
  for (const auto& [sender, exact] : truth) {
    if (exact.bytes > total / SpaceSaving::capacity && !listed.contains(sender))
      FAIL("a heavy sender is not listed");
  }
}

bool same(const SpaceSaving::Counter& a, const SpaceSaving::Counter& b) {
  return a.address == b.address && a.bytes == b.bytes && a.error == b.error &&
         a.packets == b.packets;
}

}  // namespace

TEST_CASE("space saving: up to 256 addresses are counted exactly") {
  Traffic traffic = skewed(3, 250, 20'000);
  for (std::uint32_t i = 1; i <= 256; ++i) traffic.add(address(i), i);
  const auto all = traffic.counters.top(1'000);
  REQUIRE(all.size() == 256);
  for (const SpaceSaving::Counter& counter : all) {
    CHECK(counter.error == 0);
    CHECK(counter.bytes == traffic.truth.at(counter.address).bytes);
    CHECK(counter.packets == traffic.truth.at(counter.address).packets);
  }
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const auto& a, const auto& b) { return a.bytes > b.bytes; }));
}

TEST_CASE("space saving: any number of addresses stays within the bounds") {
  const double senders = GENERATE(300.0, 5'000.0, 1e9);
  const Traffic traffic = skewed(5, senders, 30'000);
  check_bounds(traffic.counters, traffic.truth, traffic.total);
}

TEST_CASE("space saving: a flood of forged senders does not push out the heavy ones") {
  Traffic traffic;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    traffic.add(address(0x0a00'0000 + i), 60);
    if (i % 50 == 0) traffic.add(address(1), 1'000);
  }
  check_bounds(traffic.counters, traffic.truth, traffic.total);
  const auto first = traffic.counters.top(1);
  REQUIRE(first.size() == 1);
  CHECK(first[0].address == address(1));
}

TEST_CASE("space saving: of equal counters the oldest place is taken over") {
  SpaceSaving counters;
  for (std::uint32_t i = 0; i < 256; ++i) counters.add(address(i), 10, 1);
  counters.add(address(1'000), 5, 1);
  counters.add(address(1'001), 5, 1);
  const auto all = counters.top(256);
  CHECK(all[0].address == address(1'000));
  CHECK(all[0].bytes == 15);
  CHECK(all[0].error == 10);
  CHECK(all[1].address == address(1'001));
  CHECK(std::ranges::none_of(all, [](const auto& counter) {
    return counter.address == address(0) || counter.address == address(1);
  }));
}

TEST_CASE("space saving: the same additions give the same counters") {
  const auto first = skewed(9, 1e6, 10'000).counters.top(256);
  const auto second = skewed(9, 1e6, 10'000).counters.top(256);
  CHECK(std::equal(first.begin(), first.end(), second.begin(), second.end(), same));
}

TEST_CASE("space saving: few addresses merge exactly") {
  SpaceSaving a;
  SpaceSaving b;
  a.add(address(1), 100, 1);
  a.add(address(2), 50, 2);
  b.add(address(2), 70, 3);
  b.add(address(3), 10, 4);
  a.merge(b);
  const auto all = a.top(10);
  REQUIRE(all.size() == 3);
  CHECK(same(all[0], {.address = address(2), .bytes = 120, .error = 0, .packets = 5}));
  CHECK(same(all[1], {.address = address(1), .bytes = 100, .error = 0, .packets = 1}));
  CHECK(same(all[2], {.address = address(3), .bytes = 10, .error = 0, .packets = 4}));
  CHECK(a.total_bytes() == 230);
}

TEST_CASE("space saving: merged parts stay within the bounds and can be added to") {
  Traffic a = skewed(11, 1e6, 20'000);
  const Traffic b = skewed(12, 3'000, 20'000);
  a.counters.merge(b.counters);
  a.total += b.total;
  for (const auto& [sender, exact] : b.truth) {
    a.truth[sender].bytes += exact.bytes;
    a.truth[sender].packets += exact.packets;
  }
  check_bounds(a.counters, a.truth, a.total);
  for (std::uint32_t i = 0; i < 5'000; ++i) a.add(address(i * 77), 500);
  check_bounds(a.counters, a.truth, a.total);
}

TEST_CASE("space saving: nothing is left after clear") {
  Traffic traffic = skewed(2, 1e6, 2'000);
  traffic.counters.clear();
  CHECK(traffic.counters.top(10).empty());
  CHECK(traffic.counters.total_bytes() == 0);
  traffic.counters.add(address(5), 7, 1);
  CHECK(traffic.counters.top(10).size() == 1);
}

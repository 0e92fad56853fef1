#include "detect/port_set.h"

#include <bitset>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace ntan::detect;

namespace {

using Ranges = std::vector<std::pair<int, int>>;

PortSet set_of(const std::vector<int>& ports) {
  PortSet set;
  for (const int port : ports) set.add(static_cast<std::uint16_t>(port));
  return set;
}

Ranges ranges_of(const PortSet& set) {
  Ranges ranges;
  set.for_each_range([&](PortRange range) {
    ranges.emplace_back(range.first, range.last);
    return true;
  });
  return ranges;
}

}  // namespace

TEST_CASE("port set: ranges join neighbours across words and reach both ends") {
  REQUIRE(ranges_of(PortSet{}).empty());
  REQUIRE(ranges_of(set_of({80})) == Ranges{{80, 80}});
  REQUIRE(ranges_of(set_of({0, 65535})) == Ranges{{0, 0}, {65535, 65535}});
  REQUIRE(ranges_of(set_of({63, 64, 65, 128, 4096})) == Ranges{{63, 65}, {128, 128}, {4096, 4096}});
  PortSet all;
  for (unsigned port = 0; port < 65536; ++port) all.add(static_cast<std::uint16_t>(port));
  REQUIRE(ranges_of(all) == Ranges{{0, 65535}});
  REQUIRE(all.count() == 65536);
}

TEST_CASE("port set: a visitor that has enough ends the walk") {
  unsigned seen = 0;
  set_of({1, 3, 5, 7}).for_each_range([&](PortRange) { return ++seen < 2; });
  REQUIRE(seen == 2);
}

TEST_CASE("port set: agrees with a plain bitmap on any ports") {
  std::mt19937 random{1};
  for (const unsigned spread : {40U, 3000U, 65536U}) {
    PortSet set;
    PortSet other;
    const auto plain = std::make_unique<std::bitset<65536>>();
    const auto plain_other = std::make_unique<std::bitset<65536>>();
    for (unsigned i = 0; i < 2000; ++i) {
      const auto port = static_cast<std::uint16_t>(random() % spread);
      const auto second = static_cast<std::uint16_t>(random() % spread);
      set.add(port);
      plain->set(port);
      other.add(second);
      plain_other->set(second);
    }
    REQUIRE(set.count() == plain->count());
    REQUIRE(set.common(other) == (*plain & *plain_other).count());
    Ranges expected;
    for (int port = 0; port < 65536; ++port) {
      if (!plain->test(static_cast<std::size_t>(port))) continue;
      if (!expected.empty() && expected.back().second == port - 1) {
        expected.back().second = port;
      } else {
        expected.emplace_back(port, port);
      }
    }
    REQUIRE(ranges_of(set) == expected);
  }
}

#include "run/link_rates.h"

#include <catch2/catch.hpp>

using namespace ntan;
using run::LinkRates;
using Rates = std::vector<double>;

TEST_CASE("link rates: bits per second, from the second look on") {
  LinkRates rates;
  CHECK(rates.of("eth0").empty());
  rates.sample({{.interface = "eth0", .packets = 1, .octets = 1'000}});
  CHECK(rates.of("eth0").empty());
  rates.sample({{.interface = "eth0", .packets = 2, .octets = 1'500}});
  rates.sample({{.interface = "eth0", .packets = 2, .octets = 1'500}});
  CHECK(rates.of("eth0") == Rates{4'000, 0});
  CHECK(rates.of("eth1").empty());
}

TEST_CASE("link rates: a counter that begins anew is no traffic") {
  LinkRates rates;
  rates.sample({{.interface = "lo", .packets = 9, .octets = UINT64_MAX}});
  rates.sample({{.interface = "lo", .packets = 0, .octets = 10}});
  rates.sample({{.interface = "lo", .packets = 0, .octets = 11}});
  CHECK(rates.of("lo") == Rates{0, 8});
}

TEST_CASE("link rates: a minute is kept, the latest last") {
  LinkRates rates;
  std::uint64_t octets = 0;
  for (std::uint64_t i = 0; i <= LinkRates::seconds + 5; ++i)
    rates.sample({{.interface = "lo", .packets = 0, .octets = octets += i}});
  const Rates kept = rates.of("lo");
  REQUIRE(kept.size() == LinkRates::seconds);
  CHECK(kept.front() == 6 * 8);
  CHECK(kept.back() == (LinkRates::seconds + 5) * 8);
}

TEST_CASE("link rates: an interface that is gone is forgotten") {
  LinkRates rates;
  rates.sample({{.interface = "tun0", .packets = 0, .octets = 1}});
  rates.sample({{.interface = "tun0", .packets = 0, .octets = 2}});
  rates.sample({});
  CHECK(rates.of("tun0").empty());
  rates.sample({{.interface = "tun0", .packets = 0, .octets = 100}});
  CHECK(rates.of("tun0").empty());
}

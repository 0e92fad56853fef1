#include "detect/routers.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan;
using namespace ntan::detect;

namespace {

IpAddress host(unsigned number) {
  const std::array<std::uint8_t, 4> octets{192, 0, 2, static_cast<std::uint8_t>(number)};
  return IpAddress::v4(octets.data());
}

MacAddress mac(unsigned number) {
  return {.octets = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(number)}};
}

/// Looks at every outcome anew.
struct PlainRouters {
  struct Facts {
    IpAddress own;
    IpAddress alias;
    IpAddress carried;
    bool router = false;
  };

  std::map<MacAddress, Facts> stations;

  void look_at(const MacAddress& at, const IpAddress& address, bool own) {
    Facts& facts = stations[at];
    if (own && !facts.own.known()) facts.own = address;
    if (own && facts.own != address && !facts.alias.known()) facts.alias = address;
    if (facts.alias == address && facts.alias.known()) return;
    if (!facts.carried.known()) facts.carried = address;
    const IpAddress& self = facts.own.known() ? facts.own : facts.carried;
    if (self != address || facts.carried != self) facts.router = true;
  }
};

}  // namespace

TEST_CASE("routers: what is remembered of a station changes no verdict") {
  std::mt19937 random{1};  // NOLINT(*-msc51-cpp): the same in every run
  for (unsigned round = 0; round < 200; ++round) {
    Routers routers{4096};
    PlainRouters plain;
    for (unsigned n = 0; n < 60; ++n) {
      Outcome outcome;
      outcome.has_mac = true;
      outcome.contact_class = random() % 5 == 0 ? ContactClass::arp : ContactClass::syn;
      // Some stations share a place in what is remembered: 200 is 64 * 3 + 8.
      outcome.src_mac = mac(random() % 2 == 0 ? 8 : 200);
      outcome.dst_mac = mac(static_cast<unsigned>(random() % 12));
      outcome.src = host(static_cast<unsigned>(random() % 4));
      outcome.dst = host(static_cast<unsigned>(random() % 40 == 0 ? random() % 3 : 7));
      routers.on_outcome(outcome);
      const bool arp = outcome.contact_class == ContactClass::arp;
      plain.look_at(outcome.src_mac, outcome.src, arp);
      if (!arp) plain.look_at(outcome.dst_mac, outcome.dst, false);
      for (const auto& [at, facts] : plain.stations) REQUIRE(routers.is_router(at) == facts.router);
    }
  }
}

TEST_CASE("routers: a host may answer for two addresses, and has none at first") {
  Routers routers{4096};
  const auto say = [&](unsigned src, ContactClass what) {
    Outcome outcome;
    outcome.has_mac = true;
    outcome.contact_class = what;
    outcome.src_mac = mac(1);
    outcome.dst_mac = mac(9);
    outcome.src = src == 0 ? *parse_address("0.0.0.0") : host(src);
    outcome.dst = host(200);
    routers.on_outcome(outcome);
    return routers.is_router(mac(1));
  };
  CHECK_FALSE(say(0, ContactClass::udp));
  CHECK_FALSE(say(1, ContactClass::arp));
  CHECK_FALSE(say(2, ContactClass::arp));
  CHECK_FALSE(say(1, ContactClass::syn));
  CHECK_FALSE(say(2, ContactClass::syn));
  SECTION("but not for three") {
    CHECK(say(3, ContactClass::arp));
  }
  SECTION("and carries no other") {
    CHECK(say(3, ContactClass::syn));
  }
}

TEST_CASE("routers: a router of IPv6 is believed, and no other station with it") {
  Routers routers{4096};
  Outcome notice;
  notice.src = notice.dst = *parse_address("fe80::1");
  notice.src_mac = mac(1);
  notice.from_router = true;
  SECTION("with a link address that is its own") {
    notice.has_mac = true;
    routers.on_outcome(notice);
    REQUIRE(routers.is_router(mac(1)));
    routers.on_outcome(notice);
    REQUIRE(routers.is_router(mac(1)));
  }
  SECTION("not without link address") {
    routers.on_outcome(notice);
    REQUIRE_FALSE(routers.is_router(mac(1)));
  }
  notice.from_router = false;
  notice.has_mac = true;
  notice.src_mac = mac(2);
  routers.on_outcome(notice);
  notice.src = *parse_address("2001:db8:1::1");
  routers.on_outcome(notice);
  REQUIRE_FALSE(routers.is_router(mac(2)));
}

TEST_CASE("routers: who carries packets of four networks of IPv6 is one") {
  Routers routers{4096};
  const auto pass = [&routers](const char* source) {
    Outcome outcome;
    outcome.has_mac = true;
    outcome.contact_class = ContactClass::syn;
    outcome.src_mac = mac(1);
    outcome.dst_mac = mac(2);
    outcome.src = *parse_address(source);
    outcome.dst = *parse_address("2001:db8:9::9");
    routers.on_outcome(outcome);
  };
  // A host with private, unique local and two provider's addresses.
  for (const char* own : {"fe80::5", "2001:db8:1::1", "2001:db8:1::2", "fd00::1", "2001:db8:2::1"})
    pass(own);
  REQUIRE_FALSE(routers.is_router(mac(1)));
  REQUIRE_FALSE(routers.is_router(mac(2)));
  pass("2001:db8:3::1");
  REQUIRE(routers.is_router(mac(1)));
  REQUIRE_FALSE(routers.is_router(mac(2)));
}

TEST_CASE("routers: a station that had to make room is looked at anew") {
  Routers routers{8};
  const auto pass = [&routers](unsigned station, unsigned address) {
    Outcome outcome;
    outcome.has_mac = true;
    outcome.contact_class = ContactClass::syn;
    outcome.src_mac = mac(station);
    outcome.dst_mac = {.octets = {1}};  // a group
    outcome.src = host(address);
    outcome.dst = host(99);
    routers.on_outcome(outcome);
  };
  pass(0, 1);
  for (unsigned station = 1; station <= 8; ++station) pass(station, station);
  REQUIRE_FALSE(routers.is_router(mac(0)));
  pass(0, 1);  // it is not there any more, and has to be again
  pass(0, 3);
  REQUIRE(routers.is_router(mac(0)));
}

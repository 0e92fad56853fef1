// What an alert says about the shape of its scan.
#include <chrono>
#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/detect/trace.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;

TEST_CASE("scan alert: a row and a column of one source are no block") {
  struct Case {
    unsigned ports;
    unsigned hosts;
    ScanKind expected;
  };
  const auto c =
      GENERATE(values<Case>({{100, 40, ScanKind::vertical}, {20, 60, ScanKind::horizontal}}));
  Script script;
  for (unsigned n = 0; n < c.ports; ++n) script.add({.port = low_port(n)});
  for (unsigned n = 0; n < c.hosts; ++n) script.add({.dst = host(300 + n), .port = 22});
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  REQUIRE(script.heard.all.back().record.kind == c.expected);
  REQUIRE(script.heard.all.back().record.probes == c.ports + c.hosts);
}

TEST_CASE("scan alert: ports of many hosts are a block") {
  const bool by_host = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 100; ++n) {
    script.add(
        {.dst = host(by_host ? n / 10 : n % 10), .port = low_port(by_host ? n % 10 : n / 10)});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  REQUIRE(script.heard.all.back().record.kind == ScanKind::block);
}

TEST_CASE("scan alert: a sweep by ARP has all its targets") {
  Script script;
  for (unsigned n = 0; n < 254; ++n) {
    script.begin({.dst = host(n), .port = 0, .contact_class = ContactClass::arp});
    script.wait(std::chrono::milliseconds{4});
  }
  script.wait(std::chrono::seconds{10});
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  const ScanRecord& record = script.heard.all.back().record;
  REQUIRE(record.hosts == 254);
  REQUIRE(record.probes == 254);
  REQUIRE(record.kind == ScanKind::host_discovery);
}

TEST_CASE("scan alert: a service that nobody used for a day is none that went down") {
  const auto idle = GENERATE(11, 25);
  Script script;
  for (unsigned n = 0; n < 60; ++n)
    script.add({.src = "203.0.113.77", .dst = host(n), .port = 22, .result = Result::session});
  script.wait(std::chrono::hours{idle});
  for (unsigned n = 0; n < 60; ++n) script.add({.dst = host(n), .port = 22});
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  // What fails where it was used counts a quarter.
  constexpr std::uint64_t few = 10;
  REQUIRE((script.heard.all.front().record.probes <= few) == (idle > 24));
}

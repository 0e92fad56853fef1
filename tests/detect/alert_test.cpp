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

TEST_CASE("scan alert: a scan of a probe in five minutes has a rate") {
  Script script;
  for (unsigned n = 0; n < 12; ++n) {
    script.add({.port = low_port(n), .result = Result::refused});
    script.wait(std::chrono::minutes{5});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  CHECK(script.heard.all.back().record.rate_pps == Approx(1 / 300.0).epsilon(0.05));
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

TEST_CASE("scan alert: a sweep that goes on within an hour of its close opens the same again") {
  const ContactClass what = GENERATE(ContactClass::arp, ContactClass::icmp);
  Script script;
  const auto sweep = [&](unsigned from) {
    for (unsigned n = from; n < from + 60; ++n) {
      script.begin({.dst = host(n),
                    .port = static_cast<std::uint16_t>(what == ContactClass::icmp ? 8 : 0),
                    .contact_class = what});
      script.wait(std::chrono::milliseconds{10});
    }
    script.wait(std::chrono::seconds{10});
    script.detector.advance(script.now);
  };
  sweep(0);
  REQUIRE(script.heard.opened() == 1);
  script.wait(std::chrono::minutes{15});
  script.detector.advance(script.now);
  REQUIRE(script.heard.all.back().record.phase == ScanPhase::close);
  sweep(60);
  REQUIRE(script.heard.opened() == 2);
  const Told again = script.heard.all.back();
  REQUIRE(again.record.id == script.heard.all.front().record.id);
  REQUIRE(again.record.reopened);
  // Another day it is another scan.
  script.wait(std::chrono::hours{4});
  sweep(120);
  REQUIRE(script.heard.opened() == 3);
  REQUIRE(script.heard.all.back().record.id != again.record.id);
}

TEST_CASE("scan alert: what has been named holds its place for hours, not for ever") {
  const Row fresh{.key = 1, .last_used = fade_time(from_ns(0) + std::chrono::hours{20})};
  Row named{.key = 2, .last_used = fade_time(from_ns(0)), .alarmed = GENERATE(false, true)};
  named.walk.client = named.walk.peer = named.alarmed ? 0 : 900'000;
  REQUIRE(named.worth() < fresh.worth());
  named.last_used = fade_time(from_ns(0) + std::chrono::hours{5});
  REQUIRE(named.worth() > fresh.worth());
}

TEST_CASE("scan alert: one port of one host that a horizontal scan goes on with is no row") {
  Alert alert({.source = *parse_address("198.51.100.10"), .why = ScanWhy::column});
  Probe probe;
  probe.dst = *parse_address("192.0.2.10");
  probe.port = 23;
  probe.contact_class = ContactClass::syn;
  alert.add(probe);
  REQUIRE(alert.kind() == ScanKind::horizontal);
}

TEST_CASE("scan alert: who lets his first packets die on the way hides nothing") {
  const auto what = GENERATE(ContactClass::syn, ContactClass::udp);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    for (const Result result : {Result::time_exceeded, Result::refused})
      script.add({.port = low_port(n), .result = result, .contact_class = what});
  }
  REQUIRE(script.heard.opened() == 1);
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

TEST_CASE("scan alert: a few sessions do not make raw probes handshakes") {
  const unsigned sessions = GENERATE(1U, 5U, 30U);
  Script script;
  for (unsigned n = 0; n < 60; ++n) script.add({.port = low_port(n)});
  for (unsigned n = 0; n < sessions; ++n)
    script.add({.port = low_port(100 + n), .result = Result::connect, .raw = false});
  script.detector.finish(script.now);
  const ScanTechnique expected =
      sessions <= 5 ? ScanTechnique::tcp_syn : ScanTechnique::tcp_connect;
  CHECK(script.heard.all.back().record.technique == expected);
}

TEST_CASE("scan alert: systems give each connection a port of its own") {
  const bool bound = GENERATE(true, false);
  const bool row = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 20; ++n) {
    script.add({.dst = row ? host(1) : host(n),
                .port = row ? low_port(n) : std::uint16_t{22},
                .result = Result::silent,
                .src_port = static_cast<std::uint16_t>(bound ? 40'000 : 40'000 + n),
                .raw = false});
  }
  script.detector.finish(script.now);
  CHECK(script.heard.all.back().record.technique ==
        (bound ? ScanTechnique::tcp_syn : ScanTechnique::tcp_connect));
}

TEST_CASE("scan alert: hosts that answer pings have completed no handshake") {
  Script script;
  for (unsigned n = 0; n < 40; ++n) {
    script.begin({.dst = host(n), .port = 8, .contact_class = ContactClass::icmp});
    script.end({.dst = host(n),
                .port = 8,
                .result = Result::session,
                .contact_class = ContactClass::icmp});
    script.wait(std::chrono::milliseconds{10});
  }
  for (unsigned n = 0; n < 400; ++n) {
    script.add({.dst = host(n % 40),
                .port = low_port(n / 40),
                .result = n / 40 == 3 && n % 4 == 0 ? Result::half_open : Result::refused});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  CHECK(script.heard.all.back().record.kind == ScanKind::block);
  CHECK(script.heard.all.back().record.technique == ScanTechnique::tcp_syn);
}

TEST_CASE(
    "scan alert: open are the ports that took the connection up, not those not watched to the "
    "end") {
  const bool accepted = GENERATE(false, true);
  Alert alert({.source = *parse_address("198.51.100.10"), .why = ScanWhy::row});
  for (unsigned n = 0; n < 131; ++n) {
    Probe probe;
    probe.hash = n;
    probe.dst = *parse_address("192.0.2.10");
    probe.port = low_port(n);
    probe.contact_class = ContactClass::syn;
    probe.pending = false;
    probe.result = n == 0 ? Result::idle : Result::refused;
    probe.accepted = n == 0 && accepted;
    alert.add(probe);
  }
  ScanTexts texts;
  const ScanRecord record = alert.describe({}, texts);
  CHECK(record.open.size() == (accepted ? 1U : 0U));
  CHECK(record.severity == (accepted ? Severity::high : Severity::medium));
}

TEST_CASE("scan alert: resets whose probes were not captured are no technique of their own") {
  const unsigned lost = GENERATE(20U, 45U, 60U);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    script.add({.port = low_port(n),
                .result = n < lost ? Result::refused : Result::malformed,
                .contact_class = n < lost ? ContactClass::reverse_rst : ContactClass::fin});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  const ScanTechnique expected = lost < 60 ? ScanTechnique::tcp_fin : ScanTechnique::tcp_syn;
  CHECK(script.heard.all.back().record.technique == expected);
}

// Who looks for hosts: by echo requests, ARP and neighbour discovery.
#include <catch2/catch.hpp>

#include "detect/scan_detector.h"
#include "tests/detect/trace.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;
using std::chrono::seconds;

namespace {

/// Forty hosts from that one on, each of which answers.
void ping_forty(Script& script, unsigned first) {
  for (unsigned n = first; n < first + 40; ++n) {
    const Step ping{
        .dst = host(n), .port = 8, .result = Result::session, .contact_class = ContactClass::icmp};
    script.begin(ping);
    script.end(ping);
    script.wait(std::chrono::milliseconds{10});
  }
}

}  // namespace

TEST_CASE("scan detector: thirty-two pinged hosts a minute are discovery, answers or not") {
  Script script;
  ping_forty(script, 0);
  REQUIRE(script.heard.opened() == 1);
  const Told& told = script.heard.all.front();
  REQUIRE(told.record.kind == ScanKind::host_discovery);
  REQUIRE(told.record.technique == ScanTechnique::icmp_echo);
  REQUIRE(told.record.hosts == 32);
  REQUIRE(told.record.severity == Severity::low);
}

TEST_CASE("scan detector: who works with hosts may ask whether they are there, and how far") {
  const bool first = GENERATE(true, false);
  const unsigned one_in = GENERATE(1U, 4U);
  CAPTURE(first, one_in);
  Script script;
  for (unsigned n = 0; n < 40; ++n) {
    const Step used{.dst = host(n),
                    .port = 27015,
                    .result = Result::session,
                    .contact_class = ContactClass::udp};
    const Step ping{
        .dst = host(n), .port = 8, .result = Result::session, .contact_class = ContactClass::icmp};
    const bool works = n % one_in == 0;
    for (const Step& step : {first ? used : ping, first ? ping : used}) {
      if (step.port == used.port && !works) continue;
      script.begin(step);
      script.end(step);
    }
    script.wait(std::chrono::milliseconds{10});
  }
  // 30 of those that were never worked with are too few; pinged first, all 40 count, but for who
  // then works with most of them.
  REQUIRE(script.heard.opened() == (first || one_in == 1 ? 0 : 1));
  ping_forty(script, 100);
  REQUIRE(script.heard.opened() == 1);
}

TEST_CASE("scan detector: a sweep by ARP is named unless its sender is a router") {
  Script script;
  const std::string sender = "192.0.2.240";
  const auto ask = [&](unsigned n) {
    Outcome out = script.outcome(
        {.src = sender, .dst = host(n), .port = 0, .contact_class = ContactClass::arp},
        Outcome::Kind::contact);
    out.has_mac = true;
    out.src_mac.octets = {2, 0, 0, 0, 0, 1};
    out.dst_mac.octets.fill(0xff);
    script.detector.on_outcome(out);
    script.wait(std::chrono::milliseconds{50});
  };
  for (unsigned n = 0; n < 30; ++n) ask(n);
  SECTION("a host") {
    script.wait(seconds{6});
    script.detector.advance(script.now);
    REQUIRE(script.heard.opened() == 1);
    REQUIRE(script.heard.all.front().record.technique == ScanTechnique::arp);
    REQUIRE(script.heard.all.front().record.hosts == 30);
  }
  SECTION("a host that pings most of those it finds, or works with them") {
    for (unsigned n = 0; n < 16; ++n) {
      const Step used{.src = sender,
                      .dst = host(n),
                      .port = static_cast<std::uint16_t>(n % 2 == 0 ? 8 : 443),
                      .result = Result::session,
                      .contact_class = n % 2 == 0 ? ContactClass::icmp : ContactClass::syn};
      script.begin(used);
      script.end(used);
    }
    script.wait(seconds{6});
    script.detector.finish(script.now);
    REQUIRE(script.heard.all.empty());
  }
  SECTION("a host that works with half of them") {
    for (unsigned n = 0; n < 15; ++n) script.begin({.src = sender, .dst = host(n), .port = 443});
    for (unsigned n = 0; n < 15; ++n)
      script.end({.src = sender, .dst = host(n), .port = 443, .result = Result::session});
    script.wait(seconds{6});
    script.detector.finish(script.now);
    REQUIRE(script.heard.opened() == 1);
  }
  SECTION("a router") {
    Outcome carried =
        script.outcome({.src = "203.0.113.5", .dst = host(3), .port = 80}, Outcome::Kind::contact);
    carried.has_mac = true;
    carried.src_mac.octets = {2, 0, 0, 0, 0, 1};
    carried.dst_mac.octets = {2, 0, 0, 0, 0, 9};
    script.detector.on_outcome(carried);
    script.wait(seconds{6});
    script.detector.finish(script.now);
    REQUIRE(script.heard.all.empty());
  }
}

TEST_CASE("scan detector: a sweep by neighbour discovery is named, but not of a router") {
  const bool from_router = GENERATE(false, true);
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    Outcome out = script.outcome({.src = "2001:db8::240",
                                  .dst = "2001:db8::" + std::to_string(n),
                                  .port = 0,
                                  .contact_class = ContactClass::nd},
                                 Outcome::Kind::contact);
    out.has_mac = true;
    out.src_mac.octets = {2, 0, 0, 0, 0, 1};
    script.detector.on_outcome(out);
    out.contact_class = ContactClass::none;
    out.from_router = from_router;
    if (n == 29) script.detector.on_outcome(out);
    script.wait(std::chrono::milliseconds{50});
  }
  script.wait(seconds{6});
  script.detector.advance(script.now);
  REQUIRE(script.heard.opened() == (from_router ? 0 : 1));
  if (from_router) return;
  const Told& told = script.heard.all.front();
  REQUIRE(told.record.kind == ScanKind::host_discovery);
  REQUIRE(told.record.technique == ScanTechnique::nd);
  REQUIRE(told.common.proto == "icmpv6");
}

// Scans that are over and begin again.
#include <catch2/catch.hpp>

#include "tests/detect/trace.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr unsigned targets = 20;

void scan_ports(Script& script) {
  for (unsigned n = 0; n < targets; ++n) script.add({.port = low_port(n)});
}

void scan_hosts(Script& script) {
  for (unsigned n = 0; n < targets; ++n) script.add({.dst = host(n), .port = 23});
}

void pause(Script& script, Duration duration) {
  script.wait(duration);
  script.detector.advance(script.now);
}

const ScanRecord& last(const Script& script) {
  return script.heard.all.back().record;
}

}  // namespace

TEST_CASE("scan again: within the hour the same targets open the same alert again") {
  Script script;
  const auto scan = GENERATE(&scan_ports, &scan_hosts);
  scan(script);
  const event::Id id = last(script).id;
  pause(script, minutes{30});
  REQUIRE(last(script).phase == ScanPhase::close);
  scan(script);
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == 2);
  CHECK(last(script).id == id);
  CHECK(last(script).seq == 2);
  CHECK(last(script).reopened);
  CHECK(last(script).probes == 2 * targets);
  CHECK(last(script).ports * last(script).hosts == targets);
}

TEST_CASE("scan again: later the same targets make an alert of its own") {
  Script script;
  const auto scan = GENERATE(&scan_ports, &scan_hosts);
  scan(script);
  const ScanRecord first = last(script);
  pause(script, hours{GENERATE(3, 24, 24 * 7)});
  scan(script);
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == 2);
  CHECK(last(script).id.value != first.id.value);
  CHECK(last(script).probes == targets);
  CHECK(last(script).kind == first.kind);
  CHECK(last(script).first_ts > first.last_ts);
}

TEST_CASE("scan again: a ping sweep and a look for neighbours, too") {
  Script script;
  const Step ping{.port = 8, .result = Result::silent, .contact_class = ContactClass::icmp};
  const Step ask{.port = 0, .result = Result::silent, .contact_class = ContactClass::arp};
  Step step = GENERATE_COPY(ping, ask);
  const Duration pause_between = GENERATE(Duration{minutes{30}}, Duration{hours{3}});
  for (int turn = 0; turn < 2; ++turn) {
    for (unsigned n = 0; n < 60; ++n) {
      step.dst = host(n);
      script.begin(step);
      if (step.contact_class == ContactClass::icmp) script.end(step);
      script.wait(std::chrono::milliseconds{50});
    }
    pause(script, pause_between);
  }
  CHECK(script.heard.opened() == 2);
  CHECK(last(script).hosts == 60);
  CHECK(last(script).reopened == (pause_between == minutes{30}));
}

TEST_CASE("scan again: what was told hours ago does not name one more failure a scan") {
  Script script;
  SECTION("on a new target") {
    scan_ports(script);
    pause(script, hours{3});
    script.add({.dst = host(99), .port = 443});
  }
  SECTION("on a target of the scan") {
    scan_hosts(script);
    pause(script, hours{3});
    script.add({.dst = host(3), .port = 23});
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == 1);
}

TEST_CASE("scan again: an attempt that the next one takes the place of leaves the result to that") {
  Script script;
  const Result result = GENERATE(Result::refused, Result::silent);
  for (unsigned n = 0; n < targets; ++n) {
    Step step{.port = low_port(n), .result = Result::idle};
    for (unsigned attempt = 0; attempt < 3; ++attempt) {
      script.begin(step);
      script.wait(std::chrono::milliseconds{100});
      if (attempt == 2) step.result = result;
      script.end(step);
    }
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  CHECK(last(script).probes == targets);
  CHECK((result == Result::refused ? last(script).refused : last(script).silent) == targets);
}

TEST_CASE("scan again: a scan of a probe in three hours keeps its id") {
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    script.add({.port = low_port(n)});
    pause(script, hours{3});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() > 1);
  for (const Told& told : script.heard.all) CHECK(told.record.id == last(script).id);
  CHECK(last(script).probes == 30);
}

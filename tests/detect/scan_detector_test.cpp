#include "detect/scan_detector.h"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "tests/detect/trace.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;
using std::chrono::seconds;

namespace {

enum class Shape { row, column };

/// Adds contacts until the first alert; how many that took, 0 if `most` did not do.
unsigned contacts_to_alarm(Shape shape, const Step& each, std::uint16_t first_port, unsigned most) {
  Script script;
  for (unsigned n = 0; n < most; ++n) {
    Step step = each;
    if (shape == Shape::row) {
      step.port = static_cast<std::uint16_t>(first_port + n);
    } else {
      step.dst = host(n);
      step.port = first_port;
    }
    script.add(step);
    if (script.heard.opened() != 0) return n + 1;
  }
  return 0;
}

unsigned draw(std::mt19937& random, unsigned below) {
  return static_cast<unsigned>(random() % below);
}

constexpr auto late = Outcome::Kind::late;

}  // namespace

TEST_CASE("scan detector: many ports of one host alarm after the documented number of probes") {
  struct Case {
    ContactClass contact_class;
    Result result;
    std::uint16_t first_port;
    unsigned expected;
  };
  const Case c = GENERATE(values<Case>({
      {ContactClass::syn, Result::refused, 1, 7},
      {ContactClass::syn, Result::silent, 1, 9},
      {ContactClass::syn, Result::half_open, 1, 5},
      {ContactClass::syn, Result::connect, 1, 13},
      {ContactClass::syn, Result::refused, 40000, 7},
      {ContactClass::udp, Result::refused, 40000, 35},
      {ContactClass::fin, Result::malformed, 1, 5},
      {ContactClass::null, Result::malformed, 40000, 5},
      {ContactClass::ack, Result::refused, 1, 6},
      {ContactClass::udp, Result::refused, 1, 8},
      {ContactClass::udp, Result::silent, 1, 17},
      {ContactClass::ip_protocol, Result::refused, 1, 6},
      {ContactClass::sctp, Result::refused, 1, 7},
      {ContactClass::reverse_rst, Result::refused, 1, 13},
  }));
  CAPTURE(static_cast<int>(c.contact_class), static_cast<int>(c.result), c.first_port);
  const Step each{.result = c.result, .contact_class = c.contact_class};
  REQUIRE(contacts_to_alarm(Shape::row, each, c.first_port, 60) == c.expected);
}

TEST_CASE("scan detector: a peer may fail at more of them before it alarms") {
  Step each{.raw = false};
  REQUIRE(contacts_to_alarm(Shape::row, each, 40000, 60) == 18);
  REQUIRE(contacts_to_alarm(Shape::column, each, 51413, 60) == 18);
  // Peers in networks of their own, by a stack that knows few options, or over UDP.
  const auto spread = [](const Step& step) {
    Script script;
    unsigned n = 0;
    for (; n < 60 && script.heard.opened() == 0; ++n) {
      Step next = step;
      next.dst = "203.0." + std::to_string(n) + ".9";
      next.port = 51413;
      script.add(next);
    }
    return n;
  };
  each.raw = true;
  REQUIRE(spread(each) == 18);
  each.contact_class = ContactClass::udp;
  REQUIRE(spread(each) == 35);
}

TEST_CASE("scan detector: a server may turn to clients that never answer it") {
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    const std::string client = host(n);
    script.add({.src = client,
                .dst = "198.51.100.10",
                .port = 1812,
                .result = Result::session,
                .contact_class = ContactClass::udp});
    script.add({.dst = client,
                .port = 3799,
                .result = Result::silent,
                .contact_class = ContactClass::udp});
  }
  CHECK(script.heard.opened() == 0);
}

TEST_CASE("scan detector: many hosts on one port alarm after the documented number of probes") {
  struct Case {
    ContactClass contact_class;
    Result result;
    std::uint16_t port;
    unsigned expected;
  };
  const Case c = GENERATE(values<Case>({
      {ContactClass::syn, Result::refused, 22, 7},
      {ContactClass::syn, Result::silent, 22, 9},
      {ContactClass::syn, Result::half_open, 22, 12},
      {ContactClass::syn, Result::silent, 51413, 11},
      {ContactClass::udp, Result::silent, 47808, 20},
      {ContactClass::ack, Result::refused, 80, 6},
      {ContactClass::xmas, Result::malformed, 80, 5},
      {ContactClass::icmp, Result::silent, 8, 8},
      {ContactClass::syn, Result::session, 80, 0},
      {ContactClass::syn, Result::banner, 25, 0},
      {ContactClass::syn, Result::idle, 80, 0},
  }));
  CAPTURE(static_cast<int>(c.contact_class), static_cast<int>(c.result), c.port);
  const Step each{.result = c.result, .contact_class = c.contact_class};
  REQUIRE(contacts_to_alarm(Shape::column, each, c.port, 60) == c.expected);
}

TEST_CASE("scan detector: UDP silence on a column counts where answers are seen") {
  Script script;
  script.add({.src = "198.51.100.77",
              .dst = "192.0.2.1",
              .port = 53,
              .result = Result::session,
              .contact_class = ContactClass::udp});
  unsigned probes = 0;
  while (script.heard.opened() == 0 && probes < 60) {
    script.add({.dst = host(probes++),
                .port = 161,
                .result = Result::silent,
                .contact_class = ContactClass::udp});
  }
  REQUIRE(probes == 20);
}

TEST_CASE("scan detector: UDP silence says nothing where no answer is ever seen") {
  Script script;
  for (unsigned n = 0; n < 200; ++n) {
    script.add({.src = "198.51.100." + std::to_string(n % 100),
                .dst = host(n),
                .port = 514,
                .result = Result::silent,
                .contact_class = ContactClass::udp});
  }
  const std::size_t before = script.heard.all.size();
  for (unsigned n = 0; n < 100; ++n) {
    script.add({.dst = host(n),
                .port = 161,
                .result = Result::silent,
                .contact_class = ContactClass::udp});
  }
  REQUIRE(before == 0);
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: one target counts once, however often it fails") {
  Script script;
  for (unsigned n = 0; n < 500; ++n) script.add({.src_port = static_cast<std::uint16_t>(1024 + n)});
  script.detector.finish(script.now);
  REQUIRE(script.heard.all.empty());
  REQUIRE(script.detector.counters().contacts == 1);
}

TEST_CASE("scan detector: benign shares of failure raise nothing") {
  const unsigned percent = GENERATE(5U, 20U, 35U);
  std::mt19937 random(percent);  // NOLINT(*-msc51-cpp): the same in every run
  Script script;
  for (unsigned n = 0; n < 1000; ++n) {
    const bool fails = draw(random, 100) < percent;
    script.add({.dst = host(n),
                .port = 443,
                .result = !fails       ? Result::session
                          : n % 2 == 0 ? Result::refused
                                       : Result::silent});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: a peer-to-peer node with 60 % dead peers raises nothing") {
  std::mt19937 random(60);  // NOLINT(*-msc51-cpp): the same in every run
  Script script;
  for (unsigned n = 0; n < 1000; ++n) {
    script.add({.dst = host(n),
                .port = 51413,
                .result = draw(random, 100) < 60 ? Result::silent : Result::session});
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: a real session with a host forgives the handshakes there") {
  Script script;
  for (unsigned n = 0; n < 11; ++n)
    script.add({.dst = host(n), .port = 80, .result = Result::half_open});
  for (unsigned n = 0; n < 11; ++n)
    script.add({.dst = host(n), .port = 443, .result = Result::session});
  for (unsigned n = 11; n < 20; ++n)
    script.add({.dst = host(n), .port = 80, .result = Result::half_open});
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: an answer after the time-out takes the evidence back") {
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    const Step silent{.dst = host(n), .port = 80, .result = Result::silent};
    script.add(silent);
    Step answered = silent;
    answered.result = Result::session;
    script.end(answered, late);
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: what is used after it failed was not up yet") {
  Script script;
  const Result first = GENERATE(Result::refused, Result::silent);
  for (unsigned n = 0; n < 30; ++n) {
    Step step{.dst = host(n), .port = 8080, .result = first};
    script.add(step);
    step.result = Result::session;
    script.add(step);
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: the end of a long idle connection is no probe") {
  const ContactClass what = GENERATE(ContactClass::ack, ContactClass::maimon);
  const bool called = GENERATE(true, false);
  CAPTURE(called);
  Script script;
  for (unsigned n = 0; n < 20; ++n) {
    if (called) script.add({.dst = host(n), .port = 443, .result = Result::session});
    script.add({.dst = host(n), .port = 443, .contact_class = what});
  }
  REQUIRE(script.heard.opened() == (called ? 0U : 1U));
}

TEST_CASE("scan detector: two dozen ports waiting at once need no result") {
  Script script;
  for (unsigned n = 0; n < 24; ++n) script.begin({.port = low_port(n)});
  REQUIRE(script.heard.opened() == 1);
  const Told& told = script.heard.all.front();
  REQUIRE(told.record.why == ScanWhy::burst);
  REQUIRE(told.record.probes == 24);
  REQUIRE(told.port_ranges == std::vector<std::string>{"1-24"});
  REQUIRE(told.sample.front().outcome.empty());
  for (unsigned n = 0; n < 24; ++n) script.end({.port = low_port(n), .result = Result::silent});
  script.detector.finish(script.now);
  REQUIRE(script.heard.all.back().record.silent == 24);
  REQUIRE(script.heard.all.back().record.probes == 24);
}

TEST_CASE("scan detector: a path measured by traceroute is no scan") {
  Script script;
  for (unsigned n = 0; n < 90; ++n) {
    script.add({.port = static_cast<std::uint16_t>(33434 + n),
                .result = n < 60 ? Result::silent : Result::refused,
                .contact_class = ContactClass::udp,
                .ttl = static_cast<std::uint8_t>(1 + n / 3)});
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: a target that fails for its whole network is to blame itself") {
  Script script;
  for (unsigned client = 1; client <= 40; ++client) {
    for (unsigned n = 0; n < 8; ++n) {
      script.add({.src = "198.51.100." + std::to_string(client),
                  .dst = host(n),
                  .port = 443,
                  .result = Result::silent});
    }
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: a service that answered before is down, not scanned") {
  Script script;
  for (unsigned n = 0; n < 8; ++n)
    script.add({.src = "203.0.113.9", .dst = host(n), .port = 443, .result = Result::session});
  for (unsigned n = 0; n < 8; ++n)
    script.add({.dst = host(n), .port = 443, .result = Result::refused});
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: QUIC that does not get through is no scan where TCP does") {
  const ContactClass udp = ContactClass::udp;
  const bool udp_first = GENERATE(false, true);
  const Result result = GENERATE(Result::refused, Result::silent);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    const Step quic{.dst = host(n), .port = 443, .result = result, .contact_class = udp};
    const Step tcp{.dst = host(n), .port = 443, .result = Result::session};
    script.add(udp_first ? quic : tcp);
    script.add(udp_first ? tcp : quic);
  }
  REQUIRE(script.heard.all.empty());
  // It helps neither on another port nor another source.
  for (unsigned n = 0; n < 60; ++n)
    script.add({.dst = host(n), .port = 161, .result = result, .contact_class = udp});
  REQUIRE(script.heard.opened() == 1);
  const std::string other = "203.0.113.9";
  for (unsigned n = 0; n < 60; ++n)
    script.add({.src = other, .dst = host(n), .port = 443, .result = result, .contact_class = udp});
  REQUIRE(script.heard.all.back().common.src_ip == *parse_address(other));
}

TEST_CASE("scan detector: the description of a scan names all that its members may say") {
  const auto doc = [](std::string_view name) {
    const auto& fields = event::schema_of<ScanRecord>.fields;
    const auto at = std::ranges::find(fields, name, &event::Field::name);
    REQUIRE(at != fields.end());
    return at->doc;
  };
  const auto names_all = [&](std::string_view member, auto last) {
    using Value = decltype(last);
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i)
      CHECK_THAT(std::string(doc(member)), Catch::Contains(std::string(to_text(Value(i)))));
  };
  names_all("kind", ScanKind::distributed_horizontal);
  names_all("technique", ScanTechnique::mixed);
  names_all("why", ScanWhy::reverse);
  names_all("visibility", Visibility::answers_only);
  for (std::size_t i = 0; i < guard_count; ++i) {
    const std::string guard{to_text(static_cast<Guard>(1U << i))};
    CHECK_THAT(std::string(doc("guards")), Catch::Contains(guard));
  }
}

TEST_CASE("scan detector: many sources that share the work are one distributed scan") {
  Script script;
  SECTION("ports of one host") {
    for (unsigned n = 0; n < 48; ++n) {
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .port = low_port(n)});
    }
    REQUIRE(script.heard.opened() == 1);
    const Told& told = script.heard.all.front();
    REQUIRE(told.record.kind == ScanKind::distributed_vertical);
    REQUIRE_FALSE(told.common.src_ip.known());
    REQUIRE(told.members.size() == 12);
    REQUIRE(told.record.severity == Severity::high);
  }
  SECTION("ports of one host whose name each has looked up") {
    const IpAddress victim = *parse_address("192.0.2.10");
    for (unsigned n = 0; n < 12; ++n) {
      script.detector.on_resolved(*parse_address("203.0." + std::to_string(n) + ".7"), victim,
                                  script.now);
    }
    for (unsigned n = 0; n < 60; ++n) {
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7",
                  .dst = "192.0.2.10",
                  .port = low_port(n),
                  .result = Result::refused,
                  .raw = false});
    }
    REQUIRE(script.heard.opened() == 1);
    REQUIRE(script.heard.all.front().record.kind == ScanKind::distributed_vertical);
  }
  SECTION("hosts of one network, each source all ports of one") {
    constexpr std::array<std::uint16_t, 3> ports{22, 80, 443};
    for (unsigned n = 0; n < 40; ++n) {
      for (const std::uint16_t port : ports) {
        script.add({.src = "203.0." + std::to_string(n) + ".7",
                    .dst = host(n),
                    .port = port,
                    .result = Result::refused});
      }
    }
    REQUIRE(script.heard.opened() >= 1);
    REQUIRE(script.heard.all.front().record.kind == ScanKind::distributed_horizontal);
  }
  SECTION("hosts of one network") {
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .dst = host(n), .port = 23});
    REQUIRE(script.heard.opened() == 1);
    REQUIRE(script.heard.all.front().record.kind == ScanKind::distributed_horizontal);
  }
  SECTION("a flood of sources at one port is none") {
    for (unsigned n = 0; n < 500; ++n) {
      script.add({.src = "203." + std::to_string(n / 250) + "." + std::to_string(n % 250) + ".7",
                  .result = Result::half_open});
    }
    REQUIRE(script.heard.all.empty());
  }
}

TEST_CASE("scan detector: what many sources fail at on and off is no distributed scan") {
  Script script;
  SECTION("services that others reach") {
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "198.18.0.9", .dst = host(n), .port = 443, .result = Result::session});
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .dst = host(n), .port = 443});
  }
  SECTION("ports of a host that the sources work with") {
    for (unsigned n = 0; n < 12; ++n) {
      script.add(
          {.src = "203.0." + std::to_string(n) + ".7", .port = 21, .result = Result::session});
    }
    for (unsigned n = 0; n < 48; ++n)
      script.add({.src = "203.0." + std::to_string(n % 12) + ".7", .port = low_port(30 + n)});
  }
  REQUIRE(script.heard.all.empty());
}

TEST_CASE("scan detector: shared work on services is a scan where they answer it") {
  Script script;
  for (unsigned n = 0; n < 48; ++n)
    script.add({.src = "198.18.0.9", .dst = host(n), .port = 443, .result = Result::session});
  for (unsigned n = 0; n < 48; ++n) {
    script.add({.src = "203.0." + std::to_string(n % 12) + ".7",
                .dst = host(n),
                .port = 443,
                .result = Result::half_open});
  }
  REQUIRE(script.heard.opened() == 1);
  REQUIRE(script.heard.all.front().record.kind == ScanKind::distributed_horizontal);
}

TEST_CASE("scan detector: shared work that found no place is told as soon as there is one") {
  constexpr std::size_t least_places = 4;
  Script script({.memory = std::size_t{1} << 20U});
  for (std::size_t source = 1; source <= least_places; ++source) {
    for (unsigned n = 0; n < 8; ++n) {
      script.add({.src = "198.51.100." + std::to_string(source),
                  .dst = host(static_cast<unsigned>(source)),
                  .port = low_port(n)});
    }
  }
  REQUIRE(script.heard.opened() == least_places);
  const auto share = [&script](unsigned n) {
    script.add(
        {.src = "203.0." + std::to_string(n % 12) + ".7", .dst = host(99), .port = low_port(n)});
  };
  for (unsigned n = 0; n < 60; ++n) share(n);
  REQUIRE(script.heard.opened() == least_places);
  // Refused once, not with each share that came after.
  REQUIRE(script.detector.counters().alerts_refused == 1);
  script.wait(seconds{100});
  script.detector.advance(script.now);
  REQUIRE(script.heard.count(ScanPhase::close) == least_places);
  share(60);
  REQUIRE(script.heard.opened() == least_places + 1);
  REQUIRE(script.heard.all.back().record.kind == ScanKind::distributed_vertical);
}

TEST_CASE("scan detector: sources with the same probes at the same time are decoys") {
  Script script;
  for (unsigned n = 0; n < 10; ++n) {
    for (const char* src : {"203.0.113.1", "198.51.100.1", "198.18.0.1"})
      script.add({.src = src, .port = low_port(n)});
  }
  script.detector.finish(script.now);
  std::set<std::uint64_t> groups;
  std::size_t summaries = 0;
  for (const Told& told : script.heard.all) {
    if (told.record.group) groups.insert(told.record.group->value);
    if (!told.common.src_ip.known() && told.record.phase == ScanPhase::open) {
      ++summaries;
      REQUIRE(told.members.size() == 3);
    }
  }
  REQUIRE(groups.size() == 1);
  REQUIRE(summaries == 1);
}

TEST_CASE("scan detector: sources that probe in different ways are no decoys") {
  Script script;
  for (unsigned n = 0; n < 10; ++n) {
    script.add({.src = "203.0.113.1", .port = low_port(n)});
    script.add({.src = "198.51.100.1",
                .port = low_port(n),
                .result = Result::malformed,
                .contact_class = ContactClass::fin});
    script.add({.src = "198.18.0.1",
                .port = low_port(n),
                .result = Result::malformed,
                .contact_class = ContactClass::xmas});
  }
  script.detector.finish(script.now);
  std::set<std::uint64_t> ids;
  for (const Told& told : script.heard.all) {
    CHECK_FALSE(told.record.group);
    ids.insert(told.record.id.value);
  }
  CHECK(ids.size() == 3);
}

TEST_CASE("scan detector: an alert opens, grows, closes when quiet, and may resume") {
  Script script;
  for (unsigned n = 0; n < 30; ++n) script.add({.port = low_port(n)});
  REQUIRE(script.heard.opened() == 1);
  REQUIRE(script.heard.count(ScanPhase::update) == 2);  // at 14 and 28 probes
  script.wait(seconds{300});
  script.detector.advance(script.now);
  REQUIRE(script.heard.count(ScanPhase::close) == 1);
  const Told closed = script.heard.all.back();
  REQUIRE(closed.record.probes == 30);
  REQUIRE(closed.common.ts < script.now);
  script.add({.port = low_port(30)});
  const Told resumed = script.heard.all.back();
  REQUIRE(resumed.record.phase == ScanPhase::open);
  REQUIRE(resumed.record.reopened);
  REQUIRE(resumed.record.seq == 2);
  REQUIRE(resumed.record.id == closed.record.id);
  REQUIRE(resumed.record.probes == 31);
}

TEST_CASE("scan detector: a scan goes on while its targets are probed again") {
  Script script;
  for (unsigned n = 0; n < 8; ++n) script.add({.port = low_port(n)});
  REQUIRE(script.heard.opened() == 1);
  SECTION("the same ports") {
    for (unsigned n = 0; n < 8; ++n) {
      script.wait(seconds{100});
      script.begin({.port = low_port(n)});
    }
    REQUIRE(script.heard.count(ScanPhase::close) == 0);
    script.wait(seconds{130});
    script.detector.advance(script.now);
    REQUIRE(script.heard.count(ScanPhase::close) == 1);
    REQUIRE(script.heard.all.back().record.probes == 8);
  }
  SECTION("another host that the source knows does not count") {
    const Step elsewhere{.dst = "203.0.113.3", .port = 9, .result = Result::session};
    for (unsigned n = 0; n < 3; ++n) {
      script.add(elsewhere);
      script.wait(seconds{100});
    }
    script.detector.advance(script.now);
    REQUIRE(script.heard.count(ScanPhase::close) == 1);
  }
}

namespace {

/// What a watch was told.
class Counted final : public detect::ScanWatch {
 public:
  void on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) override {
    all.push_back({scan, source, probe});
  }

  struct One {
    event::Id scan;
    IpAddress source;
    detect::Probe probe;
  };
  std::vector<One> all;
};

}  // namespace

TEST_CASE("scan detector: a watch is told each contact that counts, once and by its scan") {
  Counted counted;
  Script script{{.watch = &counted}};
  for (unsigned n = 0; n < 3; ++n)
    script.add({.dst = host(100 + n), .port = 443, .result = Result::session});
  for (unsigned n = 0; n < 20; ++n) script.add({.port = low_port(n)});
  for (unsigned n = 0; n < 20; ++n) script.add({.port = low_port(n)});
  const Told& told = script.heard.all.back();
  REQUIRE(counted.all.size() == 20);
  std::set<std::uint16_t> ports;
  for (const Counted::One& one : counted.all) {
    CHECK(one.scan == told.record.id);
    CHECK(one.source == told.common.src_ip);
    CHECK(one.probe.dst == told.common.dst_ip);
    ports.insert(one.probe.port);
  }
  CHECK(ports.size() == 20);
}

TEST_CASE("scan detector: the id of a scan is that of its packets alone") {
  const auto id_of = [](const std::vector<Step>& before) {
    Script script;
    for (const Step& step : before) script.begin(step);
    for (const Step& step : before) script.end(step);
    script.wait(seconds{10});
    script.now = from_ns(1'700'000'100'000'000'000);
    for (unsigned n = 0; n < 40; ++n) script.add({.port = low_port(n)});
    REQUIRE(script.heard.opened() >= 1);
    return script.heard.all.back().record.id;
  };
  const event::Id alone = id_of({});
  CHECK(id_of({{.dst = "203.0.113.3", .port = 443}}) == alone);
  CHECK(id_of({{.src = "198.51.100.11", .port = 1}, {.src = "198.51.100.12", .port = 1}}) == alone);
  // Credit delays the alarm, and it comes from another probe.
  CHECK(id_of({{.port = 8, .result = Result::session}}) == alone);
}

TEST_CASE("scan detector: an alert carries what it is made of") {
  Script script;
  script.add({.port = 22, .result = Result::half_open});
  for (const int port : {23, 24, 25, 80, 443, 110})
    script.add({.port = static_cast<std::uint16_t>(port)});
  const Told& told = script.heard.all.front();
  REQUIRE(told.common.src_ip == *parse_address("198.51.100.10"));
  REQUIRE(told.common.dst_ip == *parse_address("192.0.2.10"));
  REQUIRE(told.record.kind == ScanKind::vertical);
  REQUIRE(told.record.technique == ScanTechnique::tcp_syn);
  REQUIRE(told.record.why == ScanWhy::row);
  REQUIRE(told.record.half_open == 1);
  REQUIRE(told.record.refused == told.record.probes - 1);
  REQUIRE(told.open == std::vector<std::string>{"192.0.2.10:22"});
  REQUIRE(told.sample.front().packet == 1);
  REQUIRE(told.sample.front().outcome == "half_open");
  REQUIRE(told.sample.back().sum == told.record.score);
  REQUIRE(told.record.threshold == 11.5);
  REQUIRE(told.record.first_ts == told.sample.front().ts);
}

TEST_CASE("scan detector: an alert opens with a score that reaches its threshold") {
  for (const Sense sense : {Sense::low, Sense::medium, Sense::high}) {
    Script script{{.sense = sense}};
    // Ports as peers use them: the second sum is the last to be beaten.
    for (unsigned n = 0; n < 60; ++n) script.add({.port = static_cast<std::uint16_t>(40'000 + n)});
    REQUIRE(script.heard.opened() == 1);
    for (const Told& told : script.heard.all) CHECK(told.record.score >= told.record.threshold);
  }
}

TEST_CASE("scan detector: the first refusals are evidence however much else waits meanwhile") {
  Script script;
  for (unsigned n = 0; script.heard.all.empty(); ++n) {
    REQUIRE(n < 20);
    for (unsigned waiting = 0; waiting < 80; ++waiting)
      script.begin({.dst = host(100 + waiting), .port = low_port(n)});
    script.begin({.dst = host(n), .port = 2000});
    script.end({.dst = host(n), .port = 2000});
  }
  const Told& told = script.heard.all.front();
  REQUIRE(told.record.why == detect::ScanWhy::column);
  REQUIRE(told.record.hosts == 7);
  REQUIRE(told.sample.front().dst_ip == *parse_address(host(0)));
}

TEST_CASE("scan detector: a server that closes connections from before the capture is no scanner") {
  // Its peers restarted and refuse: FIN+ACK from one port of a service to many ephemeral ports.
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    script.add({.port = static_cast<std::uint16_t>(49'152 + n),
                .contact_class = ContactClass::maimon,
                .src_port = 1024});
  }
  REQUIRE(script.heard.all.empty());
  // The same to ports of services is one.
  for (unsigned n = 0; n < 8; ++n)
    script.add({.port = low_port(n), .contact_class = ContactClass::maimon, .src_port = 41'000});
  REQUIRE(script.heard.opened() == 1);
  REQUIRE(script.heard.all.front().record.technique == ScanTechnique::tcp_maimon);
}

TEST_CASE("scan detector: an alert names the ports it came from and what took weight away") {
  Script script;
  script.add({.src = "203.0.113.7", .port = 3, .result = Result::session});
  for (unsigned n = 0; n < 30; ++n) {
    script.add({.port = n == 0 ? std::uint16_t{45'000} : low_port(n),
                .src_port = static_cast<std::uint16_t>(50'000 + n % 20)});
  }
  REQUIRE(script.heard.opened() == 1);
  script.detector.finish(script.now);
  const detect::ScanRecord& record = script.heard.all.back().record;
  REQUIRE(record.src_ports.size() == 16);
  REQUIRE(record.src_ports.front() == 50'000);
  REQUIRE(record.guards.size() == 2);
}

namespace {

/// Silent ports of one host until the first alert, after so many continuations; 0 if 60 do not do.
unsigned silences_to_alarm(unsigned followed, unsigned jumped, Listener& heard) {
  Script script;
  for (unsigned n = 0; n < followed; ++n)
    script.detector.on_continuation(flow::Continuation::follows);
  for (unsigned n = 0; n < jumped; ++n) script.detector.on_continuation(flow::Continuation::jumps);
  CHECK(script.detector.sampled() == (jumped > 3 && jumped * 3 >= followed));
  unsigned probes = 0;
  while (script.heard.opened() == 0 && probes < 60)
    script.add({.port = low_port(probes++), .result = Result::silent});
  const bool found = script.heard.opened() != 0;
  heard = script.heard;
  return found ? probes : 0;
}

}  // namespace

TEST_CASE(
    "scan detector: silence counts three tenths where most packets are missing, and says so") {
  struct Case {
    unsigned followed;
    unsigned jumped;
    unsigned expected;
  };
  const auto c = GENERATE(values<Case>({{0, 0, 9},
                                        {0, 3, 9},  // may be one end of one connection
                                        {0, 4, 30},
                                        {100, 33, 9},
                                        {100, 34, 30},
                                        {400, 100, 9}}));
  CAPTURE(c.followed, c.jumped);
  Listener heard;
  REQUIRE(silences_to_alarm(c.followed, c.jumped, heard) == c.expected);
  const bool sampled = c.expected != 9;
  CHECK(heard.all.front().record.capture_ok == !sampled);
  CHECK((heard.text.find(R"("guards":["sampled"])") != std::string::npos) == sampled);
}

TEST_CASE("scan detector: where most packets are missing refusals count as ever") {
  Script script;
  for (unsigned n = 0; n < 10; ++n) script.detector.on_continuation(flow::Continuation::jumps);
  unsigned probes = 0;
  while (script.heard.opened() == 0 && probes < 60) script.add({.port = low_port(probes++)});
  REQUIRE(probes == 7);
  CHECK(script.heard.text.find("sampled") == std::string::npos);
}

TEST_CASE("scan detector: what waits is no burst while most packets are missing") {
  const bool sampled = GENERATE(true, false);
  Script script;
  const auto continuation = sampled ? flow::Continuation::jumps : flow::Continuation::follows;
  for (unsigned n = 0; n < 10; ++n) script.detector.on_continuation(continuation);
  for (unsigned n = 0; n < 100; ++n) script.begin({.port = low_port(n)});
  CHECK(script.heard.opened() == (sampled ? 0U : 1U));
}

TEST_CASE("scan detector: a capture that is whole again is taken as such") {
  Script script;
  for (unsigned n = 0; n < 5000; ++n) script.detector.on_continuation(flow::Continuation::jumps);
  for (unsigned n = 0; n < 3000; ++n) script.detector.on_continuation(flow::Continuation::follows);
  unsigned probes = 0;
  while (script.heard.opened() == 0 && probes < 60)
    script.add({.port = low_port(probes++), .result = Result::silent});
  CHECK(probes == 9);
  CHECK(script.detector.sampled());  // at some time
}

TEST_CASE("scan detector: allowed sources are never named") {
  Script script{{.allow = {{.address = *parse_address("198.51.100.0"), .bits = 24}}}};
  for (unsigned n = 0; n < 100; ++n) script.add({.port = low_port(n)});
  REQUIRE(script.heard.all.empty());
  REQUIRE(script.detector.counters().allowed == 200);
}

namespace {

std::vector<Step> random_steps(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Step> steps;
  for (unsigned n = 0; n < 3000; ++n) {
    const unsigned source = draw(random, 20);
    // Sources differ in how often they fail, hosts and ports are few enough to meet again. Each
    // source has hosts of its own: no service is known to answer anyone else.
    const bool bad = draw(random, 100) < 3 * source + 30;
    steps.push_back(
        {.src = "203." + std::to_string(source) + ".113.1",
         .dst = "192." + std::to_string(source) + ".2." + std::to_string(draw(random, 12)),
         .port = low_port(draw(random, 300)),
         .result = bad ? Result::refused : Result::session});
  }
  return steps;
}

}  // namespace

TEST_CASE("scan detector: the same outcomes give the same text") {
  const auto run = [] {
    Script script;
    for (const Step& step : random_steps(9)) script.add(step);
    script.detector.finish(script.now);
    return script.heard.text;
  };
  const std::string once = run();
  REQUIRE_FALSE(once.empty());
  REQUIRE(run() == once);
}

// What looks like a scan and is none.
#include <utility>

#include <catch2/catch.hpp>

#include "tests/detect/trace.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;
using std::chrono::seconds;

TEST_CASE("scan detector: connections from before the capture that end in numbers are no scan") {
  const auto what = GENERATE(ContactClass::ack, ContactClass::maimon);
  const auto result = GENERATE(Result::refused, Result::silent);
  CAPTURE(static_cast<int>(what), static_cast<int>(result));
  Script script;
  unsigned probes = 0;
  SECTION("of a client that wakes up: each from a port of its own") {
    for (; probes < 60; ++probes) {
      script.add({.dst = host(probes),
                  .port = 443,
                  .result = result,
                  .contact_class = what,
                  .src_port = static_cast<std::uint16_t>(50'000 + probes)});
    }
    script.detector.finish(script.now);
    REQUIRE(script.heard.all.empty());
  }
  SECTION("of a server whose client has forgotten them: to ports of clients") {
    for (; probes < 120; ++probes) {
      script.add({.port = static_cast<std::uint16_t>(33'000 + probes),
                  .result = result,
                  .contact_class = what,
                  .src_port = 5432});
    }
    script.detector.finish(script.now);
    REQUIRE(script.heard.all.empty());
  }
  SECTION("but a sweep from one port is one") {
    while (script.heard.opened() == 0 && probes < 60) {
      script.add({.dst = host(probes++), .port = 443, .result = result, .contact_class = what});
    }
    REQUIRE(probes == (result == Result::refused ? 6 : what == ContactClass::ack ? 13 : 12));
  }
  SECTION("but many ports of one host are, wherever from") {
    while (script.heard.opened() == 0 && probes < 60) {
      ++probes;
      script.add({.port = low_port(probes),
                  .result = result,
                  .contact_class = what,
                  .src_port = static_cast<std::uint16_t>(50'000 + probes)});
    }
    REQUIRE(probes == (result == Result::refused ? 6 : what == ContactClass::ack ? 12 : 10));
  }
}

TEST_CASE("scan detector: what a firewall cuts off for many clients is no distributed scan") {
  const unsigned ports = GENERATE(0U, 1U);  // how many it differs by from segment to segment
  Script script;
  for (unsigned n = 0; n < 200; ++n) {
    script.add({.src = "198.51.100." + std::to_string(n % 40),
                .dst = host(n),
                .port = 443,
                .contact_class = ContactClass::ack,
                .src_port = static_cast<std::uint16_t>(50'000 + n * ports)});
  }
  REQUIRE(script.heard.opened() == (ports == 0 ? 1 : 0));
}

TEST_CASE("scan detector: a client that gives up its connections is no answer to a scan") {
  // Resets of 120 connections to one port of the server, which are from before the capture.
  const auto server_port = GENERATE(std::uint16_t{5432}, std::uint16_t{40'000});
  Script script;
  for (unsigned n = 0; n < 120; ++n) {
    script.add({.port = static_cast<std::uint16_t>(33'000 + n),
                .contact_class = ContactClass::reverse_rst,
                .src_port = server_port});
  }
  // From a port that clients call from it is one, of ports that nobody scans for in particular.
  REQUIRE(script.heard.opened() == (server_port == 5432 ? 0 : 1));
}

TEST_CASE("scan detector: handshakes without use count unless the source comes back") {
  struct Case {
    Result result;
    unsigned hosts;
    unsigned ports;
  };
  const auto c = GENERATE(values<Case>(
      {{Result::connect, 40, 1}, {Result::half_open, 20, 1}, {Result::half_open, 1, 20}}));
  CAPTURE(static_cast<int>(c.result), c.hosts, c.ports);
  Script script;
  const auto round = [&script, &c] {
    for (unsigned n = 0; n < c.hosts * c.ports; ++n) {
      script.add({.dst = host(n % c.hosts),
                  .port = c.ports == 1 ? std::uint16_t{80} : low_port(n),
                  .result = c.result,
                  .raw = false});
    }
  };
  round();
  REQUIRE(script.heard.all.empty());
  SECTION("it does not: a scan, found when the probation is over") {
    script.wait(seconds{700});
    script.detector.advance(script.now);
    REQUIRE(script.heard.opened() == 1);
    const Told& told = script.heard.all.front();
    REQUIRE(told.record.kind == (c.hosts == 1 ? ScanKind::vertical : ScanKind::horizontal));
    REQUIRE(told.record.technique ==
            (c.result == Result::connect ? ScanTechnique::tcp_connect : ScanTechnique::tcp_syn));
    REQUIRE(told.record.probes >= (c.hosts == 1 ? 5 : 12));
    REQUIRE(told.record.severity ==
            (c.result == Result::connect ? Severity::low : Severity::medium));
  }
  SECTION("it does each ten minutes: a monitor") {
    for (unsigned n = 0; n < 5; ++n) {
      script.wait(seconds{600 - c.hosts * c.ports});
      round();
    }
    script.wait(seconds{700});
    script.detector.finish(script.now);
    REQUIRE(script.heard.all.empty());
  }
}

TEST_CASE("scan detector: a scan that is found when the journal has forgotten it has its targets") {
  Script script;
  for (const std::uint16_t port : {std::uint16_t{22}, std::uint16_t{80}}) {
    for (unsigned n = 0; n < 70; ++n)
      script.add({.dst = host(n), .port = port, .result = Result::connect, .raw = false});
  }
  script.wait(seconds{700});
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
  for (const Told& told : script.heard.all) {
    CHECK(told.record.probes > 0);
    CHECK(told.record.hosts > 0);
    CHECK(to_ns(told.record.first_ts) > 0);
  }
}

TEST_CASE("scan detector: a half-open handshake of a raw SYN, or left so, is on no probation") {
  const bool raw = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 5; ++n) {
    const Step step{.port = low_port(n), .result = Result::half_open, .raw = raw};
    script.begin(step);
    Outcome result = script.outcome(step, Outcome::Kind::result);
    if (!raw) {
      script.wait(seconds{5});
      result.time = script.now;
    }
    script.detector.on_outcome(result);
  }
  REQUIRE(script.heard.opened() == 1);
}

TEST_CASE("scan detector: more ports than anybody checks are on no probation") {
  Script script;
  unsigned probes = 0;
  while (script.heard.opened() == 0 && probes < 60)
    script.add({.port = low_port(probes++), .result = Result::half_open, .raw = false});
  REQUIRE(probes == 23);
}

TEST_CASE("scan detector: hosts that a client has asked DNS for are not come upon by chance") {
  const bool named = GENERATE(true, false);
  Script script;
  Step step{.port = 443, .result = Result::silent, .raw = false};
  for (unsigned n = 0; n < 25; ++n) {
    step.dst = "203.0." + std::to_string(n) + ".9";
    if (named)
      script.detector.on_resolved(*parse_address(step.src), *parse_address(step.dst), script.now);
    script.add(step);
  }
  CHECK(script.heard.opened() == (named ? 0 : 1));
}

TEST_CASE(
    "scan detector: a name is not known to others, nor for ever, nor does it open all ports") {
  Script script;
  Step step{.port = 443, .result = Result::silent, .raw = false};
  const auto resolve = [&](const std::string& client, unsigned n) {
    step.dst = "203.0." + std::to_string(n) + ".9";
    script.detector.on_resolved(*parse_address(client), *parse_address(step.dst), script.now);
  };
  SECTION("of another client") {
    for (unsigned n = 0; n < 12; ++n) {
      resolve("198.51.100.11", n);
      script.add(step);
    }
  }
  SECTION("hours ago") {
    for (unsigned n = 0; n < 12; ++n) resolve(step.src, n);
    script.wait(std::chrono::hours{2});
    for (unsigned n = 0; n < 12; ++n) {
      step.dst = "203.0." + std::to_string(n) + ".9";
      script.add(step);
    }
  }
  SECTION("by a raw SYN") {
    step.raw = true;
    for (unsigned n = 0; n < 12; ++n) {
      resolve(step.src, n);
      script.add(step);
    }
  }
  SECTION("ports of one host") {
    resolve(step.src, 1);
    for (unsigned n = 0; n < 12; ++n) {
      step.port = low_port(n);
      script.add(step);
    }
  }
  CHECK(script.heard.opened() == 1);
}

TEST_CASE("scan detector: a flood from random sources to random ports is no distributed scan") {
  const unsigned sources = GENERATE(3000U, 100U);
  Script script;
  for (unsigned n = 0; n < 400; ++n) {
    const unsigned source = n % sources;
    script.add(
        {.src = "203." + std::to_string(source % 250) + ".113." + std::to_string(source / 250),
         .port = low_port(n)});
  }
  // A hundred that share the work are one: they come again with other ports.
  REQUIRE(script.heard.opened() == (sources == 100 ? 1 : 0));
}

TEST_CASE("scan detector: a flood from random sources to a whole network is no distributed scan") {
  const unsigned sources = GENERATE(3000U, 60U);
  Script script;
  for (unsigned n = 0; n < 240; ++n) {
    const unsigned source = n % sources;
    script.add(
        {.src = "203." + std::to_string(source % 250) + ".113." + std::to_string(source / 250),
         .dst = host(n),
         .port = 443});
  }
  // Sixty that share the work are one: they come again for other hosts.
  REQUIRE(script.heard.opened() == (sources == 60 ? 1 : 0));
}

TEST_CASE("scan detector: who takes another address of his network for each port scans it") {
  const bool v6 = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    const std::string number = std::to_string(n + 1);
    script.add({.src = v6 ? "2001:db8:1:2::" + number : "203.0.113." + number,
                .dst = v6 ? "2001:db8:9::10" : "192.0.2.10",
                .port = low_port(n),
                .result = Result::refused});
  }
  REQUIRE(script.heard.opened() == 1);
  const Told& told = script.heard.all.front();
  CHECK(told.record.kind == ScanKind::distributed_vertical);
  CHECK(told.record.probes == 30);
}

TEST_CASE("scan detector: who mostly succeeds on a port does not share in a scan of it") {
  const unsigned sessions = GENERATE(0U, 4U);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    const std::string visitor = "203.0.113." + std::to_string(n);
    for (unsigned i = 0; i < sessions; ++i) {
      script.add({.src = visitor,
                  .dst = "198.51.100." + std::to_string(i),
                  .port = 443,
                  .result = Result::session});
    }
    for (unsigned i = 0; i < 3; ++i) {
      script.add({.src = visitor, .dst = host(3 * n + i), .port = 443, .result = Result::silent});
    }
  }
  REQUIRE(script.heard.opened() == (sessions == 0 ? 1 : 0));
}

TEST_CASE("scan detector: a DHCP server that pings what it offers is no scanner") {
  enum class Serves : std::uint8_t { nothing, relays, those_beside_it };
  const auto serves = GENERATE(Serves::nothing, Serves::relays, Serves::those_beside_it);
  const auto what = GENERATE(ContactClass::icmp, ContactClass::arp);
  CAPTURE(static_cast<int>(serves), static_cast<int>(what));
  Script script;
  if (serves == Serves::those_beside_it) {
    // Who has no address yet is answered by broadcast.
    Outcome offer = script.outcome(
        {.dst = "255.255.255.255", .port = 68, .contact_class = ContactClass::none, .src_port = 67},
        Outcome::Kind::contact);
    offer.asks_group = true;
    script.detector.on_outcome(offer);
  } else {
    script.add({.src = "203.0.113.1",
                .dst = "198.51.100.10",
                .port = serves == Serves::relays ? std::uint16_t{67} : std::uint16_t{53},
                .result = Result::session,
                .contact_class = ContactClass::udp});
  }
  const std::uint16_t type = what == ContactClass::icmp ? 8 : 0;
  for (unsigned n = 0; n < 50; ++n)
    script.add({.dst = host(n), .port = type, .result = Result::silent, .contact_class = what});
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == (serves == Serves::nothing ? 1 : 0));
}

TEST_CASE("scan detector: a DHCP server that pings hundreds of hosts looks for them") {
  Script script;
  script.add({.src = "203.0.113.1",
              .dst = "198.51.100.10",
              .port = 67,
              .result = Result::session,
              .contact_class = ContactClass::udp});
  for (unsigned n = 0; n < 100; ++n) {
    script.add(
        {.dst = host(n), .port = 8, .result = Result::silent, .contact_class = ContactClass::icmp});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == 1);
}

TEST_CASE("scan detector: of two connections the one that went unused may end first") {
  const bool used = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    script.add({.dst = host(n), .port = 443, .result = Result::connect, .raw = false});
    const Step second{.dst = host(n), .port = 443, .result = Result::session};
    if (used) script.detector.on_outcome(script.outcome(second, Outcome::Kind::result));
  }
  script.detector.finish(script.now + std::chrono::seconds{400});
  REQUIRE(script.heard.opened() == (used ? 0 : 1));
}

TEST_CASE("scan detector: broken IPv6 is no scan where IPv4 comes to its aid") {
  const auto result = GENERATE(Result::refused, Result::silent);
  const unsigned aided = GENERATE(40U, 0U);
  const bool raw = GENERATE(false, true);
  const auto tried = GENERATE(ContactClass::syn, ContactClass::udp);
  const auto worked = GENERATE(ContactClass::syn, ContactClass::udp);
  CAPTURE(static_cast<int>(result), aided, raw, static_cast<int>(tried), static_cast<int>(worked));
  constexpr MacAddress mac{{2, 0, 0, 0, 0, 7}};
  Script script;
  for (unsigned n = 0; n < 40; ++n) {
    const Step failed{.src = "2001:db8::7",
                      .dst = "2001:db8:0:" + std::to_string(n + 1) + "::1",
                      .port = 443,
                      .result = result,
                      .contact_class = tried,
                      .raw = raw};
    Outcome contact = script.outcome(failed, Outcome::Kind::contact);
    contact.has_mac = true;
    contact.src_mac = mac;
    contact.dst_mac = {{2, 0, 0, 0, 0, 1}};
    script.detector.on_outcome(contact);
    script.end(failed);
    if (n >= aided) continue;
    const Step used{
        .dst = host(n), .port = 443, .result = Result::session, .contact_class = worked};
    contact = script.outcome(used, Outcome::Kind::contact);
    contact.has_mac = true;
    contact.src_mac = mac;
    contact.dst_mac = {{2, 0, 0, 0, 0, 1}};
    script.detector.on_outcome(contact);
    script.end(used);
    script.wait(seconds{1});
  }
  // By hand no program goes on over IPv4.
  const bool by_hand = raw && tried == ContactClass::syn;
  const bool deaf = aided == 0 && tried == ContactClass::udp && result == Result::silent;
  REQUIRE(script.heard.opened() == ((aided == 0 || by_hand) && !deaf ? 1 : 0));
}

TEST_CASE("scan detector: sessions of which one side was captured show a one-way capture") {
  const bool heard = GENERATE(false, true);
  Script script;
  for (unsigned n = 0; n < 30; ++n) {
    script.add({.dst = host(n), .port = 443, .result = Result::session, .heard = heard});
  }
  for (unsigned n = 0; n < 60; ++n) {
    script.add(
        {.dst = host(n), .port = 53, .result = Result::silent, .contact_class = ContactClass::udp});
  }
  REQUIRE(script.heard.opened() == (heard ? 1 : 0));
}

TEST_CASE("scan detector: datagrams to a whole network, of which none is answered") {
  struct Case {
    std::uint16_t port;
    std::uint16_t src_port;
    unsigned ports;     // that they come from, one after the other
    unsigned networks;  // that the hosts are of
    unsigned opened;
  };
  const auto c = GENERATE(values<Case>({
      {161, 40000, 1, 1, 1},
      {161, 40000, 2, 1, 1},    // 20 neighbours each
      {161, 40000, 40, 1, 0},   // a socket for each
      {161, 40000, 1, 40, 0},   // hosts of all the world
      {68, 67, 1, 1, 0},        // may be answers
      {5060, 5060, 1, 1, 0},    // of whom the other side is not captured
      {40125, 50000, 1, 1, 1},  // a port of peers, which are no neighbours
  }));
  CAPTURE(c.port, c.src_port, c.ports, c.networks);
  Script script;
  const bool answers_missing = GENERATE(false, true);
  if (answers_missing)
    script.add({.dst = "203.0.113.1", .port = 443, .result = Result::session, .heard = false});
  for (unsigned n = 0; n < 60; ++n) {
    const std::string dst = "192." + std::to_string(n % c.networks) + ".2." + std::to_string(n + 1);
    script.add({.dst = dst,
                .port = c.port,
                .result = Result::silent,
                .contact_class = ContactClass::udp,
                .src_port = static_cast<std::uint16_t>(c.src_port + n % c.ports)});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == (answers_missing ? 0 : c.opened));
}

TEST_CASE("scan detector: a server that asks who calls is no scanner") {
  const bool called = GENERATE(true, false);
  const auto what = GENERATE(ContactClass::syn, ContactClass::udp);
  const std::string server = "203.0.113.25";
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    const Step call{.src = called ? host(n) : "198.51.100.1",
                    .dst = server,
                    .port = 25,
                    .result = Result::session};
    script.begin(call);
    script.add({.src = server,
                .dst = host(n),
                .port = what == ContactClass::syn ? std::uint16_t{113} : std::uint16_t{137},
                .result = what == ContactClass::syn ? Result::refused : Result::silent,
                .contact_class = what});
    script.end(call);
  }
  REQUIRE(script.heard.opened() == (called ? 0 : 1));
}

TEST_CASE("scan detector: a path measured by probes with numbered ports is no scan") {
  struct Case {
    unsigned hops;   // of which each answers for itself
    unsigned first;  // TTL that is left of the first probe
    std::uint16_t port;
    bool scan;
  };
  const auto c = GENERATE(values<Case>({
      {4, 1, 33'000, false},  // near the client
      {0, 1, 33'000, false},  // near the target: nothing gets there but what barely does
      {0, 30, 33'000, true},  // nobody measures the path by what is left of it
      {4, 1, 2'000, true},    // ports that are scanned for
  }));
  CAPTURE(c.hops, c.first, c.port);
  Script script;
  for (unsigned n = 0; n < 700; ++n) {
    const unsigned hop = n % (c.hops + 1);
    script.add({.port = static_cast<std::uint16_t>(c.port + n),
                .result = hop < c.hops ? Result::time_exceeded : Result::refused,
                .contact_class = ContactClass::udp,
                .ttl = static_cast<std::uint8_t>(c.first + hop)});
  }
  REQUIRE(script.heard.opened() == (c.scan ? 1 : 0));
}

TEST_CASE("scan detector: streams that nobody answers, and the reports on them, are no scan") {
  struct Case {
    Result media;
    unsigned cameras;
    bool scan;
  };
  const auto c = GENERATE(values<Case>({
      {Result::idle, 1, false},
      {Result::idle, 20, false},
      {Result::silent, 1, true},
      {Result::silent, 20, true},
  }));
  CAPTURE(static_cast<int>(c.media), c.cameras);
  Script script;
  script.add({.src = "203.0.113.9", .port = 554, .result = Result::session});
  for (unsigned n = 0; n < 120; ++n) {
    const std::string camera = host(300 + n % c.cameras);
    const auto port = static_cast<std::uint16_t>(20'000 + 2 * n);
    script.add(
        {.src = camera, .port = port, .result = c.media, .contact_class = ContactClass::udp});
    script.add({.src = camera,
                .port = static_cast<std::uint16_t>(port + 1),
                .result = Result::silent,
                .contact_class = ContactClass::udp});
  }
  REQUIRE(script.heard.opened() == (c.scan ? 1 : 0));
}

TEST_CASE("scan detector: a host that is off, of many that are asked for the same services") {
  const bool others_answer = GENERATE(true, false);
  const auto failure = GENERATE(Result::silent, Result::refused);
  CAPTURE(others_answer, static_cast<int>(failure));
  Script script;
  for (unsigned n = 0; n < 6; ++n) {
    for (std::uint16_t port = 1; port <= 12; ++port) {
      const bool answers = others_answer && n != 5;
      script.add({.dst = host(n),
                  .port = port,
                  .result = answers ? Result::session : failure,
                  .raw = false});
    }
  }
  REQUIRE(script.heard.opened() == (others_answer ? 0 : 1));
}

TEST_CASE("scan detector: ends that call each other at the same UDP port are no scanners") {
  // BFD between one router and 48 others: each side sends from a port of its own.
  const auto back_port = GENERATE(std::uint16_t{3784}, std::uint16_t{4784});
  Script script;
  // So that the capture is not one-way.
  for (unsigned n = 0; n < 30; ++n) {
    script.add({.src = "203.0.113." + std::to_string(n),
                .dst = "203.0.113.200",
                .port = 53,
                .result = Result::session,
                .contact_class = ContactClass::udp});
  }
  for (unsigned n = 0; n < 48; ++n) {
    const Step out{.dst = host(n),
                   .port = 3784,
                   .result = Result::silent,
                   .contact_class = ContactClass::udp,
                   .src_port = static_cast<std::uint16_t>(49'200 + n)};
    Step back = out;
    std::swap(back.src, back.dst);
    back.port = back_port;
    script.begin(out);
    script.begin(back);
    script.end(out);
    script.end(back);
    script.wait(seconds{1});
  }
  REQUIRE(script.heard.opened() == (back_port == 3784 ? 0 : 1));
}

TEST_CASE(
    "scan detector: what the end of the input cuts off says nothing of a source that is answered") {
  const bool answered = GENERATE(true, false);
  const bool cut = GENERATE(true, false);
  Script script;
  if (answered) script.add({.port = 443, .result = Result::session, .raw = false});
  for (unsigned n = 0; n < 20; ++n) {
    Outcome outcome =
        script.outcome({.dst = host(20 + n), .port = 443, .result = Result::silent, .raw = false},
                       Outcome::Kind::contact);
    script.detector.on_outcome(outcome);
    outcome.kind = Outcome::Kind::result;
    outcome.cut_short = cut;
    script.detector.on_outcome(outcome);
  }
  // A fast scan that is cut off has met nobody.
  REQUIRE(script.heard.opened() == (answered && cut ? 0 : 1));
}

TEST_CASE("scan detector: a capture of SYNs and their answers alone names nobody") {
  const bool only_handshakes = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    Outcome outcome =
        script.outcome({.dst = host(n), .port = 443, .result = Result::half_open, .raw = false},
                       Outcome::Kind::contact);
    script.detector.on_outcome(outcome);
    if (!only_handshakes && n == 0)
      script.add({.src = "203.0.113.9", .port = 80, .result = Result::connect, .raw = false});
    script.wait(seconds{6});
    outcome.kind = Outcome::Kind::result;
    outcome.time = script.now;
    outcome.left = true;
    script.detector.on_outcome(outcome);
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == (only_handshakes ? 0 : 1));
}

TEST_CASE("scan detector: streams that are under way when the capture begins are no burst") {
  const bool media = GENERATE(true, false);
  Script script;
  for (unsigned n = 0; n < 60; ++n) {
    Outcome outcome = script.outcome({.port = static_cast<std::uint16_t>(20'000 + 2 * n),
                                      .result = Result::session,
                                      .contact_class = ContactClass::udp},
                                     Outcome::Kind::contact);
    outcome.is_media = media;
    script.detector.on_outcome(outcome);
  }
  REQUIRE(script.heard.opened() == (media ? 0 : 1));
}

TEST_CASE("scan detector: transfers of empty directories belong to their FTP session") {
  const bool has_session = GENERATE(true, false);
  Script script;
  script.add({.port = 21, .result = has_session ? Result::session : Result::connect, .raw = false});
  for (std::uint16_t n = 0; n < 60; ++n) {
    script.add(
        {.port = static_cast<std::uint16_t>(50'000 + n), .result = Result::connect, .raw = false});
  }
  script.detector.finish(script.now);
  REQUIRE(script.heard.opened() == (has_session ? 0 : 1));
}

TEST_CASE("benign: passive transfers that a firewall stops") {
  const bool has_session = GENERATE(true, false);
  const bool raw = GENERATE(true, false);
  const Result result = GENERATE(Result::silent, Result::refused);
  Script script;
  script.add({.port = 21, .result = has_session ? Result::session : Result::connect, .raw = false});
  for (std::uint16_t n = 0; n < 40; ++n)
    script.add({.port = static_cast<std::uint16_t>(50'000 + n), .result = result, .raw = raw});
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (has_session && !raw ? 0 : 1));
}

TEST_CASE("benign: connections that go on from before the capture to a host that has restarted") {
  const bool own_ports = GENERATE(true, false);
  Script script;
  for (std::uint16_t n = 0; n < 12; ++n) {
    const Step step{.port = low_port(n),
                    .contact_class = ContactClass::ack,
                    .src_port = static_cast<std::uint16_t>(own_ports ? 50'000 + n : 50'000)};
    for (const Outcome::Kind kind : {Outcome::Kind::contact, Outcome::Kind::result}) {
      Outcome outcome = script.outcome(step, kind);
      outcome.laden = true;
      script.detector.on_outcome(outcome);
    }
    script.wait(seconds{1});
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (own_ports ? 0 : 1));
}

TEST_CASE("benign: what ends connections of clients behind NAT with a port that others use") {
  const auto what = GENERATE(ContactClass::ack, ContactClass::maimon, ContactClass::reverse_rst);
  const bool used = GENERATE(true, false);
  const auto first_port = GENERATE(std::uint16_t{2'000}, std::uint16_t{1});
  constexpr std::uint16_t service = 8443;
  Script script;
  if (used) {
    script.add({.src = "203.0.113.7",
                .dst = "198.51.100.10",
                .port = service,
                .result = Result::session,
                .raw = false});
  }
  for (std::uint16_t n = 0; n < 60; ++n) {
    script.add({.port = static_cast<std::uint16_t>(first_port + n),
                .contact_class = what,
                .src_port = service});
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (used && first_port >= 1024 ? 0 : 1));
}

namespace {

/// A datagram to a group from `port` of 192.0.2.10, to which devices answer.
void ask_group(Script& script, std::uint16_t port, std::uint16_t service) {
  const Step step{.src = "192.0.2.10",
                  .dst = "255.255.255.255",
                  .port = service,
                  .contact_class = ContactClass::none,
                  .src_port = port};
  Outcome outcome = script.outcome(step, Outcome::Kind::contact);
  outcome.asks_group = true;
  script.detector.on_outcome(outcome);
}

void send_datagram(Script& script, std::uint16_t port) {
  script.add({.dst = "192.0.2.10",
              .port = port,
              .result = Result::silent,
              .contact_class = ContactClass::udp});
}

/// Somebody whose datagrams are answered: the capture is not one-way.
void use_resolver(Script& script) {
  for (unsigned n = 0; n < 40; ++n) {
    script.add({.src = host(200 + n),
                .dst = "203.0.113.53",
                .port = 53,
                .result = Result::session,
                .contact_class = ContactClass::udp});
  }
}

}  // namespace

TEST_CASE("benign: answers to a search by broadcast go to ever new ports") {
  Script script;
  use_resolver(script);
  const bool asked = GENERATE(true, false);
  for (unsigned n = 0; n < 60; ++n) {
    const auto port = static_cast<std::uint16_t>(50'000 + n);
    if (asked) ask_group(script, port, 9999);
    send_datagram(script, port);
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (asked ? 0U : 1U));
}

TEST_CASE("benign: a search is answered for ten minutes after the last answer") {
  Script script;
  use_resolver(script);
  for (unsigned n = 0; n < 60; ++n) ask_group(script, static_cast<std::uint16_t>(50'000 + n), 1900);
  script.wait(std::chrono::minutes{GENERATE(8, 12)});
  const Timestamp began = script.now;
  for (unsigned n = 0; n < 60; ++n) send_datagram(script, static_cast<std::uint16_t>(50'000 + n));
  script.detector.finish(script.now);
  const bool in_time = began - from_ns(1'700'000'000'000'000'000) < std::chrono::minutes{10};
  CHECK(script.heard.opened() == (in_time ? 0U : 1U));
}

TEST_CASE("benign: who searches from the port of the service excuses no scan for that") {
  Script script;
  use_resolver(script);
  const Step mdns{.port = 5353, .result = Result::silent, .contact_class = ContactClass::udp};
  for (unsigned n = 0; n < 60; ++n) {
    Step step = mdns;
    step.src = host(n);
    step.dst = "224.0.0.251";
    step.contact_class = ContactClass::none;
    step.src_port = 5353;
    Outcome outcome = script.outcome(step, Outcome::Kind::contact);
    outcome.asks_group = true;
    script.detector.on_outcome(outcome);
  }
  const bool answers = GENERATE(true, false);
  for (unsigned n = 0; n < 60; ++n) {
    Step step = mdns;
    step.dst = host(n);
    step.src_port = answers ? std::uint16_t{5353} : std::uint16_t{40'000};
    script.add(step);
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (answers ? 0U : 1U));
}

TEST_CASE("benign: a DHCP server answers clients that had no address to ask from") {
  Script script;
  use_resolver(script);
  const auto from = GENERATE(as<std::uint16_t>{}, 67, 40'000);
  for (unsigned n = 0; n < 60; ++n) {
    script.add({.dst = host(n),
                .port = 68,
                .result = Result::silent,
                .contact_class = ContactClass::udp,
                .src_port = from});
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (from == 67 ? 0U : 1U));
}

TEST_CASE("benign: a server of TFTP sends from a port of its choice") {
  Script script;
  use_resolver(script);
  for (unsigned n = 0; n < 60; ++n) {
    const auto port = static_cast<std::uint16_t>(50'000 + n);
    script.begin({.src = "192.0.2.10",
                  .dst = "198.51.100.10",
                  .port = 69,
                  .contact_class = ContactClass::udp,
                  .src_port = port});
    send_datagram(script, port);
  }
  script.detector.finish(script.now);
  // The port of the request is a first contact itself, and one of those that were asked for.
  CHECK(script.heard.opened() == 0);
}

TEST_CASE("benign: another port of hosts that the source works with") {
  Script script;
  const bool before = GENERATE(false, true);
  const bool raw = GENERATE(false, true);
  for (unsigned n = 0; n < 20; ++n) {
    const Step used{.dst = host(n), .port = 80, .result = Result::session, .raw = false};
    const Step refused{.dst = host(n), .port = 443, .raw = raw};
    script.add(before ? refused : used);
    script.add(before ? used : refused);
  }
  script.detector.finish(script.now);
  CHECK(script.heard.opened() == (raw ? 1U : 0U));
}

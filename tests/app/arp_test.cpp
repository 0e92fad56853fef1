#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

using namespace ntan;
using namespace ntan::test;

namespace ntan::app {
extern const Protocol arp_protocol;
}  // namespace ntan::app

namespace {

const app::FlowContext context{.transport = app::Transport::arp};

const Bytes request = "0001 0800 06 04 0001 | 020000000001 0a000001 | 000000000000 0a000002"_hex;
const Bytes reply = "0001 0800 06 04 0002 | 020000000002 0a000002 | 020000000001 0a000001"_hex;

DissectorRun run(std::size_t memory = std::size_t{1} << 20U) {
  return {app::arp_protocol, context, memory};
}

std::vector<std::string> lines_of(Bytes packet) {
  DissectorRun arp = run();
  arp.feed(Direction::to_server, packet, 0);
  arp.end(1);
  return arp.result().lines;
}

}  // namespace

TEST_CASE("arp: a request and its reply are one event") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server, request, 0);
  CHECK(arp.result().lines.empty());
  arp.feed(Direction::to_server, reply, 3);
  CHECK(arp.result().lines ==
        std::vector<std::string>{
            R"(arp 10.0.0.1>10.0.0.2 {"op":"request","sender_mac":"02:00:00:00:00:01",)"
            R"("sender_ip":"10.0.0.1","target_mac":"02:00:00:00:00:02","target_ip":"10.0.0.2",)"
            R"("gratuitous":false,"probe":false,"queried":true,"answered":true,"retries":0,)"
            R"("rtt_us":3000})"});
  CHECK(arp.result().anomalies.empty());
}

TEST_CASE("arp: a request without reply is written 5 s after its last copy") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server, request, 0);
  arp.feed(Direction::to_server, request, 1000);
  arp.advance(5999);
  CHECK(arp.result().lines.empty());
  arp.advance(6000);
  REQUIRE(arp.result().lines.size() == 1);
  CHECK(arp.result().lines[0].ends_with(R"("queried":true,"answered":false,"retries":1})"));
  CHECK(arp.result().lines[0].find("target_mac") == std::string::npos);
}

TEST_CASE("arp: a reply nobody asked for, and a second one, stand alone") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server, request, 0);
  arp.feed(Direction::to_server, reply, 1);
  arp.feed(Direction::to_server, reply, 2);
  REQUIRE(arp.result().lines.size() == 2);
  CHECK(arp.result().lines[1] ==
        R"(arp 10.0.0.2>10.0.0.1 {"op":"reply","sender_mac":"02:00:00:00:00:02",)"
        R"("sender_ip":"10.0.0.2","target_mac":"02:00:00:00:00:01","target_ip":"10.0.0.1",)"
        R"("gratuitous":false,"probe":false,"queried":false,"answered":true})");
}

TEST_CASE("arp: announcements are written at once and never unanswered") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server,
           "0001 0800 06 04 0001 | 020000000001 0a000001 | 000000000000 0a000001"_hex, 0);
  REQUIRE(arp.result().lines.size() == 1);
  CHECK(arp.result().lines[0].find(R"("gratuitous":true,"probe":false})") != std::string::npos);
}

TEST_CASE("arp: a probe asks from 0.0.0.0") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server,
           "0001 0800 06 04 0001 | 020000000001 00000000 | 000000000000 0a000002"_hex, 0);
  arp.feed(Direction::to_server,
           "0001 0800 06 04 0002 | 020000000002 0a000002 | 020000000001 00000000"_hex, 1);
  REQUIRE(arp.result().lines.size() == 1);
  CHECK(arp.result().lines[0].find(R"("probe":true,"queried":true,"answered":true)") !=
        std::string::npos);
}

TEST_CASE("arp: probes of two hosts for one address are two") {
  DissectorRun arp = run();
  arp.feed(Direction::to_server,
           "0001 0800 06 04 0001 | 020000000001 00000000 | 000000000000 0a000002"_hex, 0);
  arp.feed(Direction::to_server,
           "0001 0800 06 04 0001 | 020000000003 00000000 | 000000000000 0a000002"_hex, 1);
  arp.end(2);
  REQUIRE(arp.result().lines.size() == 2);
  CHECK(arp.result().lines[0].find(R"("sender_mac":"02:00:00:00:00:01")") != std::string::npos);
  CHECK(arp.result().lines[1].find(R"("sender_mac":"02:00:00:00:00:03")") != std::string::npos);
  for (const std::string& line : arp.result().lines)
    CHECK(line.find(R"("retries":0)") != std::string::npos);
}

TEST_CASE("arp: the same question on two links is two exchanges") {
  DissectorRun arp = run();
  arp.set_link(10);
  arp.feed(Direction::to_server, request, 0);
  arp.set_link(20);
  arp.feed(Direction::to_server, request, 5);
  arp.feed(Direction::to_server, reply, 7);
  arp.set_link(10);
  arp.feed(Direction::to_server, reply, 9);
  REQUIRE(arp.result().lines.size() == 2);
  CHECK(arp.result().lines[0].ends_with(R"("retries":0,"rtt_us":2000})"));
  CHECK(arp.result().lines[1].ends_with(R"("retries":0,"rtt_us":9000})"));
}

TEST_CASE("arp: other operations and address sizes") {
  const auto [packet, line] = GENERATE(table<Bytes, std::string>({
      {"0006 0800 01 04 0001 | aa 0a000001 | 00 0a000002"_hex, R"(arp > {"op":"request"})"},
      {"0001 86dd 06 04 0017 | 020000000001 0a000001 | 000000000000 0a000002"_hex,
       R"(arp > {"op":"OP23"})"},
      // InfiniBand's number, whatever the size
      {"0020 0800 06 04 0001 | 020000000001 0a000001 | 000000000000 0a000002"_hex,
       R"(arp > {"op":"request"})"},
      {"0001 0800 06 04 0004 | 020000000001 0a000001 | 020000000002 0a000002"_hex,
       R"(arp 10.0.0.1>10.0.0.2 {"op":"reverse_reply","sender_mac":"02:00:00:00:00:01",)"
       R"("sender_ip":"10.0.0.1","target_mac":"02:00:00:00:00:02","target_ip":"10.0.0.2",)"
       R"("gratuitous":false,"probe":false})"},
  }));
  CHECK(lines_of(packet) == std::vector<std::string>{line});
}

TEST_CASE("arp: only a request or a reply announces its own address") {
  const auto [operation, op, gratuitous] = GENERATE(table<std::uint8_t, std::string, bool>({
      {0, "OP0", false},
      {1, "request", true},
      {2, "reply", true},
      {3, "reverse_request", false},
      {4, "reverse_reply", false},
      {8, "inverse_request", false},
      {9, "inverse_reply", false},
      {10, "OP10", false},
  }));
  CAPTURE(op);
  const Bytes same = "0001 0800 06 04 0000 | 020000000001 0a000001 | 020000000001 0a000001"_hex;
  std::vector<std::uint8_t> packet{same.begin(), same.end()};
  packet[7] = operation;
  const auto lines = lines_of(packet);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("{\"op\":\"" + op + "\",") != std::string::npos);
  const std::string says = gratuitous ? "true" : "false";
  CHECK(lines[0].ends_with("\"gratuitous\":" + says + ",\"probe\":false}"));
}

TEST_CASE("arp: a short packet is malformed unless the capture cut it") {
  for (std::size_t size = 0; size < request.size(); ++size) {
    DissectorRun arp = run();
    arp.feed(Direction::to_server, request.first(size), 0);
    CHECK(arp.result().anomalies == std::vector<std::string>{"arp arp_malformed"});
    arp.feed(Direction::to_server, request.first(size), 0, 28);
    CHECK(arp.result().anomalies.size() == 1);
    arp.end(1);
    CHECK(arp.result().lines.empty());
  }
}

TEST_CASE("arp: a sender that is not the frame's is an anomaly") {
  DissectorRun arp = run();
  arp.set_source({{2, 0, 0, 0, 0, 1}});
  arp.feed(Direction::to_server, request, 0);
  CHECK(arp.result().anomalies.empty());
  arp.set_source({{2, 0, 0, 0, 0, 9}});
  arp.feed(Direction::to_server, reply, 1);
  CHECK(arp.result().anomalies == std::vector<std::string>{"arp arp_mismatch"});
  CHECK(arp.result().lines.size() == 1);
}

TEST_CASE("arp: at most 1,024 requests stay open, and of one that gives way nothing is claimed") {
  DissectorRun arp = run();
  std::vector<std::uint8_t> octets{request.begin(), request.end()};
  for (std::uint32_t i = 0; i < 1025; ++i) {
    octets[25] = 1;  // not the sender
    octets[26] = static_cast<std::uint8_t>(i >> 8U);
    octets[27] = static_cast<std::uint8_t>(i);
    arp.feed(Direction::to_server, octets, 0);
  }
  REQUIRE(arp.result().lines.size() == 1);
  CHECK(arp.result().lines[0].starts_with("arp 10.0.0.1>10.1.0.0 "));
  CHECK(arp.result().lines[0].find("answered") == std::string::npos);
  CHECK(arp.memory().crowded_out == 1);
  CHECK(arp.memory().refused == 0);
  CHECK(arp.memory().used > 0);
  arp.advance(5000);
  REQUIRE(arp.result().lines.size() == 1025);
  CHECK(arp.result().lines[1].find(R"("answered":false)") != std::string::npos);
  CHECK(arp.memory().used == 0);
}

TEST_CASE("arp: without memory each packet stands alone") {
  DissectorRun arp = run(0);
  arp.feed(Direction::to_server, request, 0);
  arp.feed(Direction::to_server, reply, 1);
  CHECK(arp.result().lines.size() == 2);
}

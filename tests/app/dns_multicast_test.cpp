// mDNS and LLMNR.
#include <string>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/app/dns_bytes.h"
#include "tests/app/dns_run.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::test::dns;
using ntan::event::Note;

TEST_CASE("dns: mDNS is one event per message, never unanswered") {
  app::FlowContext context = flow(app::Transport::udp, 5353, 5353);
  context.server = *parse_address("224.0.0.251");
  DissectorRun dns = run(context);
  dns.feed(Direction::to_server,
           "0000 0000 0002 0000 0000 0000 | 04 5f697070 05 6c6f63616c 00 000c 8001"
           "c00c 0010 0001"_hex,
           0);
  dns.feed(Direction::to_server,
           "0000 8400 0000 0001 0000 0000 | 01 61 05 6c6f63616c 00 0001 8001 00000078 0004"
           "c0000201"_hex,
           5);
  dns.advance(60000);
  dns.end(60001);
  const auto& lines = dns.result().lines;
  REQUIRE(lines.size() == 2);
  CHECK(member(lines[0], "service") == "\"mdns\"");
  CHECK(member(lines[0], "query") == "\"_ipp.local\"");
  CHECK(member(lines[0], "class").empty());
  CHECK(member(lines[0], "questions") == "2");
  CHECK(member(lines[0], "queried") == "true");
  CHECK(member(lines[0], "answered").empty());
  CHECK(member(lines[0], "unicast_response") == "true");
  CHECK(member(lines[0], "retries").empty());
  CHECK(member(lines[1], "queried") == "false");
  CHECK(member(lines[1], "answered") == "true");
  CHECK(member(lines[1], "query").empty());
  CHECK(lines[1].find(
            R"({"name":"a.local","type":"A","ttl":120,"data":"192.0.2.1","cache_flush":true})") !=
        std::string::npos);
  CHECK(dns.result().notes.empty());
}

TEST_CASE("dns: what answers a question to the group from another port is mDNS too") {
  DissectorRun dns = run(flow(app::Transport::udp, 45000, 5353));
  dns.feed(Direction::to_client,
           "0007 8400 0001 0001 0000 0000 | 01 61 05 6c6f63616c 00 0001 0001 |"
           "c00c 0001 0001 0000000a 0004 c0000201"_hex,
           0);
  dns.end(1);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "service") == "\"mdns\"");
  CHECK(member(dns.result().lines[0], "query") == "\"a.local\"");
  CHECK(dns.result().notes.empty());

  // One that was asked answers as a server.
  DissectorRun unicast = run(flow(app::Transport::udp, 45000, 5353));
  unicast.feed(Direction::to_server, query, 0);
  unicast.feed(Direction::to_client, answer, 1);
  REQUIRE(unicast.result().lines.size() == 1);
  CHECK(member(unicast.result().lines[0], "service").empty());
  CHECK(member(unicast.result().lines[0], "queried") == "true");
  unicast.feed(Direction::to_client, answer, 2);  // the same again
  REQUIRE(unicast.result().lines.size() == 2);
  CHECK(member(unicast.result().lines[1], "service").empty());
  CHECK(member(unicast.result().lines[1], "queried") == "false");
  CHECK(count(unicast.result().notes, Note::Kind::dns_unpaired) == 1);
}

TEST_CASE("dns: an answer to a question to the group is read as mDNS") {
  DissectorRun dns = run(flow(app::Transport::udp, 45000, 5353));
  dns.feed(Direction::to_client,
           "0007 8400 0000 0001 0000 0000 | 01 61 05 6c6f63616c 00 0001 8001 0000000a 0004"
           "c0000201"_hex,
           0);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "service") == "\"mdns\"");
  CHECK(dns.result().lines[0].find(
            R"({"name":"a.local","type":"A","ttl":10,"data":"192.0.2.1","cache_flush":true})") !=
        std::string::npos);
}

TEST_CASE("dns: LLMNR is one event per message") {
  DissectorRun dns = run(flow(app::Transport::udp, 60000, 5355));
  dns.feed(Direction::to_server, "0001 0000 0001 0000 0000 0000 | 01 61 00 0001 0001"_hex, 0);
  dns.feed(Direction::to_server, "0001 0000 0001 0000 0000 0000 | 01 61 00 0001 0001"_hex, 100);
  dns.end(200);
  REQUIRE(dns.result().lines.size() == 2);
  CHECK(member(dns.result().lines[0], "service") == "\"llmnr\"");
}

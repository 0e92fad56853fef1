// DNS over TCP, zone transfers among it.
#include <algorithm>
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

TEST_CASE("dns: over TCP any split of the stream gives the same events") {
  Octets other{query.begin(), query.end()};
  other[1] = 0x77;
  const Octets queries = join(framed(query), framed(other));
  Octets reply{answer.begin(), answer.end()};
  reply[1] = 0x77;
  const Octets answers = join(framed(reply), framed(answer));

  DissectorRun whole = run(tcp);
  whole.feed(Direction::to_server, queries, 0);
  whole.feed(Direction::to_client, answers, 1);
  REQUIRE(whole.result().lines.size() == 2);
  for (std::size_t cut = 1; cut < answers.size(); ++cut) {
    DissectorRun split = run(tcp);
    split.feed(Direction::to_server, Bytes{queries}.first(std::min(cut, queries.size())), 0);
    split.feed(Direction::to_server, Bytes{queries}.subspan(std::min(cut, queries.size())), 0);
    split.feed(Direction::to_client, Bytes{answers}.first(cut), 1);
    split.feed(Direction::to_client, Bytes{answers}.subspan(cut), 1);
    CHECK(split.result().lines == whole.result().lines);
  }
  DissectorRun single = run(tcp);
  for (const std::uint8_t& octet : queries) single.feed(Direction::to_server, Bytes{&octet, 1}, 0);
  for (const std::uint8_t& octet : answers) single.feed(Direction::to_client, Bytes{&octet, 1}, 1);
  CHECK(single.result().lines == whole.result().lines);
}

TEST_CASE("dns: over TCP a length of 0 is malformed and what follows is read") {
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, join("0000"_hex, framed(query)), 0);
  CHECK(dns.result().anomalies.size() == 1);
  dns.end(1);
  CHECK(dns.result().lines.size() == 1);
}

TEST_CASE("dns: over TCP what is behind a gap is read where a segment begins with a message") {
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(query), 0);
  dns.gap(Direction::to_client, 10, 5);
  const Octets reply = framed(answer);
  dns.feed(Direction::to_client, Bytes{reply}.subspan(7), 6);  // the end of another message
  CHECK(dns.result().lines.empty());
  dns.feed(Direction::to_client, reply, 7);
  CHECK(dns.result().progress == app::Progress::more);
  REQUIRE(dns.result().lines.size() == 1);
  CHECK(member(dns.result().lines[0], "rtt_us") == "7000");
  CHECK(dns.result().anomalies.empty());
}

TEST_CASE("dns: over TCP a gap inside a message costs its end and no other message") {
  const std::size_t before = GENERATE(14U, 20U, 2U);
  const Octets first = framed(query);
  Octets other{query.begin(), query.end()};
  other[1] = 0x77;
  const std::size_t missing = GENERATE(1U, 5U);
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, Bytes{first}.first(before), 0);
  dns.gap(Direction::to_server, missing, 5);
  dns.feed(Direction::to_server, join(Bytes{first}.subspan(before + missing), framed(other)), 6);
  CHECK(dns.result().anomalies.empty());
  dns.end(7);
  const auto& lines = dns.result().lines;
  REQUIRE(lines.size() == (before == 2 ? 1U : 2U));
  CHECK(member(lines.back(), "id") == std::to_string(other[0] << 8 | 0x77));
}

TEST_CASE("dns: over TCP a side that does not find its place again is given up") {
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(query), 0);
  dns.gap(Direction::to_client, 10, 5);
  for (int i = 0; i < 31; ++i) dns.feed(Direction::to_client, "ffffffffffffffffffffffff"_hex, 6);
  CHECK(dns.result().progress == app::Progress::more);
  dns.feed(Direction::to_client, "ffffffffffffffffffffffff"_hex, 7);
  CHECK(dns.result().progress == app::Progress::give_up);
  CHECK(dns.result().lines.size() == 1);
}

TEST_CASE("dns: over TCP a side whose beginning was not captured is read from a message on") {
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(query), 0);
  dns.unseen(Direction::to_client, 10, 5);
  dns.feed(Direction::to_server, framed(query), 6);
  dns.feed(Direction::to_client, framed(answer), 7);
  CHECK(dns.result().progress == app::Progress::more);
  REQUIRE(dns.result().lines.size() == 1);  // asked twice
  CHECK(member(dns.result().lines[0], "retries") == "1");
}

TEST_CASE("dns: a zone transfer is one answer however many messages it takes") {
  // example.org AXFR; SOA + A, A, A + SOA.
  const Bytes ask = "0001 0000 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 00fc 0001"_hex;
  const Bytes soa =
      "c00c 0006 0001 00000001 0018 c00c c00c 00000001 00000002 00000003 00000004"
      "00000005"_hex;
  const Bytes a = "c00c 0001 0001 00000001 0004 01020304"_hex;
  const Bytes name = "07 6578616d706c65 03 6f7267 00 00fc 0001"_hex;
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(ask), 0);
  dns.feed(Direction::to_client, framed(join("0001 8400 0001 0002 0000 0000"_hex, name, soa, a)),
           10);
  CHECK(dns.result().lines.size() == 1);
  dns.feed(Direction::to_client, framed(join("0001 8400 0001 0001 0000 0000"_hex, name, a)), 20);
  // RFC 5936 2.2.1: later messages may leave the question out.
  dns.feed(Direction::to_client,
           framed(join("0001 8400 0000 0002 0000 0000"_hex,
                       "07 6578616d706c65 03 6f7267 00 0001 0001 00000001 0004 01020304"_hex, soa)),
           30);
  CHECK(dns.result().lines.size() == 1);
  CHECK(dns.result().anomalies.empty());
  dns.feed(Direction::to_client, framed(join("0001 8400 0001 0001 0000 0000"_hex, name, a)), 40);
  REQUIRE(dns.result().lines.size() == 2);  // the transfer was closed: this one is nobody's
  CHECK(member(dns.result().lines[0], "rtt_us") == "10000");
  CHECK(member(dns.result().lines[1], "queried") == "false");
  dns.end(50);
  CHECK(dns.result().lines.size() == 2);
}

TEST_CASE("dns: the SOAs in the middle of an incremental transfer do not end it") {
  // example.org IXFR to serial 9: SOA 9, SOA 7 | A | SOA 8 | A, SOA 9; then another message.
  const Bytes ask = "0001 0000 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 00fb 0001"_hex;
  const Bytes name = "07 6578616d706c65 03 6f7267 00 00fb 0001"_hex;
  const Bytes a = "c00c 0001 0001 00000001 0004 01020304"_hex;
  const auto soa = [](Bytes serial) {
    return join("c00c 0006 0001 00000001 0018 c00c c00c"_hex, serial,
                "00000002 00000003 00000004 00000005"_hex);
  };
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(ask), 0);
  const auto tell = [&](Bytes counts, Bytes records, std::int64_t ms) {
    dns.feed(Direction::to_client, framed(join("0001 8400"_hex, counts, name, records)), ms);
  };
  tell("0001 0002 0000 0000"_hex, join(soa("00000009"_hex), soa("00000007"_hex)), 10);
  tell("0001 0001 0000 0000"_hex, a, 20);
  tell("0001 0001 0000 0000"_hex, soa("00000008"_hex), 30);
  tell("0001 0002 0000 0000"_hex, join(a, soa("00000009"_hex)), 40);
  CHECK(dns.result().lines.size() == 1);
  tell("0001 0001 0000 0000"_hex, a, 50);
  REQUIRE(dns.result().lines.size() == 2);
  CHECK(member(dns.result().lines[1], "queried") == "false");
}

TEST_CASE(
    "dns: a message that ends with the SOA before the last additions does not end a transfer") {
  // example.org IXFR to serial 9: SOA 9, SOA 7 | A, SOA 9 | A | A, SOA 9; then another message.
  const Bytes ask = "0001 0000 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 00fb 0001"_hex;
  const Bytes name = "07 6578616d706c65 03 6f7267 00 00fb 0001"_hex;
  const Bytes a = "c00c 0001 0001 00000001 0004 01020304"_hex;
  const auto soa = [](Bytes serial) {
    return join("c00c 0006 0001 00000001 0018 c00c c00c"_hex, serial,
                "00000002 00000003 00000004 00000005"_hex);
  };
  const auto tell = [&](DissectorRun& dns, Bytes counts, Bytes records, std::int64_t ms) {
    dns.feed(Direction::to_client, framed(join("0001 8400"_hex, counts, name, records)), ms);
  };
  DissectorRun dns = run(tcp);
  dns.feed(Direction::to_server, framed(ask), 0);
  tell(dns, "0001 0002 0000 0000"_hex, join(soa("00000009"_hex), soa("00000007"_hex)), 10);
  tell(dns, "0001 0002 0000 0000"_hex, join(a, soa("00000009"_hex)), 20);
  tell(dns, "0001 0001 0000 0000"_hex, a, 30);
  tell(dns, "0001 0002 0000 0000"_hex, join(a, soa("00000009"_hex)), 40);
  CHECK(dns.result().lines.size() == 1);
  tell(dns, "0001 0001 0000 0000"_hex, a, 50);
  REQUIRE(dns.result().lines.size() == 2);  // the transfer was closed: this one is nobody's
  CHECK(member(dns.result().lines[1], "queried") == "false");

  // The same with everything up to those additions in the first message.
  DissectorRun first = run(tcp);
  first.feed(Direction::to_server, framed(ask), 0);
  tell(first, "0001 0004 0000 0000"_hex,
       join(soa("00000009"_hex), soa("00000007"_hex), a, soa("00000009"_hex)), 10);
  tell(first, "0001 0002 0000 0000"_hex, join(a, soa("00000009"_hex)), 20);
  CHECK(first.result().lines.size() == 1);
  tell(first, "0001 0001 0000 0000"_hex, a, 30);
  CHECK(first.result().lines.size() == 2);
}

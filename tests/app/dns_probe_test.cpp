#include <string>

#include <catch2/catch.hpp>

#include "app/protocol.h"
#include "tests/app/dns_bytes.h"
#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::test::dns;

namespace {

app::Verdict probe(Bytes data, const app::FlowContext& context) {
  return app::dns_protocol.probe({.data = data, .size = static_cast<std::uint32_t>(data.size())},
                                 context);
}

const app::FlowContext odd_udp = flow(app::Transport::udp, 40001, 9999);
const app::FlowContext odd_tcp = flow(app::Transport::tcp, 40001, 9999);

}  // namespace

TEST_CASE("dns: probe finds messages on any port") {
  CHECK(probe(query, odd_udp) == app::Verdict::yes);
  CHECK(probe(answer, odd_udp) == app::Verdict::yes);
  CHECK(probe(framed(query), odd_tcp) == app::Verdict::yes);
  CHECK(probe(join(framed(query), framed(query)), odd_tcp) == app::Verdict::yes);
}

TEST_CASE("dns: probe waits for a whole message over TCP") {
  const Octets stream = framed(answer);
  for (std::size_t size = 0; size < stream.size(); ++size) {
    CHECK(probe(Bytes{stream}.first(size), odd_tcp) == app::Verdict::unsure);
  }
}

TEST_CASE("dns: probe takes malformed messages on its own ports only") {
  const Bytes looping = "0001 0100 0001 0000 0000 0000 | 01 61 c00c 0001 0001 00"_hex;
  CHECK(probe(looping, udp) == app::Verdict::yes);
  CHECK(probe(looping, odd_udp) == app::Verdict::no);
}

TEST_CASE("dns: probe takes what servers take on its own ports only") {
  const Bytes reserved_bit = "0001 0140 0001 0000 0000 0000 | 01 61 00 0001 0001"_hex;
  const Bytes stateful = "0002 3000 0000 0000 0000 0000 | 0001 0008 00003a98 00003a98"_hex;
  for (const Bytes message : {reserved_bit, stateful}) {
    CHECK(probe(message, udp) == app::Verdict::yes);
    CHECK(probe(message, odd_udp) == app::Verdict::no);
  }
  CHECK(probe("0002 0000 0000 0000 0000 0000"_hex, udp) == app::Verdict::no);
}

TEST_CASE("dns: probe refuses other protocols") {
  const auto [name, octets] = GENERATE(table<std::string, Bytes>({
      {"zeros", "0000 0000 0000 0000 0000 0000 0000 0000 0000 0000"_hex},
      {"NetBIOS name query",
       "80b0 0110 0001 0000 0000 0000 20 46484641454245454341434143414341 43414341434143414341434143414341 00 0020 0001"_hex},
      {"NetBIOS status",
       "80f0 0010 0001 0000 0000 0000 20 434b4141414141414141414141414141 41414141414141414141414141414141 00 0021 0001"_hex},
      {"NetBIOS answer",
       "7d19 8500 0000 0001 0000 0000 20 46484a454f4545455046484644444843 4e444443414341434143414341434143 00 0020 0001 000493e0 0006 0000 c0a87a91"_hex},
      {"NTP",
       "e3 00 04 fa 0001 0000 0001 0000 00000000 00000000 00000000 00000000 00000000"
       "00000000 00000000 00000000 d3ef1234 00000000"_hex},
      {"STUN", "0001 0000 2112a442 0102030405060708090a0b0c"_hex},
      {"TFTP", "0001 66696c652e747874 00 6f63746574 00"_hex},
      {"SNMP",
       "302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500"_hex},
      {"QUIC", "c0 00000001 08 8394c8f03e515708 00 00 449e 7b9aec34d1b1c98dd7689fb8ec11"_hex},
      {"DHCP", "01010600 3903f326 00000000 00000000 00000000 00000000 00000000"_hex},
      {"RTP", "8000 0001 0000 00a0 12345678 d5d5d5d5d5d5d5d5"_hex},
      {"octets behind the question", "10e1 0100 0001 0000 0000 0000 | 01 61 00 0001 0001 ffff"_hex},
  }));
  INFO(name);
  CHECK(probe(octets, odd_udp) == app::Verdict::no);
}

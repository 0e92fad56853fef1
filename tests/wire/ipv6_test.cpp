#include "wire/ipv6.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

namespace {

constexpr Bytes udp = "0001 0002 0009 0000 61"_hex;

DecodedFrame raw(Bytes packet, std::size_t captured = SIZE_MAX) {
  return decode_frame(packet, {.link = LinkType::raw, .captured = captured});
}

}  // namespace

TEST_CASE("ipv6: extension headers are passed in any order the standard allows") {
  struct Case {
    const char* name;
    std::uint8_t next;
    Bytes chain;
  };
  const Case cases[] = {
      {"hop-by-hop", 0, "11 00 0502 0000 0100"_hex},
      {"destination options of 16 octets", 60, "11 01 010c 000000000000000000000000"_hex},
      {"routing", 43, "11 00 00 00 00000000"_hex},
      {"authentication counts in 4 octets", 51,
       "11 04 0000 00000001 00000001 000000000000000000000000"_hex},
      {"all of them", 0,
       "3c 00 0502 0000 0100 2b 00 0104 00000000 33 00 0000 00000000 11 01 0000 00000001 00000001"_hex},
      {"atomic fragment", 44, "11 00 0000 0000beef"_hex},
  };
  for (const auto& [name, next, chain] : cases) {
    CAPTURE(name);
    const DecodedFrame frame = raw(ipv6(next, join(chain, udp)));
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.proto == ip_protocol::udp);
    CHECK(frame.decoded.dst_port == 2);
    CHECK(frame.decoded.l3_size == 40 + chain.size() + udp.size());
    CHECK(as_text(frame.decoded.payload_bytes()) == "a");
    CHECK_FALSE(frame.decoded.fragmented);
  }
}

TEST_CASE("ipv6: malformed chains are undecodable at ipv6_extension") {
  struct Case {
    const char* name;
    Octets packet;
    Flaw flaw;
  };
  Octets eleven;
  for (int i = 0; i < 11; ++i) eleven = join(eleven, "3c 00 0104 00000000"_hex);
  const Case cases[] = {
      {"hop-by-hop not first", ipv6(60, join("00 00 0104 00000000 11 00 0104 00000000"_hex, udp)),
       Flaw::bad_value},
      {"past the packet", ipv6(60, "11 01 0104 00000000"_hex), Flaw::bad_length},
      {"two fragment headers", ipv6(44, join("2c 00 0000 00000001 11 00 0000 00000001"_hex, udp)),
       Flaw::bad_value},
      {"more than ten", ipv6(60, join(eleven, udp)), Flaw::unsupported},
  };
  for (const auto& [name, packet, flaw] : cases) {
    CAPTURE(name);
    const DecodedFrame frame = raw(packet);
    CHECK(frame.decoded.bucket == Bucket::undecodable);
    CHECK(frame.decoded.flaw_layer == Layer::ipv6_extension);
    CHECK(frame.decoded.flaw == flaw);
  }
}

TEST_CASE("ipv6: an extension header cut by the snaplen is truncated") {
  const DecodedFrame frame = raw(ipv6(60, join("11 00 0104 00000000"_hex, udp)), 44);
  CHECK(frame.decoded.bucket == Bucket::undecodable);
  CHECK(frame.decoded.flaw == Flaw::truncated);
}

TEST_CASE("ipv6: a fragment waits with its place, id and what follows its header") {
  const DecodedFrame frame = raw(ipv6(44, "11 00 05c9 0000beef 6162636465666768"_hex));
  CHECK(frame.decoded.bucket == Bucket::fragment);
  CHECK(frame.decoded.proto == ip_protocol::udp);
  CHECK(frame.decoded.ip_id == 0xbeef);
  CHECK(frame.extra.fragment_offset == 1480);
  CHECK(frame.extra.more_fragments);
  CHECK(as_text(frame.decoded.payload_bytes()) == "abcdefgh");
}

TEST_CASE("ipv6: no next header and ESP end the chain") {
  const DecodedFrame none = raw(ipv6(59, "6162"_hex));
  CHECK(none.decoded.bucket == Bucket::flow);
  CHECK(none.decoded.proto == 59);
  CHECK(none.decoded.payload_size == 0);
  const DecodedFrame esp = raw(ipv6(50, "00000001 00000001"_hex));
  CHECK(esp.decoded.bucket == Bucket::flow);
  CHECK(esp.decoded.proto == ip_protocol::esp);
  CHECK(esp.decoded.payload_size == 8);
}

TEST_CASE("ipv6: a payload length of zero takes what was sent") {
  auto packet = ipv6(17, udp);
  put_be16(packet, 4, 0);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.payload_size == 1);
  CHECK(frame.decoded.flaw_layer == Layer::none);
}

TEST_CASE("ipv6: a jumbo option gives the length, padding excluded") {
  // 8 octets of hop-by-hop options, TCP header and 70,000 octets: 70,028.
  Octets payload =
      join("06 00 c204 0001118c"_hex, "0001 0002 00000001 00000002 5010 0001 0000 0000"_hex);
  payload.resize(payload.size() + 70000 + 6);
  auto packet = ipv6(0, payload);
  put_be16(packet, 4, 0);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.payload_size == 70000);
  CHECK(frame.decoded.l3_size == 40 + 70028);
}

TEST_CASE("ipv6: a payload length past the frame is cut to it and named") {
  auto packet = ipv6(17, udp);
  put_be16(packet, 4, 100);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.flaw_layer == Layer::ipv6);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
}

TEST_CASE("ipv6: a routing header with segments left keeps the checksum unverified") {
  const auto packet = ipv6(43, join("11 00 00 01 00000000 0001 0002 0009 1234 61"_hex));
  const DecodedFrame frame =
      decode_frame(packet, {.link = LinkType::raw, .verify_checksums = true});
  CHECK(frame.decoded.dst_port == 2);
  CHECK_FALSE(frame.decoded.checksum_bad);
}

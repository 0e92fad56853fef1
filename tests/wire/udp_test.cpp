#include "wire/udp.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"
#include "wire/sctp.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

TEST_CASE("udp: a length below 8 is bad_length, and a flow all the same") {
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(17, "0001 0002 0007 0000 6162"_hex)));
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.dst_port == 2);
  CHECK(frame.decoded.payload_size == 0);
  CHECK(frame.decoded.flaw_layer == Layer::udp);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
}

TEST_CASE("udp: a length past the datagram is cut to it and named") {
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(17, "0001 0002 000b 0000 6162"_hex)));
  CHECK(frame.decoded.payload_size == 2);
  CHECK(frame.decoded.flaw_layer == Layer::udp);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
}

TEST_CASE("udp: octets behind its length are no payload") {
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(17, "0001 0002 0009 0000 6162"_hex)));
  CHECK(frame.decoded.payload_size == 1);
  CHECK(frame.decoded.flaw_layer == Layer::none);
}

TEST_CASE("udp: a length of zero is a jumbogram only where nothing else can be") {
  Octets datagram = join("0001 0002 0000 0000"_hex);
  datagram.resize(70000);
  const auto small = Udp::parse(Slice::whole(Bytes{datagram}.first(100)));
  REQUIRE_FALSE(small);
  CHECK(small.flaw() == Flaw::bad_length);
  const auto large = Udp::parse(Slice::whole(datagram));
  REQUIRE(large);
  CHECK(large->payload.sent == 70000 - 8);
}

TEST_CASE("udp: UDP-Lite has a coverage where UDP has its length") {
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(136, "0001 0002 0008 0000 6162"_hex)));
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == ip_protocol::udplite);
  CHECK(frame.decoded.src_port == 1);
  CHECK(frame.decoded.payload_size == 2);
}

TEST_CASE("sctp: ports, verification tag and first chunk") {
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(132, "0001 0002 0a0b0c0d 00000000 06 00 0004"_hex)));
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.dst_port == 2);
  CHECK(frame.decoded.seq == 0x0a0b0c0d);
  CHECK(first_sctp_chunk(frame.decoded.payload_bytes()) == sctp_chunk::abort);
  CHECK_FALSE(first_sctp_chunk("0600"_hex));
}

TEST_CASE("sctp: a header cut by the snaplen still has ports") {
  const auto frame = ethernet(0x0800, ipv4(132, "0001 0002 0a0b0c0d 00000000 06 00 0004"_hex));
  const DecodedFrame cut = decode_frame(frame, {.captured = 34 + 11});
  CHECK(cut.decoded.bucket == Bucket::flow);
  CHECK(cut.decoded.dst_port == 2);
  CHECK(cut.decoded.seq == 0);
  CHECK(cut.decoded.flaw == Flaw::truncated);
}

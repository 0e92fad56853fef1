#include "wire/icmp.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

namespace {

DecodedFrame icmp4(Bytes message, std::size_t captured = SIZE_MAX) {
  return decode_frame(ipv4(1, message), {.link = LinkType::raw, .captured = captured});
}

DecodedFrame icmp6(Bytes message) {
  return decode_frame(ipv6(58, message), {.link = LinkType::raw});
}

}  // namespace

TEST_CASE("icmp: an echo is a flow of its identifier, and its payload the whole message") {
  for (const Bytes message : {"08 00 0000 1234 0001 6162"_hex, "00 00 0000 1234 0001 6162"_hex}) {
    const DecodedFrame frame = icmp4(message);
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.proto == ip_protocol::icmp);
    CHECK(frame.decoded.src_port == 0x1234);
    CHECK(frame.decoded.dst_port == 0x1234);
    CHECK(frame.decoded.icmp_type == message[0]);
    CHECK(frame.decoded.payload_size == 10);
  }
  CHECK(icmp6("80 00 0000 1234 0001 6162"_hex).decoded.src_port == 0x1234);
  CHECK(icmp6("81 00 0000 1234 0001 6162"_hex).decoded.dst_port == 0x1234);
}

TEST_CASE("icmp: requests and replies of other kinds are flows of their identifier too") {
  for (const Bytes message :
       {"0d 00 0000 1234 0001 00000000 00000000 00000000"_hex, "0e 00 0000 1234 0001"_hex,
        "0f 00 0000 1234 0001"_hex, "12 00 0000 1234 0001 ffffff00"_hex, "2a 00 0000 1234 0101"_hex,
        "2b 00 0000 1234 0100"_hex}) {
    const DecodedFrame frame = icmp4(message);
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.src_port == 0x1234);
    CHECK(frame.decoded.dst_port == 0x1234);
  }
  CHECK(icmp6("a0 00 0000 1234 0101"_hex).decoded.src_port == 0x1234);
  CHECK(icmp6("a1 00 0000 1234 0100"_hex).decoded.src_port == 0x1234);
}

TEST_CASE("icmp: other messages are flows of type and code, and of their sender") {
  const DecodedFrame router = icmp4("0a 00 0000 00000000"_hex);
  CHECK(router.decoded.bucket == Bucket::flow);
  CHECK(router.decoded.src_port == 0x0a00);
  CHECK(router.decoded.dst_port == 0);
  const DecodedFrame neighbour = icmp6("87 00 0000 00000000 20010db8000000000000000000000002"_hex);
  CHECK(neighbour.decoded.bucket == Bucket::flow);
  CHECK(neighbour.decoded.proto == ip_protocol::icmpv6);
  CHECK(neighbour.decoded.src_port == 0x8700);
}

TEST_CASE("icmp: an error quotes the packet it is about, eight octets of transport are enough") {
  const Bytes error =
      "03 03 0000 00000000"
      "45000028 0001 4000 40 06 0000 c0000201 c6336401 04d2 0050 01020304"_hex;
  const DecodedFrame frame = icmp4(error);
  CHECK(frame.decoded.bucket == Bucket::icmp_error);
  CHECK(frame.decoded.icmp_type == 3);
  CHECK(frame.decoded.icmp_code == 3);
  CHECK(frame.extra.quoted_proto == ip_protocol::tcp);
  CHECK(to_string(frame.extra.quoted_src) == "192.0.2.1");
  CHECK(to_string(frame.extra.quoted_dst) == "198.51.100.1");
  CHECK(frame.extra.quoted_src_port == 1234);
  CHECK(frame.extra.quoted_dst_port == 80);
}

TEST_CASE("icmp: an ICMPv6 error quotes behind extension headers") {
  const auto quoted = ipv6(60, "11 00 0104 00000000 0001 0035 0008 0000"_hex);
  const DecodedFrame frame = icmp6(join("01 04 0000 00000000"_hex, quoted));
  CHECK(frame.decoded.bucket == Bucket::icmp_error);
  CHECK(frame.extra.quoted_proto == ip_protocol::udp);
  CHECK(frame.extra.quoted_dst_port == 53);
  CHECK(to_string(frame.extra.quoted_dst) == "2001:db8::2");
}

TEST_CASE("icmp: an error about an echo quotes its identifier") {
  const auto quoted = ipv4(1, "08 00 0000 1234 0001"_hex);
  const DecodedFrame frame = icmp4(join("0b 00 0000 00000000"_hex, quoted));
  CHECK(frame.extra.quoted_proto == ip_protocol::icmp);
  CHECK(frame.extra.quoted_src_port == 0x1234);
  CHECK(frame.extra.quoted_dst_port == 0x1234);
}

TEST_CASE("icmp: a quote that names no flow has protocol 0") {
  const Bytes messages[] = {
      "03 03 0000 00000000"_hex,                                                // nothing
      "03 03 0000 00000000 45000028 0001 4000 40 06 0000 c0000201 c63364"_hex,  // half a header
      "03 03 0000 00000000 45000028 0001 4000 40 06 0000 c0000201 c6336401 04d2 00"_hex,
      "03 03 0000 00000000 45000028 0001 2001 40 06 0000 c0000201 c6336401 04d2 0050"_hex,
      "03 03 0000 00000000 44000028 0001 4000 40 06 0000 c0000201 c6336401 04d2 0050"_hex,
      "03 03 0000 00000000 65000028 0001 4000 40 06 0000 c0000201 c6336401 04d2 0050"_hex,
      // an error about an error
      "03 03 0000 00000000 45000028 0001 0000 40 01 0000 c0000201 c6336401 03030000 00000000"_hex,
  };
  for (const Bytes message : messages) {
    const DecodedFrame frame = icmp4(message);
    CHECK(frame.decoded.bucket == Bucket::icmp_error);
    CHECK(frame.extra.quoted_proto == 0);
    CHECK_FALSE(frame.extra.quoted_src.known());
  }
}

TEST_CASE("icmp: a message too short for its header is named, its type decides where it goes") {
  const DecodedFrame error = icmp4("03 03 0000"_hex);
  CHECK(error.decoded.bucket == Bucket::icmp_error);
  CHECK(error.decoded.flaw == Flaw::bad_length);
  const DecodedFrame echo = icmp4("08 00 0000 12"_hex);
  CHECK(echo.decoded.bucket == Bucket::undecodable);
  CHECK(echo.decoded.flaw_layer == Layer::icmp);
  const DecodedFrame cut = icmp4("08 00 0000 1234 0001"_hex, 26);
  CHECK(cut.decoded.bucket == Bucket::flow);
  CHECK(cut.decoded.flaw == Flaw::truncated);
}

TEST_CASE("icmp: the protocol of the other version is only counted") {
  const DecodedFrame frame =
      decode_frame(ipv4(58, "80 00 0000 1234 0001"_hex), {.link = LinkType::raw});
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == 58);
  CHECK(frame.decoded.src_port == 0);
}

#include "wire/tcp.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

TEST_CASE("tcp: a data offset that contradicts the segment leaves the ports and no flags") {
  const Bytes segments[] = {
      "0001 0002 00000001 00000002 4002 0001 0000 0000"_hex,
      "0001 0002 00000001 00000002 6002 0001 0000 0000"_hex,
      "0001 0002 00000001 00000002 5002 0001 0000"_hex,
  };
  for (const Bytes segment : segments) {
    const DecodedFrame frame = decode_frame(ethernet(0x0800, ipv4(6, segment)));
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.src_port == 1);
    CHECK(frame.decoded.dst_port == 2);
    CHECK(frame.decoded.tcp_flags == 0);
    CHECK(frame.decoded.payload_size == 0);
    CHECK(frame.decoded.flaw_layer == Layer::tcp);
    CHECK(frame.decoded.flaw == Flaw::bad_length);
  }
}

TEST_CASE("tcp: options cut by the snaplen keep flags and payload size") {
  const auto frame = ethernet(
      0x0800,
      ipv4(6, "0001 0002 00000001 00000002 7012 0001 0000 0000 020405b4 01030307 6162"_hex));
  const DecodedFrame cut = decode_frame(frame, {.captured = 34 + 26});
  CHECK(cut.decoded.bucket == Bucket::flow);
  CHECK(cut.decoded.tcp_flags == (tcp_flag::syn | tcp_flag::ack));
  CHECK(cut.decoded.options_size == 6);
  CHECK(cut.decoded.payload_size == 2);
  CHECK(cut.decoded.payload_captured == 0);
  CHECK(cut.decoded.payload_cut);
  CHECK(cut.decoded.flaw_layer == Layer::tcp);
  CHECK(cut.decoded.flaw == Flaw::truncated);
}

TEST_CASE("tcp: the options of a SYN") {
  const TcpOptions options = parse_tcp_options("020405b4 0402 080a0000000100000000 01 030307"_hex);
  CHECK(options.mss == 1460);
  CHECK(options.sack_permitted);
  CHECK(options.has_timestamp);
  CHECK(options.ts_value == 1);
  CHECK(options.window_scale == 7);
  CHECK_FALSE(options.malformed);
}

TEST_CASE("tcp: SACK blocks") {
  const TcpOptions options =
      parse_tcp_options("01 01 0512 00000001 00000002 00000005 00000009"_hex);
  REQUIRE(options.sack_count == 2);
  CHECK(options.sack[0][0] == 1);
  CHECK(options.sack[0][1] == 2);
  CHECK(options.sack[1][1] == 9);
}

TEST_CASE("tcp: a window scale above 14 counts as 14") {
  CHECK(parse_tcp_options("03030f"_hex).window_scale == 14);
}

TEST_CASE("tcp: malformed options end or are skipped, and are named") {
  const Bytes inputs[] = {
      "0200"_hex,  // a length of 0 would never move on
      "0201"_hex,
      "02"_hex,
      "020405"_hex,          // past the end
      "02050000000000"_hex,  // an MSS of the wrong size
      "050a0000000100"_hex,
      "0509000000010000000200"_hex,  // SACK of no whole block
      "0502"_hex,
  };
  for (const Bytes input : inputs) CHECK(parse_tcp_options(input).malformed);
}

TEST_CASE("tcp: options behind the end of the list are not read") {
  const TcpOptions options = parse_tcp_options("01 00 020405b4"_hex);
  CHECK_FALSE(options.mss);
  CHECK_FALSE(options.malformed);
}

TEST_CASE("tcp: an unknown option is skipped") {
  const TcpOptions options = parse_tcp_options("fd0412340402"_hex);
  CHECK(options.sack_permitted);
  CHECK_FALSE(options.malformed);
}

TEST_CASE("tcp: the timestamps option is found as the whole parse finds it") {
  CHECK(parse_tcp_timestamp("0101080a0000000700000009"_hex) == TcpTimestamp{.value = 7, .echo = 9});
  CHECK(parse_tcp_timestamp("080a00000007000000090101"_hex) == TcpTimestamp{.value = 7, .echo = 9});
  CHECK(parse_tcp_timestamp("020405b4010303070402080a8000000000000001"_hex) ==
        TcpTimestamp{.value = 0x80000000, .echo = 1});
  const std::vector<Bytes> without{""_hex, "0101080a00000007000000"_hex,
                                   "010108090000000700000009"_hex, "00010000080a000000070000"_hex};
  for (const Bytes options : without) CHECK(!parse_tcp_timestamp(options));
}

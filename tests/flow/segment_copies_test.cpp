#include "flow/segment_copies.h"

#include <chrono>

#include <catch2/catch.hpp>

#include "tests/flow/segment.h"

namespace ntan::flow {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start{1'700'000'000s};

wire::Decoded packet(std::uint32_t seq, std::uint32_t ip_id) {
  wire::Decoded decoded =
      test::decoded({.flags = wire::tcp_flag::ack, .seq = seq, .ack = 9, .size = 100});
  decoded.ip_id = ip_id;
  return decoded;
}

}  // namespace

TEST_CASE("segment copies: one packet twice within a millisecond, whatever came in between") {
  SegmentCopies copies;
  const auto is_copy = [&copies](std::uint32_t seq, std::uint32_t ip_id, Timestamp time) {
    return copies.is_copy(1, Direction::to_server, packet(seq, ip_id), time);
  };
  for (std::uint32_t i = 0; i < 8; ++i) CHECK_FALSE(is_copy(100 * i, 10 + i, start));
  for (std::uint32_t i = 0; i < 8; ++i) {
    CHECK(is_copy(100 * i, 10 + i, start + 1ms));
    CHECK(is_copy(100 * i, 10 + i, start));
    CHECK_FALSE(is_copy(100 * i, 30 + i, start + 1ms));
    CHECK(is_copy(100 * i, 10 + i, start + 1ms));
    CHECK(is_copy(100 * i, 10 + i, start + 2ms));  // a third one, after the second
    CHECK_FALSE(is_copy(100 * i, 10 + i, start + 3001us));
  }
}

TEST_CASE("segment copies: whatever two packets do not share tells them apart") {
  SegmentCopies copies;
  const wire::Decoded first = packet(100, 10);
  REQUIRE_FALSE(copies.is_copy(1, Direction::to_server, first, start));
  wire::Decoded other = first;
  std::uint64_t flow = 1;
  Direction direction = Direction::to_server;
  SECTION("flow") {
    flow = 2;
  }
  SECTION("direction") {
    direction = Direction::to_client;
  }
  SECTION("sequence number") {
    ++other.seq;
  }
  SECTION("acknowledgement") {
    ++other.ack;
  }
  SECTION("identification") {
    ++other.ip_id;
  }
  SECTION("size") {
    ++other.payload_size;
  }
  SECTION("window") {
    ++other.window;
  }
  SECTION("flags") {
    other.tcp_flags |= wire::tcp_flag::psh;
  }
  CHECK_FALSE(copies.is_copy(flow, direction, other, start));
  CHECK(copies.is_copy(1, Direction::to_server, first, start));
}

TEST_CASE("segment copies: without an identification nothing is told") {
  SegmentCopies copies;
  wire::Decoded plain = packet(100, 0);
  SECTION("IPv4") {}
  SECTION("IPv6, of a fragment") {
    plain.src.version = IpVersion::v6;
    plain.ip_id = 7;
  }
  CHECK_FALSE(copies.is_copy(1, Direction::to_server, plain, start));
  CHECK_FALSE(copies.is_copy(1, Direction::to_server, plain, start));
}

}  // namespace ntan::flow

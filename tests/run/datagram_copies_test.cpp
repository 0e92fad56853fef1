#include "run/datagram_copies.h"

#include <chrono>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"

namespace ntan::run {
namespace {

using namespace std::chrono_literals;
using test::literals::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it

constexpr Timestamp start = from_ns(1'700'000'000'000'000'000);

app::Segment datagram(Bytes octets, Duration later = {}) {
  return {.data = octets,
          .size = static_cast<std::uint32_t>(octets.size()),
          .direction = Direction::to_server,
          .time = start + later,
          .ip_id = 7};
}

}  // namespace

TEST_CASE("datagram copies: the same packet within a millisecond of the first, and no other") {
  const Bytes octets = "0001 0203 0405 0607 0809"_hex;
  DatagramCopies copies;
  CHECK_FALSE(copies.is_copy(1, datagram(octets)));
  CHECK(copies.is_copy(1, datagram(octets)));
  CHECK(copies.is_copy(1, datagram(octets, 1ms)));
  CHECK(copies.is_copy(1, datagram(octets, -1ms)));
  CHECK_FALSE(copies.is_copy(1, datagram(octets, 1001us)));
  CHECK_FALSE(copies.is_copy(1, datagram(octets, -1ms)));
}

TEST_CASE("datagram copies: what differs in anything is another packet") {
  const Bytes octets = "0001 0203 0405 0607 0809"_hex;
  DatagramCopies copies;
  CHECK_FALSE(copies.is_copy(1, datagram(octets)));
  SECTION("flow") {
    CHECK_FALSE(copies.is_copy(2, datagram(octets)));
  }
  SECTION("octets") {
    CHECK_FALSE(copies.is_copy(1, datagram("0001 0203 0405 0607 080a"_hex)));
    CHECK_FALSE(copies.is_copy(1, datagram("0101 0203 0405 0607 0809"_hex)));
  }
  SECTION("size, as where the capture cut both") {
    app::Segment longer = datagram(octets);
    longer.size += 1;
    CHECK_FALSE(copies.is_copy(1, longer));
  }
  SECTION("direction") {
    app::Segment back = datagram(octets);
    back.direction = Direction::to_client;
    CHECK_FALSE(copies.is_copy(1, back));
  }
  SECTION("identification") {
    app::Segment next = datagram(octets);
    next.ip_id = 8;
    CHECK_FALSE(copies.is_copy(1, next));
  }
  CHECK(copies.is_copy(1, datagram(octets)));
}

TEST_CASE("datagram copies: those of others between do not hide one") {
  const Bytes octets = "0001 0203"_hex;
  DatagramCopies copies;
  for (std::uint64_t flow = 1; flow <= 16; ++flow)
    CHECK_FALSE(copies.is_copy(flow, datagram(octets)));
  std::size_t found = 0;
  for (std::uint64_t flow = 1; flow <= 16; ++flow)
    found += copies.is_copy(flow, datagram(octets, 1ms)) ? 1U : 0U;
  CHECK(found >= 14);
}

}  // namespace ntan::run

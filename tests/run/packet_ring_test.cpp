#include "run/packet_ring.h"

#include <cstring>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/support/capture.h"

using namespace ntan;
using namespace ntan::test::literals;
using run::PacketRing;

namespace {

constexpr std::size_t large = std::size_t{1} << 20U;

std::string file_header() {
  return std::string{as_text("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"_hex)};
}

/// A record that claims `claimed` octets and has `body`.
std::string record(std::uint32_t number, std::uint32_t claimed, std::string_view body) {
  const std::vector<std::uint8_t> head = test::join(
      test::le32(1'700'000'000 + number), test::le32(0), test::le32(claimed), test::le32(claimed));
  return std::string{as_text(head)} + std::string{body};
}

std::string packet(std::uint32_t number, std::size_t size) {
  std::string body(size, static_cast<char>(number));
  std::memcpy(body.data(), &number, std::min(sizeof number, size));
  return record(number, static_cast<std::uint32_t>(size), body);
}

std::string contents(const PacketRing& ring) {
  std::string all;
  ring.each([&all](std::string_view octets) { all += octets; });
  return all;
}

/// Numbers of the packets in the ring, as a reader of capture files finds them.
std::vector<std::uint32_t> numbers(const PacketRing& ring) {
  const std::string octets = contents(ring);
  const test::ReadFile file = test::read_capture(as_bytes(octets));
  CHECK_FALSE(file.damage);
  std::vector<std::uint32_t> found;
  for (const test::ReadPacket& one : file.packets)
    found.push_back(static_cast<std::uint32_t>(one.ns / 1'000'000'000 - 1'700'000'000));
  return found;
}

void take_in_pieces(PacketRing& ring, std::string_view stream, std::size_t piece) {
  for (std::size_t at = 0; at < stream.size(); at += piece) ring.take(stream.substr(at, piece));
}

}  // namespace

TEST_CASE("packet ring: a stream that is cut anywhere gives the same ring") {
  std::string stream = file_header();
  for (std::uint32_t i = 0; i < 300; ++i) stream += packet(i, i * 37 % 1'500);
  PacketRing whole(large);
  whole.take(stream);
  REQUIRE(contents(whole) == stream);
  for (const std::size_t piece :
       {1UL, 2UL, 3UL, 7UL, 15UL, 16UL, 17UL, 23UL, 24UL, 25UL, 1'000UL, 65'536UL}) {
    PacketRing ring(large);
    take_in_pieces(ring, stream, piece);
    CAPTURE(piece);
    CHECK(contents(ring) == stream);
    CHECK(ring.packets() == 300);
    CHECK(ring.octets() == stream.size() - 24);
    CHECK(ring.given_up() == 0);
  }
}

TEST_CASE("packet ring: where it was cut does not show in what is given up either") {
  std::string stream = file_header();
  for (std::uint32_t i = 0; i < 2'000; ++i) stream += packet(i, i * 37 % 1'500);
  PacketRing whole(large);
  whole.take(stream);
  PacketRing pieces(large);
  take_in_pieces(pieces, stream, 1'021);
  CHECK(contents(pieces) == contents(whole));
  CHECK(pieces.given_up() == whole.given_up());
  CHECK(pieces.given_up() != 0);
}

TEST_CASE("packet ring: the latest packets are kept, whole and in order, within the bound") {
  PacketRing ring(large);
  ring.take(file_header());
  constexpr std::uint32_t count = 5'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    ring.take(packet(i, 1'000));
    REQUIRE(ring.octets() <= large);
    REQUIRE(ring.packets() + ring.given_up() == i + 1);
  }
  const auto kept = numbers(ring);
  REQUIRE(kept.size() == ring.packets());
  CHECK(kept.back() == count - 1);
  CHECK(kept.front() == ring.given_up());
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  // Whole blocks go, but never so many that the ring is mostly empty.
  CHECK(ring.octets() > large / 2);
}

TEST_CASE("packet ring: a record that is larger than the bound is given up, the others stay") {
  PacketRing ring(large);
  const std::string before = packet(1, 100);
  const std::string after = packet(3, 100);
  const std::string stream = file_header() + before + packet(2, large) + after;
  const std::size_t piece =
      GENERATE(std::size_t{5}, std::size_t{40}, std::size_t{65'536}, 2 * large);
  take_in_pieces(ring, stream, piece);
  CHECK(contents(ring) == file_header() + before + after);
  CHECK(ring.packets() == 2);
  CHECK(ring.given_up() == 1);
}

TEST_CASE("packet ring: a record that fills the bound to the last octet is kept") {
  PacketRing ring(large);
  ring.take(file_header() + packet(1, 100) + packet(2, large - 16));
  CHECK(numbers(ring) == std::vector<std::uint32_t>{2});
  CHECK(ring.given_up() == 1);
}

TEST_CASE("packet ring: a record that claims 4 GiB takes no memory") {
  PacketRing ring(large);
  ring.take(file_header() + packet(1, 100) + record(2, 0xffffffffU, {}));
  const std::string block(std::size_t{1} << 20U, 'x');
  std::uint64_t left = 0xffffffffU;
  for (; left > block.size(); left -= block.size()) ring.take(block);
  CHECK(ring.octets() == 116);
  ring.take(std::string(left, 'x') + packet(3, 10));
  CHECK(numbers(ring) == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("packet ring: nothing is there before the header, and after clear()") {
  PacketRing ring(large);
  CHECK(contents(ring).empty());
  ring.take(file_header().substr(0, 23));
  CHECK(contents(ring).empty());
  ring.take(file_header().substr(23) + packet(1, 10) + record(2, 0xffffffffU, "x"));
  ring.clear();
  CHECK(contents(ring).empty());
  CHECK(ring.packets() == 0);
  CHECK(ring.octets() == 0);
  CHECK(ring.given_up() == 0);
  const std::string next = file_header() + packet(7, 20);
  ring.take(next);
  CHECK(contents(ring) == next);
}

#include "source/pcap_reader.h"

#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/capture.h"

namespace ntan {
namespace {

using test::join;
using test::octets;
using test::read_capture;
using namespace test::literals;

// Little-endian, microseconds, Ethernet, snaplen 262144.
const Bytes little_header = "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"_hex;
// 1 s and 2 µs; 4 of 60 octets captured.
const Bytes little_packet = "01000000 02000000 04000000 3c000000 | deadbeef"_hex;

TEST_CASE("pcap: each magic gives byte order, unit and record header size") {
  using Row = std::tuple<const char*, Bytes, Bytes, std::int64_t>;
  const auto [what, header, packet, ns] = GENERATE(table<const char*, Bytes, Bytes, std::int64_t>(
      {Row{"little-endian us", little_header, little_packet, 1'000'002'000},
       Row{"big-endian us", "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001"_hex,
           "00000001 00000002 00000004 0000003c | deadbeef"_hex, 1'000'002'000},
       Row{"little-endian ns", "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000"_hex,
           little_packet, 1'000'000'002},
       Row{"big-endian ns", "a1b23c4d 0002 0004 00000000 00000000 00040000 00000001"_hex,
           "00000001 00000002 00000004 0000003c | deadbeef"_hex, 1'000'000'002},
       Row{"modified", "34cdb2a1 0200 0400 00000000 00000000 00000400 01000000"_hex,
           "01000000 02000000 04000000 3c000000 | 02000000 0800 00 00 | deadbeef"_hex,
           1'000'002'000}}));
  INFO(what);
  const auto file = read_capture(join(header, packet, packet));
  REQUIRE(file.packets.size() == 2);
  CHECK_FALSE(file.damage);
  CHECK(file.packets[1].ns == ns);
  CHECK(file.packets[1].data == octets("\xde\xad\xbe\xef"));
  CHECK(file.packets[1].wire_size == 60);
  CHECK(file.packets[1].link == LinkType::ethernet);
  REQUIRE(file.interfaces.size() == 1);
  CHECK(file.interfaces[0].snaplen == 262'144);
}

TEST_CASE("pcap: frame check bits above the link type are ignored") {
  const auto file = read_capture(
      join("d4c3b2a1 0200 0400 00000000 00000000 00000400 71000014"_hex, little_packet));
  CHECK(file.packets.at(0).link == LinkType::linux_sll);
}

TEST_CASE("pcap: a link type without a name is carried as it is") {
  const auto file = read_capture(
      join("d4c3b2a1 0200 0400 00000000 00000000 00000400 ffff0000"_hex, little_packet));
  CHECK(file.packets.at(0).link == LinkType{0xffff});
}

TEST_CASE("pcap: a file with a header only has no packets and no damage") {
  const auto file = read_capture(little_header);
  CHECK(file.packets.empty());
  CHECK_FALSE(file.damage);
  CHECK(file.interfaces.size() == 1);
}

TEST_CASE("pcap: a cut packet is left out and said") {
  const auto whole = join(little_header, little_packet, little_packet);
  for (std::size_t size = little_header.size() + 1; size < whole.size(); ++size) {
    const auto file = read_capture(Bytes{whole}.first(size));
    const std::size_t packets = (size - little_header.size()) / little_packet.size();
    INFO(size);
    REQUIRE(file.packets.size() == packets);
    if (size == little_header.size() + little_packet.size()) {
      CHECK_FALSE(file.damage);
    } else {
      REQUIRE(file.damage);
      CHECK(file.damage->kind == source::Damage::Kind::truncated);
      CHECK(file.damage->text == "x: cut off in packet " + std::to_string(packets + 1) +
                                     " at byte " + std::to_string(size));
    }
  }
}

TEST_CASE("pcap: a file that ends in its header is no capture") {
  for (std::size_t size = 4; size < little_header.size(); ++size) {
    CHECK_THROWS_WITH(read_capture(little_header.first(size)),
                      "x: cut inside the file header (" + std::to_string(size) + " bytes)");
  }
}

TEST_CASE("pcap: a version other than 2 is no capture") {
  CHECK_THROWS_WITH(read_capture("d4c3b2a1 0100 0200 00000000 00000000 00000400 01000000"_hex),
                    "x: pcap version 1.2 is not known");
}

TEST_CASE("pcap: sizes swapped by writers before version 2.4 are put right") {
  const Bytes header = GENERATE("d4c3b2a1 0200 0300 00000000 00000000 00000400 01000000"_hex,
                                // 543.0, which DG/UX wrote
                                "d4c3b2a1 1f02 0000 00000000 00000000 00000400 01000000"_hex,
                                "d4c3b2a1 1f02 0400 00000000 00000000 00000400 01000000"_hex);
  const auto file =
      read_capture(join(header, "01000000 02000000 3c000000 04000000 | deadbeef"_hex));
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0].data.size() == 4);
  CHECK(file.packets[0].wire_size == 60);
}

TEST_CASE("pcap: a wire size below the captured one is kept as it is written") {
  const auto file = read_capture(
      join(little_header, "01000000 02000000 04000000 02000000 | deadbeef"_hex, little_packet));
  REQUIRE(file.packets.size() == 2);
  CHECK(file.packets[0].data.size() == 4);
  CHECK(file.packets[0].wire_size == 2);
}

TEST_CASE("pcap: a captured size above the snaplen is read") {
  const auto file = read_capture(
      join("d4c3b2a1 0200 0400 00000000 00000000 02000000 01000000"_hex, little_packet));
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0].data.size() == 4);
}

TEST_CASE("pcap: a captured size above 16 MiB is damage after the packets before it") {
  const Bytes hostile =
      GENERATE("00000000 00000000 01000001 01000001"_hex, "00000000 00000000 ffffffff ffffffff"_hex,
               "00000000 00000000 00000080 3c000000"_hex);
  const auto file = read_capture(join(little_header, little_packet, hostile, little_packet));
  CHECK(file.packets.size() == 1);
  REQUIRE(file.damage);
  CHECK(file.damage->kind == source::Damage::Kind::corrupt);
  CHECK_THAT(file.damage->text, Catch::EndsWith("in packet 2 at byte 44"));
}

TEST_CASE("pcap: a wire size of 2^32-1 and the last second and tick are kept") {
  const auto file = read_capture(join(little_header, "ffffffff ffffffff 00000000 ffffffff"_hex));
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0].wire_size == 0xffffffffU);
  CHECK(file.packets[0].ns == 4'294'967'295'000'000'000 + 4'294'967'295'000);
}

TEST_CASE("pcap: a packet of 16 MiB grows the buffer") {
  std::vector<std::uint8_t> file = join(little_header, "01000000 02000000 00000001 00000001"_hex);
  file.resize(file.size() + (std::size_t{16} << 20U), 0x55);
  file = join(file, little_packet);
  const auto read = read_capture(file, {.buffer = 64});
  REQUIRE(read.packets.size() == 2);
  CHECK(read.packets[0].data.size() == std::size_t{16} << 20U);
  CHECK_FALSE(read.damage);
}

TEST_CASE("pcap: pieces and buffers of any size give the same packets") {
  std::vector<std::uint8_t> file{little_header.begin(), little_header.end()};
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::vector<std::uint8_t> data(i * 7 % 90, static_cast<std::uint8_t>(i));
    file = join(file, test::le32(i), test::le32(i), test::le32(data.size()), test::le32(100), data);
  }
  const auto whole = read_capture(file, {.buffer = file.size()});
  REQUIRE(whole.packets.size() == 100);
  for (const std::size_t size : {1, 2, 15, 16, 17, 64, 100, 333}) {
    INFO(size);
    CHECK(read_capture(file, {.piece = size}).packets == whole.packets);
    CHECK(read_capture(file, {.buffer = size}).packets == whole.packets);
  }
}

}  // namespace
}  // namespace ntan

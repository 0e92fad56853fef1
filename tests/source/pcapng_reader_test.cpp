#include "source/pcapng_reader.h"

#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/capture.h"

namespace ntan {
namespace {

using test::block;
using test::enhanced_block;
using test::interface_block;
using test::join;
using test::le16;
using test::le32;
using test::octets;
using test::read_capture;
using test::section_block;
using namespace test::literals;

using Octets = std::vector<std::uint8_t>;

const Octets data = octets("\xde\xad\xbe\xef\x01");

Octets ethernet_section() {
  return join(section_block(), interface_block(LinkType::ethernet, 0));
}

TEST_CASE("pcapng: an enhanced packet has interface, time, data and wire size") {
  const auto file = read_capture(join(ethernet_section(), enhanced_block(0, 1'000'002, data, 60)));
  CHECK_FALSE(file.damage);
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0] == test::ReadPacket{.ns = 1'000'002'000,
                                            .data = data,
                                            .wire_size = 60,
                                            .interface = 0,
                                            .link = LinkType::ethernet});
}

TEST_CASE("pcapng: a big-endian section is read in its order") {
  const auto file = read_capture(
      "0a0d0d0a 0000001c 1a2b3c4d 0001 0002 ffffffffffffffff 0000001c"
      "00000001 00000014 0071 0000 00000040 00000014"
      "00000006 00000024 00000000 00000000 00000003 00000002 00000009 abcd0000 00000024"_hex);
  CHECK_FALSE(file.damage);
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0].ns == 3'000);
  CHECK(file.packets[0].data == octets("\xab\xcd"));
  CHECK(file.packets[0].wire_size == 9);
  CHECK(file.packets[0].link == LinkType::linux_sll);
  CHECK(file.interfaces.at(0).snaplen == 64);
}

TEST_CASE("pcapng: sections of either order follow one another with interfaces of their own") {
  const auto file = read_capture(
      join(ethernet_section(), enhanced_block(0, 1, data, 5),
           "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 0000000000000008 0000001c"
           "00000001 00000014 0065 0000 00000000 00000014"
           "00000006 00000024 00000000 00000000 00000003 00000002 00000002 abcd0000 00000024"_hex,
           ethernet_section(), enhanced_block(0, 4, data, 5)));
  CHECK_FALSE(file.damage);
  REQUIRE(file.packets.size() == 3);
  CHECK(file.packets[1].link == LinkType::raw);
  CHECK(file.packets[1].interface == 1);
  // The same interface at the same place as before keeps its index.
  CHECK(file.packets[2].interface == 0);
  CHECK(file.interfaces.size() == 2);
}

TEST_CASE("pcapng: an interface's name ends at its first NUL") {
  const auto name_of = [](Bytes options) {
    const auto file =
        read_capture(join(section_block(), interface_block(LinkType::ethernet, 0, options)));
    return file.interfaces.at(0).name;
  };
  CHECK(name_of("0200 0500 6574683000 000000 | 0000 0000"_hex) == "eth0");
  CHECK(name_of("0200 0800 6574683000 610000 | 0000 0000"_hex) == "eth0");
  CHECK(name_of("0200 0100 00000000 | 0000 0000"_hex).empty());
}

TEST_CASE("pcapng: interfaces differ in name, link type, time unit and time offset") {
  const auto file = read_capture(join(
      section_block(),
      interface_block(LinkType::ethernet, 0,
                      "0200 0400 65746830 | 0900 0100 09000000 | 0000 0000"_hex),
      interface_block(LinkType::raw, 96, "0200 0300 6c6f3100 | 0e00 0800 0a00000000000000"_hex),
      interface_block(LinkType::raw, 96, "0900 0100 8a000000"_hex), enhanced_block(0, 7, data, 5),
      enhanced_block(1, 7, data, 5), enhanced_block(2, 1536, data, 5)));
  CHECK_FALSE(file.damage);
  REQUIRE(file.interfaces.size() == 3);
  CHECK(file.interfaces[0].name == "eth0");
  CHECK(file.interfaces[1].name == "lo1");
  CHECK(file.interfaces[1].snaplen == 96);
  CHECK(file.interfaces[2].name.empty());
  REQUIRE(file.packets.size() == 3);
  CHECK(file.packets[0].ns == 7);
  CHECK(file.packets[1].ns == 10'000'007'000);
  CHECK(file.packets[1].link == LinkType::raw);
  CHECK(file.packets[2].ns == 1'500'000'000);
}

TEST_CASE("pcapng: equal interfaces of one section are two") {
  const auto file = read_capture(join(ethernet_section(), interface_block(LinkType::ethernet, 0),
                                      enhanced_block(1, 1, data, 5)));
  CHECK(file.interfaces.size() == 2);
  CHECK(file.packets.at(0).interface == 1);
}

TEST_CASE("pcapng: a simple packet has the time of the packet before it") {
  const auto file =
      read_capture(join(section_block(), interface_block(LinkType::ethernet, 4),
                        block(3, join(le32(60), octets("abcd"))), enhanced_block(0, 5, data, 60),
                        block(3, join(le32(3), octets("efg")))));
  CHECK_FALSE(file.damage);
  REQUIRE(file.packets.size() == 3);
  CHECK(file.packets[0].ns == 0);
  CHECK(file.packets[0].data == octets("abcd"));
  CHECK(file.packets[0].wire_size == 60);
  CHECK(file.packets[2].ns == 5'000);
  CHECK(file.packets[2].data == octets("efg"));
}

TEST_CASE("pcapng: the obsolete packet block is read") {
  const auto file = read_capture(
      join(ethernet_section(),
           block(2, join(le16(0), le16(9), le32(0), le32(8), le32(5), le32(60), data))));
  REQUIRE(file.packets.size() == 1);
  CHECK(file.packets[0].ns == 8'000);
  CHECK(file.packets[0].data == data);
  CHECK(file.packets[0].wire_size == 60);
}

TEST_CASE("pcapng: other blocks are skipped, even those longer than the buffer") {
  const Octets secrets(100'000, 0x55);
  const auto file = read_capture(join(ethernet_section(), block(10, secrets), block(0x80000bad, {}),
                                      enhanced_block(0, 1, data, 5), block(5, le32(0))));
  CHECK(file.packets.size() == 1);
  CHECK_FALSE(file.damage);
}

TEST_CASE("pcapng: options behind a packet are not its data") {
  const auto file = read_capture(
      join(ethernet_section(), block(6, join(le32(0), le32(0), le32(1), le32(2), le32(2),
                                             "abcd0000 | 0100 0200 68690000 | 00000000"_hex))));
  CHECK(file.packets.at(0).data == octets("\xab\xcd"));
}

TEST_CASE("pcapng: statistics tell what the capture lost") {
  using test::number_option;
  using test::statistics_block;
  const Octets two = join(ethernet_section(), interface_block(LinkType::raw, 0));
  const Octets early = statistics_block(0, join(number_option(4, 60), number_option(5, 1)));
  const Octets latest = statistics_block(
      0, join(number_option(4, 100), number_option(5, 7), number_option(6, 9), le32(0)));
  const Octets other = statistics_block(1, number_option(7, 0x1'0000'0002U));
  SECTION("none") {
    CHECK_FALSE(read_capture(two).counters.received);
  }
  SECTION("the last of an interface, and all interfaces together") {
    const auto file = read_capture(join(two, early, other, latest));
    CHECK_FALSE(file.damage);
    CHECK(file.counters.received == 100U);
    CHECK(file.counters.dropped_by_interface == 7U);
    CHECK(file.counters.dropped_by_kernel == 0x1'0000'0002U);
  }
  SECTION("each section counts from its beginning") {
    const auto file = read_capture(join(two, latest, two, latest));
    CHECK(file.counters.received == 200U);
    CHECK(file.counters.dropped_by_interface == 14U);
  }
  SECTION("what is wrong with them costs nothing else") {
    const Octets short_one = block(5, le32(0));
    const Octets undeclared = statistics_block(2, number_option(5, 3));
    const Octets odd = statistics_block(0, join(le16(5), le16(4), le32(3)));
    const Octets beyond = statistics_block(0, join(number_option(5, 8), le16(4), le16(900)));
    const auto file = read_capture(join(two, short_one, undeclared, odd, beyond,
                                        block(5, Octets(100'000)), enhanced_block(0, 1, data, 5)));
    CHECK_FALSE(file.damage);
    CHECK(file.packets.size() == 1);
    CHECK(file.counters.dropped_by_interface == 8U);
    CHECK_FALSE(file.counters.received);
  }
}

TEST_CASE("pcapng: broken structure is damage after the packets before it") {
  using Row = std::tuple<Octets, std::string>;
  const auto [bad, flaw] = GENERATE(table<Octets, std::string>({
      Row{join("06000000 00000000 00000000"_hex), "bad block length 0"},
      Row{join("06000000 0d000000 00000000 00"_hex), "bad block length 13"},
      Row{join("06000000 00000080 00000000"_hex), "bad block length 2147483648"},
      Row{join("06000000 04000000 00000000"_hex), "bad block length 4"},
      Row{join("05000000 0a000000 00000000"_hex), "bad block length 10"},
      Row{join("01000000 14000000 01000000 00000000 18000000"_hex), "block lengths disagree"},
      Row{join("63000000 10000000 00000000 11000000"_hex), "block lengths disagree"},
      Row{enhanced_block(1, 1, data, 5), "undeclared interface"},
      Row{enhanced_block(0xffffffff, 1, data, 5), "undeclared interface"},
      Row{block(6, join(le32(0), le32(0), le32(0), le32(9), le32(9), data)),
          "packet longer than its block"},
      Row{block(6, join(le32(0), le32(0), le32(0), le32(0xffffffff), le32(9), data)),
          "packet longer than its block"},
      Row{block(6, le32(0)), "packet longer than its block"},
      Row{block(3, join(le32(9), data)), "packet longer than its block"},
      Row{block(3, {}), "packet longer than its block"},
      Row{block(1, le32(1)), "interface block too short"},
      Row{interface_block(LinkType::raw, 0, "0200 0900 65746830"_hex),
          "bad option in an interface block"},
      Row{interface_block(LinkType::raw, 0, "0900 0200 06000000"_hex),
          "bad option in an interface block"},
      Row{interface_block(LinkType::raw, 0, "0e00 0400 06000000"_hex),
          "bad option in an interface block"},
      Row{join("0a0d0d0a 1c000000 11223344"_hex), "bad byte-order magic"},
      Row{block(0x0a0d0d0a, "4d3c2b1a 0200 0000 ffffffff ffffffff"_hex), "unknown version 2"},
      Row{join("0a0d0d0a 18000000 4d3c2b1a"_hex), "bad block length 24"},
  }));
  const Octets before = join(ethernet_section(), enhanced_block(0, 1, data, 5));
  const auto file = read_capture(join(before, bad, enhanced_block(0, 1, data, 5)));
  INFO(flaw);
  CHECK(file.packets.size() == 1);
  REQUIRE(file.damage);
  CHECK(file.damage->kind == source::Damage::Kind::corrupt);
  CHECK_THAT(file.damage->text, Catch::StartsWith("x: " + flaw + " after packet 1 at byte "));
}

TEST_CASE("pcapng: a packet before any interface is damage") {
  const auto file = read_capture(join(section_block(), block(3, le32(0))));
  CHECK(file.packets.empty());
  CHECK(file.damage_text() == "x: undeclared interface after packet 0 at byte 28");
}

TEST_CASE("pcapng: an unknown block of 2 GiB in a short file is a cut file") {
  const auto file = read_capture(
      join(ethernet_section(), enhanced_block(0, 1, data, 5), "63000000 00000080 00000000"_hex));
  CHECK(file.packets.size() == 1);
  REQUIRE(file.damage);
  CHECK(file.damage->kind == source::Damage::Kind::truncated);
}

TEST_CASE("pcapng: interfaces beyond 65536 are damage") {
  Octets file = section_block();
  const Octets interface = interface_block(LinkType::ethernet, 0);
  file.reserve(file.size() + 65'537 * interface.size());
  for (int i = 0; i < 65'537; ++i) file.insert(file.end(), interface.begin(), interface.end());
  const auto read = read_capture(file);
  CHECK(read.interfaces.size() == 65'536);
  CHECK_THAT(read.damage_text(), Catch::StartsWith("x: more than 65536 interfaces"));
}

TEST_CASE("pcapng: every prefix gives a prefix of the packets") {
  const Octets file =
      join(ethernet_section(), enhanced_block(0, 1, data, 5), block(5, le32(7)),
           block(3, join(le32(5), data)), section_block(), interface_block(LinkType::raw, 0),
           block(2, join(le16(0), le16(0), le32(0), le32(8), le32(5), le32(60), data)));
  const auto whole = read_capture(file);
  REQUIRE(whole.packets.size() == 3);
  REQUIRE_FALSE(whole.damage);
  for (std::size_t size = 28; size < file.size(); ++size) {
    INFO(size);
    const auto part = read_capture(Bytes{file}.first(size));
    REQUIRE(part.packets.size() <= 3);
    CHECK(std::equal(part.packets.begin(), part.packets.end(), whole.packets.begin()));
    if (part.damage) CHECK(part.damage->kind == source::Damage::Kind::truncated);
    CHECK(read_capture(Bytes{file}.first(size), {.piece = 1, .buffer = 1}).packets == part.packets);
  }
  for (std::size_t size = 4; size < 28; ++size) {
    CHECK_THROWS_WITH(read_capture(Bytes{file}.first(size)),
                      Catch::StartsWith("x: cut inside the file header"));
  }
}

TEST_CASE("pcapng: a broken first section header is no capture") {
  CHECK_THROWS_WITH(read_capture("0a0d0d0a 1c000000 11223344 01000000"_hex),
                    "x is not pcapng: bad byte-order magic in the section header");
}

}  // namespace
}  // namespace ntan

#include "app/quic_packet.h"

#include <catch2/catch.hpp>

#include "tests/app/quic_bytes.h"

namespace ntan::app {
namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

std::optional<QuicPacketType> type_of(std::uint8_t first, std::uint32_t version) {
  // Token length and length are in front of what a Retry has.
  const Octets octets =
      join(Octets{first}, version_octets(version), "01aa 01bb 00 00"_hex, Octets(20));
  Reader datagram{octets};
  const auto packet = take_quic_packet(datagram);
  return packet ? std::optional{packet->type} : std::nullopt;
}

std::uint64_t integer(Bytes octets) {
  Reader reader{octets};
  const std::uint64_t value = read_quic_integer(reader);
  return reader.ok() && reader.done() ? value : UINT64_MAX;
}

}  // namespace

TEST_CASE("quic: integers are those of RFC 9000 A.1") {
  CHECK(integer("c2197c5eff14e88c"_hex) == 151'288'809'941'952'652U);
  CHECK(integer("9d7f3e7d"_hex) == 494'878'333U);
  CHECK(integer("7bbd"_hex) == 15'293U);
  CHECK(integer("25"_hex) == 37U);
  CHECK(integer("4025"_hex) == 37U);
  CHECK(integer("c219"_hex) == UINT64_MAX);
}

TEST_CASE("quic: packet types of version 2 are one further") {
  CHECK(type_of(0xc0, quic_version::v1) == QuicPacketType::initial);
  CHECK(type_of(0xd0, quic_version::v1) == QuicPacketType::zero_rtt);
  CHECK(type_of(0xe0, quic_version::v1) == QuicPacketType::handshake);
  CHECK(type_of(0xf0, quic_version::v1) == QuicPacketType::retry);
  CHECK(type_of(0xd0, quic_version::v2) == QuicPacketType::initial);
  CHECK(type_of(0xe0, quic_version::v2) == QuicPacketType::zero_rtt);
  CHECK(type_of(0xf0, quic_version::v2) == QuicPacketType::handshake);
  CHECK(type_of(0xc0, quic_version::v2) == QuicPacketType::retry);
  CHECK(type_of(0xc0, 0) == QuicPacketType::version_negotiation);
  CHECK(type_of(0xc0, 0x1a2a3a4a) == QuicPacketType::opaque);
}

TEST_CASE("quic: packets in one datagram are taken one after the other") {
  const Octets datagram = join(quic_long(0xe0, 1, "0102"_hex, "0304"_hex, 25),
                               quic_long(0xe1, 1, "0102"_hex, "0304"_hex, 40), "40aabb"_hex);
  Reader reader{datagram};
  const auto first = take_quic_packet(reader);
  REQUIRE(first);
  CHECK(first->octets.size() == first->number_offset + 25);
  CHECK(first->dcid == QuicConnectionId{"0102"_hex});
  CHECK(first->scid == QuicConnectionId{"0304"_hex});
  const auto second = take_quic_packet(reader);
  REQUIRE(second);
  CHECK(second->octets.size() == second->number_offset + 40);
  CHECK(reader.left() == 3);
}

TEST_CASE("quic: a packet that goes on behind its octets is cut, without its ids there is none") {
  // Form and version, both ids, a token, ten octets of which one is the length.
  const Octets initial = join("c0 00000001 08 0102030405060708 01 aa 03 010203 0a"_hex, Octets(10));
  const std::size_t ids = 5 + 9 + 2;
  for (std::size_t size = 1; size < initial.size(); ++size) {
    CAPTURE(size);
    Reader reader{Bytes{initial}.first(size)};
    const auto packet = take_quic_packet(reader);
    REQUIRE(static_cast<bool>(packet) == (size >= ids));
    if (packet) {
      CHECK(packet->cut);
      CHECK(packet->scid == QuicConnectionId{"aa"_hex});
      CHECK(packet->octets.size() == size);
    } else {
      CHECK(packet.flaw() == Flaw::bad_length);
    }
  }
  Reader reader{initial};
  const auto packet = take_quic_packet(reader);
  REQUIRE(packet);
  CHECK_FALSE(packet->cut);
  CHECK(std::ranges::equal(packet->token, "010203"_hex));
}

TEST_CASE("quic: connection ids beyond 20 octets are for versions to come") {
  const Octets id(21, 7);
  const auto flaw = [&](std::uint32_t version) {
    const Octets octets = quic_long(0xc0, version, id, {});
    Reader reader{octets};
    const auto packet = take_quic_packet(reader);
    return packet ? std::nullopt : std::optional{packet.flaw()};
  };
  CHECK(flaw(quic_version::v1) == Flaw::bad_length);
  CHECK(flaw(0x1a2a3a4a) == Flaw::unsupported);
}

TEST_CASE("quic: versions have names") {
  CHECK(quic_version_name(1).view() == "v1");
  CHECK(quic_version_name(0x6b3343cf).view() == "v2");
  CHECK(quic_version_name(0xff00001d).view() == "draft-29");
  CHECK(quic_version_name(0x51303530).view() == "Q050");
  CHECK(quic_version_name(0x1a2a3a4a).view() == "VERSION_0x1A2A3A4A");
  CHECK(is_quic_grease(0x1a2a3a4a));
  CHECK_FALSE(is_quic_grease(0x1a2a3a4b));
}

}  // namespace ntan::app

#include "base/quoted_packet.h"

#include <vector>

#include <catch2/catch.hpp>

#include "base/ip_protocol.h"
#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::test;

namespace {

/// An IPv6 header without a payload length, and what stands behind it.
std::vector<std::uint8_t> ipv6(std::uint8_t next_header, Bytes behind) {
  std::vector<std::uint8_t> packet{0x60, 0, 0, 0, 0, 0, next_header, 64};
  packet.resize(40);
  packet[23] = 1;
  packet[39] = 2;
  packet.insert(packet.end(), behind.begin(), behind.end());
  return packet;
}

}  // namespace

TEST_CASE("quoted packet: IPv4 up to its ports, header options passed") {
  const auto quoted = QuotedPacket::parse(
      "46000020 00004000 40060000 0a000001 0a000002 01010100 | 3039 0050 00000000"_hex,
      IpVersion::v4);
  REQUIRE(quoted);
  CHECK(to_string(quoted->src) == "10.0.0.1");
  CHECK(to_string(quoted->dst) == "10.0.0.2");
  CHECK(quoted->proto == ip_protocol::tcp);
  CHECK(quoted->src_port == 12345);
  CHECK(quoted->dst_port == 80);
  REQUIRE(quoted->transport);
  CHECK(quoted->transport->size() == 8);
}

TEST_CASE("quoted packet: a later fragment has no transport") {
  const auto quoted = QuotedPacket::parse(
      "4500001c 00000010 01110000 0a000001 0a000002 | 3039 0035 0008 0000"_hex, IpVersion::v4);
  REQUIRE(quoted);
  CHECK(quoted->proto == ip_protocol::udp);
  CHECK_FALSE(quoted->transport);
  CHECK_FALSE(quoted->src_port);
  const auto six =
      QuotedPacket::parse(ipv6(44, "11 00 0008 00000001 | 3039 0035 0008 0000"_hex), IpVersion::v6);
  REQUIRE(six);
  CHECK(six->proto == ip_protocol::udp);
  CHECK_FALSE(six->transport);
}

TEST_CASE("quoted packet: all extension headers of IPv6 are passed, IPsec's authentication too") {
  const auto quoted =
      QuotedPacket::parse(ipv6(0,
                               "2b 00 0104 00000000"           // hop by hop
                               "2c 00 0104 00000000"           // routing
                               "33 00 0001 00000001"           // the first fragment
                               "3c 01 0000 00000001 00000001"  // authentication, in 4 octets less 2
                               "21 00 0104 00000000"           // destination options
                               "1234 0035"_hex),
                          IpVersion::v6);
  REQUIRE(quoted);
  CHECK(quoted->proto == ip_protocol::dccp);
  CHECK(quoted->src_port == 0x1234);
  CHECK(quoted->dst_port == 53);
}

TEST_CASE("quoted packet: IPsec's authentication headers are passed in IPv4 too") {
  const Bytes octets =
      "45000044 00004000 40330000 0a000001 0a000002"
      "33 01 0000 00000001 00000001 | 11 02 0000 00000001 00000001 00000000 | 1234 0035"_hex;
  for (std::size_t size = 20; size <= octets.size(); ++size) {
    CAPTURE(size);
    const auto quoted = QuotedPacket::parse(octets.first(size), IpVersion::v4);
    REQUIRE(quoted);
    CHECK(quoted->proto == (size >= 20 + 12 + 16 ? ip_protocol::udp : ip_protocol::ah));
    CHECK(quoted->transport.has_value() == (size >= 20 + 12 + 16));
    CHECK(quoted->dst_port.has_value() == (size == octets.size()));
  }
}

TEST_CASE("quoted packet: the payload length ends the quote, not what follows it") {
  auto octets = ipv6(ip_protocol::udp, "1234 0035 0008 0000"_hex);
  octets[5] = 2;
  const auto quoted = QuotedPacket::parse(octets, IpVersion::v6);
  REQUIRE(quoted);
  CHECK_FALSE(quoted->src_port);
  CHECK(quoted->transport->size() == 2);
}

TEST_CASE("quoted packet: headers without end are not followed") {
  std::vector<std::uint8_t> chain;
  for (int i = 0; i < 100; ++i) {
    for (const std::uint8_t octet : "3c 00 0104 00000000"_hex) chain.push_back(octet);
  }
  const auto quoted = QuotedPacket::parse(ipv6(60, chain), IpVersion::v6);
  REQUIRE(quoted);
  CHECK(quoted->proto == 60);
  CHECK_FALSE(quoted->transport);
}

TEST_CASE("quoted packet: what is no whole header is nothing, ports that are cut are absent") {
  const Bytes four = "4500001c 00004000 40110000 0a000001 0a000002 | 3039 0035 0008 0000"_hex;
  const auto six = ipv6(51, "11 00 0000 00000001 | 1234 0035 0008 0000"_hex);
  for (std::size_t size = 0; size <= six.size(); ++size) {
    const auto quoted = QuotedPacket::parse(Bytes{six}.first(size), IpVersion::v6);
    CHECK(quoted.has_value() == (size >= 40));
    CHECK((quoted && quoted->transport) == (size >= 48));
    CHECK((quoted && quoted->dst_port) == (size >= 52));
    if (size > four.size()) continue;
    const auto old = QuotedPacket::parse(four.first(size), IpVersion::v4);
    CHECK(old.has_value() == (size >= 20));
    CHECK((old && old->dst_port) == (size >= 24));
  }
  CHECK_FALSE(QuotedPacket::parse(four, IpVersion::v6));
  CHECK_FALSE(QuotedPacket::parse(six, IpVersion::v4));
}

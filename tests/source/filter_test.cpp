#include "source/filter.h"

#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "source/filter_words.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace ntan::source {
namespace {

using namespace test::literals;
using Hints = std::vector<std::string>;

struct Refusal {
  std::string message;
  Hints hints;
};

PacketView packet(Bytes data, LinkType link) {
  return {.time = {},
          .number = 1,
          .data = data,
          .wire_size = static_cast<std::uint32_t>(data.size()),
          .interface = 0,
          .link = link};
}

Refusal refusal_of(const std::string& expression) {
  try {
    check_filter(expression);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::usage);
    return {.message = error.what(), .hints = error.hints()};
  }
  return {};
}

TEST_CASE("filter: expressions of pcap-filter(7) pass") {
  const std::string expression = GENERATE(
      "", "udp port 53", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "icmp[icmptype] == icmp-echo",
      "host 10.0.0.1 and not (port 80 or portrange 100-200)", "net 10.0.0.0/8",
      "ip6 host 2001:db8::1", "ether host 00:11:22:33:44:55", "vlan 5 and ip", "ip broadcast",
      "len > 100", "greater 100", "src host 10.0.0.1 or 10.0.0.2", "ip proto \\tcp", "proto 17",
      "ether proto 0x88cc", "wlan type mgt subtype beacon",
      "tcp and (ip[2:2] - ((ip[0]&0xf)<<2)) != 0");
  INFO(expression);
  CHECK_NOTHROW(check_filter(expression));
}

TEST_CASE("filter: a long list of hosts is taken as it is") {
  std::string expression = "host 10.0.0.1";
  for (int i = 2; i <= 500; ++i) expression += fmt::format(" or host 10.0.{}.{}", i / 250, i % 250);
  // 29 instructions a host before the optimizer, 5 behind it.
  CHECK(check_filter("host 10.0.0.1 or host 10.0.0.2") < 20);
  CHECK(check_filter(expression) > 10'000);
  PacketFilter filter(expression);
  const auto from = [](std::uint32_t host) {
    return test::in_ethernet(test::udp_packet({host, test::ipv4(10, 9, 9, 9), 1, 2}, {}));
  };
  const auto last = from(test::ipv4(10, 0, 2, 0));
  const auto none = from(test::ipv4(10, 0, 2, 1));
  CHECK(filter.matches(packet(last, LinkType::ethernet)));
  CHECK_FALSE(filter.matches(packet(none, LinkType::ethernet)));
}

TEST_CASE("filter: it is told how many instructions it has") {
  CHECK(check_filter("") == 1);
  CHECK(check_filter("tcp") > 1);
  CHECK(check_filter("tcp port 80 and host 10.0.0.1") > check_filter("tcp"));
  // One that fits only another link type has instructions too.
  CHECK(check_filter("wlan type mgt subtype beacon") > 1);
}

TEST_CASE("filter: a mistyped word is pointed at with what may have been meant") {
  const Refusal refusal = refusal_of("udp prot 53");
  CHECK(refusal.message == "bad filter 'udp prot 53': syntax error");
  CHECK(refusal.hints ==
        Hints{"udp prot 53",
              "    ^^^^ not a word of pcap-filter(7); did you mean 'proto' or 'port'?"});
}

TEST_CASE("filter: the first wrong word is told with its place and what may have been meant") {
  const auto word = unknown_word("udp prt 53");
  REQUIRE(word.has_value());
  CHECK(word.value_or(UnknownWord{}).text == "prt");
  CHECK(word.value_or(UnknownWord{}).at == 4);
  CHECK(word.value_or(UnknownWord{}).suggestions == std::vector<std::string_view>{"port"});
  CHECK_FALSE(unknown_word("udp port 53").has_value());
  CHECK_FALSE(unknown_word("host gateway").has_value());
  CHECK(unknown_word("src_ip 10").value_or(UnknownWord{}).suggestions.empty());
}

TEST_CASE("filter: a field of an event is said to be none of BPF") {
  const Refusal refusal = refusal_of("ip and dns.query == 5");
  CHECK(refusal.hints == Hints{"ip and dns.query == 5",
                               "       ^^^^^^^^^ not a word of pcap-filter(7)",
                               "event fields are not BPF; filter events with jq",
                               "packets that may hold dns: port 53"});
  CHECK(refusal_of("http").hints.back() == "packets that may hold http: tcp port 80");
  CHECK(refusal_of("sni").hints.back() == "event fields are not BPF; filter events with jq");
}

TEST_CASE("filter: who names a capture is told what reads it") {
  CHECK(refusal_of("day.pcap").hints == Hints{"to read a capture: ntan read day.pcap"});
  CHECK(refusal_of("x/day-2.pcapng.zst").hints ==
        Hints{"to read a capture: ntan read x/day-2.pcapng.zst"});
  CHECK(refusal_of("host day.pcap and").hints.empty());
  CHECK(refusal_of("day.pca").hints.empty());
}

TEST_CASE("filter: libpcap's own message is kept where every word is known") {
  const Refusal refusal = refusal_of("tcp port");
  CHECK_THAT(refusal.message,
             Catch::StartsWith("bad filter 'tcp port': ") && Catch::Contains("syntax error"));
  CHECK(refusal.hints.empty());
}

TEST_CASE("filter: names and quoted words are no mistakes") {
  const std::string expression = GENERATE("port domain", "ip proto \\icmp", "udp port ntp",
                                          "port 80 or https", "host 1.2.3.4");
  INFO(expression);
  CHECK(refusal_of(expression).message.empty());
}

TEST_CASE("filter: each link type has a program of its own") {
  PacketFilter filter("udp port 53");
  const Bytes ip =
      "45000020 00000000 40110000 0a000001 0a000002 | 0035 1000 000c 0000 | deadbeef"_hex;
  const auto ethernet = test::join("000102030405 000102030406 0800"_hex, ip);
  CHECK(filter.matches(packet(ethernet, LinkType::ethernet)));
  CHECK(filter.matches(packet(ip, LinkType::raw)));
  CHECK(filter.matches(packet(ip, LinkType::raw_bsd)));
  CHECK_FALSE(filter.matches(packet(ip, LinkType::ethernet)));
  CHECK_FALSE(filter.matches(packet({}, LinkType::ethernet)));
  CHECK(filter.notes().empty());
}

TEST_CASE("filter: loopback packets match whatever system and byte order wrote their family") {
  PacketFilter ip6("ip6");
  PacketFilter ip("ip");
  PacketFilter not_ip6("not ip6");
  const Bytes v6_header =
      "60000000 0000 3b 40 20010db8000000000000000000000001 20010db8000000000000000000000002"_hex;
  for (const Bytes family : {"18000000"_hex, "1c000000"_hex, "1e000000"_hex, "00000018"_hex,
                             "0000001c"_hex, "0000001e"_hex}) {
    const auto octets = test::join(family, v6_header);
    CAPTURE(family[0], family[3]);
    CHECK(ip6.matches(packet(octets, LinkType::null)));
    CHECK_FALSE(ip.matches(packet(octets, LinkType::null)));
    CHECK_FALSE(not_ip6.matches(packet(octets, LinkType::null)));
  }
  const Bytes v4_header = "45000014 00000000 403b0000 0a000001 0a000002"_hex;
  for (const Bytes family : {"02000000"_hex, "00000002"_hex}) {
    const auto octets = test::join(family, v4_header);
    CHECK(ip.matches(packet(octets, LinkType::null)));
    CHECK_FALSE(ip6.matches(packet(octets, LinkType::null)));
    CHECK(not_ip6.matches(packet(octets, LinkType::null)));
  }
  CHECK(ip6.notes().empty());
}

TEST_CASE("filter: packets of OpenBSD's loopback match whatever system numbered their family") {
  PacketFilter ip6("ip6");
  PacketFilter ip("ip");
  const Bytes v6_header =
      "60000000 0000 3b 40 20010db8000000000000000000000001 20010db8000000000000000000000002"_hex;
  for (const Bytes family : {"00000018"_hex, "0000001c"_hex, "0000001e"_hex}) {
    const auto octets = test::join(family, v6_header);
    CAPTURE(family[3]);
    CHECK(ip6.matches(packet(octets, LinkType::loop)));
    CHECK_FALSE(ip.matches(packet(octets, LinkType::loop)));
  }
  // Its family is in network order, always.
  CHECK_FALSE(ip6.matches(packet(test::join("18000000"_hex, v6_header), LinkType::loop)));
  const Bytes v4_header = "45000014 00000000 403b0000 0a000001 0a000002"_hex;
  CHECK(ip.matches(packet(test::join("00000002"_hex, v4_header), LinkType::loop)));
  CHECK_FALSE(ip6.matches(packet(test::join("00000002"_hex, v4_header), LinkType::loop)));
  CHECK(ip6.notes().empty());
}

TEST_CASE("filter: a link type without a program matches nothing and is said once") {
  PacketFilter filter("ether host 00:01:02:03:04:05");
  const PacketView packet{.time = {},
                          .number = 1,
                          .data = "45"_hex,
                          .wire_size = 1,
                          .interface = 0,
                          .link = LinkType::raw};
  CHECK_FALSE(filter.matches(packet));
  CHECK_FALSE(filter.matches(packet));
  REQUIRE(filter.notes().size() == 1);
  CHECK_THAT(filter.notes()[0],
             Catch::StartsWith("filter 'ether host 00:01:02:03:04:05' matches no packet of raw: "));
}

}  // namespace
}  // namespace ntan::source

#include "base/address.h"

#include <array>

#include <catch2/catch.hpp>

using namespace ntan;

TEST_CASE("address: text is canonical (RFC 5952)") {
  const auto [text, canonical] = GENERATE(table<std::string, std::string>({
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"fe80::1", "fe80::1"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  }));
  const auto address = parse_address(text);
  REQUIRE(address);
  CHECK(to_string(*address) == canonical);
}

TEST_CASE("address: what is no address is refused") {
  CHECK_FALSE(parse_address("192.0.2"));
  CHECK_FALSE(parse_address("fe80::1%eth0"));
  CHECK_FALSE(parse_address(""));
}

TEST_CASE("address: multicast and broadcast are told apart") {
  CHECK(parse_address("224.0.0.251")->is_multicast());
  CHECK(parse_address("ff02::fb")->is_multicast());
  CHECK_FALSE(parse_address("223.255.255.255")->is_multicast());
  CHECK(parse_address("255.255.255.255")->is_broadcast());
}

TEST_CASE("network: a prefix of any length holds its own and nothing else") {
  const auto network = [](const char* text, std::uint8_t bits) {
    return Network{.address = *parse_address(text), .bits = bits};
  };
  const auto holds = [](const Network& one, const char* text) {
    return one.contains(*parse_address(text));
  };
  CHECK(holds(network("192.0.2.7", 32), "192.0.2.7"));
  CHECK_FALSE(holds(network("192.0.2.7", 32), "192.0.2.6"));
  CHECK(holds(network("10.64.0.0", 10), "10.127.255.255"));
  CHECK_FALSE(holds(network("10.64.0.0", 10), "10.128.0.0"));
  CHECK(holds(network("10.9.9.9", 8), "10.0.0.1"));  // what lies beyond the prefix counts nothing
  CHECK(holds(network("0.0.0.0", 0), "203.0.113.1"));
  CHECK_FALSE(holds(network("0.0.0.0", 0), "::1"));
  CHECK_FALSE(holds(network("::", 0), "0.0.0.0"));
  CHECK(holds(network("2001:db8::", 33), "2001:db8:7fff::1"));
  CHECK_FALSE(holds(network("2001:db8::", 33), "2001:db8:8000::1"));
  CHECK(holds(network("::1", 128), "::1"));
  const std::array both{network("10.0.0.0", 8), network("::1", 128)};
  CHECK(any_contains(both, *parse_address("10.1.2.3")));
  CHECK(any_contains(both, *parse_address("::1")));
  CHECK_FALSE(any_contains(both, *parse_address("::2")));
  CHECK_FALSE(any_contains({}, *parse_address("::1")));
}

TEST_CASE("address: a hardware address is lower-case and colon-separated") {
  CHECK(to_string(MacAddress{{0, 0x11, 0xAA, 0xff, 9, 0x10}}) == "00:11:aa:ff:09:10");
}

#include "base/arp_message.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::test;

TEST_CASE("arp message: a request, a probe and an announcement") {
  const auto request = ArpMessage::parse(
      "0001 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002 0000"_hex);
  REQUIRE(request);
  CHECK(request->operation == arp_operation::request);
  CHECK(request->has_addresses());
  CHECK(to_string(request->sender_mac) == "02:00:00:00:00:02");
  CHECK(to_string(request->sender) == "10.0.0.1");
  CHECK(to_string(request->target) == "10.0.0.2");
  CHECK_FALSE(request->is_gratuitous());
  CHECK_FALSE(request->is_probe());
  const auto probe =
      ArpMessage::parse("0001 0800 06 04 0001 020000000002 00000000 000000000000 0a000002"_hex);
  REQUIRE(probe);
  CHECK(probe->is_probe());
  const auto announcement =
      ArpMessage::parse("0006 0800 06 04 0002 020000000002 0a000001 ffffffffffff 0a000001"_hex);
  REQUIRE(announcement);
  CHECK(announcement->is_gratuitous());
}

TEST_CASE("arp message: of other addresses than Ethernet's and IPv4's only the operation is read") {
  const Bytes message = GENERATE(
      values<Bytes>({"0001 0800 08 04 0001 0200000000020000 0a000001 0000000000000000 0a000002"_hex,
                     "0001 86dd 06 04 0001 020000000002 0a000001 000000000000 0a000002"_hex,
                     "0020 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002"_hex,
                     "0001 0800 00 00 0001"_hex}));
  const auto read = ArpMessage::parse(message);
  REQUIRE(read);
  CHECK(read->operation == arp_operation::request);
  CHECK_FALSE(read->has_addresses());
  CHECK_FALSE(read->is_gratuitous());
  CHECK_FALSE(read->is_probe());
}

TEST_CASE("arp message: no prefix is a message, whatever it says of its sizes") {
  const Bytes message = GENERATE(
      values<Bytes>({"0001 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002"_hex,
                     "0020 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002"_hex}));
  for (std::size_t size = 0; size < message.size(); ++size)
    CHECK(ArpMessage::parse(message.first(size)).flaw() == Flaw::truncated);
  CHECK(ArpMessage::parse("0001 0800 ff ff 0001 020000000002"_hex).flaw() == Flaw::truncated);
}

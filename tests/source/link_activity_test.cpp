#include "source/link_activity.h"

#include <catch2/catch.hpp>

namespace ntan::source {
namespace {

constexpr std::string_view table =
    R"(Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    5000      50    0    0    0     0          0         0     5000      50    0    0    0     0       0          0
  eth0:123456789  812    1    2    3     4          5         6   987654     100    0    0    0     0       0          0
 short:1 2 3
)";

TEST_CASE("link activity: received and sent packets are read from the kernel's table") {
  const auto counts = parse_link_counts(table);
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].interface == "lo");
  CHECK(counts[0].packets == 100);
  CHECK(counts[1].interface == "eth0");
  CHECK(counts[1].packets == 912);
  CHECK(counts[1].octets == 123456789 + 987654);
}

TEST_CASE("link activity: this machine's table is understood") {
  CHECK_FALSE(link_counts().empty());
}

TEST_CASE("link activity: silence is explained by what the links did meanwhile") {
  const std::vector<LinkCount> before{{"v0", 10}, {"v1", 5}, {"v2", 5}};
  const auto said = [&before](std::string_view interface, std::string_view filter,
                              const std::vector<LinkCount>& after) {
    return explain({.interface = interface, .filter = filter, .seconds = 5}, before, after);
  };
  CHECK(said("v0", "udp port 53", {{"v0", 822}, {"v1", 5}}) ==
        "no packet passed the filter 'udp port 53' on v0 in 5 s, but the link has traffic (+812 "
        "packets)");
  CHECK(said("v0", "", {{"v0", 11}}) ==
        "no packet came on v0 in 5 s, but the link has traffic (+1 packets)");
  CHECK(said("v0", "udp", {{"v0", 10}, {"v1", 7}, {"v2", 8}}) ==
        "no traffic on v0 in 5 s; busiest interface is v2");
  CHECK(said("v0", "udp", before) == "no traffic on v0 in 5 s");
  CHECK(said("any", "udp", {{"v0", 11}, {"v1", 6}}) ==
        "no packet passed the filter 'udp' on any in 5 s, but the link has traffic (+2 packets)");
  // Counters that began anew are no growth.
  CHECK(said("v0", "", {{"v0", 3}}) == "no traffic on v0 in 5 s");
}

}  // namespace
}  // namespace ntan::source

#include "source/interfaces.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace ntan::source {
namespace {

TEST_CASE("interfaces: the IPv4 default route is the one of least metric that is up") {
  constexpr std::string_view table =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
      "down0\t00000000\t0101A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0\n"
      "half0\t00000000\t00000000\t0001\t0\t0\t1\t00000080\t0\t0\t0\n"
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
      "eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
  CHECK(default_route_v4(table) == "eth0");
  CHECK_FALSE(default_route_v4("Iface\tDestination\n"));
  CHECK_FALSE(default_route_v4(""));
}

TEST_CASE("interfaces: the IPv6 default route is not the rejecting one of lo") {
  constexpr std::string_view table =
      "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth1\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000001 00000001 00000000 00200200 lo\n";
  CHECK(default_route_v6(table) == "eth0");
  CHECK_FALSE(default_route_v6("garbage\n\n"));
}

TEST_CASE("interfaces: the list has the loopback interface and names each once") {
  const auto interfaces = list_interfaces();
  const auto lo = std::find_if(interfaces.begin(), interfaces.end(),
                               [](const NetworkInterface& one) { return one.loopback; });
  REQUIRE(lo != interfaces.end());
  CHECK(lo->link == LinkType::ethernet);
  for (const NetworkInterface& one : interfaces) {
    CHECK(std::count_if(interfaces.begin(), interfaces.end(),
                        [&one](const NetworkInterface& other) { return other.name == one.name; }) ==
          1);
  }
}

}  // namespace
}  // namespace ntan::source

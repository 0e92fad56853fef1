#include "flow/service.h"

#include <catch2/catch.hpp>

#include "wire/decoded.h"

namespace ntan::flow {
namespace {

namespace ip = ip_protocol;

}  // namespace

TEST_CASE("service: a port has a name on the transports that use it") {
  struct Case {
    std::uint16_t port;
    std::string_view tcp;
    std::string_view udp;
  };
  const auto c = GENERATE(values<Case>({{0, "", ""},
                                        {7, "echo", "echo"},
                                        {22, "ssh", ""},
                                        {53, "dns", "dns"},
                                        {67, "", "dhcp"},
                                        {80, "http", ""},
                                        {443, "https", "https"},
                                        {444, "", ""},
                                        {51820, "", "wireguard"},
                                        {65535, "", ""}}));
  CAPTURE(c.port);
  CHECK(service_name(c.port, ip::tcp) == c.tcp);
  CHECK(service_name(c.port, ip::udp) == c.udp);
  CHECK(service_name(c.port, ip::sctp).empty());
  CHECK(service_name(3868, ip::sctp) == "diameter");
  CHECK(service_name(36412, ip::sctp) == "s1ap");
  CHECK(service_name(36412, ip::tcp).empty());
  CHECK(service_name(c.port, ip::icmp).empty());
}

TEST_CASE("service: 87 ports have a name over TCP, 55 over UDP") {
  int over_tcp = 0;
  int over_udp = 0;
  for (unsigned port = 0; port <= UINT16_MAX; ++port) {
    if (!service_name(static_cast<std::uint16_t>(port), ip::tcp).empty()) ++over_tcp;
    if (!service_name(static_cast<std::uint16_t>(port), ip::udp).empty()) ++over_udp;
  }
  CHECK(over_tcp == 87);
  CHECK(over_udp == 55);
}

}  // namespace ntan::flow

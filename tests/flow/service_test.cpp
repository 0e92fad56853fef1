#include "flow/service.h"

#include <catch2/catch.hpp>

#include "wire/decoded.h"

namespace ntan::flow {

TEST_CASE("service: a port has a name on the transports that use it") {
  namespace ip = wire::ip_protocol;
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
  CHECK(service_name(c.port, ip::icmp).empty());
}

}  // namespace ntan::flow

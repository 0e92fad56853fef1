#include "flow/community_id.h"

#include <string_view>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

struct Case {
  std::uint8_t protocol;
  std::string_view source;
  std::string_view destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::string_view id;
};

CommunityTuple tuple_of(const Case& one) {
  return {.source = parse_address(one.source).value(),
          .destination = parse_address(one.destination).value(),
          .protocol = one.protocol,
          .source_port = one.source_port,
          .destination_port = one.destination_port};
}

}  // namespace

TEST_CASE("community_id: agrees with the published vectors") {
  const auto one = GENERATE(values<Case>({
      {6, "1.2.3.4", "5.6.7.8", 1122, 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM="},
      {17, "1.2.3.4", "5.6.7.8", 1122, 3344, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
      {46, "1.2.3.4", "5.6.7.8", 0, 0, "1:ikv3kmf89luf73WPz1jOs49S768="},
      {1, "1.2.3.4", "5.6.7.8", 8, 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="},
      {1, "1.2.3.4", "5.6.7.8", 11, 0, "1:f/YiSyWqczrTgfUCZlBUnvHRcPk="},
      {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
      {1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
      {1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
      {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
       "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
      {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
      {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
      {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
      {46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
      {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
       "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
      {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
       "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
      {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0,
       "1:zavyT/cezQr1fmImYCwYnMXbgck="},
      {58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
       "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
      {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
       "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
      {58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0,
       "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
      {58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
      {58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
  }));
  CAPTURE(one.source, one.destination, one.source_port);
  CHECK(community_id(tuple_of(one)).view() == one.id);
}

TEST_CASE("community_id: both directions of a flow give the same id") {
  const auto protocol = GENERATE(std::uint8_t{6}, std::uint8_t{17}, std::uint8_t{46});
  CommunityTuple forth = tuple_of({protocol, "10.0.0.2", "10.0.0.1", 80, 80, ""});
  if (protocol == 6) forth.destination = forth.source, forth.destination_port = 81;
  const CommunityTuple back{.source = forth.destination,
                            .destination = forth.source,
                            .protocol = protocol,
                            .source_port = forth.destination_port,
                            .destination_port = forth.source_port};
  CHECK(community_id(forth).view() == community_id(back).view());
}

TEST_CASE("community_id: a one-way ICMP message keeps its direction") {
  CHECK(community_id(tuple_of({1, "10.0.0.1", "10.0.0.2", 3, 1, ""})).view() !=
        community_id(tuple_of({1, "10.0.0.2", "10.0.0.1", 3, 1, ""})).view());
}

TEST_CASE("community_id: unknown or mixed addresses have none") {
  CHECK(community_id({}).view().empty());
  CHECK(community_id(tuple_of({6, "10.0.0.1", "::1", 1, 2, ""})).view().empty());
}

}  // namespace ntan::flow

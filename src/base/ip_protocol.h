// The numbers of IP's protocol field, and their names in events.
#pragma once

#include <cstdint>
#include <string_view>

namespace ntan {

/// IP protocol numbers that are told apart here (IANA names).
namespace ip_protocol {
inline constexpr std::uint8_t icmp = 1, igmp = 2, ipip = 4, tcp = 6, udp = 17, dccp = 33, ipv6 = 41,
                              gre = 47, esp = 50, ah = 51, icmpv6 = 58, ospf = 89, pim = 103,
                              vrrp = 112, sctp = 132, udplite = 136;
}

/// `tcp`, `udp`, `icmp`, …; empty for a number without a name here.
[[nodiscard]] constexpr std::string_view ip_protocol_name(std::uint8_t number) noexcept {
  switch (number) {
    case ip_protocol::icmp: return "icmp";
    case ip_protocol::igmp: return "igmp";
    case ip_protocol::ipip: return "ipip";
    case ip_protocol::tcp: return "tcp";
    case ip_protocol::udp: return "udp";
    case ip_protocol::dccp: return "dccp";
    case ip_protocol::ipv6: return "ipv6";
    case ip_protocol::gre: return "gre";
    case ip_protocol::esp: return "esp";
    case ip_protocol::ah: return "ah";
    case ip_protocol::icmpv6: return "icmpv6";
    case ip_protocol::ospf: return "ospf";
    case ip_protocol::pim: return "pim";
    case ip_protocol::vrrp: return "vrrp";
    case ip_protocol::sctp: return "sctp";
    case ip_protocol::udplite: return "udplite";
    default: return {};
  }
}

}  // namespace ntan

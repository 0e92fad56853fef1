// The numbers of ICMP's type field, and the codes that mean something here.
#pragma once

#include <cstdint>

namespace ntan {

/// RFC 792; router discovery RFC 1256, address mask RFC 950 Appendix I, traceroute RFC 1393,
/// Photuris RFC 2521, extended echo RFC 8335.
namespace icmp_type {
inline constexpr std::uint8_t echo_reply = 0, destination_unreachable = 3, source_quench = 4,
                              redirect = 5, echo_request = 8, router_advertisement = 9,
                              router_solicitation = 10, time_exceeded = 11, parameter_problem = 12,
                              timestamp_request = 13, timestamp_reply = 14,
                              information_request = 15, information_reply = 16,
                              address_mask_request = 17, address_mask_reply = 18, traceroute = 30,
                              photuris = 40, extended_echo_request = 42, extended_echo_reply = 43;
}

/// RFC 4443; multicast listeners RFC 2710 and RFC 3810, neighbor discovery RFC 4861 and RFC 3122,
/// renumbering RFC 2894, node information RFC 4620, home agents RFC 6275, SEND RFC 3971, multicast
/// routers RFC 4286, RPL RFC 6550, extended echo RFC 8335.
namespace icmpv6_type {
inline constexpr std::uint8_t destination_unreachable = 1, packet_too_big = 2, time_exceeded = 3,
                              parameter_problem = 4, echo_request = 128, echo_reply = 129,
                              mld_query = 130, mld_report = 131, mld_done = 132,
                              router_solicitation = 133, router_advertisement = 134,
                              neighbor_solicitation = 135, neighbor_advertisement = 136,
                              redirect = 137, router_renumbering = 138,
                              node_information_query = 139, node_information_response = 140,
                              inverse_solicitation = 141, inverse_advertisement = 142,
                              mldv2_report = 143, home_agent_request = 144, home_agent_reply = 145,
                              certification_path_solicitation = 148,
                              certification_path_advertisement = 149,
                              multicast_router_advertisement = 151,
                              multicast_router_solicitation = 152,
                              multicast_router_termination = 153, rpl_control = 155,
                              extended_echo_request = 160, extended_echo_reply = 161;
}

namespace icmp_code {
/// Of destination_unreachable (RFC 1191 4): tells the path's MTU, refuses nothing.
inline constexpr std::uint8_t fragmentation_needed = 4;
}  // namespace icmp_code

namespace icmpv6_code {
/// Of parameter_problem (RFC 4443 3.4): what IPv4 calls protocol unreachable.
inline constexpr std::uint8_t unknown_next_header = 1;
}  // namespace icmpv6_code

}  // namespace ntan

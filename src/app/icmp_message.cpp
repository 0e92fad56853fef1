#include "app/icmp_message.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/digits.h"
#include "base/icmp_type.h"
#include "base/ip_protocol.h"

namespace ntan::app::icmp {
namespace {

namespace v4 = icmp_type;
namespace v6 = icmpv6_type;

struct Named {
  std::uint16_t number = 0;
  std::string_view name;
};

constexpr auto types_v4 = std::to_array<Named>({
    {v4::echo_reply, "echo"},
    {v4::destination_unreachable, "destination_unreachable"},
    {v4::source_quench, "source_quench"},
    {v4::redirect, "redirect"},
    {v4::echo_request, "echo"},
    {v4::router_advertisement, "router_advertisement"},
    {v4::router_solicitation, "router_solicitation"},
    {v4::time_exceeded, "time_exceeded"},
    {v4::parameter_problem, "parameter_problem"},
    {v4::timestamp_request, "timestamp"},
    {v4::timestamp_reply, "timestamp"},
    {v4::information_request, "information"},
    {v4::information_reply, "information"},
    {v4::address_mask_request, "address_mask"},
    {v4::address_mask_reply, "address_mask"},
    {v4::traceroute, "traceroute"},
    {v4::photuris, "photuris"},
    {v4::extended_echo_request, "extended_echo"},
    {v4::extended_echo_reply, "extended_echo"},
});

constexpr auto types_v6 = std::to_array<Named>({
    {v6::destination_unreachable, "destination_unreachable"},
    {v6::packet_too_big, "packet_too_big"},
    {v6::time_exceeded, "time_exceeded"},
    {v6::parameter_problem, "parameter_problem"},
    {v6::echo_request, "echo"},
    {v6::echo_reply, "echo"},
    {v6::mld_query, "mld_query"},
    {v6::mld_report, "mld_report"},
    {v6::mld_done, "mld_done"},
    {v6::router_solicitation, "router_solicitation"},
    {v6::router_advertisement, "router_advertisement"},
    {v6::neighbor_solicitation, "neighbor_solicitation"},
    {v6::neighbor_advertisement, "neighbor_advertisement"},
    {v6::redirect, "redirect"},
    {v6::router_renumbering, "router_renumbering"},
    {v6::node_information_query, "node_information_query"},
    {v6::node_information_response, "node_information_response"},
    {v6::inverse_solicitation, "inverse_solicitation"},
    {v6::inverse_advertisement, "inverse_advertisement"},
    {v6::mldv2_report, "mldv2_report"},
    {v6::certification_path_solicitation, "certification_path_solicitation"},
    {v6::certification_path_advertisement, "certification_path_advertisement"},
    {v6::multicast_router_advertisement, "multicast_router_advertisement"},
    {v6::multicast_router_solicitation, "multicast_router_solicitation"},
    {v6::multicast_router_termination, "multicast_router_termination"},
    {v6::rpl_control, "rpl_control"},
    {v6::extended_echo_request, "extended_echo"},
    {v6::extended_echo_reply, "extended_echo"},
});

// What a code means depends on the type.
constexpr std::uint16_t code_of(std::uint8_t type, std::uint8_t code) noexcept {
  return static_cast<std::uint16_t>(type << 8U | code);
}

constexpr auto codes_v4 = std::to_array<Named>({
    {code_of(v4::destination_unreachable, 0), "net_unreachable"},
    {code_of(v4::destination_unreachable, 1), "host_unreachable"},
    {code_of(v4::destination_unreachable, 2), "protocol_unreachable"},
    {code_of(v4::destination_unreachable, 3), "port_unreachable"},
    {code_of(v4::destination_unreachable, icmp_code::fragmentation_needed), "fragmentation_needed"},
    {code_of(v4::destination_unreachable, 5), "source_route_failed"},
    {code_of(v4::destination_unreachable, 6), "net_unknown"},
    {code_of(v4::destination_unreachable, 7), "host_unknown"},
    {code_of(v4::destination_unreachable, 8), "source_isolated"},
    {code_of(v4::destination_unreachable, 9), "net_prohibited"},
    {code_of(v4::destination_unreachable, 10), "host_prohibited"},
    {code_of(v4::destination_unreachable, 11), "net_unreachable_for_tos"},
    {code_of(v4::destination_unreachable, 12), "host_unreachable_for_tos"},
    {code_of(v4::destination_unreachable, 13), "admin_prohibited"},
    {code_of(v4::destination_unreachable, 14), "host_precedence_violation"},
    {code_of(v4::destination_unreachable, 15), "precedence_cutoff"},
    {code_of(v4::redirect, 0), "redirect_net"},
    {code_of(v4::redirect, 1), "redirect_host"},
    {code_of(v4::redirect, 2), "redirect_tos_net"},
    {code_of(v4::redirect, 3), "redirect_tos_host"},
    {code_of(v4::time_exceeded, 0), "ttl_exceeded"},
    {code_of(v4::time_exceeded, 1), "reassembly_time_exceeded"},
    {code_of(v4::parameter_problem, 0), "pointer"},
    {code_of(v4::parameter_problem, 1), "option_missing"},
    {code_of(v4::parameter_problem, 2), "bad_length"},
});

constexpr auto codes_v6 = std::to_array<Named>({
    {code_of(v6::destination_unreachable, 0), "no_route"},
    {code_of(v6::destination_unreachable, 1), "admin_prohibited"},
    {code_of(v6::destination_unreachable, 2), "beyond_scope"},
    {code_of(v6::destination_unreachable, 3), "address_unreachable"},
    {code_of(v6::destination_unreachable, 4), "port_unreachable"},
    {code_of(v6::destination_unreachable, 5), "policy_failed"},
    {code_of(v6::destination_unreachable, 6), "reject_route"},
    {code_of(v6::destination_unreachable, 7), "source_routing_error"},
    {code_of(v6::time_exceeded, 0), "hop_limit_exceeded"},
    {code_of(v6::time_exceeded, 1), "reassembly_time_exceeded"},
    {code_of(v6::parameter_problem, 0), "bad_header_field"},
    {code_of(v6::parameter_problem, icmpv6_code::unknown_next_header), "unknown_next_header"},
    {code_of(v6::parameter_problem, 2), "unknown_option"},
    {code_of(v6::parameter_problem, 3), "incomplete_first_fragment"},
});

constexpr bool sorted(std::span<const Named> table) {
  return std::ranges::adjacent_find(table, std::ranges::greater_equal{}, &Named::number) ==
         table.end();
}

static_assert(sorted(types_v4) && sorted(types_v6) && sorted(codes_v4) && sorted(codes_v6));

std::string_view find(std::span<const Named> table, std::uint16_t number) {
  const auto at = std::ranges::lower_bound(table, number, {}, &Named::number);
  return at != table.end() && at->number == number ? at->name : std::string_view{};
}

Text numbered(std::string_view prefix, std::uint8_t number) {
  Text text{prefix};
  const char* end = append_unsigned(text.octets.data() + text.size, number);
  text.size = static_cast<std::uint8_t>(end - text.octets.data());
  return text;
}

struct Pair {
  IpVersion version{};
  std::uint8_t request = 0;
  std::uint8_t reply = 0;
  bool is_echo = false;
  bool short_number = false;
};

constexpr auto pairs = std::to_array<Pair>({
    {IpVersion::v4, v4::echo_request, v4::echo_reply, true, false},
    {IpVersion::v4, v4::timestamp_request, v4::timestamp_reply, false, false},
    {IpVersion::v4, v4::information_request, v4::information_reply, false, false},
    {IpVersion::v4, v4::address_mask_request, v4::address_mask_reply, false, false},
    {IpVersion::v4, v4::extended_echo_request, v4::extended_echo_reply, false, true},
    {IpVersion::v6, v6::echo_request, v6::echo_reply, true, false},
    {IpVersion::v6, v6::extended_echo_request, v6::extended_echo_reply, false, true},
});

}  // namespace

Text type_name(IpVersion version, std::uint8_t type) noexcept {
  const auto name = version == IpVersion::v6 ? find(types_v6, type) : find(types_v4, type);
  return name.empty() ? numbered("TYPE", type) : Text{name};
}

Text code_name(IpVersion version, std::uint8_t type, std::uint8_t code) noexcept {
  const std::span<const Named> table = version == IpVersion::v6 ? std::span<const Named>{codes_v6}
                                                                : std::span<const Named>{codes_v4};
  const auto name = find(table, code_of(type, code));
  if (!name.empty()) return Text{name};
  return find(table, code_of(type, 0)).empty() ? Text{} : numbered("CODE", code);
}

std::optional<Exchange> exchange_of(IpVersion version, std::uint8_t type) noexcept {
  const auto at = std::ranges::find_if(pairs, [&](const Pair& pair) {
    return pair.version == version && (pair.request == type || pair.reply == type);
  });
  if (at == pairs.end()) return std::nullopt;
  return Exchange{.request = at->request,
                  .is_request = at->request == type,
                  .is_echo = at->is_echo,
                  .short_number = at->short_number};
}

Text proto_name(std::uint8_t proto) noexcept {
  const std::string_view name = ip_protocol_name(proto);
  return name.empty() ? numbered("", proto) : Text{name};
}

}  // namespace ntan::app::icmp

#include "app/icmp_message.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/digits.h"
#include "base/ip_protocol.h"

namespace ntan::app::icmp {
namespace {

struct Named {
  std::uint16_t number = 0;
  std::string_view name;
};

constexpr auto types_v4 = std::to_array<Named>({
    {0, "echo"},
    {3, "destination_unreachable"},
    {4, "source_quench"},
    {5, "redirect"},
    {8, "echo"},
    {9, "router_advertisement"},
    {10, "router_solicitation"},
    {11, "time_exceeded"},
    {12, "parameter_problem"},
    {13, "timestamp"},
    {14, "timestamp"},
    {15, "information"},
    {16, "information"},
    {17, "address_mask"},
    {18, "address_mask"},
    {30, "traceroute"},
    {40, "photuris"},
    {42, "extended_echo"},
    {43, "extended_echo"},
});

constexpr auto types_v6 = std::to_array<Named>({
    {1, "destination_unreachable"},
    {2, "packet_too_big"},
    {3, "time_exceeded"},
    {4, "parameter_problem"},
    {128, "echo"},
    {129, "echo"},
    {130, "mld_query"},
    {131, "mld_report"},
    {132, "mld_done"},
    {133, "router_solicitation"},
    {134, "router_advertisement"},
    {135, "neighbor_solicitation"},
    {136, "neighbor_advertisement"},
    {137, "redirect"},
    {138, "router_renumbering"},
    {139, "node_information_query"},
    {140, "node_information_response"},
    {141, "inverse_solicitation"},
    {142, "inverse_advertisement"},
    {143, "mldv2_report"},
    {148, "certification_path_solicitation"},
    {149, "certification_path_advertisement"},
    {151, "multicast_router_advertisement"},
    {152, "multicast_router_solicitation"},
    {153, "multicast_router_termination"},
    {155, "rpl_control"},
    {160, "extended_echo"},
    {161, "extended_echo"},
});

// Numbers of codes are type << 8 | code.
constexpr auto codes_v4 = std::to_array<Named>({
    {0x300, "net_unreachable"},
    {0x301, "host_unreachable"},
    {0x302, "protocol_unreachable"},
    {0x303, "port_unreachable"},
    {0x304, "fragmentation_needed"},
    {0x305, "source_route_failed"},
    {0x306, "net_unknown"},
    {0x307, "host_unknown"},
    {0x308, "source_isolated"},
    {0x309, "net_prohibited"},
    {0x30a, "host_prohibited"},
    {0x30b, "net_unreachable_for_tos"},
    {0x30c, "host_unreachable_for_tos"},
    {0x30d, "admin_prohibited"},
    {0x30e, "host_precedence_violation"},
    {0x30f, "precedence_cutoff"},
    {0x500, "redirect_net"},
    {0x501, "redirect_host"},
    {0x502, "redirect_tos_net"},
    {0x503, "redirect_tos_host"},
    {0xb00, "ttl_exceeded"},
    {0xb01, "reassembly_time_exceeded"},
    {0xc00, "pointer"},
    {0xc01, "option_missing"},
    {0xc02, "bad_length"},
});

constexpr auto codes_v6 = std::to_array<Named>({
    {0x100, "no_route"},
    {0x101, "admin_prohibited"},
    {0x102, "beyond_scope"},
    {0x103, "address_unreachable"},
    {0x104, "port_unreachable"},
    {0x105, "policy_failed"},
    {0x106, "reject_route"},
    {0x107, "source_routing_error"},
    {0x300, "hop_limit_exceeded"},
    {0x301, "reassembly_time_exceeded"},
    {0x400, "bad_header_field"},
    {0x401, "unknown_next_header"},
    {0x402, "unknown_option"},
    {0x403, "incomplete_first_fragment"},
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
    {IpVersion::v4, 8, 0, true, false},
    {IpVersion::v4, 13, 14, false, false},
    {IpVersion::v4, 15, 16, false, false},
    {IpVersion::v4, 17, 18, false, false},
    {IpVersion::v4, 42, 43, false, true},
    {IpVersion::v6, 128, 129, true, false},
    {IpVersion::v6, 160, 161, false, true},
});

}  // namespace

Text type_name(IpVersion version, std::uint8_t type) noexcept {
  const auto name = version == IpVersion::v6 ? find(types_v6, type) : find(types_v4, type);
  return name.empty() ? numbered("TYPE", type) : Text{name};
}

Text code_name(IpVersion version, std::uint8_t type, std::uint8_t code) noexcept {
  const std::span<const Named> table = version == IpVersion::v6 ? std::span<const Named>{codes_v6}
                                                                : std::span<const Named>{codes_v4};
  const auto first = static_cast<std::uint16_t>(type << 8U);
  const auto name = find(table, static_cast<std::uint16_t>(first | code));
  if (!name.empty()) return Text{name};
  return find(table, first).empty() ? Text{} : numbered("CODE", code);
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

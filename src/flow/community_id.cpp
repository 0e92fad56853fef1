#include "flow/community_id.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/base64.h"
#include "base/digest.h"
#include "base/icmp_type.h"
#include "base/ip_protocol.h"

namespace ntan::flow {
namespace {

/// Message types that answer each other.
struct TypePair {
  std::uint8_t request;
  std::uint8_t answer;
};

constexpr std::array icmp_pairs{
    TypePair{icmp_type::echo_request, icmp_type::echo_reply},
    TypePair{icmp_type::router_solicitation, icmp_type::router_advertisement},
    TypePair{icmp_type::timestamp_request, icmp_type::timestamp_reply},
    TypePair{icmp_type::information_request, icmp_type::information_reply},
    TypePair{icmp_type::address_mask_request, icmp_type::address_mask_reply},
};
constexpr std::array icmpv6_pairs{
    TypePair{icmpv6_type::echo_request, icmpv6_type::echo_reply},
    TypePair{icmpv6_type::mld_query, icmpv6_type::mld_report},
    TypePair{icmpv6_type::router_solicitation, icmpv6_type::router_advertisement},
    TypePair{icmpv6_type::neighbor_solicitation, icmpv6_type::neighbor_advertisement},
    TypePair{icmpv6_type::node_information_query, icmpv6_type::node_information_response},
    TypePair{icmpv6_type::home_agent_request, icmpv6_type::home_agent_reply},
};

std::optional<std::uint8_t> counterpart(std::span<const TypePair> pairs,
                                        std::uint16_t type) noexcept {
  for (const TypePair& pair : pairs) {
    if (type == pair.request) return pair.answer;
    if (type == pair.answer) return pair.request;
  }
  return std::nullopt;
}

struct Ports {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  bool present = false;
  bool one_way = false;  ///< the ends keep their order: no message ever answers this one
};

Ports ports_of(const CommunityTuple& tuple) noexcept {
  switch (tuple.protocol) {
    case ip_protocol::tcp:
    case ip_protocol::udp:
    case ip_protocol::sctp: return {tuple.source_port, tuple.destination_port, true, false};
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: {
      const std::span<const TypePair> pairs = tuple.protocol == ip_protocol::icmp
                                                  ? std::span<const TypePair>{icmp_pairs}
                                                  : std::span<const TypePair>{icmpv6_pairs};
      const auto answer = counterpart(pairs, tuple.source_port);
      if (!answer) return {tuple.source_port, tuple.destination_port, true, true};
      return {tuple.source_port, *answer, true, false};
    }
    default: return {};
  }
}

std::uint8_t* append_bytes(std::uint8_t* out, Bytes bytes) noexcept {
  return std::copy(bytes.begin(), bytes.end(), out);
}

std::uint8_t* append_be16(std::uint8_t* out, std::uint16_t value) noexcept {
  out[0] = static_cast<std::uint8_t>(value >> 8U);
  out[1] = static_cast<std::uint8_t>(value);
  return out + 2;
}

}  // namespace

event::FixedText<30> community_id(const CommunityTuple& tuple) noexcept {
  if (!tuple.source.known() || tuple.source.version != tuple.destination.version) return {};
  const Ports ports = ports_of(tuple);
  const auto order = tuple.source.octets <=> tuple.destination.octets;
  const bool swap =
      !ports.one_way && (order > 0 || (order == 0 && ports.source > ports.destination));

  std::array<std::uint8_t, 2 + 2 * 16 + 2 + 4> input{};  // the seed, two zero octets, comes first
  std::uint8_t* end = input.data() + 2;
  end = append_bytes(end, (swap ? tuple.destination : tuple.source).bytes());
  end = append_bytes(end, (swap ? tuple.source : tuple.destination).bytes());
  *end++ = tuple.protocol;
  *end++ = 0;
  if (ports.present) {
    end = append_be16(end, swap ? ports.destination : ports.source);
    end = append_be16(end, swap ? ports.source : ports.destination);
  }
  const DigestValue hash = digest(DigestKind::sha1, Bytes{input.data(), end});

  event::FixedText<30> text{std::string_view{"1:"}};
  append_base64(text.octets.data() + 2, Bytes{hash.octets}.first<20>());
  text.size = 30;
  return text;
}

}  // namespace ntan::flow

#include "flow/contact_outcome.h"

#include <algorithm>
#include <array>

#include "base/icmp_type.h"
#include "base/port.h"

namespace ntan::flow {

Outcome make_outcome(const ContactOrigin& origin, const Contact& contact, Outcome::Kind kind,
                     Timestamp now) noexcept {
  const bool client = contact.source_direction() == Direction::to_server;
  Outcome outcome{
      .time = now,
      .first_time = origin.time,
      .src = client ? origin.client : origin.server,
      .dst = client ? origin.server : origin.client,
      .src_port = client ? origin.client_port : origin.server_port,
      .dst_port = client ? origin.server_port : origin.client_port,
      .kind = kind,
      .contact_class = contact.contact_class(),
      .result = contact.result(),
      .ttl = origin.ttl,
      .packet = origin.packet,
      .src_mac = {},
      .dst_mac = {},
  };
  outcome.began_inside = contact.began_inside();
  outcome.laden = contact.laden();
  outcome.answered = kind != Outcome::Kind::contact && contact.answered();
  outcome.accepted = kind != Outcome::Kind::contact && contact.accepted();
  if (contact.contact_class() == ContactClass::icmp) outcome.dst_port = origin.icmp_type;
  if (contact.contact_class() == ContactClass::ip_protocol) outcome.dst_port = origin.proto;
  return outcome;
}

std::optional<Outcome> arp_contact(const ArpMessage& arp, const wire::Extra& extra,
                                   const Arrival& arrival, std::uint64_t packet) noexcept {
  const bool broadcast = !extra.has_mac || (extra.dst_mac.octets[0] & 1U) != 0;
  if (arp.operation != arp_operation::request || !arp.has_addresses() || !broadcast ||
      arp.is_gratuitous() || arp.is_probe()) {
    return std::nullopt;
  }
  Outcome outcome;
  outcome.time = arrival.clock;
  outcome.first_time = arrival.own;
  outcome.src = arp.sender;
  outcome.dst = arp.target;
  outcome.kind = Outcome::Kind::contact;
  outcome.contact_class = ContactClass::arp;
  outcome.packet = packet;
  outcome.has_mac = true;
  outcome.src_mac = arp.sender_mac;
  outcome.dst_mac = extra.dst_mac;
  return outcome;
}

namespace {

bool is_solicitation(const wire::Decoded& packet, const IpAddress& target) noexcept {
  constexpr std::array<std::uint8_t, 13> solicited_node{0xff, 2, 0, 0, 0, 0,   0,
                                                        0,    0, 0, 0, 1, 0xff};
  const auto group =
      packet.dst.bytes().first(std::min(packet.dst.bytes().size(), solicited_node.size()));
  const bool unspecified = packet.src == IpAddress{.octets = {}, .version = IpVersion::v6};
  return target.known() && !unspecified && std::ranges::equal(group, solicited_node);
}

bool announces_router(const wire::Decoded& packet) noexcept {
  constexpr std::uint8_t not_forwarded = 255;
  constexpr std::size_t flags_at = 4;
  constexpr std::size_t lifetime_at = 6;
  constexpr std::size_t header_end = 8;
  constexpr std::uint8_t is_router = 0x80;
  if (packet.ttl != not_forwarded || packet.payload_captured < header_end) return false;
  switch (packet.icmp_type) {
    case icmpv6_type::router_advertisement:
      return load_be<std::uint16_t>(packet.payload + lifetime_at) != 0;
    case icmpv6_type::neighbor_advertisement: return (packet.payload[flags_at] & is_router) != 0;
    default: return false;
  }
}

}  // namespace

IpAddress solicited_address(const wire::Decoded& packet) noexcept {
  constexpr std::size_t target_at = 8;
  constexpr std::size_t target_end = 24;
  if (packet.proto != ip_protocol::icmpv6 ||
      packet.icmp_type != icmpv6_type::neighbor_solicitation ||
      packet.payload_captured < target_end) {
    return {};
  }
  return IpAddress::v6(packet.payload + target_at);
}

std::optional<Outcome> neighbor_outcome(const wire::Decoded& packet, const wire::Extra& extra,
                                        const Arrival& arrival, std::uint64_t number) noexcept {
  if (packet.proto != ip_protocol::icmpv6) return std::nullopt;
  const IpAddress target = solicited_address(packet);
  const bool asks = is_solicitation(packet, target);
  const bool from_router = announces_router(packet);
  if (!asks && !from_router) return std::nullopt;
  Outcome outcome;
  outcome.time = arrival.clock;
  outcome.first_time = arrival.own;
  outcome.src = packet.src;
  outcome.dst = asks ? target : packet.dst;
  outcome.kind = Outcome::Kind::contact;
  outcome.contact_class = asks ? ContactClass::nd : ContactClass::none;
  outcome.ttl = packet.ttl;
  outcome.packet = number;
  outcome.has_mac = extra.has_mac && packet.tunnel_depth == 0;
  outcome.from_router = from_router;
  outcome.src_mac = extra.src_mac;
  outcome.dst_mac = extra.dst_mac;
  return outcome;
}

namespace {

/// By the version and the payload types of the audio and video profile (RFC 3551 6, RFC 5761 4).
bool is_media(const wire::Decoded& packet) noexcept {
  constexpr std::size_t rtp_header = 12, rtcp_header = 8, word = 4;
  constexpr std::uint8_t first_rtcp = 200, last_rtcp = 207;
  const Bytes payload = packet.payload_bytes();
  if (payload.size() < rtcp_header || payload[0] >> 6U != 2 || packet.dst_port < first_user_port)
    return false;
  if (payload[1] >= first_rtcp && payload[1] <= last_rtcp)
    return (load_be<std::uint16_t>(&payload[2]) + std::size_t{1}) * word <= payload.size();
  const unsigned type = payload[1] & 0x7fU;
  const bool mixed = (payload[0] & 0xfU) != 0;  // CSRC follow
  return payload.size() >= rtp_header && !mixed && (type <= 34 || type >= 96);
}

}  // namespace

void describe_first_packet(const wire::Decoded& packet, const wire::Extra& extra,
                           Outcome& outcome) noexcept {
  if (outcome.contact_class == ContactClass::syn) {
    const wire::TcpOptions options = wire::parse_tcp_options(packet.option_bytes());
    outcome.syn_has_sack = options.sack_permitted;
    outcome.syn_has_timestamp = options.has_timestamp;
    outcome.syn_has_window_scale = options.window_scale.has_value();
    outcome.syn_window = packet.window;
  }
  outcome.is_media = outcome.contact_class == ContactClass::udp && is_media(packet);
  if (extra.has_mac && packet.tunnel_depth == 0) {
    // The receiver of a reverse RST is the outcome's source.
    const bool swapped = outcome.contact_class == ContactClass::reverse_rst;
    outcome.has_mac = true;
    outcome.src_mac = swapped ? extra.dst_mac : extra.src_mac;
    outcome.dst_mac = swapped ? extra.src_mac : extra.dst_mac;
  }
}

}  // namespace ntan::flow

#include "flow/flow.h"

#include <algorithm>

#include "base/digits.h"
#include "base/icmp_type.h"
#include "flow/community_id.h"
#include "flow/service.h"
#include "wire/sctp.h"

namespace ntan::flow {
namespace {

using wire::Decoded;
namespace flag = wire::tcp_flag;
namespace ip = ip_protocol;

bool is_icmp(std::uint8_t proto) noexcept {
  return proto == ip::icmp || proto == ip::icmpv6;
}

/// Of the types that only answer; advertisements come unasked, too.
// RFC 9260 5.1: what answers an INIT or a COOKIE ECHO.
bool is_sctp_answer(const Decoded& packet) noexcept {
  if (packet.proto != ip::sctp) return false;
  const auto chunk = wire::first_sctp_chunk(packet.payload_bytes());
  return chunk == wire::sctp_chunk::init_ack || chunk == wire::sctp_chunk::cookie_ack;
}

bool is_icmp_reply(const Decoded& packet) noexcept {
  if (!packet.is_icmp()) return false;
  switch (packet.proto) {
    case ip::icmp:
      return packet.icmp_type == icmp_type::echo_reply ||
             packet.icmp_type == icmp_type::timestamp_reply ||
             packet.icmp_type == icmp_type::information_reply ||
             packet.icmp_type == icmp_type::address_mask_reply ||
             packet.icmp_type == icmp_type::extended_echo_reply;
    case ip::icmpv6:
      return packet.icmp_type == icmpv6_type::echo_reply ||
             packet.icmp_type == icmpv6_type::extended_echo_reply;
    default: return false;
  }
}

// Texts of all protocol numbers, for those without a name.
struct NumberText {
  std::array<char, 3> octets{};
  std::uint8_t size = 0;
};
constexpr auto number_texts = [] {
  std::array<NumberText, 256> texts{};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    NumberText& text = texts[i];
    if (i >= 100) text.octets[text.size++] = static_cast<char>('0' + i / 100);
    if (i >= 10) text.octets[text.size++] = static_cast<char>('0' + i / 10 % 10);
    text.octets[text.size++] = static_cast<char>('0' + i % 10);
  }
  return texts;
}();

}  // namespace

std::string_view to_text(Orientation orientation) noexcept {
  switch (orientation) {
    case Orientation::syn: return "syn";
    case Orientation::syn_ack: return "synack";
    case Orientation::reply: return "reply";
    case Orientation::port: return "port";
    case Orientation::first: return "first";
  }
  return "first";
}

std::string_view to_text(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::fin: return "fin";
    case EndReason::rst: return "rst";
    case EndReason::idle: return "idle";
    case EndReason::evicted: return "evicted";
    case EndReason::eof: return "eof";
  }
  return "eof";
}

Orient orient(const Decoded& first, bool from_low) noexcept {
  if (first.proto == ip::tcp && first.has(flag::syn)) {
    if (first.has(flag::ack)) return {.client_is_low = !from_low, .how = Orientation::syn_ack};
    return {.client_is_low = from_low, .how = Orientation::syn};
  }
  if (is_icmp_reply(first) || is_sctp_answer(first))
    return {.client_is_low = !from_low, .how = Orientation::reply};
  // A group never sends (RFC 1122 3.2.1.3), whatever its port says.
  if (first.dst.is_multicast() || first.dst.is_broadcast())
    return {.client_is_low = from_low, .how = Orientation::first};
  const bool source_serves = !service_name(first.src_port, first.proto).empty();
  const bool destination_serves = !service_name(first.dst_port, first.proto).empty();
  if (source_serves != destination_serves) {
    return {.client_is_low = from_low == destination_serves, .how = Orientation::port};
  }
  return {.client_is_low = from_low, .how = Orientation::first};
}

Duration idle_timeout(const Flow& flow, const TcpConnection* tcp) noexcept {
  const std::uint8_t proto = flow.proto();
  if (proto == ip::tcp) {
    // Without memory for its state nothing else tells whether it has come about.
    const bool answered = flow.sides[0].packets != 0 && flow.sides[1].packets != 0;
    if (tcp == nullptr) return answered ? timeout::established : timeout::embryonic;
    if (tcp->closed()) return timeout::closed;
    return tcp->embryonic() ? timeout::embryonic : timeout::established;
  }
  if (proto == ip::udp || proto == ip::udplite) return timeout::udp;
  return is_icmp(proto) ? timeout::icmp : timeout::other;
}

Due next_due(const Flow& flow, const TcpConnection* tcp, Number number) noexcept {
  const Timestamp idle = flow.last + idle_timeout(flow, tcp);
  const Timestamp interim = flow.first + (flow.records + 1) * timeout::interim;
  return {.time = to_ns(std::min(idle, interim)), .sequence = flow.first_packet, .number = number};
}

ConnState state(const Flow& flow, const TcpConnection* tcp) noexcept {
  const Side& client = flow.sides[0];
  const Side& server = flow.sides[1];
  const std::uint8_t proto = flow.proto();
  if (proto == ip::tcp) {
    if (tcp == nullptr)
      return flow.first_syn.seen && server.packets == 0 ? ConnState::S0 : ConnState::OTH;
    return tcp->state(client.payload_bytes, server.payload_bytes);
  }
  if (proto != ip::udp && proto != ip::udplite) return ConnState::OTH;
  if (client.packets != 0) return server.packets != 0 ? ConnState::SF : ConnState::S0;
  return ConnState::SHR;
}

event::Id flow_id(const Flow& flow) noexcept {
  const std::array<std::uint64_t, 8> words{flow.key.words[0],
                                           flow.key.words[1],
                                           flow.key.words[2],
                                           flow.key.words[3],
                                           flow.key.words[4],
                                           flow.key.words[5],
                                           static_cast<std::uint64_t>(to_ns(flow.first_own())),
                                           flow.same_start};
  return {hash_words(words, fixed_hash_key)};
}

bool has_ports(std::uint8_t proto) noexcept {
  return proto == ip::tcp || proto == ip::udp || proto == ip::udplite || proto == ip::sctp;
}

constexpr std::array<std::string_view, 256> proto_texts = [] {
  std::array<std::string_view, 256> texts;
  for (std::size_t number = 0; number < texts.size(); ++number) {
    const std::string_view name = ip_protocol_name(static_cast<std::uint8_t>(number));
    const NumberText& text = number_texts[number];
    texts[number] = name.empty() ? std::string_view{text.octets.data(), text.size} : name;
  }
  return texts;
}();

event::FixedText<30> flow_community_id(const Flow& flow) {
  const FlowEnds both = flow_ends(flow);
  const std::uint8_t proto = flow.proto();
  const bool icmp = is_icmp(proto);
  return community_id(
      {.source = both.client,
       .destination = both.server,
       .protocol = proto,
       .source_port = icmp ? std::uint16_t{flow.icmp_type} : both.client_port,
       .destination_port = icmp ? std::uint16_t{flow.icmp_code} : both.server_port});
}

}  // namespace ntan::flow

#include "flow/contact.h"

#include <algorithm>
#include <array>

#include "base/icmp_type.h"
#include "base/port.h"
#include "wire/sctp.h"

namespace ntan::flow {
namespace {

using wire::Decoded;
namespace flag = wire::tcp_flag;
using Verdict = ContactStep::Verdict;

// ECE and CWR say nothing about the kind of a segment.
constexpr std::uint8_t control_flags =
    flag::fin | flag::syn | flag::rst | flag::psh | flag::ack | flag::urg;

/// From a server's port to a client's: an answer whose request was not captured, not a probe.
bool response_like(std::uint16_t src_port, std::uint16_t dst_port) noexcept {
  return src_port < first_user_port && dst_port >= first_user_port;
}

/// UDP services above the system ports that answer clients, those among them that are made to
/// answer victims of reflection: VPNs, SQL Server Browser, Citrix, L2TP, RADIUS, SSDP, NFS, remote
/// desktops, STUN, WS-Discovery, IPsec behind NAT, SIP, license servers, NAT-PMP, mDNS, LLMNR,
/// CoAP, pcAnywhere, BitTorrent, AFS, memcached, debuggers, routers and cameras, media, controllers
/// of buildings and machines, games and their chat.
constexpr std::array<std::uint16_t, 43> user_services{
    1194,  1434,  1604,  1701,  1812,  1900,  2049,  2302,  3283,  3389,  3478,
    3702,  4500,  5060,  5093,  5351,  5353,  5355,  5632,  5683,  6881,  7001,
    9987,  10001, 10074, 11211, 17185, 19132, 20811, 26000, 27015, 27960, 28960,
    30120, 30718, 32414, 33848, 37215, 37810, 41794, 44818, 47808, 51820};
static_assert(std::ranges::is_sorted(user_services));

/// System ports of UDP services that are made to answer victims, too: echo and the like, TFTP,
/// Kerberos, portmapper, NTP, NetBIOS, SNMP, XDMCP, LDAP, SLP, QUIC, IKE, RIP, IPMI and DNS. Others
/// are ports that a privileged client may ask from.
constexpr std::array<std::uint16_t, 24> system_services{7,   13,  17,  19,  37,  53,  69,  80,
                                                        88,  111, 123, 137, 138, 161, 177, 389,
                                                        427, 443, 464, 500, 520, 623, 631, 853};
static_assert(std::ranges::is_sorted(system_services));

/// No request, and larger than what a scanner asks with.
constexpr std::uint32_t large_answer = 200;

/// What comes from a service's port is from one, be it to a client or, where its address was
/// forged, to the service that is to be hit.
bool udp_response_like(const Decoded& packet) noexcept {
  if (packet.src_port == packet.dst_port) return false;
  const bool of_user = std::ranges::binary_search(user_services, packet.src_port);
  if (packet.dst_port >= first_user_port) return of_user || packet.src_port < first_user_port;
  return packet.payload_size >= large_answer &&
         (of_user || std::ranges::binary_search(system_services, packet.src_port));
}

/// A magic packet of Wake-on-LAN: six octets of ones, then sixteen times the sleeper's address. Who
/// is asleep does not answer.
bool wakes_up(const Decoded& packet) noexcept {
  constexpr std::size_t ones = 6, address = 6, whole = ones + 16 * address;
  constexpr std::uint16_t echo = 7, discard = 9;
  const Bytes payload = packet.payload_bytes();
  if (payload.size() < whole || (packet.dst_port != discard && packet.dst_port != echo))
    return false;
  return std::ranges::all_of(payload.first(ones),
                             [](std::uint8_t octet) { return octet == 0xff; }) &&
         std::ranges::equal(payload.subspan(ones, whole - ones - address),
                            payload.subspan(ones + address, whole - ones - address));
}

bool is_query(const Decoded& packet) noexcept {
  if (packet.proto == ip_protocol::icmpv6) return packet.icmp_type == icmpv6_type::echo_request;
  return packet.icmp_type == icmp_type::echo_request ||
         packet.icmp_type == icmp_type::timestamp_request ||
         packet.icmp_type == icmp_type::address_mask_request;
}

enum class ErrorMeaning : std::uint8_t { nothing, refused, time_exceeded };

ErrorMeaning meaning_of(const Decoded& error) noexcept {
  const std::uint8_t type = error.icmp_type;
  if (error.proto == ip_protocol::icmpv6) {
    if (type == icmpv6_type::time_exceeded) return ErrorMeaning::time_exceeded;
    const bool refused = type == icmpv6_type::destination_unreachable ||
                         (type == icmpv6_type::parameter_problem &&
                          error.icmp_code == icmpv6_code::unknown_next_header);
    return refused ? ErrorMeaning::refused : ErrorMeaning::nothing;
  }
  if (type == icmp_type::time_exceeded) return ErrorMeaning::time_exceeded;
  const bool refused = type == icmp_type::destination_unreachable &&
                       error.icmp_code != icmp_code::fragmentation_needed;
  return refused ? ErrorMeaning::refused : ErrorMeaning::nothing;
}

std::uint8_t first_chunk(const Decoded& packet) noexcept {
  constexpr std::uint8_t none = 255;  // reserved by RFC 9260 3.2
  return wire::first_sctp_chunk(packet.payload_bytes()).value_or(none);
}

/// Whether the originator has sent payload by now, captured or not: its own number or what the
/// other side has of it is further than a handshake and a FIN come.
bool has_sent_payload(const Decoded& packet, bool from_source, std::uint32_t syn_seq) noexcept {
  // Numbers further away are of another connection (RFC 5961 3: what a SYN meets there).
  constexpr std::uint32_t syn_and_fin = 2, most = std::uint32_t{1} << 20U;
  if (!packet.has(flag::ack) || packet.has(flag::syn | flag::rst)) return false;
  const std::uint32_t sent = (from_source ? packet.seq : packet.ack) - syn_seq;
  return sent > syn_and_fin && sent < most;
}

/// Results that take `silent` back: the target was there after all.
bool is_answer(Result result) noexcept {
  return result == Result::session || result == Result::banner || result == Result::connect ||
         result == Result::half_open;
}

}  // namespace

Duration timeout_of(ContactTimer timer) noexcept {
  using std::chrono::milliseconds;
  switch (timer) {
    case ContactTimer::none: return Duration{0};
    case ContactTimer::answer_tcp: return milliseconds{1500};
    case ContactTimer::answer: return milliseconds{2000};
    case ContactTimer::handshake: return milliseconds{5000};
    case ContactTimer::banner: return milliseconds{10000};
  }
  return Duration{0};
}

Cast cast_of(const Decoded& packet, const wire::Extra& extra) noexcept {
  if (packet.dst.is_multicast() || packet.dst.is_broadcast()) return Cast::group;
  if (extra.has_mac && packet.tunnel_depth == 0) {
    return (extra.dst_mac.octets[0] & 1U) != 0 ? Cast::group : Cast::unicast;
  }
  return Cast::unicast;
}

Direction Contact::source_direction() const noexcept {
  if (began_inside()) return Direction::to_server;
  return class_ == ContactClass::reverse_rst ? reverse(first_) : first_;
}

bool Contact::answered() const noexcept {
  const bool asked_once = class_ == ContactClass::udp || class_ == ContactClass::icmp ||
                          class_ == ContactClass::ip_protocol;
  return answered_ || result_ == Result::refused || (asked_once && result_ == Result::session);
}

bool Contact::accepted() const noexcept {
  const bool connects = class_ == ContactClass::syn || class_ == ContactClass::sctp;
  return connects && (answered_ || established_);
}

ContactStep Contact::start(ContactClass contact_class, ContactTimer timer) noexcept {
  class_ = contact_class;
  stage_ = Stage::waiting;
  return {.began = true, .arm = timer};
}

ContactStep Contact::start_decided(ContactClass contact_class, Result result) noexcept {
  class_ = contact_class;
  stage_ = Stage::done;
  result_ = result;
  return {.began = true, .verdict = Verdict::result};
}

ContactStep Contact::resolve(Result result) noexcept {
  if (stage_ == Stage::done) return {};
  if (stage_ == Stage::silent) {
    if (!is_answer(result)) return {};
    stage_ = Stage::done;
    result_ = result;
    return {.verdict = Verdict::late};
  }
  stage_ = result == Result::silent ? Stage::silent : Stage::done;
  result_ = result;
  return {.verdict = Verdict::result};
}

ContactStep Contact::begin(const Decoded& packet, Direction direction, Cast cast) noexcept {
  *this = Contact{};
  first_ = direction;
  if (cast == Cast::group) return {.asks = packet.proto == ip_protocol::udp};
  switch (packet.proto) {
    case ip_protocol::tcp: return begin_tcp(packet);
    case ip_protocol::udp:
      if (udp_response_like(packet) || wakes_up(packet)) return {};
      return start(ContactClass::udp, ContactTimer::answer);
    case ip_protocol::icmp:
    case ip_protocol::icmpv6:
      return is_query(packet) ? start(ContactClass::icmp, ContactTimer::answer) : ContactStep{};
    case ip_protocol::sctp: {
      const std::uint8_t chunk = first_chunk(packet);
      odd_first_ = chunk == wire::sctp_chunk::cookie_echo;
      return chunk == wire::sctp_chunk::init || odd_first_
                 ? start(ContactClass::sctp, ContactTimer::answer_tcp)
                 : ContactStep{};
    }
    default: return start(ContactClass::ip_protocol, ContactTimer::answer);
  }
}

ContactStep Contact::begin_tcp(const Decoded& packet) noexcept {
  // Flags that were not captured are no flags that were not set.
  if (packet.ports_only) return {};
  const auto flags = static_cast<std::uint8_t>(packet.tcp_flags & control_flags);
  // Whoever gets a SYN answers it, whatever else is set (RFC 9293 3.10.7.2).
  constexpr auto ignored = static_cast<std::uint8_t>(flag::psh | flag::urg);
  if ((flags & ~ignored) == flag::syn) return start(ContactClass::syn, ContactTimer::answer_tcp);
  if (flags == flag::fin) return start_decided(ContactClass::fin, Result::malformed);
  if (flags == 0) return start_decided(ContactClass::null, Result::malformed);
  if ((flags & (flag::syn | flag::ack | flag::rst)) == 0) {
    return start_decided(ContactClass::xmas, Result::malformed);
  }
  if ((flags & flag::syn) != 0 && (flags & (flag::fin | flag::rst)) != 0) {
    return start_decided(ContactClass::synfin, Result::malformed);
  }
  const bool towards_server =
      packet.dst_port < first_user_port && packet.src_port >= first_user_port;
  if ((flags & flag::rst) != 0) {
    // A client that aborts after its flow left the table also sends an RST from ever new ports to
    // one host; it goes to a server's port, an answer to a probe comes from one.
    if (towards_server) return {};
    return start_decided(ContactClass::reverse_rst, Result::refused);
  }
  // Timestamps are sent where both ends agreed on them (RFC 7323 3.2): a server that keeps alive or
  // closes what its client has forgotten.
  if (response_like(packet.src_port, packet.dst_port) ||
      wire::parse_tcp_timestamp(packet.option_bytes()))
    return go_on_inside(packet, first_ == Direction::to_server);
  // Mostly of a connection, and said to be a probe only if an RST is all that follows.
  if ((flags & ~ignored) == flag::ack && (flags != flag::ack || packet.payload_size != 0)) {
    class_ = ContactClass::ack;
    stage_ = Stage::waiting;
    odd_first_ = true;
    (first_ == Direction::to_server ? established_ : server_payload_) = packet.payload_size > 1;
    return {};
  }
  if (packet.payload_size != 0) return go_on_inside(packet, first_ == Direction::to_server);
  if (flags == flag::ack) return start(ContactClass::ack, ContactTimer::answer_tcp);
  if (flags == (flag::fin | flag::ack))
    return start(ContactClass::maimon, ContactTimer::answer_tcp);
  return {};
}

// Who opened the connection must be told by the ports.
ContactStep Contact::go_on_inside(const Decoded& packet, bool from_client) noexcept {
  const std::uint16_t client_port = from_client ? packet.src_port : packet.dst_port;
  const std::uint16_t server_port = from_client ? packet.dst_port : packet.src_port;
  if (!is_towards_client(server_port, client_port) && !response_like(server_port, client_port)) {
    *this = Contact{};
    return {};
  }
  class_ = ContactClass::syn;
  stage_ = Stage::waiting;
  midstream_ = true;
  odd_first_ = false;
  return on_used_inside(packet, from_client);
}

ContactStep Contact::after_laden(const Decoded& packet, bool from_source) noexcept {
  if (from_source || !packet.has(flag::rst))
    return go_on_inside(packet, from_source == (first_ == Direction::to_server));
  ContactStep step = resolve(Result::refused);
  step.began = true;
  return step;
}

// It says as much as a connection that was seen to begin, once both ends have sent payload.
ContactStep Contact::on_used_inside(const Decoded& packet, bool from_client) noexcept {
  if (packet.has(flag::rst)) {
    stage_ = Stage::done;
    return {};
  }
  // One octet may be a keep-alive: it says no more than a bare segment.
  if (packet.payload_size > 1) (from_client ? established_ : server_payload_) = true;
  if (!established_ || !server_payload_) return {};
  answered_ = true;
  stage_ = Stage::done;
  result_ = Result::session;
  return {.began = true, .verdict = Verdict::result};
}

ContactStep Contact::on_packet(const Decoded& packet, Direction direction,
                               std::optional<std::uint32_t> syn_seq) noexcept {
  if (stage_ == Stage::done) return {};
  const bool from_source = direction == source_direction();
  switch (class_) {
    case ContactClass::syn:
      if (began_inside()) return on_used_inside(packet, from_source);
      if (syn_seq && (!from_source || answered_) &&
          has_sent_payload(packet, from_source, *syn_seq)) {
        answered_ = true;
        return resolve(Result::session);
      }
      return from_source ? on_syn_originator(packet) : on_syn_answer(packet);
    case ContactClass::ack:
    case ContactClass::maimon:
      return laden() ? after_laden(packet, from_source) : on_probe(packet, from_source);
    case ContactClass::sctp: return on_sctp(packet, from_source);
    case ContactClass::udp:
    case ContactClass::icmp:
    case ContactClass::ip_protocol: return from_source ? ContactStep{} : resolve(Result::session);
    default: return {};
  }
}

Result Contact::without_originator_payload() const noexcept {
  return server_payload_ ? Result::banner : Result::connect;
}

ContactStep Contact::on_syn_answer(const Decoded& packet) noexcept {
  if (packet.has(flag::rst)) {
    if (!answered_ && !established_) return resolve(Result::refused);
    return established_ ? resolve(without_originator_payload()) : resolve(Result::connect);
  }
  if (packet.has(flag::syn)) {
    const bool first = !answered_;
    answered_ = true;
    return {.arm = first && !established_ ? ContactTimer::handshake : ContactTimer::none};
  }
  answered_ = true;
  if (packet.payload_size == 0) return {};
  server_payload_ = true;
  // A responder that sends payload has seen the acknowledgement, even where we have not.
  const bool first = !established_;
  established_ = true;
  return {.arm = first ? ContactTimer::banner : ContactTimer::none};
}

ContactStep Contact::on_syn_originator(const Decoded& packet) noexcept {
  if (packet.has(flag::rst)) {
    // Reset by who opened it without having asked anything: a banner that arrived first was not
    // waited for, so it does not make this more than a connect.
    return resolve(established_ ? Result::connect : Result::half_open);
  }
  if (packet.has(flag::syn) || !packet.has(flag::ack)) return {};
  // The handshake counts as completed even if the SYN-ACK was not captured (one direction only).
  const bool first = !established_;
  established_ = true;
  if (packet.payload_size != 0) return resolve(Result::session);
  if (packet.has(flag::fin)) return resolve(without_originator_payload());
  return {.arm = first ? ContactTimer::banner : ContactTimer::none};
}

ContactStep Contact::on_probe(const Decoded& packet, bool from_source) noexcept {
  if (!from_source) {
    answered_ = true;
    const bool refused = packet.has(flag::rst) && !midstream_;
    return resolve(refused ? Result::refused : Result::midstream);
  }
  const auto flags = static_cast<std::uint8_t>(packet.tcp_flags & control_flags);
  const auto probe =
      static_cast<std::uint8_t>(class_ == ContactClass::ack ? flag::ack : flag::fin | flag::ack);
  if (packet.payload_size != 0 || flags != probe) midstream_ = true;
  return {};
}

ContactStep Contact::on_sctp(const Decoded& packet, bool from_source) noexcept {
  const std::uint8_t chunk = first_chunk(packet);
  // A cookie that was never given probes past filters of INIT; one that was, shows soon that it
  // was.
  if (odd_first_) {
    if (chunk == wire::sctp_chunk::abort)
      return from_source ? ContactStep{} : resolve(Result::refused);
    return chunk == wire::sctp_chunk::cookie_echo ? ContactStep{} : resolve(Result::session);
  }
  if (from_source) {
    if (chunk == wire::sctp_chunk::cookie_echo) return resolve(Result::session);
    return chunk == wire::sctp_chunk::abort && answered_ ? resolve(Result::half_open)
                                                         : ContactStep{};
  }
  if (chunk == wire::sctp_chunk::abort) return resolve(Result::refused);
  if (chunk != wire::sctp_chunk::init_ack) return {};
  const bool first = !answered_;
  answered_ = true;
  return {.arm = first ? ContactTimer::handshake : ContactTimer::none};
}

ContactStep Contact::leave_half_open() noexcept {
  ContactStep step = resolve(Result::half_open);
  step.left = true;
  return step;
}

ContactStep Contact::on_timer(ContactTimer timer, std::uint32_t sent) noexcept {
  // Media, telemetry: a stream that runs without being asked for. No scanner repeats a probe as
  // often before it gives up the port.
  constexpr std::uint32_t stream = 24;
  if (stage_ != Stage::waiting) return {};
  switch (timer) {
    case ContactTimer::none: return {};
    case ContactTimer::answer_tcp:
    case ContactTimer::answer:
      if (midstream_) return resolve(Result::midstream);
      if (class_ == ContactClass::udp && sent >= stream) return resolve(Result::idle);
      return answered_ || established_ ? ContactStep{} : resolve(Result::silent);
    case ContactTimer::handshake:
      return answered_ && !established_ ? leave_half_open() : ContactStep{};
    case ContactTimer::banner: return resolve(server_payload_ ? Result::banner : Result::idle);
  }
  return {};
}

ContactStep Contact::on_icmp_error(const Decoded& error, Direction quoted) noexcept {
  if (stage_ != Stage::waiting || quoted != first_ || answered_ || established_ || is_inside())
    return {};
  switch (meaning_of(error)) {
    case ErrorMeaning::nothing: return {};
    case ErrorMeaning::time_exceeded: return resolve(Result::time_exceeded);
    case ErrorMeaning::refused: return resolve(Result::refused);
  }
  return {};
}

ContactStep Contact::on_close(Duration age) noexcept {
  if (stage_ != Stage::waiting || is_inside()) return {};
  if (established_) return resolve(server_payload_ ? Result::banner : Result::idle);
  if (midstream_) return resolve(Result::midstream);
  // A flow that had to go before an answer could come says nothing.
  constexpr Duration watched = std::chrono::milliseconds{200};
  if (age < watched) return resolve(Result::idle);
  return answered_ ? leave_half_open() : resolve(Result::silent);
}

}  // namespace ntan::flow

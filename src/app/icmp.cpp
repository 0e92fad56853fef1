// ICMP and ICMPv6: requests paired with their replies, messages that stand alone, and errors with
// the packet they quote.
//
// The event of an exchange is written at the reply, or 5 s after the last copy of the request. A
// reply without an open request (a second one, say) is an event of its own.
#include <array>

#include "app/icmp_message.h"
#include "app/open_list.h"
#include "app/protocol.h"
#include "base/icmp_type.h"
#include "base/quoted_packet.h"

namespace ntan::app {
namespace icmp {
namespace {

constexpr std::size_t max_open = 1024;  // of one flow: a flood over a long path
// What a full list lets go of at once: closing up the rest costs each request little then.
constexpr std::size_t crowded_out = max_open / 4;
constexpr unsigned max_errors = 5;
constexpr std::size_t header_size = 8;

/// The `icmp` event.
struct Icmp {
  Text type;
  std::uint8_t code = 0;
  Text code_name;
  std::optional<std::uint16_t> id;
  std::optional<std::uint16_t> seq;
  std::optional<std::uint32_t> payload_bytes;
  std::optional<bool> queried;
  std::optional<bool> answered;
  std::optional<std::uint32_t> retries;
  std::optional<std::int64_t> rtt_us;
  IpAddress target;
  std::optional<std::uint32_t> mtu;
  IpAddress gateway;
  IpAddress quoted_src_ip;
  std::optional<std::uint16_t> quoted_src_port;
  IpAddress quoted_dst_ip;
  std::optional<std::uint16_t> quoted_dst_port;
  Text quoted_proto;

  static constexpr event::RecordInfo info{
      .name = "icmp",
      .doc = "An ICMP or ICMPv6 request and its reply, a message that stands alone, or an error",
      .order = event::Order::protocol};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"type", &Icmp::type>("echo, time_exceeded, …; TYPE42 where it has no name"),
        field<"code", &Icmp::code>("Code; of an exchange, the request's if it was seen"),
        field<"code_name", &Icmp::code_name>(
            "port_unreachable, …; CODE42 where it has no name but others of the type do"),
        field<"id", &Icmp::id>("Identifier of the exchange"),
        field<"seq", &Icmp::seq>("Sequence number in the exchange"),
        field<"payload_bytes", &Icmp::payload_bytes>(
            "Octets behind the 8 of the header, as sent; not of errors"),
        field<"queried", &Icmp::queried>("The request was seen; absent outside exchanges"),
        field<"answered", &Icmp::answered>(
            "The reply was seen; absent outside exchanges and where none is waited for: of a "
            "request to a group, or with too many open"),
        field<"retries", &Icmp::retries>("Further copies of the request before the reply"),
        field<"rtt_us", &Icmp::rtt_us>("From the last copy of the request to the reply"),
        field<"target", &Icmp::target>(
            "Address asked for or told: neighbor discovery, multicast listeners"),
        field<"mtu", &Icmp::mtu>("MTU of the next hop, where a packet was too big"),
        field<"gateway", &Icmp::gateway>("Where a redirect points to"),
        field<"quoted_src_ip", &Icmp::quoted_src_ip>("Sender of the packet the error is about"),
        field<"quoted_src_port", &Icmp::quoted_src_port>("Its source port"),
        field<"quoted_dst_ip", &Icmp::quoted_dst_ip>("Its destination"),
        field<"quoted_dst_port", &Icmp::quoted_dst_port>("Its destination port"),
        field<"quoted_proto", &Icmp::quoted_proto>("Its protocol: tcp, udp, … or the number"));
  }
};

// The fixed header (RFC 792): type, code, checksum and four octets that depend on the type.
struct Head {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint16_t high = 0;  // identifier
  std::uint16_t low = 0;   // sequence number
  Bytes body;
};

std::optional<Head> read_head(Bytes octets) noexcept {
  Reader reader{octets};
  Head head{.type = reader.u8(), .code = reader.u8()};
  reader.skip(2);
  head.high = reader.be16();
  head.low = reader.be16();
  head.body = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return head;
}

std::uint32_t payload_of(const Segment& segment) noexcept {
  return segment.size > header_size ? segment.size - std::uint32_t{header_size} : 0;
}

bool is_cut(const Segment& segment) noexcept {
  return segment.data.size() < segment.size;
}

Icmp describe(IpVersion version, const Head& head) noexcept {
  Icmp event;
  event.type = type_name(version, head.type);
  event.code = head.code;
  event.code_name = code_name(version, head.type, head.code);
  return event;
}

// A request without its reply.
struct OpenRequest {
  Timestamp last;
  std::uint32_t token = 0;
  std::uint32_t retries = 0;
  std::uint32_t payload = 0;
  std::uint16_t id = 0;
  std::uint16_t seq = 0;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  Direction direction{};
  bool is_echo = false;
};

bool is_many(const IpAddress& address) noexcept {
  return address.is_multicast() || address.is_broadcast();
}

class IcmpDissector final : public Dissector {
 public:
  explicit IcmpDissector(const FlowContext& flow)
      : budget_(flow.memory),
        open_(*flow.memory),
        to_many_{is_many(flow.server), is_many(flow.client)},
        version_(flow.client.version),
        to_itself_(flow.client == flow.server) {}

  Progress consume(const Segment& segment, Output& out) override {
    const auto head = read_head(segment.data);
    if (!head) return is_cut(segment) ? Progress::more : malformed(out);
    if (const auto exchange = exchange_of(version_, head->type)) {
      const std::uint16_t seq =
          exchange->short_number ? static_cast<std::uint16_t>(head->low >> 8U) : head->low;
      if (exchange->is_request) {
        on_request(*head, *exchange, seq, segment, out);
      } else {
        on_reply(*head, *exchange, seq, segment, out);
      }
    } else {
      report_alone(*head, segment, out);
    }
    return Progress::more;
  }

  void on_timer(Timer /*timer*/, std::uint32_t token, Timestamp /*now*/, Output& out) override {
    const auto at =
        open_.find([token](const OpenRequest& request) { return request.token == token; });
    if (at != open_.end()) close(open_.take(at), out);
  }

  void on_end(Timestamp /*now*/, Output& out) override { close_all(out); }

 private:
  Progress malformed(Output& out) {
    out.anomaly("icmp", event::Reason::icmp_malformed, "header");
    if (++errors_ < max_errors) return Progress::more;
    close_all(out);
    return Progress::give_up;
  }

  auto find(const Head& head, std::uint8_t request, std::uint16_t seq, Direction direction) {
    return open_.find([&](const OpenRequest& open) {
      return open.seq == seq && open.id == head.high && open.type == request &&
             (to_itself_ || open.direction == direction);
    });
  }

  void on_request(const Head& head, const Exchange& exchange, std::uint16_t seq,
                  const Segment& segment, Output& out) {
    const auto same = find(head, head.type, seq, segment.direction);
    if (same != open_.end()) {
      ++same->retries;
      same->last = segment.time;
      arm(*same, out);
      return;
    }
    // Who is there answers from an address of his own, in flows of their own.
    const bool to_many = to_many_[index(segment.direction)];
    if (exchange.is_echo && !to_many) out.note({event::Note::Kind::icmp_echo});
    if (open_.full()) let_go(out);
    OpenRequest request{.last = segment.time,
                        .payload = payload_of(segment),
                        .id = head.high,
                        .seq = seq,
                        .type = head.type,
                        .code = head.code,
                        .direction = segment.direction,
                        .is_echo = exchange.is_echo};
    if (!to_many && open_.make_room()) {
      arm(open_.add(std::move(request)), out);
    } else {
      out.emit(describe_request(request));  // there is no waiting for the reply
    }
  }

  void on_reply(const Head& head, const Exchange& exchange, std::uint16_t seq,
                const Segment& segment, Output& out) {
    const auto same = find(head, exchange.request, seq, reverse(segment.direction));
    if (same == open_.end()) {
      Icmp event = describe(version_, head);
      event.id = head.high;
      event.seq = seq;
      event.payload_bytes = payload_of(segment);
      event.queried = false;
      event.answered = true;
      out.emit(event);
      return;
    }
    const OpenRequest request = open_.take(same);
    Icmp event = describe_request(request);
    event.answered = true;
    if (exchange.is_echo) out.note({event::Note::Kind::icmp_answered});
    if (segment.time >= request.last) {
      event.rtt_us = to_us(segment.time - request.last);
      if (exchange.is_echo) {
        out.note({event::Note::Kind::icmp_rtt_us, static_cast<std::uint64_t>(*event.rtt_us)});
      }
    }
    out.emit(event);
  }

  void report_alone(const Head& head, const Segment& segment, Output& out) {
    Icmp event = describe(version_, head);
    event.payload_bytes = payload_of(segment);
    // RFC 2710 3, RFC 4861 4.3 to 4.5: an address stands first in the body.
    const bool listener = head.type >= icmpv6_type::mld_query && head.type <= icmpv6_type::mld_done;
    const bool neighbor =
        head.type >= icmpv6_type::neighbor_solicitation && head.type <= icmpv6_type::redirect;
    if (version_ == IpVersion::v6 && (listener || neighbor)) {
      const Bytes target = Reader{head.body}.take(16);
      if (!target.empty()) event.target = IpAddress::v6(target.data());
      if (head.type == icmpv6_type::redirect) event.gateway = event.target;
    }
    out.emit(event);
  }

  [[nodiscard]] Icmp describe_request(const OpenRequest& request) const noexcept {
    Icmp event = describe(version_, {.type = request.type, .code = request.code});
    event.id = request.id;
    event.seq = request.seq;
    event.payload_bytes = request.payload;
    event.queried = true;
    event.retries = request.retries;
    return event;
  }

  void arm(OpenRequest& request, Output& out) {
    request.token = ++last_token_;
    out.arm(Timer::reply_5s, request.token);
  }

  void close(const OpenRequest& request, Output& out) const {
    if (request.is_echo) out.note({event::Note::Kind::icmp_lost});
    Icmp event = describe_request(request);
    event.answered = false;
    out.emit(event);
  }

  // Whether the replies to the oldest come will not be known.
  void let_go(Output& out) {
    open_.drop_front(crowded_out, [&](const OpenRequest& request) {
      ++budget_->crowded_out;
      out.emit(describe_request(request));
    });
  }

  void close_all(Output& out) {
    open_.drop_front(open_.size(), [&](const OpenRequest& request) { close(request, out); });
  }

  Budget* budget_;
  OpenList<OpenRequest, max_open> open_;
  std::array<bool, 2> to_many_;  // by the direction of a request: it goes to a group or to all
  std::uint32_t last_token_ = 0;
  unsigned errors_ = 0;
  IpVersion version_;
  bool to_itself_;  // a host that asks itself: both ways look the same
};

class IcmpErrorDissector final : public Dissector {
 public:
  explicit IcmpErrorDissector(const FlowContext& /*flow*/) {}

  Progress consume(const Segment& segment, Output& out) override {
    const auto head = read_head(segment.data);
    if (!head) {
      if (!is_cut(segment)) out.anomaly("icmp", event::Reason::icmp_malformed, "header");
      return Progress::more;
    }
    Icmp event = describe(segment.ip_version, *head);
    add_details(event, segment.ip_version, *head);
    if (const auto quote = QuotedPacket::parse(head->body, segment.ip_version)) {
      add_quote(event, *quote);
    } else if (!is_cut(segment)) {
      out.anomaly("icmp", event::Reason::icmp_malformed, "quoted packet");
    }
    out.emit(event);
    return Progress::more;
  }

 private:
  static void add_details(Icmp& event, IpVersion version, const Head& head) noexcept {
    const std::uint32_t word = std::uint32_t{head.high} << 16U | head.low;
    std::uint32_t mtu = 0;
    if (version == IpVersion::v6) {
      if (head.type == icmpv6_type::packet_too_big) mtu = word;
    } else if (head.type == icmp_type::destination_unreachable &&
               head.code == icmp_code::fragmentation_needed) {
      mtu = head.low;  // RFC 1191 4; 0 from routers that do not know of it
    } else if (head.type == icmp_type::redirect) {
      const std::array<std::uint8_t, 4> octets{
          static_cast<std::uint8_t>(word >> 24U), static_cast<std::uint8_t>(word >> 16U),
          static_cast<std::uint8_t>(word >> 8U), static_cast<std::uint8_t>(word)};
      event.gateway = IpAddress::v4(octets.data());
    }
    if (mtu != 0) event.mtu = mtu;
  }

  static void add_quote(Icmp& event, const QuotedPacket& quote) noexcept {
    event.quoted_src_ip = quote.src;
    event.quoted_src_port = quote.src_port;
    event.quoted_dst_ip = quote.dst;
    event.quoted_dst_port = quote.dst_port;
    event.quoted_proto = proto_name(quote.proto);
  }
};

Verdict always(const Segment& /*start*/, const FlowContext& /*flow*/) {
  return Verdict::yes;
}

void add_end(TextLine& line, const IpAddress& address, std::optional<std::uint16_t> port) {
  line.add(address);
  if (port) line.add(" port ").add(*port);
}

void describe(Transport transport, const Segment& segment, TextLine& line) {
  const auto head = read_head(segment.data);
  if (!head) return;
  const IpVersion version = segment.ip_version;
  line.add(type_name(version, head->type).view());
  if (transport == Transport::icmp_error) {
    const Text code = code_name(version, head->type, head->code);
    if (!code.view().empty()) line.add(" ").add(code.view());
    if (const auto quote = QuotedPacket::parse(head->body, version)) {
      line.add(" of ").add(proto_name(quote->proto).view()).add(" ");
      add_end(line, quote->src, quote->src_port);
      line.add(" to ");
      add_end(line, quote->dst, quote->dst_port);
    }
  } else if (const auto exchange = exchange_of(version, head->type)) {
    const unsigned number = exchange->short_number ? head->low >> 8U : head->low;
    line.add(exchange->is_request ? " request" : " reply");
    line.add(" id ").add(head->high).add(" seq ").add(number);
  }
}

constexpr std::array<const event::Schema*, 1> events{&event::schema_of<Icmp>};

}  // namespace
}  // namespace icmp

extern const Protocol icmp_protocol;
const Protocol icmp_protocol{
    .name = "icmp",
    .transports = mask(Transport::icmp),
    .ports = {},
    .events = icmp::events,
    .probe = icmp::always,
    .state_size = sizeof(icmp::IcmpDissector),
    .construct = construct<icmp::IcmpDissector>,
    .describe = icmp::describe,
};

extern const Protocol icmp_error_protocol;
const Protocol icmp_error_protocol{
    .name = "icmp_error",
    .transports = mask(Transport::icmp_error),
    .ports = {},
    .events = icmp::events,
    .probe = icmp::always,
    .state_size = sizeof(icmp::IcmpErrorDissector),
    .construct = construct<icmp::IcmpErrorDissector>,
    .describe = icmp::describe,
};

}  // namespace ntan::app

#include "flow/flow.h"

#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include <catch2/catch.hpp>

#include "base/icmp_type.h"
#include "tests/flow/segment.h"
#include "wire/sctp.h"

namespace ntan::flow {
namespace {

using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;
namespace ip = ip_protocol;
using test::Talk;

constexpr Timestamp start = from_ns(1'700'000'000'000'000'000);

wire::Decoded packet(std::uint8_t proto, std::uint16_t src_port, std::uint16_t dst_port,
                     int flags = 0) {
  wire::Decoded decoded;
  decoded.src = *parse_address("198.51.100.1");
  decoded.dst = *parse_address("192.0.2.1");
  decoded.src_port = src_port;
  decoded.dst_port = dst_port;
  decoded.proto = proto;
  decoded.tcp_flags = static_cast<std::uint8_t>(flags);
  decoded.bucket = wire::Bucket::flow;
  return decoded;
}

Flow begin(const wire::Decoded& first) {
  const DirectedKey made = make_key(first, VlanUse::keep);
  Flow flow;
  flow.key = made.key;
  flow.first = flow.last = start;
  flow.first_packet = 1;
  flow.orientation = orient(first, made.from_low);
  flow.sides[index(flow.direction(made.from_low))].packets = 1;
  return flow;
}

Duration timeout_after(std::string_view script) {
  const Talk talk(script);
  return idle_timeout(begin(packet(ip::tcp, 40000, 80, flag::syn)), &talk.tcp);
}

}  // namespace

TEST_CASE("flow: a group never is the originator") {
  struct Case {
    IpAddress group;
    std::uint16_t src_port, dst_port;
  };
  const auto c = GENERATE(values<Case>({
      {*parse_address("255.255.255.255"), 67, 68},
      {*parse_address("239.255.255.250"), 1900, 50000},
      {*parse_address("ff02::fb"), 53, 50000},
  }));
  wire::Decoded first = packet(ip::udp, c.src_port, c.dst_port, 0);
  if (c.group.version == IpVersion::v6) first.src = *parse_address("fe80::1");
  first.dst = c.group;
  const Flow flow = begin(first);
  CHECK(flow.sides[0].packets == 1);
  CHECK(to_text(flow.orientation.how) == "first");
}

TEST_CASE("flow: the originator is told by SYN, SYN-ACK, known port, first sender, in this order") {
  struct Case {
    std::uint8_t proto;
    std::uint16_t src_port, dst_port;
    int flags;
    std::string_view how;
    bool sender_is_client;
  };
  const auto c = GENERATE(values<Case>({
      {ip::tcp, 40000, 80, flag::syn, "syn", true},
      {ip::tcp, 80, 40000, flag::syn, "syn", true},
      {ip::tcp, 80, 40000, flag::syn | flag::ack, "synack", false},
      {ip::tcp, 40000, 80, flag::syn | flag::ack, "synack", false},
      {ip::tcp, 40000, 80, flag::ack, "port", true},
      {ip::tcp, 80, 40000, flag::ack, "port", false},
      {ip::tcp, 80, 443, flag::ack, "first", true},
      {ip::tcp, 40000, 40001, flag::rst, "first", true},
      {ip::udp, 53, 40000, 0, "port", false},
      {ip::udp, 40000, 53, 0, "port", true},
      {ip::udp, 40000, 22, 0, "first", true},  // ssh is TCP only
      {ip::udp, 5353, 5353, 0, "first", true},
  }));
  CAPTURE(c.src_port, c.dst_port, c.flags);
  const wire::Decoded first = packet(c.proto, c.src_port, c.dst_port, c.flags);
  const Flow flow = begin(first);
  CHECK(to_text(flow.orientation.how) == c.how);
  const FlowEnds both = flow_ends(flow);
  CHECK(both.client == (c.sender_is_client ? first.src : first.dst));
  CHECK(both.server == (c.sender_is_client ? first.dst : first.src));
  CHECK(both.client_port == (c.sender_is_client ? c.src_port : c.dst_port));
  CHECK(both.server_port == (c.sender_is_client ? c.dst_port : c.src_port));
  CHECK(flow.sides[c.sender_is_client ? 0 : 1].packets == 1);
  CHECK(flow.one_sided());
}

TEST_CASE("flow: an ICMP reply goes to the originator, an advertisement need not") {
  struct Case {
    std::uint8_t proto;
    std::uint8_t type;
    bool reply;
  };
  const auto c = GENERATE(values<Case>({
      {ip::icmp, icmp_type::echo_request, false},
      {ip::icmp, icmp_type::echo_reply, true},
      {ip::icmp, icmp_type::timestamp_reply, true},
      {ip::icmp, icmp_type::router_advertisement, false},
      {ip::icmpv6, icmpv6_type::echo_request, false},
      {ip::icmpv6, icmpv6_type::echo_reply, true},
      {ip::icmpv6, icmpv6_type::neighbor_advertisement, false},
  }));
  CAPTURE(c.proto, c.type);
  wire::Decoded first = packet(c.proto, 7, 7, 0);
  first.icmp_type = c.type;
  if (c.proto == ip::icmpv6) {
    first.src = *parse_address("2001:db8::2");
    first.dst = *parse_address("2001:db8::1");
  }
  const Flow flow = begin(first);
  CHECK(to_text(flow.orientation.how) == (c.reply ? "reply" : "first"));
  CHECK(flow_ends(flow).client == (c.reply ? first.dst : first.src));
}

TEST_CASE("flow: what answers the beginning of SCTP goes to the originator") {
  namespace chunk = wire::sctp_chunk;
  const auto type =
      GENERATE(as<std::uint8_t>{}, chunk::init, chunk::init_ack, chunk::cookie_ack, chunk::data);
  CAPTURE(static_cast<int>(type));
  const std::array<std::uint8_t, 4> octets{type, 0, 0, 4};
  wire::Decoded first = packet(ip::sctp, 36412, 36412, 0);
  first.payload = octets.data();
  first.payload_size = octets.size();
  first.payload_captured = octets.size();
  const bool answers = type == chunk::init_ack || type == chunk::cookie_ack;
  const Flow flow = begin(first);
  CHECK(to_text(flow.orientation.how) == (answers ? "reply" : "first"));
  CHECK(flow_ends(flow).client == (answers ? first.dst : first.src));
}

TEST_CASE("flow: ICMP that the other version of IP carries has no type that could be a reply's") {
  wire::Decoded first = packet(ip::icmp, 0, 0, 0);
  first.src = *parse_address("2001:db8::1");
  first.dst = *parse_address("2001:db8::2");
  const Flow flow = begin(first);
  CHECK(to_text(flow.orientation.how) == "first");
  CHECK(flow_ends(flow).client == first.src);
}

TEST_CASE("flow: its id depends on key, start and equal starts, on nothing else") {
  const Flow flow = begin(packet(ip::udp, 40000, 53));
  Flow same = begin(packet(ip::udp, 40000, 53));
  same.first_packet = 99;
  same.tag = 7;
  same.interface = 3;
  same.last = start + 1s;
  same.records = 2;
  same.orientation = {.client_is_low = !flow.orientation.client_is_low, .how = Orientation::first};
  same.sides[1].packets = 5;
  CHECK(flow_id(same) == flow_id(flow));

  std::set<std::uint64_t> ids{flow_id(flow).value};
  Flow other = flow;
  Uncommon late;
  late.first_own = flow.first - 1ns;
  other.uncommon = &late;
  ids.insert(flow_id(other).value);
  other = flow;
  other.same_start = 1;
  ids.insert(flow_id(other).value);
  for (std::uint16_t number = 0; number < 1000; ++number)
    ids.insert(flow_id(begin(packet(ip::udp, number, 53))).value);
  CHECK(ids.size() == 1003);
}

TEST_CASE("flow: its id stays what it has been") {
  CHECK(flow_id(begin(packet(ip::udp, 40000, 53))).value == 0xdb97c53dd079b080U);
}

TEST_CASE("flow: the idle time-out follows protocol and state") {
  CHECK(idle_timeout(begin(packet(ip::udp, 40000, 53)), nullptr) == 60s);
  CHECK(idle_timeout(begin(packet(ip::udplite, 40000, 53)), nullptr) == 60s);
  CHECK(idle_timeout(begin(packet(ip::icmp, 1, 1)), nullptr) == 30s);
  CHECK(idle_timeout(begin(packet(ip::icmpv6, 1, 1)), nullptr) == 30s);
  CHECK(idle_timeout(begin(packet(ip::sctp, 40000, 53)), nullptr) == 60s);
  const Flow tcp = begin(packet(ip::tcp, 40000, 80, flag::syn));
  CHECK(idle_timeout(tcp, nullptr) == 10s);
  CHECK(timeout_after(">S <SA") == 10s);
  CHECK(timeout_after(">S <SA >A") == 300s);
  CHECK(timeout_after(">A <A") == 300s);
  CHECK(timeout_after(">S <SA >A >FA") == 300s);
  CHECK(timeout_after(">S <SA >A >FA <FA") == 5s);
  CHECK(timeout_after(">S <RA") == 5s);
}

TEST_CASE("flow: it is due at its idle end or its next interim record, whichever is first") {
  Flow flow = begin(packet(ip::udp, 40000, 53));
  flow.first_packet = 42;
  flow.last = start + 50s;
  const Due interim = next_due(flow, nullptr, 3);
  CHECK(interim.time == to_ns(start + 60s));
  CHECK(interim.sequence == 42);
  CHECK(interim.number == 3);
  flow.records = 1;
  CHECK(next_due(flow, nullptr, 3).time == to_ns(start + 110s));
  flow.records = 2;
  CHECK(next_due(flow, nullptr, 3).time == to_ns(start + 110s));
  flow.last = start + 1000 * 24h;
  flow.records = 1000 * 24 * 60 - 1;
  CHECK(next_due(flow, nullptr, 3).time == to_ns(start + 1000 * 24h));
}

TEST_CASE("flow: UDP states tell who has sent, others have none") {
  Flow flow = begin(packet(ip::udp, 40000, 53));
  CHECK(state(flow, nullptr) == ConnState::S0);
  flow.sides[1].packets = 1;
  CHECK(state(flow, nullptr) == ConnState::SF);
  flow.sides[0].packets = 0;
  CHECK(state(flow, nullptr) == ConnState::SHR);
  CHECK(state(begin(packet(ip::icmp, 1, 1)), nullptr) == ConnState::OTH);
}

TEST_CASE("flow: of TCP without state only an unanswered SYN tells") {
  const wire::Decoded syn = packet(ip::tcp, 40000, 80, flag::syn);
  Flow flow = begin(syn);
  CHECK(state(flow, nullptr) == ConnState::OTH);
  flow.first_syn = FirstSyn::of(syn);
  CHECK(state(flow, nullptr) == ConnState::S0);
  CHECK(idle_timeout(flow, nullptr) == timeout::embryonic);
  flow.sides[1].packets = 1;
  CHECK(state(flow, nullptr) == ConnState::OTH);
  CHECK(idle_timeout(flow, nullptr) == timeout::established);
}

TEST_CASE("flow: a protocol without a name shows its number") {
  CHECK(proto_text(ip::tcp) == "tcp");
  CHECK(proto_text(ip::icmpv6) == "icmpv6");
  CHECK(proto_text(0) == "0");
  CHECK(proto_text(99) == "99");
  CHECK(proto_text(253) == "253");
}

TEST_CASE("flow: ports mean ports in four protocols") {
  int with_ports = 0;
  for (int proto = 0; proto < 256; ++proto)
    with_ports += has_ports(static_cast<std::uint8_t>(proto)) ? 1 : 0;
  CHECK(with_ports == 4);
  CHECK(has_ports(ip::sctp));
  CHECK_FALSE(has_ports(ip::icmp));
}

TEST_CASE("flow: the Community ID is the same whoever was seen first") {
  const Flow one = begin(packet(ip::udp, 40000, 53));
  wire::Decoded reply = packet(ip::udp, 53, 40000);
  std::swap(reply.src, reply.dst);
  CHECK(flow_community_id(begin(reply)).view() == flow_community_id(one).view());
  CHECK(flow_community_id(one).view().substr(0, 2) == "1:");
}

}  // namespace ntan::flow

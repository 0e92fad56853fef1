#include "flow/contact.h"

#include <vector>

#include <catch2/catch.hpp>

#include "flow/contact_outcome.h"
#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::flow;
using namespace ntan::test::literals;
namespace flag = wire::tcp_flag;
using Verdict = ContactStep::Verdict;

namespace {

constexpr auto to_server = Direction::to_server;
constexpr auto to_client = Direction::to_client;

IpAddress address(std::string_view text) {
  return *parse_address(text);
}

/// A packet from 198.51.100.1:40000 to 192.0.2.1, unless told otherwise.
struct Ports {
  std::uint16_t src = 40000;
  std::uint16_t dst = 80;
};

wire::Decoded packet(std::uint8_t proto, Ports ports = {}) {
  wire::Decoded decoded;
  decoded.src = address("198.51.100.1");
  decoded.dst = address("192.0.2.1");
  decoded.bucket = wire::Bucket::flow;
  decoded.proto = proto;
  decoded.src_port = ports.src;
  decoded.dst_port = ports.dst;
  decoded.ttl = 64;
  return decoded;
}

wire::Decoded tcp(int flags, std::uint32_t payload = 0, Ports ports = {}) {
  wire::Decoded decoded = packet(ip_protocol::tcp, ports);
  decoded.tcp_flags = static_cast<std::uint8_t>(flags);
  decoded.payload_size = payload;
  return decoded;
}

wire::Decoded icmp(std::uint8_t type, std::uint8_t code = 0) {
  wire::Decoded decoded = packet(ip_protocol::icmp);
  decoded.icmp_type = type;
  decoded.icmp_code = code;
  return decoded;
}

wire::Decoded sctp(Bytes chunks) {
  wire::Decoded decoded = packet(ip_protocol::sctp);
  decoded.payload = chunks.data();
  decoded.payload_captured = decoded.payload_size = static_cast<std::uint32_t>(chunks.size());
  return decoded;
}

Contact begun(const wire::Decoded& first) {
  Contact contact;
  (void)contact.begin(first, to_server, Cast::unicast);
  return contact;
}

constexpr int syn_ack = flag::syn | flag::ack;

void require_result(const Contact& contact, ContactStep step, Result result) {
  REQUIRE(step.verdict == Verdict::result);
  REQUIRE(contact.result() == result);
}

}  // namespace

TEST_CASE("contact: fits in eight octets of a flow") {
  STATIC_REQUIRE(sizeof(Contact) <= 8);
}

TEST_CASE("contact: the first TCP segment names the class") {
  const auto [flags, expected] = GENERATE(table<int, ContactClass>({
      {flag::syn, ContactClass::syn},
      {flag::syn | flag::ece | flag::cwr, ContactClass::syn},
      {flag::syn | flag::psh, ContactClass::syn},
      {flag::syn | flag::urg | flag::psh, ContactClass::syn},
      {flag::fin, ContactClass::fin},
      {0, ContactClass::null},
      {flag::fin | flag::psh | flag::urg, ContactClass::xmas},
      {flag::psh, ContactClass::xmas},
      {flag::syn | flag::fin, ContactClass::synfin},
      {flag::syn | flag::rst, ContactClass::synfin},
      {flag::ack, ContactClass::ack},
      {flag::fin | flag::ack, ContactClass::maimon},
      {flag::syn | flag::ack, ContactClass::none},
      {flag::psh | flag::ack, ContactClass::ack},  // told only if it is refused
  }));
  REQUIRE(begun(tcp(flags)).contact_class() == expected);
}

TEST_CASE("contact: a stealth probe is decided by its first segment") {
  Contact contact;
  const ContactStep step = contact.begin(tcp(flag::fin), to_server, Cast::unicast);
  REQUIRE(step.began);
  require_result(contact, step, Result::malformed);
  REQUIRE(contact.done());
}

TEST_CASE("contact: a segment of which only the ports were captured is no probe") {
  wire::Decoded cut = tcp(0);
  cut.ports_only = true;
  Contact contact;
  CHECK_FALSE(contact.begin(cut, to_server, Cast::unicast).began);
}

TEST_CASE("contact: what goes to a group is no contact") {
  Contact contact;
  REQUIRE(contact.begin(tcp(flag::syn), to_server, Cast::group).silent());
  REQUIRE(contact.contact_class() == ContactClass::none);
  wire::Extra extra;
  auto multicast = packet(ip_protocol::udp);
  multicast.dst = address("224.0.0.251");
  REQUIRE(cast_of(multicast, extra) == Cast::group);
  auto directed = packet(ip_protocol::udp);
  directed.dst = address("192.0.2.255");
  extra.has_mac = true;
  extra.dst_mac.octets.fill(0xff);
  REQUIRE(cast_of(directed, extra) == Cast::group);
}

TEST_CASE("contact: payload in the middle of a stream is no probe") {
  const Ports ports = GENERATE(Ports{.src = 40000, .dst = 80}, Ports{.src = 443, .dst = 51000},
                               Ports{.src = 5000, .dst = 6000});
  Contact contact;
  CHECK(contact.begin(tcp(flag::ack, 100, ports), to_server, Cast::unicast).nothing());
  CHECK(contact.on_packet(tcp(flag::ack), to_server).nothing());
  CHECK(contact.on_packet(tcp(flag::rst), to_client).nothing());
  CHECK(contact.on_close(std::chrono::hours{1}).nothing());
}

TEST_CASE("contact: a connection from before the capture is one once both ends have spoken") {
  const bool client_first = GENERATE(true, false);
  const Ports up = GENERATE(Ports{.src = 40000, .dst = 8883}, Ports{.src = 2000, .dst = 443});
  const Ports down{.src = up.dst, .dst = up.src};
  const wire::Decoded asks = tcp(flag::ack | flag::psh, 20, up);
  const wire::Decoded answers = tcp(flag::ack | flag::psh, 30, down);
  Contact contact;
  CHECK(
      contact
          .begin(client_first ? asks : answers, client_first ? to_server : to_client, Cast::unicast)
          .nothing());
  CHECK(contact
            .on_packet(tcp(flag::ack, 1, client_first ? down : up),
                       client_first ? to_client : to_server)
            .nothing());  // a keep-alive may have an octet
  CHECK(contact.on_icmp_error(icmp(3, 3), to_server).nothing());
  const ContactStep step =
      contact.on_packet(client_first ? answers : asks, client_first ? to_client : to_server);
  CHECK(step.began);
  require_result(contact, step, Result::session);
  CHECK(contact.done());
  CHECK(contact.contact_class() == ContactClass::syn);
  CHECK(contact.source_direction() == to_server);
  CHECK(contact.answered());
  const ContactOrigin origin{.client = address("198.51.100.1"),
                             .server = address("192.0.2.1"),
                             .client_port = up.src,
                             .server_port = up.dst,
                             .proto = ip_protocol::tcp};
  const Outcome outcome = make_outcome(origin, contact, Outcome::Kind::contact, from_ns(5));
  CHECK(outcome.began_inside);
  CHECK(outcome.dst_port == up.dst);
}

TEST_CASE("contact: ports that tell no server make no connection from before the capture") {
  const Ports ports = GENERATE(Ports{.src = 40000, .dst = 40001}, Ports{.src = 5000, .dst = 6000},
                               Ports{.src = 443, .dst = 40000});
  Contact contact;
  CHECK(contact.begin(tcp(flag::ack, 9, ports), to_server, Cast::unicast).nothing());
  CHECK(contact.on_packet(tcp(flag::ack, 9, {.src = ports.dst, .dst = ports.src}), to_client)
            .nothing());
}

TEST_CASE("contact: a SYN answered by RST is refused") {
  Contact contact = begun(tcp(flag::syn));
  require_result(contact, contact.on_packet(tcp(flag::rst | flag::ack), to_client),
                 Result::refused);
  REQUIRE(contact.on_timer(ContactTimer::answer_tcp).silent());
}

TEST_CASE("contact: a SYN without answer is silent after 1.5 s") {
  Contact contact;
  const ContactStep step = contact.begin(tcp(flag::syn), to_server, Cast::unicast);
  REQUIRE(step.arm == ContactTimer::answer_tcp);
  REQUIRE(timeout_of(step.arm) == std::chrono::milliseconds{1500});
  REQUIRE(contact.on_packet(tcp(flag::syn), to_server).silent());  // sent again
  require_result(contact, contact.on_timer(ContactTimer::answer_tcp), Result::silent);
  REQUIRE_FALSE(contact.done());
}

TEST_CASE("contact: an answer after the time-out takes silent back once") {
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_timer(ContactTimer::answer_tcp);
  SECTION("by a session") {
    REQUIRE(contact.on_packet(tcp(syn_ack), to_client).silent());
    REQUIRE(contact.on_packet(tcp(flag::ack), to_server).silent());
    const ContactStep step = contact.on_packet(tcp(flag::ack | flag::psh, 10), to_server);
    REQUIRE(step.verdict == Verdict::late);
    REQUIRE(contact.result() == Result::session);
    REQUIRE(contact.on_packet(tcp(flag::ack | flag::psh, 10), to_server).silent());
  }
  SECTION("not by a refusal, which is as bad") {
    REQUIRE(contact.on_packet(tcp(flag::rst | flag::ack), to_client).silent());
  }
}

TEST_CASE("contact: SYN-ACK then RST of the originator is half open") {
  Contact contact = begun(tcp(flag::syn));
  REQUIRE(contact.on_packet(tcp(syn_ack), to_client).arm == ContactTimer::handshake);
  const ContactStep step = contact.on_packet(tcp(flag::rst), to_server);
  require_result(contact, step, Result::half_open);
  REQUIRE_FALSE(step.left);
}

TEST_CASE("contact: SYN-ACK without ACK is half open after 5 s") {
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_packet(tcp(syn_ack), to_client);
  REQUIRE(contact.on_timer(ContactTimer::answer_tcp).silent());
  const ContactStep step = contact.on_timer(ContactTimer::handshake);
  require_result(contact, step, Result::half_open);
  REQUIRE(step.left);
}

TEST_CASE("contact: an unseen SYN-ACK shows in what the originator does") {
  Contact contact = begun(tcp(flag::syn));
  SECTION("RST: half open") {
    require_result(contact, contact.on_packet(tcp(flag::rst), to_server), Result::half_open);
  }
  SECTION("ACK and FIN: connect") {
    REQUIRE(contact.on_packet(tcp(flag::ack), to_server).arm == ContactTimer::banner);
    require_result(contact, contact.on_packet(tcp(flag::fin | flag::ack), to_server),
                   Result::connect);
  }
  SECTION("payload: session") {
    require_result(contact, contact.on_packet(tcp(flag::ack | flag::psh, 5), to_server),
                   Result::session);
  }
}

TEST_CASE("contact: a completed handshake is what its payload makes it") {
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_packet(tcp(syn_ack), to_client);
  (void)contact.on_packet(tcp(flag::ack), to_server);
  SECTION("closed without payload: connect") {
    require_result(contact, contact.on_packet(tcp(flag::fin | flag::ack), to_server),
                   Result::connect);
  }
  SECTION("reset by the originator: connect") {
    require_result(contact, contact.on_packet(tcp(flag::rst | flag::ack), to_server),
                   Result::connect);
  }
  SECTION("reset by the responder: connect") {
    require_result(contact, contact.on_packet(tcp(flag::rst), to_client), Result::connect);
  }
  SECTION("payload of the responder, then closed: banner") {
    REQUIRE(contact.on_packet(tcp(flag::ack | flag::psh, 20), to_client).silent());
    require_result(contact, contact.on_packet(tcp(flag::fin | flag::ack), to_server),
                   Result::banner);
  }
  SECTION("payload of the responder, then nothing for 10 s: banner") {
    (void)contact.on_packet(tcp(flag::ack | flag::psh, 20), to_client);
    require_result(contact, contact.on_timer(ContactTimer::banner), Result::banner);
  }
  SECTION("nothing for 10 s: idle") {
    REQUIRE(contact.on_timer(ContactTimer::handshake).silent());
    require_result(contact, contact.on_timer(ContactTimer::banner), Result::idle);
  }
  CHECK(contact.accepted());
}

TEST_CASE("contact: idle is no word of acceptance") {
  Contact syn = begun(tcp(flag::syn));
  require_result(syn, syn.on_close(std::chrono::milliseconds{100}), Result::idle);
  CHECK_FALSE(syn.accepted());
  Contact stream = begun(packet(ip_protocol::udp, {.src = 16384, .dst = 20000}));
  require_result(stream, stream.on_timer(ContactTimer::answer, 24), Result::idle);
  CHECK_FALSE(stream.accepted());
  Contact one_way = begun(tcp(flag::syn));
  (void)one_way.on_packet(tcp(flag::ack), to_server);
  require_result(one_way, one_way.on_timer(ContactTimer::banner), Result::idle);
  CHECK(one_way.accepted());
}

TEST_CASE("contact: payload of the responder proves an ACK that was not captured") {
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_packet(tcp(syn_ack), to_client);
  REQUIRE(contact.on_packet(tcp(flag::ack | flag::psh, 20), to_client).arm == ContactTimer::banner);
  REQUIRE(contact.on_timer(ContactTimer::handshake).silent());
}

TEST_CASE("contact: payload that was not captured shows in the numbers of what follows") {
  constexpr std::uint32_t syn_seq = 0xffff'fff0;
  struct Case {
    int flags;
    std::uint32_t sent;  // beyond the number of the SYN
    bool session;
  };
  const auto c = GENERATE(values<Case>({
      {flag::ack, 1, false},  // the handshake's
      {flag::ack, 2, false},  // a FIN's, perhaps
      {flag::ack, 3, true},
      {flag::ack | flag::psh, 400, true},
      {flag::ack, 1U << 20U, false},  // of another connection
      {flag::ack | flag::rst, 400, false},
      {flag::ack | flag::syn, 400, false},  // of payload that came with the SYN
  }));
  const bool from_source = GENERATE(true, false);
  CAPTURE(c.flags, c.sent, from_source);
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_packet(tcp(syn_ack), to_client, syn_seq);
  wire::Decoded segment = tcp(c.flags);
  segment.seq = segment.ack = syn_seq + c.sent;
  const ContactStep step = contact.on_packet(segment, from_source ? to_server : to_client, syn_seq);
  REQUIRE((step.verdict == Verdict::result && contact.result() == Result::session) == c.session);
}

TEST_CASE("contact: the source's own numbers are no session before the target has spoken") {
  constexpr std::uint32_t syn_seq = 1000;
  Contact contact = begun(tcp(flag::syn));
  wire::Decoded bare = tcp(flag::ack);
  bare.seq = syn_seq + 100;
  REQUIRE(contact.on_packet(bare, to_server, syn_seq).verdict != Verdict::result);
  require_result(contact, contact.on_packet(tcp(flag::rst | flag::ack), to_client, syn_seq),
                 Result::connect);
}

TEST_CASE("contact: a session shows an answer only if the target was heard") {
  const bool heard = GENERATE(true, false);
  Contact contact = begun(tcp(flag::syn));
  if (heard) (void)contact.on_packet(tcp(syn_ack), to_client);
  require_result(contact, contact.on_packet(tcp(flag::ack | flag::psh, 20), to_server),
                 Result::session);
  REQUIRE(contact.answered() == heard);
}

TEST_CASE("contact: datagrams that run without being answered are a stream") {
  const auto [sent, expected] = GENERATE(table<std::uint32_t, Result>(
      {{1, Result::silent}, {23, Result::silent}, {24, Result::idle}}));
  Contact contact = begun(packet(ip_protocol::udp, {.src = 16384, .dst = 20000}));
  require_result(contact, contact.on_timer(ContactTimer::answer, sent), expected);
}

TEST_CASE("contact: an ACK counts by the RST that answers it") {
  const int flags = GENERATE(values<int>({flag::ack, flag::fin | flag::ack}));
  Contact contact = begun(tcp(flags));
  SECTION("RST: refused") {
    require_result(contact, contact.on_packet(tcp(flag::rst), to_client), Result::refused);
  }
  SECTION("nothing: silent") {
    require_result(contact, contact.on_timer(ContactTimer::answer_tcp), Result::silent);
  }
  SECTION("anything else from the target: mid-stream") {
    require_result(contact, contact.on_packet(tcp(flag::ack), to_client), Result::midstream);
  }
  SECTION("payload of the source, then RST: mid-stream") {
    REQUIRE(contact.on_packet(tcp(flag::ack | flag::psh, 9), to_server).silent());
    require_result(contact, contact.on_packet(tcp(flag::rst), to_client), Result::midstream);
  }
}

TEST_CASE("contact: a laden ACK is a probe only if an RST is all that follows") {
  const int flags =
      GENERATE(values<int>({flag::ack, flag::ack | flag::psh, flag::ack | flag::urg}));
  CAPTURE(flags);
  const wire::Decoded probe = tcp(flags, 24, {.src = 44'000, .dst = 44'001});
  Contact contact;
  CHECK(contact.begin(probe, to_server, Cast::unicast).nothing());
  SECTION("alone") {
    const ContactStep step = contact.on_packet(tcp(flag::rst), to_client);
    CHECK(step.began);
    require_result(contact, step, Result::refused);
    CHECK(contact.contact_class() == ContactClass::ack);
    CHECK(make_outcome({}, contact, Outcome::Kind::contact, from_ns(5)).laden);
  }
  SECTION("in a connection") {
    const bool from_source = GENERATE(true, false);
    CHECK(contact.on_packet(tcp(flag::ack), from_source ? to_server : to_client).nothing());
    CHECK(contact.on_packet(tcp(flag::rst), to_client).nothing());
  }
  SECTION("its own reset") CHECK(contact.on_packet(tcp(flag::rst), to_server).nothing());
  SECTION("without an answer") CHECK(contact.on_close(std::chrono::hours{1}).nothing());
}

TEST_CASE("contact: a PSH without payload is as one with it, an ACK without is a bare probe") {
  CHECK(begun(tcp(flag::ack | flag::psh)).laden());
  CHECK_FALSE(begun(tcp(flag::ack)).laden());
}

TEST_CASE("contact: an RST without its flow points back at its receiver") {
  Contact contact;
  const auto rst = tcp(flag::rst | flag::ack, 0, {.src = 22, .dst = 40000});
  const ContactStep step = contact.begin(rst, to_server, Cast::unicast);
  REQUIRE(step.began);
  require_result(contact, step, Result::refused);
  REQUIRE(contact.contact_class() == ContactClass::reverse_rst);
  const Outcome outcome = make_outcome({.time = from_ns(5),
                                        .client = rst.src,
                                        .server = rst.dst,
                                        .client_port = 22,
                                        .server_port = 40000,
                                        .packet = 7},
                                       contact, Outcome::Kind::result, from_ns(9));
  REQUIRE(outcome.src == rst.dst);
  REQUIRE(outcome.dst == rst.src);
  REQUIRE(outcome.dst_port == 22);
  REQUIRE(outcome.packet == 7);
  REQUIRE(outcome.first_time == from_ns(5));
  REQUIRE(outcome.time == from_ns(9));
}

TEST_CASE("contact: a client's late RST to a server is no answer to a probe") {
  REQUIRE(begun(tcp(flag::rst, 0, {.src = 51000, .dst = 443})).contact_class() ==
          ContactClass::none);
}

TEST_CASE("contact: a UDP packet that looks like an answer is no probe") {
  const auto [src, dst, expected] = GENERATE(table<std::uint16_t, std::uint16_t, ContactClass>({
      {40000, 161, ContactClass::udp},
      {53, 40000, ContactClass::none},
      {123, 123, ContactClass::udp},
      {1900, 50000, ContactClass::none},
      {3478, 50000, ContactClass::none},
      {5353, 5353, ContactClass::udp},
  }));
  REQUIRE(begun(packet(ip_protocol::udp, {.src = src, .dst = dst})).contact_class() == expected);
}

TEST_CASE("contact: a magic packet asks for no answer") {
  const std::uint16_t port = GENERATE(std::uint16_t{9}, std::uint16_t{7}, std::uint16_t{161});
  const auto spoilt = GENERATE(std::size_t{0}, std::size_t{5}, std::size_t{101});
  constexpr std::size_t ones = 6, times = 16;
  const Bytes sleeper = "0200 0001 0203"_hex;
  std::vector<std::uint8_t> payload(ones, 0xff);
  for (std::size_t i = 0; i < times; ++i)
    payload.insert(payload.end(), sleeper.begin(), sleeper.end());
  if (spoilt != 0) payload[spoilt] = 9;
  wire::Decoded wake = packet(ip_protocol::udp, {.dst = port});
  wake.payload = payload.data();
  wake.payload_captured = wake.payload_size = static_cast<std::uint32_t>(payload.size());
  Contact contact;
  REQUIRE(contact.begin(wake, to_server, Cast::unicast).began == (port == 161 || spoilt != 0));
}

TEST_CASE("contact: a first packet of media is told by its header") {
  struct Case {
    Bytes payload;
    bool media;
  };
  const auto c = GENERATE(values<Case>({
      {"8000 0001 0000 0000 0000 0001"_hex, true},
      {"90e0 0001 0000 0000 0000 0001"_hex, true},   // marker, dynamic type
      {"8040 0001 0000 0000 0000 0001"_hex, false},  // a type that is not given away
      {"8000 0001 0000 0000"_hex, false},            // no whole header
      {"81c9 0001 0000 0001"_hex, true},             // receiver report
      {"4000 0001 0000 0000 0000 0001"_hex, false},
      {""_hex, false},
  }));
  wire::Decoded first = packet(ip_protocol::udp, {.dst = 20'000});
  first.payload = c.payload.data();
  first.payload_captured = first.payload_size = static_cast<std::uint32_t>(c.payload.size());
  Outcome outcome;
  outcome.contact_class = ContactClass::udp;
  describe_first_packet(first, {}, outcome);
  CHECK(outcome.is_media == c.media);
}

TEST_CASE("contact: UDP is answered, silent after 2 s, refused or cut off by a router") {
  Contact contact;
  const ContactStep step = contact.begin(packet(ip_protocol::udp), to_server, Cast::unicast);
  REQUIRE(step.arm == ContactTimer::answer);
  REQUIRE(timeout_of(step.arm) == std::chrono::seconds{2});
  SECTION("answered") {
    require_result(contact, contact.on_packet(packet(ip_protocol::udp), to_client),
                   Result::session);
  }
  SECTION("silent, then answered after all") {
    require_result(contact, contact.on_timer(ContactTimer::answer), Result::silent);
    REQUIRE(contact.on_packet(packet(ip_protocol::udp), to_client).verdict == Verdict::late);
  }
  SECTION("port unreachable") {
    require_result(contact, contact.on_icmp_error(icmp(3, 3), to_server), Result::refused);
  }
  SECTION("time exceeded") {
    require_result(contact, contact.on_icmp_error(icmp(11), to_server), Result::time_exceeded);
  }
  SECTION("fragmentation needed says nothing") {
    REQUIRE(contact.on_icmp_error(icmp(3, 4), to_server).silent());
  }
  SECTION("an error about an answer says nothing") {
    REQUIRE(contact.on_icmp_error(icmp(3, 3), to_client).silent());
  }
}

TEST_CASE("contact: an ICMP error does not undo a handshake") {
  Contact contact = begun(tcp(flag::syn));
  (void)contact.on_packet(tcp(syn_ack), to_client);
  REQUIRE(contact.on_icmp_error(icmp(3, 1), to_server).silent());
}

TEST_CASE("contact: ICMP queries are contacts, other messages are not") {
  const auto [type, expected] = GENERATE(table<std::uint8_t, ContactClass>({
      {std::uint8_t{8}, ContactClass::icmp},
      {std::uint8_t{13}, ContactClass::icmp},
      {std::uint8_t{17}, ContactClass::icmp},
      {std::uint8_t{0}, ContactClass::none},
      {std::uint8_t{5}, ContactClass::none},
  }));
  REQUIRE(begun(icmp(type)).contact_class() == expected);
}

TEST_CASE("contact: the target of an ICMP query is its type, of a protocol its number") {
  const ContactOrigin origin{.client = address("198.51.100.1"),
                             .server = address("192.0.2.1"),
                             .client_port = 77,
                             .server_port = 77,
                             .proto = 47,
                             .icmp_type = 8};
  const Contact echo = begun(icmp(8));
  REQUIRE(make_outcome(origin, echo, Outcome::Kind::contact, from_ns(0)).dst_port == 8);
  const Contact gre = begun(packet(47));
  REQUIRE(gre.contact_class() == ContactClass::ip_protocol);
  REQUIRE(make_outcome(origin, gre, Outcome::Kind::contact, from_ns(0)).dst_port == 47);
}

TEST_CASE("contact: a lone segment with timestamps belongs to a connection from before") {
  const Bytes timestamps = "01 01 08 0a 00 00 00 01 00 00 00 02"_hex;
  const int flags = GENERATE(as<int>{}, flag::ack, flag::fin | flag::ack);
  wire::Decoded segment = tcp(flags, 0, {.src = 8443, .dst = 40000});
  REQUIRE(begun(segment).contact_class() != ContactClass::none);
  segment.options = timestamps.data();
  segment.options_size = static_cast<std::uint16_t>(timestamps.size());
  REQUIRE(begun(segment).contact_class() == ContactClass::none);
}

TEST_CASE("contact: what a UDP service sends to ports of clients is no probe") {
  const auto from = [](std::uint16_t src, std::uint16_t dst) {
    return begun(packet(ip_protocol::udp, {.src = src, .dst = dst})).contact_class();
  };
  for (const int number : {53, 123, 1900, 5060, 11211, 27015}) {
    const auto service = static_cast<std::uint16_t>(number);
    REQUIRE(from(service, 40000) == ContactClass::none);
    REQUIRE(from(service, service) == ContactClass::udp);
    REQUIRE(from(service, 161) == ContactClass::udp);
  }
  // To the port of another service: what is large is an answer that its victim did not ask for.
  const auto large = [](std::uint16_t src, std::uint16_t dst) {
    wire::Decoded answer = packet(ip_protocol::udp, {.src = src, .dst = dst});
    answer.payload_size = 468;
    return begun(answer).contact_class();
  };
  REQUIRE(large(123, 80) == ContactClass::none);
  REQUIRE(large(1900, 443) == ContactClass::none);
  REQUIRE(large(123, 123) == ContactClass::udp);
  REQUIRE(large(40000, 443) == ContactClass::udp);
  // DHCP, and who asks from a port of the system.
  REQUIRE(large(67, 68) == ContactClass::udp);
  REQUIRE(large(68, 67) == ContactClass::udp);
  REQUIRE(large(800, 111) == ContactClass::udp);
  REQUIRE(from(40000, 11211) == ContactClass::udp);
  REQUIRE(from(40000, 40001) == ContactClass::udp);
}

TEST_CASE("contact: SCTP is told by its chunks") {
  const Bytes init = "01 00 00 14"_hex;
  const Bytes init_ack = "02 00 00 14"_hex;
  const Bytes abort = "06 00 00 04"_hex;
  const Bytes cookie_echo = "0a 00 00 08"_hex;
  Contact contact = begun(sctp(init));
  REQUIRE(contact.contact_class() == ContactClass::sctp);
  SECTION("ABORT: refused") {
    require_result(contact, contact.on_packet(sctp(abort), to_client), Result::refused);
  }
  SECTION("INIT-ACK without COOKIE-ECHO: half open") {
    REQUIRE(contact.on_packet(sctp(init_ack), to_client).arm == ContactTimer::handshake);
    REQUIRE(contact.on_timer(ContactTimer::answer_tcp).silent());
    require_result(contact, contact.on_timer(ContactTimer::handshake), Result::half_open);
  }
  SECTION("COOKIE-ECHO: session") {
    (void)contact.on_packet(sctp(init_ack), to_client);
    require_result(contact, contact.on_packet(sctp(cookie_echo), to_server), Result::session);
  }
}

TEST_CASE("contact: a COOKIE ECHO out of nowhere is an SCTP probe") {
  const Bytes abort = "06 00 00 04"_hex;
  const Bytes cookie_echo = "0a 00 00 08"_hex;
  const Bytes cookie_ack = "0b 00 00 04"_hex;
  const Bytes data = "00 03 00 10"_hex;
  Contact contact = begun(sctp(cookie_echo));
  REQUIRE(contact.contact_class() == ContactClass::sctp);
  SECTION("ABORT: refused") {
    require_result(contact, contact.on_packet(sctp(abort), to_client), Result::refused);
  }
  SECTION("nothing, also when it is sent again: silent") {
    REQUIRE(contact.on_packet(sctp(cookie_echo), to_server).silent());
    require_result(contact, contact.on_timer(ContactTimer::answer_tcp), Result::silent);
  }
  SECTION("the capture began within a handshake: session") {
    require_result(contact, contact.on_packet(sctp(cookie_ack), to_client), Result::session);
  }
  SECTION("the side that answers is not captured: session") {
    require_result(contact, contact.on_packet(sctp(data), to_server), Result::session);
  }
  REQUIRE(begun(sctp(data)).contact_class() == ContactClass::none);
}

TEST_CASE("contact: a flow that leaves early is judged by its age") {
  Contact contact = begun(tcp(flag::syn));
  SECTION("too young to tell") {
    require_result(contact, contact.on_close(std::chrono::milliseconds{100}), Result::idle);
  }
  SECTION("old enough") {
    require_result(contact, contact.on_close(std::chrono::milliseconds{300}), Result::silent);
  }
}

constexpr Arrival arrival{.clock = from_ns(3), .own = from_ns(2)};

TEST_CASE("contact: only a broadcast question about somebody else is a first contact of ARP") {
  ArpMessage arp;
  arp.operation = arp_operation::request;
  arp.sender = address("192.0.2.240");
  arp.target = address("192.0.2.7");
  wire::Extra extra;
  extra.has_mac = true;
  extra.dst_mac.octets.fill(0xff);
  const auto outcome = arp_contact(arp, extra, arrival, 9);
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->contact_class == ContactClass::arp);
  REQUIRE(outcome->time == arrival.clock);
  REQUIRE(outcome->first_time == arrival.own);
  REQUIRE(outcome->dst == arp.target);
  SECTION("unicast revalidates") {
    extra.dst_mac.octets.fill(0x02);
    REQUIRE_FALSE(arp_contact(arp, extra, arrival, 9).has_value());
  }
  SECTION("any group address is asked, not only all stations") {
    extra.dst_mac = {{0x01, 0x00, 0x5e, 0, 0, 1}};
    REQUIRE(arp_contact(arp, extra, arrival, 9).has_value());
  }
  SECTION("of what its own host sends a cooked capture does not say where to: it may revalidate") {
    extra.dst_mac = {};
    REQUIRE_FALSE(arp_contact(arp, extra, arrival, 9).has_value());
  }
  SECTION("without link addresses a question counts, and the sender is who the message says") {
    extra.has_mac = false;
    extra.dst_mac = {};
    arp.sender_mac = {{0x02, 0, 0, 0, 0, 7}};
    const auto bare = arp_contact(arp, extra, arrival, 9);
    REQUIRE(bare.has_value());
    REQUIRE(bare->has_mac);
    REQUIRE(bare->src_mac == arp.sender_mac);
  }
  SECTION("the sender is who the message says, not who carried the frame") {
    extra.src_mac = {{0x02, 0, 0, 0, 0, 1}};
    arp.sender_mac = {{0x02, 0, 0, 0, 0, 7}};
    REQUIRE(arp_contact(arp, extra, arrival, 9)->src_mac == arp.sender_mac);
  }
  SECTION("an announcement asks for itself") {
    arp.target = arp.sender;
    REQUIRE_FALSE(arp_contact(arp, extra, arrival, 9).has_value());
  }
  SECTION("a probe has no sender") {
    arp.sender = address("0.0.0.0");
    REQUIRE_FALSE(arp_contact(arp, extra, arrival, 9).has_value());
  }
}

TEST_CASE("contact: a neighbour solicitation to a group is a first contact") {
  const auto frame =
      test::join("33 33 ff 00 00 07 | 02 00 00 00 00 01 | 86 dd"_hex, "60 00 00 00 00 18 3a ff"_hex,
                 "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01"_hex,
                 "ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 07"_hex,
                 "87 00 00 00 00 00 00 00 | 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 07"_hex);
  wire::Decoded decoded;
  wire::Extra extra;
  const auto decode = [&](Bytes octets) {
    wire::decode({.data = octets, .wire_size = static_cast<std::uint32_t>(octets.size())}, {},
                 decoded, extra);
    return neighbor_outcome(decoded, extra, arrival, 9);
  };
  SECTION("its target is who is asked for") {
    const auto outcome = decode(frame);
    REQUIRE(outcome.has_value());
    CHECK(outcome->contact_class == ContactClass::nd);
    CHECK(outcome->src == address("2001:db8::1"));
    CHECK(outcome->dst == address("2001:db8::7"));
    CHECK(outcome->packet == 9);
    CHECK(outcome->has_mac);
    CHECK_FALSE(outcome->from_router);
    CHECK(outcome->src_mac == MacAddress{{2, 0, 0, 0, 0, 1}});
  }
  SECTION("unicast revalidates") {
    auto unicast = frame;
    unicast[14 + 24] = 0x20;
    CHECK_FALSE(decode(unicast).has_value());
    CHECK(solicited_address(decoded) == address("2001:db8::7"));
  }
  SECTION("duplicate address detection has no sender") {
    auto probe = frame;
    std::fill_n(probe.begin() + 14 + 8, 16, std::uint8_t{0});
    CHECK_FALSE(decode(probe).has_value());
  }
  SECTION("an advertisement asks nobody") {
    auto advertisement = frame;
    advertisement[14 + 40] = 136;
    CHECK_FALSE(decode(advertisement).has_value());
  }
  SECTION("a router that advertises itself is one, not its hosts") {
    const auto kind = GENERATE(std::uint8_t{134}, std::uint8_t{136});
    const std::size_t at = 14U + 40U + (kind == 134 ? 7U : 4U);  // the lifetime, the flags
    auto notice = frame;
    notice[14 + 40] = kind;
    CHECK_FALSE(decode(notice).has_value());
    notice[at] = 0x80;
    const auto outcome = decode(notice);
    REQUIRE(outcome.has_value());
    CHECK(outcome->from_router);
    CHECK(outcome->contact_class == ContactClass::none);
    CHECK(outcome->has_mac);
    CHECK(outcome->src_mac == MacAddress{{2, 0, 0, 0, 0, 1}});
    CHECK_FALSE(decode(Bytes{notice}.first(14 + 40 + 7)).has_value());
    notice[14 + 7] = 254;  // somebody forwarded it: it is from elsewhere
    CHECK_FALSE(decode(notice).has_value());
  }
  SECTION("every prefix is harmless") {
    for (std::size_t size = 0; size < frame.size(); ++size)
      CHECK_FALSE(decode(Bytes{frame}.first(size)).has_value());
  }
}

// What the `packet` event says of packets in a few words, and of the protocol of their flows.
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "base/text_line.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/analysis.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace std::string_view_literals;
using test::Frame;
using test::Frames;
using test::in_ethernet;
using test::ipv4;
using test::join;
using test::Octets;
using test::Pair;
using test::traffic_start;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it

constexpr std::uint32_t client = ipv4(10, 0, 0, 1);
constexpr std::uint32_t server = ipv4(198, 51, 100, 1);

/// `app: info` of each packet.
std::vector<std::string> said_of(const Frames& frames) {
  std::vector<std::string> said;
  simdjson::dom::parser parser;
  for (const std::string& line : test::analyse(frames, {.packets = true}).of("packet")) {
    const simdjson::dom::element packet = parser.parse(line)["packet"].value();
    std::string_view app;
    std::string_view info;
    if (packet["app"].get(app) != simdjson::SUCCESS) app = "-";
    REQUIRE(packet["info"].get(info) == simdjson::SUCCESS);
    said.push_back(std::string(app) + ": " + std::string(info));
  }
  return said;
}

Frame frame(Bytes packet) {
  return {.time = traffic_start, .data = in_ethernet(packet)};
}

Frames talk(std::uint16_t port, const std::vector<std::pair<bool, Octets>>& words) {
  Frames frames;
  test::TcpScript script(frames, {client, server, 40'000, port}, traffic_start);
  script.handshake();
  for (const auto& [from_client, octets] : words) script.send(from_client, octets);
  return frames;
}

}  // namespace

TEST_CASE("packet line: a stream's protocol is known from the packet on that shows it") {
  const auto said =
      said_of(talk(8'099, {{true, test::octets("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n")},
                           {false, test::octets("HTTP/1.1 404 Not Found\r\n"
                                                "Content-Length: 3\r\n\r\n")},
                           {false, test::octets("abc")}}));
  CHECK(said == std::vector<std::string>{
                    "-: tcp S seq 268435456 win 64240 len 0",
                    "-: tcp SA seq 4294967280 ack 268435457 win 64240 len 0",
                    "-: tcp A seq 268435457 ack 4294967281 win 64240 len 0",
                    "http: http GET /a?b",
                    "http: http 404 Not Found",
                    "http: tcp PA seq 30 ack 268435487 win 64240 len 3",
                });
}

TEST_CASE("packet line: TLS by its records") {
  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  const Octets answer = join(test::server_hello("1301"_hex, "002b 0002 0304"_hex),
                             "1403030001 01"_hex, "1703030010"_hex, Octets(16, 0x55));
  auto said = said_of(talk(443, {{true, hello},
                                 {false, answer},
                                 {true, join("1503030002 0228"_hex)},
                                 {true, join("1603030028"_hex)},
                                 {true, join("0102030405"_hex)}}));
  said.erase(said.begin(), said.begin() + 3);
  CHECK(said == std::vector<std::string>{
                    "tls: tls client_hello a.test",
                    "tls: tls server_hello, change_cipher_spec, application_data 16",
                    "tls: tls alert handshake_failure",
                    "tls: tls handshake",
                    "tls: tcp PA seq 268435536 ack 67 win 64240 len 5",
                });
}

TEST_CASE("packet line: DNS over TCP where a message begins, and nowhere else") {
  const Octets query = test::dns_query(7, "example.org");
  const Octets length{0, static_cast<std::uint8_t>(query.size())};
  const Octets whole = join(length, query);
  const Octets middle = test::octets("text that goes on and on");
  const auto said =
      said_of(talk(53, {{true, whole}, {true, length}, {true, query}, {true, middle}}));
  REQUIRE(said.size() == 7);
  CHECK(said[3] == "dns: dns query A example.org");
  CHECK(said[4].starts_with("dns: tcp PA seq "));
  CHECK(said[5].starts_with("dns: tcp PA seq "));
  CHECK(said[6].starts_with("dns: tcp PA seq "));
}

TEST_CASE("packet line: DNS by what is asked for") {
  const Pair dns{client, server, 50'000, 53};
  const Bytes notify =
      "0001 2400 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 0006 0001"_hex;
  const Bytes update =
      "0002 2800 0001 0000 0000 0000 | 07 6578616d706c65 03 6f7267 00 0006 0001"_hex;
  const Bytes unreadable = "0003 0100 0001 0000 0000 0000 | c000 0001 0001"_hex;
  const auto said =
      said_of({frame(test::udp_packet(dns, notify)), frame(test::udp_packet(dns, update)),
               frame(test::udp_packet(dns, unreadable))});
  CHECK(said == std::vector<std::string>{"dns: dns notify SOA example.org",
                                         "dns: dns update SOA example.org", "dns: udp len 18"});
}

TEST_CASE("packet line: ARP says what each operation asks for or tells") {
  Frames frames;
  const auto add = [&frames](Bytes octets) {
    frames.push_back(
        {.time = traffic_start, .data = in_ethernet({octets.begin(), octets.end()}, 0x0806)});
  };
  add("0001 0800 06 04 0003 | 020000000001 00000000 | 020000000002 00000000"_hex);
  add("0001 0800 06 04 0004 | 020000000001 0a000001 | 020000000002 0a000002"_hex);
  add("0001 0800 06 04 0008 | 020000000001 0a000001 | 020000000002 00000000"_hex);
  add("0001 0800 06 04 0009 | 020000000002 0a000002 | 020000000001 0a000001"_hex);
  add("0001 0800 06 04 000a | 020000000001 0a000001 | 020000000002 0a000002"_hex);
  CHECK(said_of(frames) == std::vector<std::string>{
                               "-: arp reverse_request for 02:00:00:00:00:02 by 02:00:00:00:00:01",
                               "-: arp reverse_reply 10.0.0.2 is at 02:00:00:00:00:02",
                               "-: arp inverse_request for 02:00:00:00:00:02 by 02:00:00:00:00:01",
                               "-: arp inverse_reply 10.0.0.2 is at 02:00:00:00:00:02",
                               "-: arp OP10"});
}

TEST_CASE("packet line: datagrams, ICMP, ARP, fragments and what is none of them") {
  const Pair dns{client, server, 50'000, 53};
  const Pair other{client, server, 50'000, 9'999};
  Frames frames;
  frames.push_back(frame(test::udp_packet(dns, test::dns_query(7, "example.org"))));
  frames.push_back(
      frame(test::udp_packet(dns.back(), test::dns_answer(7, "example.org", ipv4(192, 0, 2, 1)))));
  frames.push_back(frame(test::udp_packet(other, "0102"_hex)));
  frames.push_back(frame(test::echo_packet(dns, 8, 77, 3)));
  frames.push_back(frame(test::echo_packet(dns.back(), 0, 77, 3)));
  const Octets quoted = test::udp_packet(other, "0102"_hex);
  const Octets error = join("03 03 0000 00000000"_hex, Bytes{quoted}.first(28));
  frames.push_back(frame(test::ipv4_packet(server, client, 1, error)));
  const std::uint32_t one = client;
  const std::uint32_t other_host = server;
  frames.push_back({.time = traffic_start, .data = test::arp_frame(1, one, other_host)});
  frames.push_back({.time = traffic_start, .data = test::arp_frame(2, other_host, one)});
  const std::string unreachable =
      "-: icmp destination_unreachable port_unreachable of udp 10.0.0.1 port 50000 to "
      "198.51.100.1 port 9999";
  const auto pieces = test::fragments_of(test::udp_packet(other, Octets(40)), 24);
  for (const Octets& piece : pieces) frames.push_back(frame(piece));
  frames.push_back({.time = traffic_start, .data = in_ethernet(Octets(40), 0x88cc)});
  auto said = said_of(frames);
  REQUIRE(said.size() == 11);
  CHECK(said[7].starts_with("-: arp reply 198.51.100.1 is at "));
  said.erase(said.begin() + 7);
  CHECK(said == std::vector<std::string>{
                    "dns: dns query A example.org",
                    "dns: dns answer A example.org NOERROR 1 record",
                    "-: udp len 2",
                    "icmp: icmp echo request id 77 seq 3",
                    "icmp: icmp echo reply id 77 seq 3",
                    unreachable,
                    "-: arp request for 198.51.100.1 by 10.0.0.1",
                    "-: udp fragment id 5488 offset 0 len 24 more",
                    "-: udp len 40",
                    "-: other_l2",
                });
}

TEST_CASE("packet event: what no header told is absent, not zero") {
  struct Case {
    const char* name;
    Octets frame;
    std::size_t captured;
    std::string said;
  };
  const Pair ends{client, server, 40'000, 9'000};
  const Octets tcp = in_ethernet(test::tcp_packet(ends, {.seq = 7, .flags = 0x18}, "0102"_hex));
  const Octets echo = in_ethernet(test::echo_packet(ends, 8, 77, 3));
  // Hop-by-hop options, then UDP.
  const Octets chain = in_ethernet(
      join("60000000 0010 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
           "11 00 0104 00000000 | 0001 0002 0008 0000"_hex),
      0x86dd);
  const auto piece = [](std::uint8_t proto, std::uint16_t place) {
    return in_ethernet(test::ipv4_packet(client, server, proto, Octets(96), 3, place));
  };
  // ICMP of the other version.
  const Octets other = in_ethernet(test::ipv4_packet(client, server, 58, "80 00 0000"_hex));
  const Case cases[] = {
      {"TCP cut behind its ports", tcp, 38, "tcp"},
      {"TCP cut in its ports", tcp, 36, "tcp"},
      {"ICMP cut in its header", echo, 35, "icmp"},
      {"an IPv6 chain cut in it", chain, 58, "undecodable"},
      {"a fragment of TCP", piece(6, 0x2000 | 10), 130, "tcp fragment id 3 offset 80 len 96 more"},
      {"a fragment of ICMP", piece(1, 0x2000), 130, "icmp fragment id 3 offset 0 len 96 more"},
      {"a fragment that is refused", piece(17, 8191), 130, "udp fragment id 3 offset 65528 len 96"},
      {"ICMP in the other IP", other, 100, "icmpv6 len 4"},
  };
  for (const auto& [name, octets, captured, said] : cases) {
    CAPTURE(name);
    Frame one{.time = traffic_start, .data = octets};
    one.wire_size = static_cast<std::uint32_t>(octets.size());
    one.data.resize(std::min(octets.size(), captured));
    const auto packets = test::analyse({one}, {.packets = true}).of("packet");
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].find(R"("info":")" + said + '"') != std::string::npos);
    CHECK(packets[0].find(R"("l3_bytes":)") != std::string::npos);
    for (const char* member :
         {"payload_bytes", "seq", "ack", "window", "tcp_flags", "icmp_type", "icmp_code"}) {
      CAPTURE(member);
      const bool known = std::string_view{member} == "payload_bytes" && said.ends_with("len 4");
      CHECK((packets[0].find('"' + std::string(member) + "\":") != std::string::npos) == known);
    }
  }
}

TEST_CASE("packet event: its interface is that of the packet, not of the flow") {
  const Pair ends{client, server, 40'001, 9'000};
  Frames frames{frame(test::udp_packet(ends, "01"_hex)),
                frame(test::udp_packet(ends.back(), "02"_hex))};
  frames[1].interface = 1;
  const auto analysis =
      test::analyse(frames, {.packets = true,
                             .interfaces = {{.name = "eth0", .link = LinkType::ethernet},
                                            {.name = "eth1", .link = LinkType::ethernet}}});
  const auto packets = analysis.of("packet");
  REQUIRE(packets.size() == 2);
  CHECK(packets[0].find(R"("in_if":"eth0")") != std::string::npos);
  CHECK(packets[1].find(R"("in_if":"eth1")") != std::string::npos);
  REQUIRE(analysis.of("flow").size() == 1);
  CHECK(analysis.of("flow")[0].find(R"("in_if":"eth0")") != std::string::npos);
}

TEST_CASE("packet event: flows that begin 256 packets apart keep their own community_id") {
  const Octets first = test::udp_packet({client, server, 40'001, 9'000}, "01"_hex);
  const Octets second = test::udp_packet({client, server, 40'002, 9'000}, "01"_hex);
  Frames frames{frame(first)};
  const Frame between{.time = traffic_start, .data = in_ethernet(Octets(40), 0x88cc)};
  frames.insert(frames.end(), 255, between);
  for (const Octets& packet : {second, first, second, first}) frames.push_back(frame(packet));
  std::vector<std::string> ids;
  simdjson::dom::parser parser;
  for (const std::string& line :
       test::analyse(frames, {.shards = 1, .packets = true}).of("packet")) {
    std::string_view id;
    if (parser.parse(line)["community_id"].get(id) == simdjson::SUCCESS) ids.emplace_back(id);
  }
  const std::string of_first = "1:wJqChbFJ23fjNWqYgtyIYOM3raI=";
  const std::string of_second = "1:xYMoUs9SZRz7MDBabF6lhebi+Os=";
  CHECK(ids == std::vector{of_first, of_second, of_first, of_second, of_first});
}

TEST_CASE("packet line: what does not fit is left out") {
  TextLine line;
  line.add(std::string(TextLine::capacity - 3, 'x')).add(std::uint64_t{12'345}).add("y");
  CHECK(line.size() == TextLine::capacity);
  CHECK(line.view().substr(TextLine::capacity - 5) == "xx123");
  line.clear();
  CHECK(line.view().empty());
  const auto said = said_of(talk(80, {{true, test::octets("GET /" + std::string(400, 'a') +
                                                          " HTTP/1.1\r\nHost: h\r\n\r\n")}}));
  REQUIRE(said.size() == 4);
  CHECK(said[3] ==
        "http: http GET /" + std::string(TextLine::capacity - "http GET /"sv.size(), 'a'));
}

}  // namespace ntan

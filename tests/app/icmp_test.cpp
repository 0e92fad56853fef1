#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "app/icmp_message.h"
#include "app/protocol.h"
#include "tests/support/bytes.h"
#include "tests/support/dissect.h"

using namespace ntan;
using namespace ntan::test;
using ntan::event::Note;

namespace ntan::app {
extern const Protocol icmp_protocol;
extern const Protocol icmp_error_protocol;
}  // namespace ntan::app

namespace {

app::FlowContext flow(std::string_view client, std::string_view server) {
  return {.transport = app::Transport::icmp,
          .client = *parse_address(client),
          .server = *parse_address(server)};
}

const app::FlowContext v4 = flow("10.0.0.1", "10.0.0.2");
const app::FlowContext v6 = flow("2001:db8::1", "2001:db8::2");

std::vector<std::uint8_t> echo(std::uint8_t type, std::uint8_t seq) {
  return {type, 0, 0, 0, 0x12, 0x34, 0, seq, 'p', 'a', 'y', 'l', 'o', 'a', 'd'};
}

std::size_t count(const std::vector<Note>& notes, Note::Kind kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(notes, [kind](const Note& note) { return note.kind == kind; }));
}

// The lines that one error gives, and its anomalies.
Dissected error(IpVersion version, Bytes octets, std::uint32_t sent = 0) {
  DissectorRun run{app::icmp_error_protocol, {.transport = app::Transport::icmp_error}};
  run.set_version(version);
  run.feed(Direction::to_server, octets, 0, sent);
  return run.result();
}

}  // namespace

TEST_CASE("icmp: an echo and its reply are one event") {
  const auto [context, request, reply] =
      GENERATE(table<app::FlowContext, std::uint8_t, std::uint8_t>({{v4, 8, 0}, {v6, 128, 129}}));
  DissectorRun icmp{app::icmp_protocol, context};
  icmp.feed(Direction::to_server, echo(request, 1), 0);
  CHECK(icmp.result().lines.empty());
  icmp.feed(Direction::to_client, echo(reply, 1), 15);
  REQUIRE(icmp.result().lines.size() == 1);
  CHECK(icmp.result().lines[0] ==
        R"(icmp {"type":"echo","code":0,"id":4660,"seq":1,"payload_bytes":7,)"
        R"("queried":true,"answered":true,"retries":0,"rtt_us":15000})");
}

TEST_CASE("icmp: a host that pings itself sends both halves in one direction") {
  DissectorRun icmp{app::icmp_protocol, flow("127.0.0.1", "127.0.0.1")};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.feed(Direction::to_server, echo(0, 1), 1);
  REQUIRE(icmp.result().lines.size() == 1);
  CHECK(icmp.result().lines[0].find(R"("answered":true,"retries":0,"rtt_us":1000)") !=
        std::string::npos);
}

TEST_CASE("icmp: of four echoes the third stays without reply") {
  DissectorRun icmp{app::icmp_protocol, v4};
  for (std::uint8_t seq = 1; seq <= 4; ++seq) {
    icmp.feed(Direction::to_server, echo(8, seq), seq * 1000);
    if (seq != 3) icmp.feed(Direction::to_client, echo(0, seq), seq * 1000 + 15);
  }
  CHECK(icmp.result().lines.size() == 3);
  icmp.advance(7999);
  CHECK(icmp.result().lines.size() == 3);
  icmp.advance(8000);
  REQUIRE(icmp.result().lines.size() == 4);
  CHECK(icmp.result().lines[3].find(
            R"("seq":3,"payload_bytes":7,"queried":true,"answered":false)") != std::string::npos);
  CHECK(count(icmp.result().notes, Note::Kind::icmp_echo) == 4);
  CHECK(count(icmp.result().notes, Note::Kind::icmp_answered) == 3);
  CHECK(count(icmp.result().notes, Note::Kind::icmp_lost) == 1);
  CHECK(count(icmp.result().notes, Note::Kind::icmp_rtt_us) == 3);
}

TEST_CASE("icmp: a second reply is an event of its own, a second request a retry") {
  DissectorRun icmp{app::icmp_protocol, v4};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.feed(Direction::to_server, echo(8, 1), 4000);
  icmp.feed(Direction::to_client, echo(0, 1), 6000);  // 5 s after the first, not the last
  icmp.feed(Direction::to_client, echo(0, 1), 6001);
  icmp.end(6002);
  REQUIRE(icmp.result().lines.size() == 2);
  CHECK(icmp.result().lines[0].find(R"("retries":1,"rtt_us":2000000)") != std::string::npos);
  CHECK(icmp.result().lines[1].find(R"("queried":false,"answered":true)") != std::string::npos);
}

TEST_CASE("icmp: the end of the flow writes what is open") {
  DissectorRun icmp{app::icmp_protocol, v4};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.end(10);
  CHECK(icmp.result().lines.size() == 1);
}

TEST_CASE("icmp: at most 1,024 requests stay open, and of those that give way nothing is claimed") {
  DissectorRun icmp{app::icmp_protocol, v4};
  for (unsigned seq = 0; seq < 1025; ++seq) {
    auto octets = echo(8, static_cast<std::uint8_t>(seq));
    octets[6] = static_cast<std::uint8_t>(seq >> 8U);
    icmp.feed(Direction::to_server, octets, 1);
  }
  // The oldest quarter, which closing up the rest takes as long for as for one.
  REQUIRE(icmp.result().lines.size() == 256);
  CHECK(icmp.result().lines[0].find(R"("seq":0,)") != std::string::npos);
  CHECK(icmp.result().lines[0].find("answered") == std::string::npos);
  CHECK(icmp.result().lines[255].find(R"("seq":255,)") != std::string::npos);
  CHECK(icmp.memory().crowded_out == 256);
  CHECK(icmp.memory().refused == 0);
  icmp.end(100);
  CHECK(icmp.result().lines.size() == 1025);
  CHECK(count(icmp.result().notes, Note::Kind::icmp_lost) == 769);
}

TEST_CASE("icmp: a request to a group or to all is not lost: others answer it") {
  const std::string to = GENERATE("224.0.0.1", "255.255.255.255");
  DissectorRun icmp{app::icmp_protocol, flow("10.0.0.1", to)};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.end(60'000);
  CHECK(icmp.result().lines ==
        std::vector<std::string>{R"(icmp {"type":"echo","code":0,"id":4660,"seq":1,)"
                                 R"("payload_bytes":7,"queried":true,"retries":0})"});
  CHECK(icmp.result().notes.empty());
}

TEST_CASE("icmp: without memory each message stands alone") {
  DissectorRun icmp{app::icmp_protocol, v4, 0};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.feed(Direction::to_client, echo(0, 1), 1);
  CHECK(icmp.result().lines.size() == 2);
}

TEST_CASE("icmp: timestamp and extended echo are paired too") {
  DissectorRun timestamp{app::icmp_protocol, v4};
  timestamp.feed(Direction::to_server, "0d000000 00010002 000000000000000000000000"_hex, 0);
  timestamp.feed(Direction::to_client, "0e000000 00010002 000000000000000000000000"_hex, 2);
  REQUIRE(timestamp.result().lines.size() == 1);
  CHECK(timestamp.result().lines[0].find(R"("type":"timestamp")") != std::string::npos);
  CHECK(timestamp.result().notes.empty());

  DissectorRun probe{app::icmp_protocol, v6};
  probe.feed(Direction::to_server, "a0000000 0001 05 01"_hex, 0);
  probe.feed(Direction::to_client, "a1000000 0001 05 44"_hex, 2);
  REQUIRE(probe.result().lines.size() == 1);
  CHECK(probe.result().lines[0].find(R"("type":"extended_echo","code":0,"id":1,"seq":5)") !=
        std::string::npos);
}

TEST_CASE("icmp: other messages are one event each") {
  const auto [context, octets, line] = GENERATE(table<app::FlowContext, Bytes, std::string>({
      {v6, "87000000 00000000 20010db8000000000000000000000002 0101 001122334455"_hex,
       R"(icmp {"type":"neighbor_solicitation","code":0,"payload_bytes":24,"target":"2001:db8::2"})"},
      {v6, "82000000 27100000 ff020000000000000000000000000016"_hex,
       R"(icmp {"type":"mld_query","code":0,"payload_bytes":16,"target":"ff02::16"})"},
      {v6, "87000000 00000000 2001"_hex,
       R"(icmp {"type":"neighbor_solicitation","code":0,"payload_bytes":2})"},
      // RFC 4861 4.5: where to, then for which destination.
      {v6,
       "89000000 00000000 fe800000000000000000000000000002 20010db8000000000000000000000009"_hex,
       R"(icmp {"type":"redirect","code":0,"payload_bytes":32,"target":"fe80::2",)"
       R"("gateway":"fe80::2"})"},
      {v4, "0a000000 00000000"_hex,
       R"(icmp {"type":"router_solicitation","code":0,"payload_bytes":0})"},
      {v4, "c8010000 00000000 00"_hex, R"(icmp {"type":"TYPE200","code":1,"payload_bytes":1})"},
  }));
  DissectorRun icmp{app::icmp_protocol, context};
  icmp.feed(Direction::to_server, octets, 0);
  CHECK(icmp.result().lines == std::vector<std::string>{line});
}

TEST_CASE("icmp: a message shorter than its header is malformed, five end it") {
  DissectorRun icmp{app::icmp_protocol, v4};
  icmp.feed(Direction::to_server, echo(8, 1), 0);
  icmp.feed(Direction::to_server, "0800"_hex, 1, 16);  // cut by the capture
  CHECK(icmp.result().anomalies.empty());
  for (std::int64_t i = 0; i < 5; ++i) icmp.feed(Direction::to_server, "08000000 0000"_hex, i);
  CHECK(icmp.result().anomalies.size() == 5);
  CHECK(icmp.result().progress == app::Progress::give_up);
  CHECK(icmp.result().lines.size() == 1);
}

TEST_CASE("icmp: an error shows the packet it quotes") {
  const auto [version, octets, line] = GENERATE(table<IpVersion, Bytes, std::string>({
      {IpVersion::v4,
       "03030000 00000000 | 4500001c 00004000 40110000 0a000001 0a000002 | 3039 0035 0008 0000"_hex,
       R"(icmp {"type":"destination_unreachable","code":3,"code_name":"port_unreachable",)"
       R"("quoted_src_ip":"10.0.0.1","quoted_src_port":12345,"quoted_dst_ip":"10.0.0.2",)"
       R"("quoted_dst_port":53,"quoted_proto":"udp"})"},
      {IpVersion::v4,
       "03040000 000005dc | 46000020 00004000 40060000 0a000001 0a000002 01010100"
       "| 3039 0050 00000000"_hex,  // with options
       R"(icmp {"type":"destination_unreachable","code":4,"code_name":"fragmentation_needed",)"
       R"("mtu":1500,"quoted_src_ip":"10.0.0.1","quoted_src_port":12345,)"
       R"("quoted_dst_ip":"10.0.0.2","quoted_dst_port":80,"quoted_proto":"tcp"})"},
      {IpVersion::v4,
       "05010000 0a0000fe | 4500001c 00000000 40010000 0a000001 0a000002 | 0800 0000 0001 0001"_hex,
       R"(icmp {"type":"redirect","code":1,"code_name":"redirect_host","gateway":"10.0.0.254",)"
       R"("quoted_src_ip":"10.0.0.1","quoted_dst_ip":"10.0.0.2","quoted_proto":"icmp"})"},
      {IpVersion::v4,
       "0b000000 00000000 | 4500001c 00000010 01110000 0a000001 0a000002 | 3039 0035 0008 0000"_hex,
       R"(icmp {"type":"time_exceeded","code":0,"code_name":"ttl_exceeded",)"
       R"("quoted_src_ip":"10.0.0.1","quoted_dst_ip":"10.0.0.2","quoted_proto":"udp"})"},
      {IpVersion::v4, "03630000 00000000 | 45000014 00000000 40fd0000 0a000001 0a000002"_hex,
       R"(icmp {"type":"destination_unreachable","code":99,"code_name":"CODE99",)"
       R"("quoted_src_ip":"10.0.0.1","quoted_dst_ip":"10.0.0.2","quoted_proto":"253"})"},
      {IpVersion::v6,
       "02000000 00000500 | 60000000 0010 2c 40 20010db8000000000000000000000001"
       "20010db8000000000000000000000002 | 11 00 0001 00000001 | 1234 0035 0008 0000"_hex,
       R"(icmp {"type":"packet_too_big","code":0,"mtu":1280,"quoted_src_ip":"2001:db8::1",)"
       R"("quoted_src_port":4660,"quoted_dst_ip":"2001:db8::2","quoted_dst_port":53,)"
       R"("quoted_proto":"udp"})"},
      // behind IPsec's authentication header
      {IpVersion::v6,
       "01040000 00000000 | 60000000 0014 33 40 20010db8000000000000000000000001"
       "20010db8000000000000000000000002 | 11 01 0000 00000001 00000001 | 1234 0035 0008 0000"_hex,
       R"(icmp {"type":"destination_unreachable","code":4,"code_name":"port_unreachable",)"
       R"("quoted_src_ip":"2001:db8::1","quoted_src_port":4660,"quoted_dst_ip":"2001:db8::2",)"
       R"("quoted_dst_port":53,"quoted_proto":"udp"})"},
  }));
  const Dissected result = error(version, octets);
  CHECK(result.lines == std::vector<std::string>{line});
  CHECK(result.anomalies.empty());
}

TEST_CASE("icmp: a quote that is no IP header is malformed unless the capture cut it") {
  const auto quote =
      GENERATE(values<Bytes>({""_hex, "45"_hex, "6500001c 00004000 40110000 0a000001 0a000002"_hex,
                              "4400001c 00004000 40110000 0a000001 0a000002"_hex}));
  const auto octets = join("03010000 00000000"_hex, quote);
  const Dissected whole = error(IpVersion::v4, octets);
  CHECK(whole.anomalies == std::vector<std::string>{"icmp icmp_malformed"});
  CHECK(whole.lines.size() == 1);
  CHECK(error(IpVersion::v4, octets, 100).anomalies.empty());
}

TEST_CASE("icmp: no prefix of an error is read past its end") {
  const Bytes octets =
      "04010000 00000028 | 60000000 0020 00 40 20010db8000000000000000000000001"
      "20010db8000000000000000000000002 | 2b 00 0104 00000000 | 3c 00 0000 00000000"
      "06 00 0104 00000000 | 1234 0035 0008 0000"_hex;
  for (std::size_t size = 0; size <= octets.size(); ++size) {
    const Dissected result = error(IpVersion::v6, octets.first(size));
    CHECK(result.lines.size() == (size < 8 ? 0 : 1));
  }
  CHECK(error(IpVersion::v6, octets).lines[0].find(R"("quoted_proto":"tcp")") != std::string::npos);
}

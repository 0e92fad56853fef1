#include "run/engine.h"

#include <set>

#include <catch2/catch.hpp>

#include "tests/support/analysis.h"
#include "tests/support/bytes.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using test::Analysis;
using test::FlowLine;
using test::Frame;
using test::Frames;
using test::in_ethernet;
using test::ipv4;
using test::Pair;
using test::traffic_start;

constexpr std::uint32_t client = ipv4(10, 0, 0, 1);
constexpr std::uint32_t server = ipv4(198, 51, 100, 1);

Frame udp(Timestamp time, const Pair& ends) {
  return {.time = time, .data = in_ethernet(test::udp_packet(ends, test::octets("x")))};
}

Frame syn(Timestamp time, const Pair& ends) {
  return {.time = time,
          .data = in_ethernet(test::tcp_packet(ends, {.seq = 7, .flags = test::tcp::syn}))};
}

/// A packet of another flow that only moves the clock.
Frame tick(Timestamp time) {
  return {.time = time, .data = test::in_ethernet({}, 0x88cc)};
}

std::string ts(Timestamp time) {
  std::array<char, max_time_text> text{};
  return {text.data(), append_time(text.data(), time, TimeDigits::micro)};
}

FlowLine only_flow(const Frames& frames) {
  const auto flows = test::flow_lines(test::analyse(frames));
  REQUIRE(flows.size() == 1);
  return flows.front();
}

// --- time-outs

TEST_CASE("engine: a UDP flow ends 60 s after its last packet") {
  const Pair ends{client, server, 40'000, 9'000};
  const Timestamp last = traffic_start + 123'456'789ns;
  const auto flows = test::flow_lines(
      test::analyse({udp(traffic_start, ends), udp(last, ends), tick(last + 200s)}));
  REQUIRE(flows.size() == 2);  // it still lives at 60 s
  CHECK(flows[1].ts == ts(last + 60s));
  CHECK(flows[1].end_reason == "idle");
}

TEST_CASE("engine: a UDP flow is open until the very nanosecond of its time-out") {
  const Pair ends{client, server, 40'000, 9'000};
  CHECK(only_flow({udp(traffic_start, ends), tick(traffic_start + 60s - 1ns)}).end_reason == "eof");
  CHECK(only_flow({udp(traffic_start, ends), tick(traffic_start + 60s)}).end_reason == "idle");
}

TEST_CASE("engine: a packet at the nanosecond of the time-out begins a new flow") {
  const Pair ends{client, server, 40'000, 9'000};
  const auto flows =
      test::flow_lines(test::analyse({udp(traffic_start, ends), udp(traffic_start + 60s, ends)}));
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].id != flows[1].id);
  CHECK(flows[0].packets == 1);
}

TEST_CASE("engine: a lone SYN ends after 10 s") {
  const FlowLine flow = only_flow(
      {syn(traffic_start + 1ns, {client, server, 40'000, 443}), tick(traffic_start + 11s)});
  CHECK(flow.ts == ts(traffic_start + 10s + 1ns));
  CHECK(flow.end_reason == "idle");
}

TEST_CASE("engine: a closed TCP connection ends 5 s after its last packet") {
  Frames frames;
  test::TcpScript script(frames, {client, server, 40'000, 9'000}, traffic_start);
  script.handshake();
  SECTION("with FIN of both sides") {
    script.fin_both();
    const Timestamp last = frames.back().time;
    frames.push_back(tick(last + 60s));
    const FlowLine flow = only_flow(frames);
    CHECK(flow.ts == ts(last + 5s));
    CHECK(flow.end_reason == "fin");
  }
  SECTION("with RST") {
    script.reset(true);
    const Timestamp last = frames.back().time;
    frames.push_back(tick(last + 60s));
    const FlowLine flow = only_flow(frames);
    CHECK(flow.ts == ts(last + 5s));
    CHECK(flow.end_reason == "rst");
  }
}

TEST_CASE("engine: an established TCP connection ends 300 s after its last packet") {
  Frames frames;
  test::TcpScript script(frames, {client, server, 40'000, 9'000}, traffic_start);
  script.handshake();
  const Timestamp last = frames.back().time;
  frames.push_back(tick(last + 1'000s));
  const auto flows = test::flow_lines(test::analyse(frames));
  REQUIRE(!flows.empty());
  CHECK(flows.back().ts == ts(last + 300s));
  CHECK(flows.back().end_reason == "idle");
}

TEST_CASE("engine: a living flow is reported at each 60 s of its life") {
  Frames frames;
  const Pair ends{client, server, 40'000, 9'000};
  for (int i = 0; i < 5; ++i) frames.push_back(udp(traffic_start + i * 50s, ends));  // until 200 s
  frames.push_back(tick(traffic_start + 1'000s));
  const Analysis analysis = test::analyse(frames);
  CHECK(test::broken_law(analysis).value_or("") == "");
  const auto flows = test::flow_lines(analysis);
  REQUIRE(flows.size() == 5);
  const std::vector<std::uint64_t> packets{2, 3, 4, 5, 5};
  for (std::size_t i = 0; i < 4; ++i) {
    INFO("record " << i);
    CHECK(flows[i].ts == ts(traffic_start + static_cast<std::int64_t>(i + 1) * 60s));
    CHECK(flows[i].packets == packets[i]);
    CHECK(flows[i].seq == i);
    CHECK_FALSE(flows[i].final);
  }
  CHECK(flows[4].ts == ts(traffic_start + 260s));
  CHECK(flows[4].final);
}

TEST_CASE("engine: a DNS query is unanswered 10 s after it") {
  const Pair ends{client, server, 40'000, 53};
  const Frames frames{
      {.time = traffic_start + 5ns,
       .data = in_ethernet(test::udp_packet(ends, test::dns_query(7, "www.example.org")))},
      tick(traffic_start + 9s),
      tick(traffic_start + 30s)};
  const Analysis analysis = test::analyse(frames);
  const auto lines = analysis.of("dns");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Contains(ts(traffic_start + 10s + 5ns)) && Contains(R"("answered":false)"));
}

TEST_CASE("engine: time-outs of one instant come in the order of their flows' first packets") {
  // Ports spread the flows over shards and buckets.
  Frames frames;
  for (std::uint16_t i = 0; i < 200; ++i) {
    frames.push_back(
        udp(traffic_start, {client, server, static_cast<std::uint16_t>(60'000 - i), 9'000}));
  }
  frames.push_back(tick(traffic_start + 100s));
  for (const std::size_t shards : {1U, 2U, 16U}) {
    const auto flows =
        test::flow_lines(test::analyse(frames, {.shards = shards, .hash_seed = shards}));
    REQUIRE(flows.size() == 200);
    for (std::size_t i = 0; i < flows.size(); ++i) CHECK(flows[i].src_port == 60'000 - i);
  }
}

TEST_CASE("engine: a window's summary counts no packet of its end") {
  const Pair ends{client, server, 40'000, 9'000};
  const Frames frames{udp(traffic_start, ends), udp(traffic_start + 10s - 1ns, ends),
                      udp(traffic_start + 10s, ends)};
  const auto lines = test::analyse(frames, {.summary_every = 10s}).of("summary");
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0], Contains(ts(traffic_start + 10s)) && Contains(R"("packets":2,)"));
  CHECK_THAT(lines[1], Contains(R"("packets":1,)"));
}

// --- time that misbehaves

struct Times {
  std::string name;
  std::vector<std::int64_t> ns;
};

TEST_CASE("engine: whatever the packets' times are, output is sorted and complete") {
  constexpr std::int64_t least = to_ns(earliest_time);
  constexpr std::int64_t most = to_ns(latest_time);
  constexpr std::int64_t second = 1'000'000'000;
  const auto times = GENERATE_COPY(values<Times>({
      {"equal", {5 * second, 5 * second, 5 * second, 5 * second}},
      {"backwards", {9 * second, 8 * second, 7 * second, 1 * second}},
      {"from 1970", {0, 1, 2, second}},
      {"before 1970", {-5 * second, -1, 0, 1}},
      {"to 2106", {0, 4'294'967'295 * second, 4'294'967'295 * second + 1}},
      {"the least first", {least, least + 1, 0, most}},
      {"the most first", {most, least, 0, most}},
      {"only the most", {most, most, most}},
      {"only the least", {least, least, least}},
      {"to and fro", {least, most, least, most, 0, 1}},
  }));
  INFO(times.name);
  Frames frames;
  test::Dice dice(9);
  for (const std::int64_t ns : times.ns) {
    // Every kind of traffic at each of the times.
    for (Frame frame :
         test::make_traffic({.tcp = 4, .http = 2, .dns = 4, .udp = 4, .scanned = 10})) {
      frame.time = from_ns(ns);
      frames.push_back(std::move(frame));
    }
  }
  for (const Duration every : {Duration{0}, Duration{10s}}) {
    const Analysis analysis = test::analyse(frames, {.summary_every = every});
    CHECK(test::broken_law(analysis).value_or("") == "");
    CHECK(analysis.lines.size() < 20 * frames.size() + 10'000);
    for (const test::Line& line : analysis.lines)
      CHECK(test::flaw_of_line(line.text, *line.schema).value_or("") == "");
  }
}

TEST_CASE("engine: the summary of the whole run beside windows is the one of a run without") {
  const Frames frames = test::make_traffic({.seed = 21});
  const auto alone = test::analyse(frames, {}).of("summary");
  REQUIRE(alone.size() == 1);
  for (const Duration every : {Duration{1s}, Duration{10s}}) {
    const auto usual = test::analyse(frames, {.summary_every = every}).of("summary");
    auto with_total =
        test::analyse(frames, {.summary_every = every, .summary_total = true}).of("summary");
    std::string total = with_total.back();
    with_total.pop_back();
    CHECK(with_total == usual);
    constexpr std::string_view mark = R"(,"whole_run":true)";
    const std::size_t at = total.find(mark);
    REQUIRE(at != std::string::npos);
    CHECK(total.erase(at, mark.size()) == alone.front());
  }
  CHECK(test::analyse(frames, {.summary_total = true}).of("summary") == alone);
}

TEST_CASE("engine: a packet from the past counts at the trace clock") {
  const Pair ends{client, server, 40'000, 9'000};
  const Analysis analysis =
      test::analyse({udp(traffic_start, ends), udp(traffic_start - 2s, ends)});
  CHECK(analysis.ledger.backwards == 1);
  CHECK(analysis.ledger.backwards_second == 1);
  const auto flows = test::flow_lines(analysis);
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].packets == 2);
  CHECK(flows[0].ts == ts(traffic_start));
}

TEST_CASE("engine: a flow lasts from its first packet to its last, by their own times") {
  const Pair ends{client, server, 40'000, 9'000};
  const Pair other{client, server, 40'001, 9'000};
  const auto own = [](const Analysis& analysis) {
    for (const std::string& line : analysis.of("flow")) {
      const std::size_t at = line.find(R"("first_ts")");
      if (line.find(R"("src_port":40000)") != std::string::npos)
        return line.substr(at, line.find(R"(,"seq")") - at);
    }
    return std::string{};
  };
  Frames frames{udp(traffic_start, ends), udp(traffic_start + 5s, other),
                udp(traffic_start + 2s, ends)};
  CHECK(own(test::analyse(frames)) == R"("first_ts":"2023-11-14T22:13:20.000000Z",)"
                                      R"("last_ts":"2023-11-14T22:13:22.000000Z",)"
                                      R"("duration_us":2000000)");
  frames.push_back(udp(traffic_start + 1s, ends));
  CHECK(own(test::analyse(frames)) == R"("first_ts":"2023-11-14T22:13:20.000000Z",)"
                                      R"("last_ts":"2023-11-14T22:13:22.000000Z",)"
                                      R"("duration_us":2000000)");
  frames.push_back(udp(traffic_start + 5s, ends));
  CHECK(own(test::analyse(frames)) == R"("first_ts":"2023-11-14T22:13:20.000000Z",)"
                                      R"("last_ts":"2023-11-14T22:13:25.000000Z",)"
                                      R"("duration_us":5000000)");
}

TEST_CASE("engine: who has the same addresses in another network behind one VLAN is another flow") {
  const Pair ends{client, server, 40'000, 9'000};
  const test::Octets packet = test::udp_packet(ends, test::octets("x"));
  Frames frames;
  for (const unsigned customer : {200U, 300U, 200U}) {
    test::Octets tagged{0x08, 0x00};
    tagged.insert(tagged.end(), packet.begin(), packet.end());
    test::Octets inner{static_cast<std::uint8_t>(customer >> 8U),
                       static_cast<std::uint8_t>(customer)};
    inner.insert(inner.end(), tagged.begin(), tagged.end());
    test::Octets outer{0, 100, 0x81, 0x00};
    outer.insert(outer.end(), inner.begin(), inner.end());
    frames.push_back({.time = traffic_start, .data = in_ethernet(outer, 0x88a8)});
  }
  const auto flows = test::flow_lines(test::analyse(frames));
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].packets == 2);
  CHECK(flows[1].packets == 1);
}

/// A request and its reply in frames with these tags.
Frames arp_exchange(std::optional<std::uint16_t> request, std::optional<std::uint16_t> reply) {
  const auto tagged = [](test::Octets frame, std::optional<std::uint16_t> vlan) {
    constexpr std::ptrdiff_t addresses = 12;
    if (!vlan) return frame;
    const test::Octets tag{0x81, 0x00, static_cast<std::uint8_t>(*vlan >> 8U),
                           static_cast<std::uint8_t>(*vlan)};
    frame.insert(frame.begin() + addresses, tag.begin(), tag.end());
    return frame;
  };
  constexpr std::uint32_t asker = client;
  constexpr std::uint32_t owner = server;
  return {{.time = traffic_start, .data = tagged(test::arp_frame(1, asker, owner), request)},
          {.time = traffic_start + 2ms, .data = tagged(test::arp_frame(2, owner, asker), reply)}};
}

TEST_CASE("engine: an ARP reply belongs to a request of its own VLAN only") {
  const Analysis apart = test::analyse(arp_exchange(10, 20));
  REQUIRE(apart.of("arp").size() == 2);
  CHECK_THAT(apart.of("arp")[0], Contains(R"("queried":false,"answered":true)"));
  CHECK_THAT(apart.of("arp")[1], Contains(R"("queried":true,"answered":false)"));

  const Analysis together = test::analyse(arp_exchange(10, 10));
  REQUIRE(together.of("arp").size() == 1);
  CHECK_THAT(together.of("arp")[0], Contains(R"("rtt_us":2000)"));

  const Analysis ignored = test::analyse(arp_exchange(10, 20), {.vlan = flow::VlanUse::ignore});
  REQUIRE(ignored.of("arp").size() == 1);
  CHECK_THAT(ignored.of("arp")[0], Contains(R"("rtt_us":2000)"));
}

TEST_CASE("engine: an ARP request with a priority tag is answered without one") {
  const auto [request, reply] =
      GENERATE(table<std::optional<std::uint16_t>, std::optional<std::uint16_t>>(
          {{0, std::nullopt}, {std::nullopt, 0}, {0x6000, std::nullopt}}));
  const Analysis analysis = test::analyse(arp_exchange(request, reply));
  REQUIRE(analysis.of("arp").size() == 1);
  CHECK_THAT(analysis.of("arp")[0], Contains(R"("rtt_us":2000)"));
}

TEST_CASE("engine: a header that is in order and not known further is no anomaly") {
  // PPTP: GRE of version 1 (RFC 2637 4.1).
  const test::Octets pptp{0x30, 0x01, 0x88, 0x0b, 0, 4, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4};
  Frames frames{
      {.time = traffic_start, .data = in_ethernet(test::ipv4_packet(client, server, 47, pptp))}};
  const Analysis analysis = test::analyse(frames);
  CHECK(analysis.of("anomaly").empty());
  CHECK(test::flow_lines(analysis).size() == 1);
}

TEST_CASE("engine: ICMP that the other version of IP carries is a flow and nothing else") {
  // Source quench in ICMP, a parameter problem in ICMPv6.
  const test::Octets message{4, 0, 0, 0, 0, 0, 0, 0};
  test::Octets packet{0x60, 0, 0, 0, 0, 8, 1, 64};
  packet.resize(40);
  packet[8] = packet[24] = 0x20;
  packet[39] = 1;
  packet.insert(packet.end(), message.begin(), message.end());
  const Analysis analysis =
      test::analyse({{.time = traffic_start, .data = in_ethernet(packet, 0x86dd)}});
  CHECK(analysis.of("icmp").empty());
  REQUIRE(analysis.of("flow").size() == 1);
  CHECK_THAT(analysis.of("flow")[0], Contains(R"("src_payload":8)"));
}

TEST_CASE("engine: an anomaly of ARP names whom the message does") {
  test::Octets frame = test::arp_frame(1, ipv4(192, 0, 2, 1), ipv4(192, 0, 2, 7));
  frame[11] ^= 0x55;  // the frame's source is not the message's
  const Analysis analysis = test::analyse({{.time = traffic_start, .data = frame}});
  REQUIRE(analysis.of("anomaly").size() == 1);
  CHECK_THAT(analysis.of("anomaly")[0], Contains(R"("src_ip":"192.0.2.1","dst_ip":"192.0.2.7")") &&
                                            Contains(R"("reason":"arp_mismatch")"));
}

TEST_CASE("engine: what is wrong with packets without a flow is told once a second") {
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{3});
  CAPTURE(threads);
  // Five tags (802.1Q in each other), and an IPv4 header of four octets.
  test::Octets tags{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  for (int i = 0; i < 5; ++i) tags.insert(tags.end(), {0x81, 0, 0, 1});
  tags.insert(tags.end(), {8, 0});
  tags.resize(60);
  const test::Octets shorter{0x41, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
  // An ARP packet cut short, and a fragment that ends past what IP can carry.
  const test::Octets arp = in_ethernet(test::Octets{0, 1, 8, 0, 6, 4, 0, 1}, 0x0806);
  const test::Octets far =
      in_ethernet(test::ipv4_packet(client, server, 17, test::Octets(64), 7, 0x1fff));
  Frames frames;
  for (int i = 0; i < 25; ++i) {
    for (const test::Octets& frame : {tags, in_ethernet(shorter), arp, far})
      frames.push_back({.time = traffic_start + i * 100ms, .data = frame});
  }
  const Analysis analysis = test::analyse(frames, {.threads = threads});
  CHECK(test::broken_law(analysis).value_or("") == "");
  const auto anomalies = analysis.of("anomaly");
  REQUIRE(anomalies.size() == 12);
  CHECK_THAT(anomalies[0], Contains(R"("layer":"vlan","reason":"too_deep")"));
  CHECK_THAT(anomalies[1], Contains(R"("layer":"ipv4","reason":"bad_length")"));
  CHECK_THAT(anomalies[2], Contains(R"("layer":"arp","reason":"arp_malformed")"));
  CHECK_THAT(anomalies[3], Contains(R"("layer":"ipv4","reason":"fragment_too_long")"));
  CHECK_THAT(anomalies[8],
             Contains(R"("layer":"vlan","reason":"too_deep")") && Contains(ts(traffic_start + 2s)));
}

// --- ids

std::set<std::string> ids_of(const Analysis& analysis, std::uint64_t server_port) {
  std::set<std::string> ids;
  for (const FlowLine& flow : test::flow_lines(analysis)) {
    if (flow.dst_port == server_port) ids.insert(flow.id);
  }
  return ids;
}

/// Frames whose IPv4 packet names this port as source or destination.
Frames only_port(const Frames& frames, std::uint16_t port) {
  Frames kept;
  for (const Frame& frame : frames) {
    if (frame.data.size() < 38 || frame.data[12] != 8 || frame.data[14] != 0x45) continue;
    const auto src = load_be<std::uint16_t>(&frame.data[34]);
    const auto dst = load_be<std::uint16_t>(&frame.data[36]);
    if (src == port || dst == port) kept.push_back(frame);
  }
  return kept;
}

TEST_CASE("engine: flow ids stay when other flows are filtered out") {
  const Frames frames = test::make_traffic({.seed = 3});
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{53}, std::uint16_t{9'001}}) {
    const auto all = ids_of(test::analyse(frames), port);
    CHECK(!all.empty());
    CHECK(ids_of(test::analyse(only_port(frames, port)), port) == all);
  }
}

TEST_CASE("engine: flow ids stay when the front of the input is cut off") {
  const Frames frames = test::make_traffic({.seed = 4});
  const Timestamp cut = traffic_start + 75s;
  Frames late;
  std::copy_if(frames.begin(), frames.end(), std::back_inserter(late),
               [cut](const Frame& frame) { return frame.time >= cut; });
  const auto whole = ids_of(test::analyse(frames), 53);
  const auto back = ids_of(test::analyse(late), 53);
  CHECK(back.size() > 5);
  // Queries and answers are less than 50 ms apart, so at most a few flows lie across the cut.
  std::size_t unknown = 0;
  for (const std::string& id : back) unknown += whole.contains(id) ? 0U : 1U;
  CHECK(unknown <= 1);
}

TEST_CASE("engine: flow ids stay though other packets were ahead of time") {
  const Pair ends{client, server, 40'000, 9'000};
  const Frames alone{udp(traffic_start, ends)};
  const Frames mixed{tick(traffic_start + 1ms), udp(traffic_start, ends)};
  CHECK(ids_of(test::analyse(alone), 9'000) == ids_of(test::analyse(mixed), 9'000));
}

/// The part of a scan's first event that names it: id, kind, technique.
std::string name_of_scan(const Analysis& analysis) {
  const auto scans = analysis.of("scan");
  if (scans.empty()) return {};
  const std::size_t from = scans[0].find(R"("id")");
  return scans[0].substr(from, scans[0].find(R"("phase")") - from);
}

TEST_CASE("engine: scan ids stay though other packets were ahead of time") {
  Frames ports;
  Frames requests;
  for (std::uint16_t i = 0; i < 40; ++i) {
    const Pair ends{client, server, 40'000, static_cast<std::uint16_t>(1'000 + i)};
    const Timestamp time = traffic_start + i * 10ms;
    ports.push_back(
        {.time = time, .data = in_ethernet(test::tcp_packet(ends, {.flags = test::tcp::syn}))});
    ports.push_back({.time = time + 1ms,
                     .data = in_ethernet(test::tcp_packet(
                         ends.back(), {.ack = 1, .flags = test::tcp::rst | test::tcp::ack}))});
    requests.push_back({.time = time, .data = test::arp_frame(1, client, server + i)});
  }
  for (const Frames& scan : {ports, requests}) {
    const std::string name = name_of_scan(test::analyse(scan));
    REQUIRE_FALSE(name.empty());
    Frames mixed = scan;
    mixed.insert(mixed.begin(), tick(traffic_start + 1ms));
    CHECK(name_of_scan(test::analyse(mixed)) == name);
    CHECK(name_of_scan(test::analyse(mixed, {.threads = 3})) == name);
  }
}

TEST_CASE("engine: flows of one key that begin at one nanosecond have ids of their own") {
  const Pair ends{client, server, 40'000, 443};
  Frames frames;
  for (std::uint32_t i = 0; i < 3; ++i) {
    frames.push_back(
        {.time = traffic_start,
         .data = in_ethernet(test::tcp_packet(ends, {.seq = 1'000 * i, .flags = test::tcp::syn}))});
  }
  CHECK(ids_of(test::analyse(frames), 443).size() == 3);
}

// --- fragments

/// A datagram in fragments, each of them in a tunnel and fragmented again.
std::vector<test::Octets> nested_fragments() {
  constexpr std::uint32_t from = ipv4(172, 16, 0, 1);
  constexpr std::uint32_t to = ipv4(172, 16, 0, 2);
  constexpr std::uint8_t ip_in_ip = 4;
  const test::Octets whole =
      test::udp_packet({client, server, 40'000, 9'000}, test::octets(std::string(2'000, 'x')));
  std::vector<test::Octets> packets;
  for (const test::Octets& inner : test::fragments_of(whole, 800)) {
    const test::Octets outer = test::ipv4_packet(from, to, ip_in_ip, inner);
    for (const test::Octets& piece : test::fragments_of(outer, 400)) packets.push_back(piece);
  }
  return packets;
}

TEST_CASE("engine: every prefix of nested fragments leaves nothing waiting in the ledger") {
  const std::vector<test::Octets> packets = nested_fragments();
  Frames frames;
  for (const test::Octets& packet : packets) {
    frames.push_back({.time = traffic_start + frames.size() * 1ms, .data = in_ethernet(packet)});
    const Analysis analysis = test::analyse(frames);
    INFO("after " << frames.size() << " of " << packets.size());
    CHECK(test::broken_law(analysis).value_or("") == "");
    const bool whole = frames.size() == packets.size();
    CHECK(analysis.ledger.of(wire::Bucket::flow).packets == (whole ? frames.size() : 0));
    CHECK(analysis.ledger.of(wire::Bucket::fragment_incomplete).packets ==
          (whole ? 0 : frames.size()));
  }
  const FlowLine flow = only_flow(frames);
  CHECK(flow.packets == packets.size());
  CHECK(flow.payload == 2'000);
  CHECK(flow.src_port == 40'000);
}

TEST_CASE("engine: fragments have packet lines, and what is wrong with them is an anomaly") {
  const Pair ends{client, server, 40'000, 9'000};
  const std::vector<test::Octets> pieces =
      test::fragments_of(test::udp_packet(ends, test::octets(std::string(2'000, 'x'))), 800);
  REQUIRE(pieces.size() == 3);
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{3});
  CAPTURE(threads);
  std::vector<test::Octets> sent = pieces;
  test::Octets overlapping = pieces[1];
  overlapping[7] = static_cast<std::uint8_t>(overlapping[7] - 1);  // 8 octets earlier
  sent.insert(sent.begin() + 1, overlapping);
  test::Octets far = pieces[1];
  far[6] = 0x3f;  // the largest offset, and more to come
  far[7] = 0xff;
  sent.push_back(far);
  Frames frames;
  for (const test::Octets& piece : sent)
    frames.push_back({.time = traffic_start + frames.size() * 1ms, .data = in_ethernet(piece)});
  const Analysis analysis = test::analyse(frames, {.threads = threads, .packets = true});
  CHECK(test::broken_law(analysis).value_or("") == "");
  CHECK(analysis.of("packet").size() == frames.size());
  const auto anomalies = analysis.of("anomaly");
  REQUIRE(anomalies.size() == 2);
  CHECK_THAT(anomalies[0], Contains(R"("layer":"ipv4","reason":"fragment_overlap")"));
  CHECK_THAT(anomalies[1], Contains(R"("layer":"ipv4","reason":"fragment_too_long")"));
}

TEST_CASE("engine: a wrong checksum of a fragmented datagram counts once in the ledger") {
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{3});
  test::Octets datagram = test::udp_packet({client, server, 40'000, 9'000}, test::Octets(2'000));
  datagram[26] = 0x12;  // of UDP
  std::vector<test::Octets> pieces = test::fragments_of(datagram, 800);
  REQUIRE(pieces.size() == 3);
  SECTION("of UDP") {}
  // That of a fragment's own header is one more, and the same frame never counts twice.
  SECTION("of UDP and of an earlier fragment's header") {
    pieces[0][10] ^= 1U;
  }
  SECTION("of UDP and of the last fragment's header") {
    pieces[2][10] ^= 1U;
  }
  Frames frames;
  for (const test::Octets& piece : pieces)
    frames.push_back({.time = traffic_start + frames.size() * 1ms, .data = in_ethernet(piece)});
  const bool earlier = (pieces[0][10] ^ test::fragments_of(datagram, 800)[0][10]) != 0;
  const Analysis analysis = test::analyse(frames, {.threads = threads, .verify_checksums = true});
  CHECK(analysis.ledger.bad_checksums == (earlier ? 2 : 1));
  REQUIRE(analysis.of("flow").size() == 1);
  CHECK_THAT(analysis.of("flow")[0], Contains(R"("csum_bad":1)"));
}

TEST_CASE("engine: a flow of fragments begins with the first one that came") {
  const Pair ends{client, server, 40'000, 9'000};
  std::vector<test::Octets> pieces =
      test::fragments_of(test::udp_packet(ends, test::octets(std::string(2'000, 'x'))), 800);
  const bool swapped = GENERATE(false, true);
  if (swapped) std::swap(pieces.front(), pieces.back());
  Frames frames;
  for (const test::Octets& piece : pieces)
    frames.push_back({.time = traffic_start + frames.size() * 10s, .data = in_ethernet(piece)});
  const Analysis analysis = test::analyse(frames);
  CHECK(test::broken_law(analysis).value_or("") == "");
  const auto lines = analysis.of("flow");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Contains(R"("first_ts":")" + ts(traffic_start)) &&
                           Contains(R"("last_ts":")" + ts(traffic_start + 20s)) &&
                           Contains(R"("duration_us":20000000)"));
  // The id is that of a flow of this key which began at that time.
  CHECK(only_flow(frames).id == only_flow({udp(traffic_start, ends)}).id);
}

TEST_CASE("engine: a handshake is measured from the fragment that completes its SYN") {
  const Pair ends{client, server, 40'000, 443};
  Frames frames;
  for (const test::Octets& piece :
       test::fragments_of(test::tcp_packet(ends, {.seq = 1, .flags = test::tcp::syn}), 16))
    frames.push_back({.time = traffic_start + frames.size() * 5ms, .data = in_ethernet(piece)});
  const Timestamp whole = frames.back().time;
  frames.push_back(
      {.time = whole + 2ms,
       .data = in_ethernet(test::tcp_packet(
           ends.back(), {.seq = 9, .ack = 2, .flags = test::tcp::syn | test::tcp::ack}))});
  const auto lines = test::analyse(frames).of("flow");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Contains(R"("hs_rtt_server_us":2000,)") &&
                           Contains(R"("first_ts":")" + ts(traffic_start)));
}

TEST_CASE("engine: interim records of a flow count from its first fragment") {
  const Pair ends{client, server, 40'000, 9'000};
  Frames frames;
  for (const test::Octets& piece :
       test::fragments_of(test::udp_packet(ends, test::octets(std::string(1'500, 'x'))), 800))
    frames.push_back({.time = traffic_start + frames.size() * 29s, .data = in_ethernet(piece)});
  frames.push_back(udp(traffic_start + 59s, ends));
  frames.push_back(tick(traffic_start + 200s));
  const Analysis analysis = test::analyse(frames);
  CHECK(test::broken_law(analysis).value_or("") == "");
  const auto flows = test::flow_lines(analysis);
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].ts == ts(traffic_start + 60s));
  CHECK(flows[1].ts == ts(traffic_start + 119s));
}

TEST_CASE("engine: flows of fragments that began at one nanosecond have ids of their own") {
  const Pair ends{client, server, 40'000, 443};
  Frames frames;
  for (std::uint32_t i = 0; i < 2; ++i) {
    const test::Octets segment =
        test::tcp_packet(ends, {.seq = 1'000'000'000 * i, .flags = test::tcp::syn});
    for (const test::Octets& piece : test::fragments_of(segment, 16))
      frames.push_back({.time = traffic_start + frames.size() * 1ms, .data = in_ethernet(piece)});
  }
  // The first fragments of both at one time, their last ones later.
  frames[2].time = frames[0].time;
  std::swap(frames[1], frames[2]);
  const Analysis analysis = test::analyse(frames);
  CHECK(test::broken_law(analysis).value_or("") == "");
  CHECK(ids_of(analysis, 443).size() == 2);
}

TEST_CASE("engine: fragments in fragments are whole within 30 s of the first one, or never") {
  const std::vector<test::Octets> packets = nested_fragments();
  const auto [step, whole] = GENERATE(table<Duration, bool>({{4s, true}, {5s, false}}));
  Frames frames;
  for (const test::Octets& packet : packets)
    frames.push_back({.time = traffic_start + frames.size() * step, .data = in_ethernet(packet)});
  const Analysis analysis = test::analyse(frames);
  CHECK(test::broken_law(analysis).value_or("") == "");
  CHECK(test::flow_lines(analysis).size() == (whole ? 1 : 0));
}

// --- prefixes

TEST_CASE("engine: every prefix of an input keeps the laws") {
  const Frames frames = test::make_traffic({.tcp = 3,
                                            .http = 1,
                                            .dns = 3,
                                            .tls = 1,
                                            .udp = 2,
                                            .pings = 1,
                                            .arps = 2,
                                            .fragmented = 3,
                                            .tunnelled = 1,
                                            .scanned = 4,
                                            .icmp_errors = 1,
                                            .garbage = 5});
  Frames prefix;
  for (const Frame& frame : frames) {
    prefix.push_back(frame);
    if (auto law = test::broken_law(test::analyse(prefix)))
      FAIL(*law << " after " << prefix.size());
  }
}

TEST_CASE("engine: every snaplen keeps the laws") {
  const Frames frames = test::make_traffic({.tcp = 6, .http = 3, .dns = 6, .scanned = 10});
  for (std::size_t snaplen = 0; snaplen < 120; ++snaplen) {
    Frames cut = frames;
    for (Frame& frame : cut) {
      frame.wire_size = frame.size_on_wire();
      frame.data.resize(std::min(frame.data.size(), snaplen));
    }
    INFO("snaplen " << snaplen);
    CHECK(test::broken_law(test::analyse(cut)).value_or("") == "");
  }
}

TEST_CASE("engine: payload that no header told of is absent, whatever the transport") {
  const std::uint8_t proto = GENERATE(std::uint8_t{6}, std::uint8_t{17}, std::uint8_t{132});
  CAPTURE(proto);
  const test::Octets segment{0x13, 0x88, 0x17, 0x70, 0, 0, 0, 0, 0, 0, 0, 0};
  test::Octets data = in_ethernet(test::ipv4_packet(client, server, proto, segment));
  data.resize(14 + 20 + 6);
  Frames frames{{.time = traffic_start, .data = data, .wire_size = 46}};
  frames.push_back(frames.front());
  const Analysis analysis = test::analyse(frames);
  const auto flows = analysis.of("flow");
  REQUIRE(flows.size() == 1);
  CHECK_THAT(flows[0], Contains(R"("src_pkts":2)"));
  CHECK_THAT(flows[0], !Contains(R"("src_payload")"));
  CHECK_THAT(flows[0], Contains(R"("dst_payload":0)"));
}

TEST_CASE("engine: a frame larger than any network's speaks of offload, but on the loopback") {
  Frame frame = udp(traffic_start, {client, server, 40'000, 9'000});
  frame.wire_size = 9'217;
  bool suspected = true;
  SECTION("of a network card") {}
  SECTION("as large as jumbo frames are") {
    frame.wire_size = 9'216;
    suspected = false;
  }
  SECTION("of a host to itself") {
    std::fill_n(frame.data.begin(), 12, std::uint8_t{0});
    suspected = false;
  }
  CHECK(test::analyse({frame}).ledger.offload_suspected() == suspected);
}

TEST_CASE("engine: an input without packets has a summary and nothing else") {
  const Analysis analysis = test::analyse({});
  for (const test::Line& line : analysis.lines) CHECK(line.schema->name == "summary");
  CHECK(analysis.limits_hit.empty());
}

}  // namespace
}  // namespace ntan

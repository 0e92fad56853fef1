// Traces of applications of which every number is known.
#include "tests/run/app_truth.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/analysis.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace test::truth;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::echo_packet;
using test::Frames;
using test::ipv4;
using test::join;
using test::Octets;
using test::octets;
using test::Pair;
using test::traffic_start;
using test::udp_packet;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace tcp = test::tcp;

/// The same IPv4 packet with an identification.
Octets with_id(Octets packet, std::uint16_t id) {
  store_be(packet.data() + 4, id);
  return packet;
}

/// The payload of an IPv4 packet between hosts of IPv6 that are named after those.
Octets as_ipv6(const Octets& packet) {
  const std::size_t size = packet.size() - 20;
  const Octets sizes{static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size),
                     packet[9], 64};
  const Bytes prefix = "20010db8 00000000 00000000"_hex;
  const Bytes all = packet;
  return join("60000000"_hex, sizes, prefix, all.subspan(12, 4), prefix, all.subspan(16, 4),
              all.subspan(20));
}

}  // namespace

TEST_CASE("truth: a protocol is looked for in eight datagrams of each side") {
  Frames frames;
  Octets noise(60, 0xff);
  const auto other_noise = [&noise]() -> const Octets& {
    ++noise.back();
    return noise;
  };
  const auto talk = [&](std::uint16_t port, int from_client, int from_server) {
    const Pair pair{client, server, port, 9'000};
    for (int i = 0; i < from_client; ++i) add(frames, 1ms, udp_packet(pair, other_noise()));
    for (int i = 0; i < from_server; ++i) add(frames, 1ms, udp_packet(pair.back(), other_noise()));
    add(frames, 2ms, udp_packet(pair, test::dns_query(port, "a.example")));
  };
  talk(5'007, 7, 0);
  talk(5'008, 8, 0);
  talk(5'009, 7, 8);
  talk(5'010, 8, 7);
  // The other side is asked on its own account, and what it said is found.
  add(frames, 3ms,
      udp_packet(Pair{client, server, 5'010, 9'000}.back(),
                 test::dns_answer(5'010, "a.example", server)));

  const test::Analysis analysis = test::analyse(frames);
  std::vector<std::int64_t> found;
  for (const Record& event : records(analysis, "dns")) found.push_back(event["id"].value_or(-1));
  std::ranges::sort(found);
  CHECK(found == std::vector<std::int64_t>{5'007, 5'009, 5'010});
}

TEST_CASE("truth: DNS answered, asked twice, never answered, answered unasked and twice") {
  constexpr std::uint32_t resolver = ipv4(10, 0, 0, 53);
  Frames frames;
  const auto query = [&](std::chrono::microseconds at, std::uint16_t id, std::string_view name) {
    const auto port = static_cast<std::uint16_t>(40'000 + id);
    add(frames, at, udp_packet({client, resolver, port, 53}, test::dns_query(id, name)));
  };
  const auto answer = [&](std::chrono::microseconds at, std::uint16_t id, std::string_view name) {
    const auto port = static_cast<std::uint16_t>(40'000 + id);
    add(frames, at,
        udp_packet({resolver, client, 53, port}, test::dns_answer(id, name, ipv4(192, 0, 2, id))));
  };
  query(0ms, 1, "once.example");
  answer(20ms, 1, "once.example");
  answer(25ms, 1, "once.example");
  query(1000ms, 2, "again.example");
  query(2000ms, 2, "again.example");
  answer(2030ms, 2, "again.example");
  query(3000ms, 3, "never.example");
  query(8000ms, 4, "never.example");
  answer(9000ms, 5, "unasked.example");

  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "dns");
  REQUIRE(events.size() == 6);
  const auto says = [&](std::size_t at, std::string_view query_name, bool queried, bool answered) {
    CAPTURE(at);
    CHECK(events[at].text("query") == query_name);
    CHECK(events[at].flag("queried") == queried);
    CHECK(events[at].flag("answered") == answered);
  };
  says(0, "once.example", true, true);
  CHECK(events[0]["rtt_us"] == 20'000);
  CHECK(events[0]["rtt_first_us"] == std::nullopt);
  CHECK(events[0]["retries"] == 0);
  says(1, "once.example", false, true);
  CHECK(events[1]["rtt_us"] == std::nullopt);
  says(2, "again.example", true, true);
  CHECK(events[2]["rtt_us"] == 30'000);
  CHECK(events[2]["rtt_first_us"] == 1'030'000);
  CHECK(events[2]["retries"] == 1);
  says(3, "unasked.example", false, true);
  says(4, "never.example", true, false);
  says(5, "never.example", true, false);
  CHECK(events[4]["id"] == 3);
  CHECK(events[5]["id"] == 4);

  const Record summary = summary_of(analysis);
  CHECK(summary["dns_queries"] == 5);
  CHECK(summary["dns_answers"] == 4);
  CHECK(summary["dns_retries"] == 1);
  CHECK(summary["dns_soft_retries"] == 1);
  CHECK(summary["dns_unanswered"] == 2);
  CHECK(summary["dns_unsolicited"] == 1);
  CHECK(summary["dns_duplicate_answers"] == 1);
  CHECK(summary.ratio("dns_loss_ratio") == 0.5);  // of four questions, two
  CHECK(latency(analysis, "dns_rtt") == Row{2, 20'000, 30'000});
  CHECK(latency_of_server(analysis, "dns_rtt", "10.0.0.53") == Row{2, 20'000, 30'000});
  CHECK(latency(analysis, "dns_rtt_first") == Row{2, 20'000, 1'030'000});
}

TEST_CASE("truth: datagrams captured twice are no repeats, but packets") {
  // Of IPv4 with an identification and without, and of IPv6, which has none.
  const auto family = GENERATE(0x0800, 0, 0x86dd);
  CAPTURE(family);
  Frames frames;
  std::uint16_t packets = 0;
  const auto twice = [&](std::chrono::microseconds at, const Octets& packet) {
    const std::uint16_t id = family == 0x0800 ? ++packets : std::uint16_t{0};
    for (const auto later : {0us, 20us}) {
      if (family == 0x86dd) {
        frames.push_back({.time = traffic_start + at + later,
                          .data = test::in_ethernet(as_ipv6(packet), 0x86dd)});
      } else {
        add(frames, at + later, with_id(packet, id));
      }
    }
  };
  const Pair to{client, server, 40'000, 53};
  twice(0ms, udp_packet(to, test::dns_query(1, "a.example")));
  twice(20ms, udp_packet(to.back(), test::dns_answer(1, "a.example", server)));
  SECTION("one exchange") {
    const test::Analysis analysis = test::analyse(frames);
    const auto events = records(analysis, "dns");
    REQUIRE(events.size() == 1);
    CHECK(events[0]["retries"] == 0);
    CHECK(events[0]["rtt_us"] == 20'000);
    const auto flows = records(analysis, "flow");
    REQUIRE(flows.size() == 1);
    CHECK(flows[0]["src_pkts"] == 2);
    CHECK(flows[0]["dst_pkts"] == 2);
    const Record summary = summary_of(analysis);
    CHECK(summary["dns_queries"] == 1);
    CHECK(summary["dns_answers"] == 1);
    CHECK(summary["dns_retries"] == 0);
    CHECK(summary["dns_duplicate_answers"] == 0);
  }
  SECTION("what is sent again later") {
    twice(2000ms, udp_packet(to, test::dns_query(2, "b.example")));
    twice(3000ms, udp_packet(to, test::dns_query(2, "b.example")));
    twice(3005ms, udp_packet(to.back(), test::dns_answer(2, "b.example", server)));
    twice(3007ms, udp_packet(to.back(), test::dns_answer(2, "b.example", server)));
    const Record summary = summary_of(test::analyse(frames));
    CHECK(summary["dns_queries"] == 3);
    CHECK(summary["dns_answers"] == 3);
    CHECK(summary["dns_retries"] == 1);
    CHECK(summary["dns_duplicate_answers"] == 1);
  }
}

TEST_CASE("truth: echoes captured twice are no repeats") {
  Frames frames;
  const auto twice = [&](std::chrono::microseconds at, const Octets& packet) {
    for (const auto later : {0us, 20us}) add(frames, at + later, with_id(packet, 5));
  };
  twice(0ms, echo_packet({client, server, 0, 0}, 8, 1, 1, octets("ping")));
  twice(10ms, echo_packet({server, client, 0, 0}, 0, 1, 1, octets("ping")));
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "icmp");
  REQUIRE(events.size() == 1);
  CHECK(events[0]["retries"] == 0);
  CHECK(events[0]["rtt_us"] == 10'000);
  CHECK(summary_of(analysis)["icmp_echoes"] == 1);
  CHECK(latency(analysis, "icmp_rtt") == Row{1, 10'000, 10'000});
}

TEST_CASE("truth: four echoes, the third without reply") {
  Frames frames;
  for (std::uint16_t i = 1; i <= 4; ++i) {
    const auto sent = i * 1000ms;
    add(frames, sent, echo_packet({client, server, 0, 0}, 8, 77, i, octets("payload")));
    if (i == 3) continue;
    add(frames, sent + 15ms, echo_packet({server, client, 0, 0}, 0, 77, i, octets("payload")));
  }
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "icmp");
  REQUIRE(events.size() == 4);
  for (const std::size_t at : {0U, 1U, 2U, 3U}) {
    CAPTURE(at);
    const bool lost = at == 3;  // it is waited for until the end
    CHECK(events[at].text("type") == "echo");
    CHECK(events[at]["id"] == 77);
    CHECK(events[at]["seq"] == (lost ? 3 : at == 2 ? 4 : static_cast<int>(at) + 1));
    CHECK(events[at]["payload_bytes"] == 7);
    CHECK(events[at]["retries"] == 0);
    CHECK(events[at].flag("queried") == true);
    CHECK(events[at].flag("answered") == !lost);
    CHECK(events[at]["rtt_us"] == (lost ? std::nullopt : std::optional{15'000}));
  }
  const Record summary = summary_of(analysis);
  CHECK(summary["icmp_echoes"] == 4);
  CHECK(summary["icmp_lost"] == 1);
  CHECK(summary.ratio("icmp_lost_ratio") == 0.25);
  CHECK(latency(analysis, "icmp_rtt") == Row{3, 15'000, 15'000});
  CHECK(latency_of_server(analysis, "icmp_rtt") == latency(analysis, "icmp_rtt"));
}

TEST_CASE("truth: of two hosts that echo each other under one number, each is timed") {
  Frames frames;
  add(frames, 0ms, echo_packet({client, server, 0, 0}, 8, 77, 1, octets("there")));
  add(frames, 40ms, echo_packet({server, client, 0, 0}, 0, 77, 1, octets("there")));
  add(frames, 100ms, echo_packet({server, client, 0, 0}, 8, 77, 2, octets("and back")));
  add(frames, 110ms, echo_packet({client, server, 0, 0}, 0, 77, 2, octets("and back")));
  const test::Analysis analysis = test::analyse(frames);
  CHECK(latency_of_server(analysis, "icmp_rtt") == Row{1, 40'000, 40'000});
  CHECK(latency_of_server(analysis, "icmp_rtt", "10.0.0.1") == Row{1, 10'000, 10'000});
}

TEST_CASE("truth: an ICMPv6 error quotes a packet of IPv6") {
  const Octets error = join(
      "020000000002 020000000001 86dd | 60000000 0038 3a 40"_hex,
      "20010db8000000000000000000000002 20010db8000000000000000000000001"_hex,
      "01 04 0000 00000000 | 60000000 0008 11 40"_hex,
      "20010db8000000000000000000000001 20010db8000000000000000000000002 9c40 0050 0008 0000"_hex);
  const Frames frames{{.time = traffic_start, .data = error}};
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    const test::Analysis analysis = test::analyse(frames, {.threads = threads});
    CHECK(analysis.of("anomaly").empty());
    const auto events = records(analysis, "icmp");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text("type") == "destination_unreachable");
    CHECK(events[0].text("code_name") == "port_unreachable");
    CHECK(events[0].text("quoted_src_ip") == "2001:db8::1");
    CHECK(events[0]["quoted_dst_port"] == 80);
  }
}

TEST_CASE("truth: an ICMP error captured twice is told once") {
  // From 192.0.2.9: port unreachable, for a datagram of the client's.
  const auto error = [](std::uint16_t ip_id) {
    return with_id(join("45000038 0000 4000 4001 0000 c0000209 0a000001"_hex,
                        "0303 0000 00000000 | 4500001c 0007 4000 4011 0000 0a000001 c6336401"_hex,
                        "9c40 0050 0008 0000"_hex),
                   ip_id);
  };
  Frames frames;
  add(frames, 0ms, udp_packet({client, server, 40000, 80}, octets("hello")));
  for (const auto at : {10'000us, 10'020us, 10'500us}) add(frames, at, error(5));
  std::size_t told = 1;
  SECTION("and never again") {}
  SECTION("one with a number of its own is another") {
    add(frames, 10'600us, error(6));
    told = 2;
  }
  SECTION("one that comes later is another") {
    add(frames, 20ms, error(5));
    told = 2;
  }
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    const test::Analysis analysis = test::analyse(frames, {.threads = threads});
    CHECK(records(analysis, "icmp").size() == told);
    const auto flows = records(analysis, "flow");
    REQUIRE(flows.size() == 1);
    CHECK(flows[0]["icmp_err"] == static_cast<int>(told));
  }
}

TEST_CASE("truth: a client that asks from LLMNR's port asks the DNS all the same") {
  Frames frames;
  add(frames, 0ms, udp_packet({client, server, 5355, 53}, test::dns_query(1, "a.example")));
  add(frames, 20ms,
      udp_packet({server, client, 53, 5355}, test::dns_answer(1, "a.example", server)));
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "dns");
  REQUIRE(events.size() == 1);
  CHECK(events[0].flag("answered") == true);
  CHECK(events[0]["rtt_us"] == 20'000);
}

TEST_CASE("truth: a packet of another flow with a later stamp moves no handshake") {
  Frames frames;
  add(frames, 150us, udp_packet({client, ipv4(192, 0, 2, 9), 1000, 2000}, octets("late")));
  const Pair to{client, server, 40'000, 80};
  add(frames, 0us, test::tcp_packet(to, {.seq = 1, .flags = tcp::syn}));
  add(frames, 200us,
      test::tcp_packet(to.back(), {.seq = 7, .ack = 2, .flags = tcp::syn | tcp::ack}));
  add(frames, 210us, test::tcp_packet(to, {.seq = 2, .ack = 8, .flags = tcp::ack}));
  const test::Analysis analysis = test::analyse(frames);
  const auto flows = records(analysis, "flow");
  REQUIRE(flows.size() == 2);
  const Record& opened = flows[0]["connect_us"] ? flows[0] : flows[1];
  CHECK(opened["hs_rtt_server_us"] == 200);
  CHECK(opened["hs_rtt_client_us"] == 10);
  CHECK(opened["connect_us"] == 210);
}

TEST_CASE("truth: two SYNs that cross open one connection") {
  Frames frames;
  const Pair to{client, server, 40'000, 80};
  add(frames, 0ms, test::tcp_packet(to, {.seq = 1, .flags = tcp::syn}));
  add(frames, 5ms, test::tcp_packet(to.back(), {.seq = 7, .flags = tcp::syn}));
  add(frames, 20ms, test::tcp_packet(to, {.seq = 1, .ack = 8, .flags = tcp::syn | tcp::ack}));
  add(frames, 25ms,
      test::tcp_packet(to.back(), {.seq = 7, .ack = 2, .flags = tcp::syn | tcp::ack}));
  const test::Analysis analysis = test::analyse(frames);
  const auto flows = records(analysis, "flow");
  REQUIRE(flows.size() == 1);
  CHECK(flows[0]["src_pkts"] == 2);
  CHECK(flows[0]["dst_pkts"] == 2);
}

TEST_CASE("truth: the server's half is told of a connection that was never completed") {
  Frames frames;
  const Pair to{client, server, 40'000, 80};
  add(frames, 0ms, test::tcp_packet(to, {.seq = 1, .flags = tcp::syn}));
  add(frames, 40ms,
      test::tcp_packet(to.back(), {.seq = 7, .ack = 2, .flags = tcp::syn | tcp::ack}));
  add(frames, 50ms, test::tcp_packet(to, {.seq = 2, .flags = tcp::rst}));
  const test::Analysis analysis = test::analyse(frames);
  CHECK(latency_of_server(analysis, "tcp_hs_rtt_server") == Row{1, 40'000, 40'000});
  CHECK(latency(analysis, "tcp_hs_rtt_server") == Row{1, 40'000, 40'000});
  CHECK(latency(analysis, "tcp_hs_rtt_client").empty());
}

TEST_CASE("truth: HTTP pipelined, with two lengths, and with 100 Continue") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(130ms, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"sv);
  talk.server_says(160ms, "56789"sv);
  talk.server_says(170ms, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nn"sv);
  talk.server_says(190ms, "o"sv);
  // RFC 9112 6.3: Transfer-Encoding overrides Content-Length.
  talk.client_says(300ms,
                   "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n"sv);
  talk.client_says(310ms, "3\r\nabc\r\n0\r\n\r\n"sv);
  talk.server_says(340ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.client_says(
      400ms, "PUT /4 HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n"sv);
  talk.server_says(410ms, "HTTP/1.1 100 Continue\r\n\r\n"sv);
  talk.client_says(420ms, "abcdef"sv);
  talk.server_says(450ms, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"sv);
  talk.close();

  struct Exchange {
    std::string_view method;
    std::int64_t status;
    std::int64_t ttfb;
    std::int64_t total;
    std::optional<std::int64_t> request_body;
    std::optional<std::int64_t> response_body;
  };
  const std::vector<Exchange> expected{{"GET", 200, 30'000, 60'000, {}, 10},
                                       {"GET", 404, 70'000, 90'000, {}, 2},
                                       {"POST", 204, 30'000, 40'000, 3, {}},
                                       {"PUT", 201, 30'000, 50'000, 6, 0}};
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(events[i].text("method") == expected[i].method);
    CHECK(events[i].text("uri") == "/" + std::to_string(i + 1));
    CHECK(events[i]["depth"] == static_cast<std::int64_t>(i + 1));
    CHECK(events[i]["status"] == expected[i].status);
    CHECK(events[i]["ttfb_us"] == expected[i].ttfb);
    CHECK(events[i]["total_us"] == expected[i].total);
    CHECK(events[i]["request_body_bytes"] == expected[i].request_body);
    CHECK(events[i]["response_body_bytes"] == expected[i].response_body);
    CHECK(events[i].flag("complete") == true);
    CHECK(events[i].flag("early").value_or(false) == false);
    CHECK(events[i].flag("pipelined").value_or(false) == (i == 1));
    CHECK(events[i].flag("chunked").value_or(false) == (i == 2));
  }
  CHECK(events[3].json("informational") == "[100]");
  const auto anomalies = records(analysis, "anomaly");
  REQUIRE(anomalies.size() == 1);
  CHECK(anomalies[0].text("reason") == "http_smuggling");
  CHECK(anomalies[0].text("detail") == "Content-Length with Transfer-Encoding");
  const Record summary = summary_of(analysis);
  CHECK(summary["http_requests"] == 4);
  CHECK(summary.json("http_status") ==
        R"([{"class":"1xx","n":1},{"class":"2xx","n":3},{"class":"4xx","n":1}])");
  CHECK(latency(analysis, "http_ttfb") == Row{4, 30'000, 70'000});
  CHECK(latency_of_server(analysis, "http_ttfb") == latency(analysis, "http_ttfb"));
  CHECK(latency_of_server(analysis, "tcp_hs_rtt_server") == latency(analysis, "tcp_hs_rtt_server"));
  CHECK(latency(analysis, "http_total") == Row{4, 40'000, 90'000});
}

TEST_CASE("truth: a client that is refused before its body asks again on the same connection") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(
      100ms, "PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\nExpect: 100-continue\r\n\r\n"sv);
  talk.server_says(130ms, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"sv);
  talk.client_says(200ms, "PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef"sv);
  talk.server_says(240ms, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"sv);
  talk.close();
  const test::Analysis analysis = test::analyse(frames);
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 2);
  CHECK(events[0].text("uri") == "/1");
  CHECK(events[0]["status"] == 417);
  CHECK(events[0]["request_body_bytes"] == 0);
  CHECK(events[0]["ttfb_us"] == 30'000);
  CHECK(events[0]["total_us"] == 30'000);
  CHECK_FALSE(events[0].flag("early"));
  CHECK(events[1].text("uri") == "/2");
  CHECK(events[1]["status"] == 201);
  CHECK(events[1]["request_body_bytes"] == 6);
  CHECK(events[1]["ttfb_us"] == 40'000);
  CHECK(records(analysis, "anomaly").empty());
  CHECK(latency(analysis, "http_ttfb") == Row{2, 30'000, 40'000});
}

TEST_CASE("truth: more pipelined requests than may wait are a limit that was hit") {
  const bool too_many = GENERATE(false, true);
  Frames frames;
  Talk talk(frames);
  std::string requests;
  for (int i = 0; i < (too_many ? 257 : 256); ++i) requests += "GET /p HTTP/1.1\r\n\r\n";
  for (std::size_t at = 0; at < requests.size(); at += 1'400)
    talk.client_says(100ms, std::string_view{requests}.substr(at, 1'400));
  talk.close();
  const test::Analysis analysis = test::analyse(frames);
  CHECK(analysis.limits_hit.empty() == !too_many);
  if (too_many) CHECK(analysis.limits_hit == std::vector<std::string>{"exchanges"});
}

// --- hostile octets

}  // namespace ntan

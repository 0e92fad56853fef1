// Traces of applications of which every number is known, and hostile octets that must come out
// harmless.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "event/csv.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/analysis.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::echo_packet;
using test::Frames;
using test::in_ethernet;
using test::ipv4;
using test::join;
using test::Octets;
using test::octets;
using test::Pair;
using test::traffic_start;
using test::udp_packet;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace tcp = test::tcp;

constexpr std::uint32_t client = ipv4(10, 0, 0, 1);
constexpr std::uint32_t server = ipv4(198, 51, 100, 1);

void add(Frames& frames, std::chrono::microseconds at, Bytes packet) {
  frames.push_back({.time = traffic_start + at, .data = in_ethernet(packet)});
}

/// One line, by the names of its members.
class Record {
 public:
  Record(std::string_view event, const std::string& line)
      : parser_(std::make_unique<simdjson::dom::parser>()),
        body_(parser_->parse(line)[event].value()) {}

  [[nodiscard]] std::optional<std::int64_t> operator[](std::string_view name) const {
    std::int64_t value = 0;
    if (body_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  [[nodiscard]] std::optional<bool> flag(std::string_view name) const {
    bool value = false;
    if (body_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  [[nodiscard]] double ratio(std::string_view name) const {
    return body_[name].get_double().value();
  }

  [[nodiscard]] std::string text(std::string_view name) const {
    std::string_view value;
    if (body_[name].get(value) != simdjson::SUCCESS) return {};
    return std::string(value);
  }

  [[nodiscard]] std::string json(std::string_view name) const {
    return simdjson::minify(body_[name].value());
  }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element body_;
};

std::vector<Record> records(const test::Analysis& analysis, std::string_view event) {
  std::vector<Record> all;
  for (const std::string& line : analysis.of(event)) all.emplace_back(event, line);
  return all;
}

Record summary_of(const test::Analysis& analysis) {
  auto all = records(analysis, "summary");
  REQUIRE(all.size() == 1);
  return std::move(all.front());
}

using Row = std::vector<std::int64_t>;

/// Number, least and greatest of one metric in a list of the summary; nothing where it has no row.
Row row_of(const test::Analysis& analysis, std::string_view list, std::string_view metric,
           std::string_view ip = {}) {
  simdjson::dom::parser parser;
  const std::string line = analysis.of("summary").at(0);
  const simdjson::dom::array rows = parser.parse(line)["summary"][list].get_array().value();
  for (const simdjson::dom::element row : rows) {
    if (row["metric"].get_string().value() != metric) continue;
    if (!ip.empty() && row["ip"].get_string().value() != ip) continue;
    return {row["n"].get_int64().value(), row["min_us"].get_int64().value(),
            row["max_us"].get_int64().value()};
  }
  return {};
}

Row latency(const test::Analysis& analysis, std::string_view metric) {
  return row_of(analysis, "latency", metric);
}

Row latency_of_server(const test::Analysis& analysis, std::string_view metric,
                      std::string_view ip = "198.51.100.1") {
  return row_of(analysis, "servers", metric, ip);
}

/// A connection on which both sides talk at given times.
class Talk {
 public:
  explicit Talk(Frames& out, std::uint16_t port = 80)
      : start_(traffic_start), script_(out, {client, server, 40'000, port}, start_, 0ms) {
    script_.handshake();
  }

  void client_says(std::chrono::milliseconds at, std::string_view text) { say(true, at, text); }
  void server_says(std::chrono::milliseconds at, std::string_view text) { say(false, at, text); }
  void close() { script_.fin_both(); }

 private:
  void say(bool from_client, std::chrono::milliseconds at, std::string_view text) {
    script_.wait(start_ + at - script_.now());
    script_.send(from_client, as_bytes(text));
    script_.send(!from_client, {});
  }

  Timestamp start_;
  test::TcpScript script_;
};

}  // namespace

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
  CHECK(events[1].text("uri") == "/2");
  CHECK(events[1]["status"] == 201);
  CHECK(events[1]["request_body_bytes"] == 6);
  CHECK(events[1]["ttfb_us"] == 40'000);
  CHECK(records(analysis, "anomaly").empty());
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

namespace {

// Moves the cursor, rings, ends strings and lines, begins a formula, quotes, is no UTF-8, a C1
// control, turns the direction of writing.
constexpr std::string_view hostile =
    "=cmd|'\"\x1b]0;t\x07\0\r\n\t,;\\\xff\xc3(\x7f\xc2\x9b\xe2\x80\xae.x"sv;
// Without what ends a line or a word in HTTP.
constexpr std::string_view hostile_word =
    "=cmd|'\"\x1b]0;t\x07\0,;\\\xff\xc3(\x7f\xc2\x9b\xe2\x80\xae.x"sv;
constexpr std::string_view hostile_shown =
    R"(=cmd|'"\x1b]0;t\x07\x00\x0d\x0a\x09,;\\\xff\xc3(\x7f\xc2\x9b)"
    "\u202e.x";
constexpr std::string_view hostile_word_shown =
    R"(=cmd|'"\x1b]0;t\x07\x00,;\\\xff\xc3(\x7f\xc2\x9b)"
    "\u202e.x";

Octets hostile_dns(std::uint16_t flags, Bytes answers) {
  const Octets label = octets(hostile);
  const auto count = static_cast<std::uint8_t>(answers.empty() ? 0 : 1);
  return join("1234"_hex,
              Octets{static_cast<std::uint8_t>(flags >> 8U), static_cast<std::uint8_t>(flags)},
              "0001 00"_hex, Octets{count}, "0000 0000"_hex, test::with_length(1, label),
              "00 0010 0001"_hex, answers);
}

Frames hostile_frames() {
  Frames frames;
  const Pair asks{client, server, 40'001, 53};
  const Octets text = test::with_length(2, test::with_length(1, octets(hostile)));
  add(frames, 0ms, udp_packet(asks, hostile_dns(0x0100, {})));
  add(frames, 1ms,
      udp_packet(asks.back(), hostile_dns(0x8180, join("c00c 0010 0001 00000e10"_hex, text))));
  const std::string word(hostile_word);
  Talk web(frames);
  web.client_says(10ms, "GET /" + word + " HTTP/1.1\r\nHost: " + word + "\r\nUser-Agent: " + word +
                            "\r\nReferer: " + word + "\r\n\r\n");
  web.server_says(20ms, "HTTP/1.1 302 " + word + "\r\nServer: " + word + "\r\nLocation: " + word +
                            "\r\nContent-Type: " + word + "\r\nContent-Length: 0\r\n\r\n");
  web.close();
  Frames tls_frames;
  Talk tls(tls_frames, 443);
  tls.client_says(30ms, as_text(test::client_hello("1301"_hex, test::sni_extension(hostile))));
  tls.server_says(40ms, as_text(test::server_hello("1301"_hex, {})));
  tls.close();
  test::mix_in(frames, tls_frames);
  return frames;
}

/// Neither a control character nor one that turns the direction of writing, and valid UTF-8.
bool is_harmless(std::string_view text) {
  const auto octet = [](char c) { return static_cast<unsigned char>(c); };
  const bool controls =
      std::ranges::any_of(text, [&](char c) { return octet(c) < 0x20 || octet(c) == 0x7f; });
  const bool c1 = std::ranges::adjacent_find(text, [&](char a, char b) {
                    return octet(a) == 0xc2 && octet(b) < 0xa0;
                  }) != text.end();
  const bool turns = text.find("\u202e") != std::string_view::npos;
  return !controls && !c1 && !turns && simdjson::validate_utf8(text.data(), text.size());
}

/// The screen of a summary has many lines, every other event one.
void check_lines(const test::Line& line) {
  std::string_view text = line.text;
  REQUIRE(text.ends_with('\n'));
  const bool block = line.format == run::Format::table && line.schema->name == "summary";
  CHECK((block || text.find('\n') == text.size() - 1));
  for (; !text.empty(); text.remove_prefix(text.find('\n') + 1))
    CHECK(is_harmless(text.substr(0, text.find('\n'))));
}

}  // namespace

TEST_CASE("truth: hostile octets leave in no format what a terminal or a reader would obey") {
  const test::Analysis analysis = test::analyse(
      hostile_frames(), {.summary_every = 10s,
                         .packets = true,
                         .formats = {run::Format::json, run::Format::csv, run::Format::table}});
  std::map<run::Format, std::size_t> lines;
  for (const test::Line& line : analysis.lines) {
    CAPTURE(line.text, line.schema->name);
    check_lines(line);
    if (line.format == run::Format::json)
      CHECK(test::flaw_of_line(line.text, *line.schema).value_or("") == "");
    if (line.format == run::Format::csv) {
      std::string head;
      event::append_csv_header(head, *line.schema);
      CHECK(test::csv_cells(line.text) == test::csv_cells(head));
    }
    ++lines[line.format];
  }
  CHECK(lines.size() == 3);
  CHECK(lines[run::Format::csv] == lines[run::Format::json]);
  CHECK(lines[run::Format::table] == lines[run::Format::json]);
}

TEST_CASE("truth: hostile octets are all there, as text") {
  const test::Analysis analysis = test::analyse(hostile_frames());
  const auto dns = records(analysis, "dns");
  REQUIRE(dns.size() == 1);
  // RFC 1035 5.1 first: nothing is left to escape but its backslashes.
  const std::string_view name =
      R"(=cmd|'"\\027]0;t\\007\\000\\013\\010\\009,;\\\\\\255\\195(\\127\\194\\155\\226\\128\\174\\.x)";
  CHECK(dns[0].text("query") == name);
  const auto http = records(analysis, "http");
  REQUIRE(http.size() == 1);
  CHECK(http[0].text("uri") == "/" + std::string(hostile_word_shown));
  for (const std::string_view field :
       {"host", "user_agent", "referer", "reason", "server", "location", "content_type"}) {
    CAPTURE(field);
    CHECK(http[0].text(field) == hostile_word_shown);
  }
  const auto tls = records(analysis, "tls");
  REQUIRE(tls.size() == 1);
  CHECK(tls[0].text("sni") == hostile_shown);
}

// --- segmentation

namespace {

/// Part of what the client sends.
struct Piece {
  std::size_t begin = 0;
  std::size_t size = 0;
};
using Pieces = std::vector<Piece>;

struct Said {
  Octets client;
  Octets server;
};

/// A connection of its own, by its port, whose client sends the pieces all at one time.
void add_pieces(Frames& frames, std::uint16_t port, std::uint16_t server_port, const Said& said,
                const Pieces& pieces) {
  const Pair there{client, server, port, server_port};
  constexpr std::uint32_t isn = 0xffffff80;  // the numbers wrap inside what is said
  constexpr std::uint32_t server_isn = 5000;
  const auto segment = [&](std::chrono::microseconds at, const Pair& way,
                           const test::TcpHeader& header, Bytes payload = {}) {
    add(frames, at, test::tcp_packet(way, header, payload));
  };
  const auto size = static_cast<std::uint32_t>(said.client.size());
  segment(0ms, there, {.seq = isn, .flags = tcp::syn});
  segment(1ms, there.back(), {.seq = server_isn, .ack = isn + 1, .flags = tcp::syn | tcp::ack});
  segment(2ms, there, {.seq = isn + 1, .ack = server_isn + 1, .flags = tcp::ack});
  for (const Piece& piece : pieces) {
    segment(10ms, there,
            {.seq = isn + 1 + static_cast<std::uint32_t>(piece.begin),
             .ack = server_isn + 1,
             .flags = tcp::psh | tcp::ack},
            Bytes{said.client}.subspan(piece.begin, piece.size));
  }
  segment(30ms, there.back(),
          {.seq = server_isn + 1, .ack = isn + 1 + size, .flags = tcp::psh | tcp::ack},
          said.server);
  segment(40ms, there,
          {.seq = isn + 1 + size,
           .ack = server_isn + 1 + static_cast<std::uint32_t>(said.server.size()),
           .flags = tcp::rst | tcp::ack});
}

/// Every cut in two, in several orders and with copies; then octet by octet.
std::vector<Pieces> all_cuts(std::size_t size) {
  std::vector<Pieces> all{{{0, size}}};
  for (std::size_t cut = 1; cut < size; ++cut) {
    const Piece head{0, cut};
    const Piece rest{cut, size - cut};
    all.insert(all.end(), {{head, rest},
                           {rest, head},
                           {head, head, rest, rest},
                           {rest, rest, head, head},
                           {rest, {0, size}}});
  }
  Pieces single;
  for (std::size_t at = 0; at < size; ++at) single.push_back({at, 1});
  all.push_back(single);
  test::Dice dice(7);
  for (std::size_t i = single.size(); i-- > 1;) {
    const std::size_t low = i - i % 32;  // no more than may wait for those before them
    std::swap(single[i], single[low + dice.below(static_cast<std::uint32_t>(i - low + 1))]);
  }
  all.push_back(single);
  return all;
}

/// What the event of each connection says, without its envelope.
void check_same(std::string_view event, std::uint16_t server_port, const Said& said) {
  const std::vector<Pieces> cuts = all_cuts(said.client.size());
  Frames frames;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    add_pieces(frames, static_cast<std::uint16_t>(10'000 + i), server_port, said, cuts[i]);
  test::sort_by_time(frames);
  const test::Analysis analysis = test::analyse(frames, {.only = {event, "anomaly"}});
  CHECK(analysis.of("anomaly").empty());
  const std::vector<std::string> lines = analysis.of(event);
  REQUIRE(lines.size() == cuts.size());
  const std::string key = "\"" + std::string(event) + "\":{";
  const auto body = [&](const std::string& line) { return line.substr(line.find(key)); };
  const auto differs = [&](const std::string& line) { return body(line) != body(lines.front()); };
  CHECK(std::ranges::count_if(lines, differs) == 0);
  const auto first = std::ranges::find_if(lines, differs);
  CHECK((first == lines.end() ? "" : *first) == "");
}

}  // namespace

TEST_CASE("truth: a ClientHello cut anywhere, shuffled and sent twice, is the same") {
  const Octets extensions =
      join(test::sni_extension("www.example.net"), "002b 0003 02 0304"_hex,
           "0010 000e 000c 02 6832 08 687474702f312e31"_hex, "000a 0004 0002 001d"_hex);
  check_same("tls", 443,
             {.client = test::client_hello("1301 1302 c02f"_hex, extensions),
              .server = test::server_hello("1301"_hex, "002b 0002 0304"_hex)});
}

TEST_CASE("truth: what a client acknowledges was answered, though nobody saw the answer") {
  Frames frames;
  Talk talk(frames);
  for (const auto at : {100ms, 200ms, 300ms}) {
    talk.client_says(at, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
    talk.server_says(at + 10ms, std::string(3'000'000, 'x'));
  }
  talk.close();
  // The client's side from its first request on: not even the handshake.
  constexpr std::size_t source_address = 14 + 12;
  const auto unseen = [](const test::Frame& frame) {
    return load_be<std::uint32_t>(&frame.data[source_address]) != client ||
           frame.time < traffic_start + 100ms;
  };
  std::erase_if(frames, unseen);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    CAPTURE(i);
    CHECK(events[i]["depth"] == static_cast<std::int64_t>(i + 1));
    CHECK(events[i].flag("gap") == true);
    CHECK_FALSE(events[i].flag("pipelined"));
  }
}

TEST_CASE("truth: an answer captured before its request, at the start, is paired") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  std::erase_if(frames, [](const auto& frame) { return frame.time < traffic_start + 100ms; });
  REQUIRE(frames.size() >= 2);
  std::swap(frames[0].data, frames[1].data);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 2);
  CHECK(events[0].text("uri") == "/a");
  CHECK(events[0]["status"] == 204);
  CHECK(events[1].text("uri") == "/b");
}

TEST_CASE("truth: what is captured after its acknowledgement is paired, what is not ends with it") {
  const bool lost = GENERATE(false, true);
  CAPTURE(lost);
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"sv);
  talk.server_says(120ms, "def"sv);
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  std::size_t swapped = 0;
  for (std::size_t at = 3; at + 1 < frames.size(); at += 2) {
    REQUIRE(frames[at].data.size() > frames[at + 1].data.size());
    std::swap(frames[at].data, frames[at + 1].data);
    ++swapped;
  }
  REQUIRE(swapped == 5);
  if (lost) frames.erase(frames.begin() + 8);  // "def"
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 2);
  CHECK(events[0].text("uri") == "/a");
  CHECK(events[0]["status"] == 200);
  CHECK(events[0]["total_us"] == 20'000);
  CHECK(events[0].flag("gap") == (lost ? std::optional{true} : std::nullopt));
  CHECK(events[0].flag("complete") == true);
  CHECK(events[1].text("uri") == "/b");
  CHECK(events[1]["status"] == 204);
}

TEST_CASE("truth: a snaplen that cuts request lines leaves what they asked for") {
  const bool one_sided = GENERATE(false, true);
  CAPTURE(one_sided);
  Frames frames;
  Talk talk(frames);
  for (const std::string_view uri : {"/one/long/path"sv, "/two/long/path"sv, "/three/lo/path"sv}) {
    talk.client_says(100ms,
                     "GET " + std::string(uri) + std::string(300, 'x') + " HTTP/1.1\r\n\r\n");
    talk.server_says(110ms,
                     "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + std::string(300, 'y'));
  }
  talk.close();
  constexpr std::size_t source_address = 14 + 12;
  if (one_sided) {
    std::erase_if(frames, [](const test::Frame& frame) {
      return load_be<std::uint32_t>(&frame.data[source_address]) != client;
    });
  }
  constexpr std::size_t headers = 14 + 20 + 20;
  for (test::Frame& frame : frames) {
    frame.wire_size = frame.size_on_wire();
    frame.data.resize(std::min(frame.data.size(), headers + "GET /one/long/path"sv.size()));
  }
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 3);
  CHECK(events[0].text("uri") == "/one/long/path");
  CHECK(events[1].text("uri") == "/two/long/path");
  CHECK(events[2].text("uri") == "/three/lo/path");
  for (const Record& event : events) {
    CHECK(event.flag("gap") == true);
    if (!one_sided) CHECK(event["status"] == 200);
  }
}

/// A server's greeting, a client's command, and TLS from its ClientHello on, which comes in two
/// segments.
void check_tls_after(std::string_view command, std::size_t cut) {
  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  Frames frames;
  Talk talk(frames);
  talk.server_says(100ms, "220 ready\r\n"sv);
  talk.client_says(110ms, command);
  talk.server_says(120ms, "220 go on\r\n"sv);
  if (cut != 0) talk.client_says(130ms, as_text(hello).substr(0, cut));
  talk.client_says(131ms, as_text(hello).substr(cut));
  talk.server_says(140ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
  talk.close();
  const auto events = records(test::analyse(frames), "tls");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("sni") == "a.test");
  CHECK(events[0].text("cipher") == "TLS_AES_128_GCM_SHA256");
}

TEST_CASE("truth: TLS that follows is found however its hello is cut") {
  const std::size_t size = test::client_hello("1301"_hex, test::sni_extension("a.test")).size();
  // The second command could have been the beginning of a request.
  for (const std::string_view command : {"EHLO h\r\nSTARTTLS\r\n"sv, "AUTH TLS\r\n"sv}) {
    for (std::size_t cut = 0; cut < size; ++cut) {
      CAPTURE(command, cut);
      check_tls_after(command, cut);
    }
  }
}

TEST_CASE("truth: TLS is found in records that hold an octet each") {
  const Octets whole = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  for (std::size_t piece = 1; piece < 6; ++piece) {
    CAPTURE(piece);
    Octets hello;
    for (std::size_t at = 5; at < whole.size(); at += piece) {
      const std::size_t size = std::min(piece, whole.size() - at);
      const Bytes body = Bytes{whole}.subspan(at, size);
      hello = join(hello, "16 0301 00"_hex, Octets{static_cast<std::uint8_t>(size)}, body);
    }
    Frames frames;
    Talk talk(frames, 4433);
    talk.client_says(100ms, as_text(hello));
    talk.server_says(120ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
    talk.close();
    const auto events = records(test::analyse(frames), "tls");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text("sni") == "a.test");
  }
}

TEST_CASE("truth: what was held while its protocol was not known keeps its time") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /slo"sv);
  talk.client_says(1'100ms, "w HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(1'130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("uri") == "/slow");
  CHECK(events[0]["ttfb_us"] == 30'000);
  CHECK(events[0]["total_us"] == 1'030'000);

  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  Frames secret;
  Talk tls(secret, 443);
  tls.client_says(100ms, as_text(hello).substr(0, 6));
  tls.client_says(1'100ms, as_text(hello).substr(6));
  tls.server_says(1'130ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
  tls.close();
  const auto hellos = records(test::analyse(secret), "tls");
  REQUIRE(hellos.size() == 1);
  CHECK(hellos[0]["ch_sh_us"] == 1'030'000);
}

TEST_CASE("truth: the end of something older is no beginning of a request or a response") {
  const bool by_server = GENERATE(false, true);
  Frames frames;
  Talk talk(frames);
  if (by_server) {
    talk.server_says(50ms, "var words = in the middle of a script"sv);
  } else {
    talk.client_says(50ms, "hello world upload tail"sv);
  }
  talk.client_says(100ms, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  frames.erase(frames.begin(), frames.begin() + 3);  // the handshake
  const test::Analysis analysis = test::analyse(frames);
  CHECK(analysis.of("anomaly").empty());
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("method") == "GET");
  CHECK(events[0].text("uri") == "/2");
  CHECK(events[0]["status"] == 204);
}

TEST_CASE("truth: a request cut inside its method is read as one wherever the capture begins") {
  const std::size_t cut = GENERATE(1U, 2U, 3U);
  const std::ptrdiff_t unseen = GENERATE(0, 1, 3);  // packets of the handshake
  const std::string_view request = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, request.substr(0, cut));
  talk.client_says(110ms, request.substr(cut));
  talk.server_says(130ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  frames.erase(frames.begin(), frames.begin() + unseen);
  const auto events = records(test::analyse(frames), "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("method") == "GET");
  CHECK(events[0].text("uri") == "/x");
  CHECK(events[0]["status"] == 204);
}

TEST_CASE("truth: what a receiver throws away moves no stream") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(110ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  const std::size_t at = frames.size();
  talk.client_says(200ms, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"sv);
  talk.server_says(210ms, "HTTP/1.1 204 No Content\r\n\r\n"sv);
  talk.close();
  // A FIN 500 million octets ahead, which acknowledges what the server has not sent.
  const Octets far = test::tcp_packet(
      {client, server, 40'000, 80},
      {.seq = 0x10000000 + 500'000'000, .ack = 30'000, .flags = tcp::fin | tcp::ack});
  frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at),
                {.time = traffic_start + 150ms, .data = in_ethernet(far)});
  const test::Analysis analysis = test::analyse(frames);
  REQUIRE(analysis.of("anomaly").size() == 1);
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 2);
  for (const Record& event : events) {
    CHECK(event["status"] == 204);
    CHECK_FALSE(event.flag("gap"));
  }
  CHECK(events[1].text("uri") == "/b");
}

TEST_CASE("truth: a request head cut anywhere, shuffled and sent twice, is the same") {
  check_same("http", 80,
             {.client = octets("POST /path?a=b HTTP/1.1\r\nHost: www.example.net\r\n"
                               "User-Agent: a b\r\nContent-Length: 5\r\n\r\nhello"),
              .server = octets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
}

}  // namespace ntan

// Hostile octets that must come out harmless.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "event/csv.h"
#include "tests/app/tls_bytes.h"
#include "tests/run/app_truth.h"
#include "tests/support/analysis.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace test::truth;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using test::Frames;
using test::join;
using test::Octets;
using test::octets;
using test::Pair;
using test::udp_packet;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it

}  // namespace

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

}  // namespace ntan

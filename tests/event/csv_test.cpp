#include "event/csv.h"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/event/sample.h"

using namespace ntan;
using namespace ntan::event;
using test::Sample;
using test::SampleAnswer;
using test::SampleSummary;

namespace {

using Cells = std::vector<std::string>;

/// A strict reader of one RFC 4180 line; fails the test on anything the RFC does not allow.
Cells read_line(std::string_view line) {
  REQUIRE(line.ends_with('\n'));
  line.remove_suffix(1);
  Cells cells(1);
  std::size_t i = 0;
  while (true) {
    if (i < line.size() && line[i] == '"') {
      for (++i;; ++i) {
        if (i >= line.size()) FAIL("a quote is never closed");
        if (line[i] != '"') {
          cells.back() += line[i];
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          cells.back() += line[i++];
        } else {
          break;
        }
      }
      ++i;
    } else {
      for (; i < line.size() && line[i] != ','; ++i) {
        if (line[i] == '"' || line[i] == '\n' || line[i] == '\r') FAIL("needs quotes: " << line);
        cells.back() += line[i];
      }
    }
    if (i == line.size()) return cells;
    if (line[i++] != ',') FAIL("text after a closing quote: " << line);
    cells.emplace_back();
  }
}

/// The elements of a list cell.
Cells read_list(std::string_view cell) {
  Cells elements(1);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell[i] == ';') {
      elements.emplace_back();
      continue;
    }
    if (cell[i] == '\\') ++i;
    if (i == cell.size()) FAIL("a list ends in its escape: " << cell);
    elements.back() += cell[i];
  }
  return elements;
}

template <Record R>
std::string header() {
  std::string out;
  append_csv_header(out, schema_of<R>);
  return out;
}

template <Record R>
std::string row(const Common& common, const R& record, const CsvStyle& style = {}) {
  std::string out;
  append_csv(out, make_event(common, record), style);
  return out;
}

template <Record R>
std::string cell(const R& record, std::string_view column, const CsvStyle& style = {}) {
  const Cells names = read_line(header<R>());
  const Cells cells = read_line(row({}, record, style));
  REQUIRE(cells.size() == names.size());
  const auto found = std::find(names.begin(), names.end(), column);
  REQUIRE(found != names.end());
  return cells[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace

TEST_CASE("csv: the header is the envelope and then the members under the event's name") {
  CHECK(header<Sample>() ==
        "v,event,ts,flow_id,community_id,src_ip,src_port,dst_ip,dst_port,proto,vlan,tunnel,in_if,"
        "sensor,sample_mode,sample_text,sample_complete,sample_number,sample_rtt_us,"
        "sample_loss_ratio,sample_src_bytes,sample_first_ts,sample_mac,sample_peer,sample_id,"
        "sample_ports,sample_names,sample_answers_name,sample_answers_ttl,sample_answers_address,"
        "sample_code\n");
}

TEST_CASE("csv: every shape of value") {
  const std::array<std::uint16_t, 2> ports{1, 65535};
  const std::array<std::string_view, 2> names{"a;b", R"(c\d)"};
  const std::array<SampleAnswer, 2> answers{
      SampleAnswer{.name = "x", .ttl = 1, .address = {}},
      SampleAnswer{.name = "", .ttl = 2, .address = *parse_address("::1")}};
  CHECK(row(test::full_common(), Sample{.mode = test::Mode::server,
                                        .text = "say \"hi\", you",
                                        .complete = true,
                                        .number = -5,
                                        .rtt_us = 18446744073709551615U,
                                        .loss_ratio = 0.25,
                                        .src_bytes = 7,
                                        .first_ts = from_ns(-1),
                                        .mac = MacAddress{{0, 1, 2, 0xaa, 0xbb, 0xcc}},
                                        .peer = *parse_address("192.0.2.7"),
                                        .id = Id{1},
                                        .ports = ports,
                                        .names = names,
                                        .answers = answers,
                                        .code = FixedText<4>{"ab"}}) ==
        "1,sample,2023-11-14T22:13:20.123456Z,9f1c0a55e0b1d2c3,1:abc=,10.0.0.1,40001,2001:db8::1,"
        "53,udp,5;7,gre;vxlan:42,eth0,gw1,server,\"say \"\"hi\"\", you\",true,-5,"
        "18446744073709551615,0.25,7,1969-12-31T23:59:59.999999Z,00:01:02:aa:bb:cc,192.0.2.7,"
        R"(0000000000000001,1;65535,a\;b;c\\\\d,x;,1;2,;::1,ab)"
        "\n");
}

TEST_CASE("csv: what is absent is an empty cell, and no cell is lost") {
  CHECK(row({}, Sample{}) ==
        "1,sample,1970-01-01T00:00:00.000000Z,,,,,,,,,,,,client,,false,,,0,0,"
        "1970-01-01T00:00:00.000000Z,,,0000000000000000,,,,,,\n");
}

TEST_CASE("csv: nanoseconds where the style asks for them") {
  const std::string line =
      row(test::full_common(), Sample{}, {.values = {.digits = TimeDigits::nano}});
  CHECK(line.starts_with("1,sample,2023-11-14T22:13:20.123456789Z,"));
}

TEST_CASE("csv: hostile text cannot leave its cell") {
  const auto [raw, expected] = GENERATE(table<std::string, std::string>({
      {"\x1b]0;title\x07", R"(\x1b]0;title\x07)"},
      {std::string("a\0b\r\nc", 6), R"(a\x00b\x0d\x0ac)"},
      {"\",\"", "\",\""},
      {"\xff", R"(\xff)"},
      {"\xe2\x80\xae"
       "fdp.exe",
       R"(\u{202e}fdp.exe)"},
      {"\xe2\x80\xa8", R"(\u{2028})"},
      {" lead and trail ", " lead and trail "},
      {R"(\x41)", R"(\\x41)"},
      {"caf\xc3\xa9", "caf\xc3\xa9"},
  }));
  CHECK(cell(Sample{.text = raw}, "sample_text") == expected);
  const std::array<std::string_view, 3> names{raw, "", raw};
  const Cells elements = read_list(cell(Sample{.names = names}, "sample_names"));
  CHECK(elements == Cells{expected, "", expected});
}

TEST_CASE("csv: formula cells are guarded only on request, and numbers never") {
  const auto [raw, guarded] = GENERATE(table<std::string, std::string>({
      {"=1+1", "'=1+1"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {" =1", "' =1"},
      {"\xc2\xa0=1", "'\xc2\xa0=1"},
      {"\xef\xbc\x9d"
       "1",
       "'\xef\xbc\x9d"
       "1"},
      {"=\"a\",b", "'=\"a\",b"},
      {"a=1", "a=1"},
      {"", ""},
  }));
  CHECK(cell(Sample{.text = raw}, "sample_text") == raw);
  const CsvStyle safe{.values = {}, .formulas = Formulas::guard};
  CHECK(cell(Sample{.text = raw}, "sample_text", safe) == guarded);
  const std::array<std::string_view, 1> names{raw};
  CHECK(cell(Sample{.names = names}, "sample_names", safe) == guarded);
  CHECK(cell(Sample{.number = -5}, "sample_number", safe) == "-5");
}

TEST_CASE("csv: a summary has no columns for its lists") {
  CHECK(csv_omits_lists(schema_of<SampleSummary>));
  CHECK_FALSE(csv_omits_lists(schema_of<Sample>));
  CHECK(header<SampleSummary>() ==
        "v,event,ts,flow_id,community_id,src_ip,src_port,dst_ip,dst_port,proto,vlan,tunnel,in_if,"
        "sensor,totals_packets,totals_rate_bps\n");
  const std::array<SampleAnswer, 1> talkers{};
  CHECK(row({}, SampleSummary{.packets = 3, .rate_bps = 4, .talkers = talkers}) ==
        "1,totals,1970-01-01T00:00:00.000000Z,,,,,,,,,,,,3,4\n");
}

namespace {

/// A JSON value as its CSV text. The `\uXXXX` of invisible code points is undone by the parser, so
/// the text is rendered in the plain form again.
std::string json_text(simdjson::dom::element value) {
  switch (value.type()) {
    case simdjson::dom::element_type::STRING: {
      std::string text{std::string_view{value}};
      const std::string_view invisible = "\xe2\x80\xae";
      for (std::size_t at = 0; (at = text.find(invisible, at)) != std::string::npos;) {
        text.replace(at, invisible.size(), R"(\u{202e})");
      }
      return text;
    }
    case simdjson::dom::element_type::DOUBLE: {
      std::array<char, max_number_text> text{};
      return {text.data(), append_number(text.data(), double{value})};
    }
    default: return simdjson::minify(value);
  }
}

/// A JSON list as list of its elements' texts; a member that an element lacks is empty.
Cells json_list(simdjson::dom::array array, const char* member) {
  Cells elements;
  for (const simdjson::dom::element item : array) {
    if (member == nullptr) {
      elements.push_back(json_text(item));
    } else if (simdjson::dom::element inner; item[member].get(inner) == simdjson::SUCCESS) {
      elements.push_back(json_text(inner));
    } else {
      elements.emplace_back();
    }
  }
  return elements;
}

/// Octets from a small generator, biased towards those that break formats.
std::string hostile_text(std::uint32_t& state) {
  static constexpr std::array<std::string_view, 14> pieces{
      "a",        "=", ";", "\\",         "\"", ",", "\n", "\x1b", "\xff", "\xe2\x80\xae",
      "\xc3\xa9", " ", "|", "example.org"};
  std::string text;
  state = state * 1664525 + 1013904223;
  for (std::uint32_t n = (state >> 24U) % 6; n != 0; --n) {
    state = state * 1664525 + 1013904223;
    text += pieces[(state >> 16U) % pieces.size()];
  }
  return text;
}

}  // namespace

TEST_CASE("csv: the cells say what the JSON members say") {
  std::uint32_t state = 7;
  const Cells names_of_columns = read_line(header<Sample>());
  simdjson::dom::parser parser;
  for (int round = 0; round < 200; ++round) {
    const std::array<std::string, 4> texts{hostile_text(state), hostile_text(state),
                                           hostile_text(state), hostile_text(state)};
    const std::array<std::string_view, 2> names{texts[0], texts[1]};
    const std::array<SampleAnswer, 2> answers{
        SampleAnswer{.name = texts[2], .ttl = state, .address = {}},
        SampleAnswer{.name = texts[3], .ttl = 0, .address = *parse_address("192.0.2.1")}};
    Sample sample{.text = texts[0], .complete = round % 2 == 0, .loss_ratio = round / 7.0};
    if (round % 3 == 0) sample.number = -round;
    if (round % 4 != 0) sample.names = names;
    if (round % 5 != 0) sample.answers = answers;
    const Common common = round % 2 == 0 ? test::full_common() : Common{};

    const Event event = make_event(common, sample);
    std::string json(json_bound(event) + simdjson::SIMDJSON_PADDING, '\0');
    const char* end = append_json(json.data(), event, {});
    const simdjson::dom::element line =
        parser.parse(json.data(), static_cast<std::size_t>(end - json.data()));
    const Cells cells = read_line(row(common, sample));
    REQUIRE(cells.size() == names_of_columns.size());

    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string column = names_of_columns[i];
      simdjson::dom::element object = line;
      const char* member = nullptr;
      if (column.starts_with("sample_")) {
        column = column.substr(7);
        object = line["sample"];
        if (column.starts_with("answers_")) {
          member = names_of_columns[i].c_str() + std::string_view{"sample_answers_"}.size();
          column = "answers";
        }
      }
      CAPTURE(names_of_columns[i], json);
      simdjson::dom::element value;
      if (object[column].get(value) != simdjson::SUCCESS) {
        CHECK(cells[i].empty());
      } else if (simdjson::dom::array array; value.get(array) == simdjson::SUCCESS) {
        CHECK(read_list(cells[i]) == json_list(array, member));
      } else {
        CHECK(cells[i] == json_text(value));
      }
    }
  }
}

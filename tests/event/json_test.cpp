#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "base/digits.h"
#include "event/event.h"

using namespace ntan;
using namespace ntan::event;

namespace {

enum class Mode : std::uint8_t { client, server };

std::string_view to_text(Mode mode) {
  return mode == Mode::client ? "client" : "server";
}

struct Answer {
  std::string_view name;
  std::uint32_t ttl = 0;

  static constexpr RecordInfo info{.name = "answer", .doc = "One answer"};

  static constexpr auto fields() {
    return event::fields(field<"name", &Answer::name>("Owner"),
                         field<"ttl", &Answer::ttl>("Seconds"));
  }
};

struct Sample {
  Mode mode = Mode::client;
  std::string_view text;
  std::optional<std::int32_t> number;
  double ratio = 0;
  std::span<const std::uint16_t> ports;
  std::span<const Answer> answers;
  FixedText<4> code;

  static constexpr RecordInfo info{
      .name = "sample", .doc = "A record of every shape", .order = Order::protocol};

  static constexpr auto fields() {
    return event::fields(
        field<"mode", &Sample::mode>("Mode"), field<"text", &Sample::text>("Text"),
        field<"number", &Sample::number>("Number"), field<"ratio", &Sample::ratio>("Ratio"),
        field<"ports", &Sample::ports>("Ports"), field<"answers", &Sample::answers>("Answers"),
        field<"code", &Sample::code>("Code"));
  }
};

std::string render(const Common& common, const Sample& sample, const Style& style = {}) {
  const Event event = make_event(common, sample);
  std::string line(json_bound(event), '\0');
  line.resize(static_cast<std::size_t>(append_json(line.data(), event, style) - line.data()));
  return line;
}

}  // namespace

TEST_CASE("json: members come in declared order and absent ones are left out") {
  const Common common{.ts = from_ns(1'700'000'000'123'456'789)};
  CHECK(
      render(common, {}) ==
      R"({"v":1,"event":"sample","ts":"2023-11-14T22:13:20.123456Z","sample":{"mode":"client","ratio":0}})"
      "\n");
}

TEST_CASE("json: every shape of value") {
  const std::vector<std::uint16_t> ports{1, 65535};
  const std::vector<Answer> answers{{.name = "a", .ttl = 1}, {.name = "", .ttl = 2}};
  const Common common{
      .ts = from_ns(0), .flow_id = Id{0x9f1c}, .src_ip = *parse_address("10.0.0.1"), .src_port = 0};
  CHECK(
      render(common, {.mode = Mode::server,
                      .text = "x",
                      .number = -5,
                      .ratio = 0.25,
                      .ports = ports,
                      .answers = answers,
                      .code = FixedText<4>{"abcdef"}}) ==
      R"({"v":1,"event":"sample","ts":"1970-01-01T00:00:00.000000Z","flow_id":"0000000000009f1c","src_ip":"10.0.0.1","src_port":0,)"
      R"("sample":{"mode":"server","text":"x","number":-5,"ratio":0.25,"ports":[1,65535],"answers":[{"name":"a","ttl":1},{"ttl":2}],"code":"abcd"}})"
      "\n");
}

TEST_CASE("json: hostile text is escaped, stays one line and can be had back") {
  const auto [raw, json] = GENERATE(table<std::string, std::string>({
      {"\x1b[31m", R"(\\x1b[31m)"},
      {"a\"b", R"(a\"b)"},
      {R"(a\b)", R"(a\\\\b)"},
      {std::string("\0\r\n", 3), R"(\\x00\\x0d\\x0a)"},
      {"\x7f", R"(\\x7f)"},
      {"caf\xc3\xa9", "caf\xc3\xa9"},
      {"\xff\xfe", R"(\\xff\\xfe)"},
      {"\xc3", R"(\\xc3)"},
      {"\xc0\xaf", R"(\\xc0\\xaf)"},
      {"\xed\xa0\x80", R"(\\xed\\xa0\\x80)"},
      {"\xc2\x85", R"(\\xc2\\x85)"},
      {"\xe2\x80\xae", R"(\u202e)"},
      {"\xef\xbb\xbf", R"(\ufeff)"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"0123456\x1f", R"(0123456\\x1f)"},
      {"01234567\"", R"(01234567\")"},
  }));
  const std::string line = render({}, {.text = raw});
  CHECK(line.find("\"text\":\"" + json + "\"") != std::string::npos);
  simdjson::dom::parser parser;
  CHECK(parser.parse(line).error() == simdjson::SUCCESS);
}

TEST_CASE("json: an octet to escape is found in a text of any size, wherever it stands") {
  const auto size = GENERATE(range<std::size_t>(1, 50));
  struct Row {
    char octet;
    std::string_view json;
  };
  for (const Row& row :
       {Row{'"', R"(\")"}, Row{'\\', R"(\\\\)"}, Row{'\x1f', R"(\\x1f)"}, Row{'\x7f', R"(\\x7f)"},
        Row{'\x80', R"(\\x80)"}, Row{' ', " "}, Row{'!', "!"}, Row{'#', "#"}, Row{'~', "~"}}) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = row.octet;
      std::string expected(at, 'a');
      expected.append(row.json).append(size - at - 1, 'a');
      std::string out(max_text_growth * size, '\0');
      out.resize(
          static_cast<std::size_t>(append_text(out.data(), text, TextForm::json) - out.data()));
      REQUIRE(out == expected);
    }
  }
}

TEST_CASE("json: numbers of every size are written in full") {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, 2 * power - 1, 9 * power}) {
      std::array<char, max_integer_text> out{};
      REQUIRE(std::string{out.data(), append_unsigned(out.data(), value)} == std::to_string(value));
    }
    if (power == 1'000'000'000'000'000'000) break;
  }
}

TEST_CASE("json: a ratio of nothing is 0, with its sign") {
  const auto text = [](double value) {
    std::array<char, max_number_text> out{};
    return std::string{out.data(), append_number(out.data(), value)};
  };
  CHECK(text(0.0) == "0");
  CHECK(text(-0.0) == "-0");
  CHECK(text(0.5) == "0.5");
  CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "0");
}

TEST_CASE("json: the bound holds for the worst octets") {
  const std::string worst(1000, '\x01');
  const Sample sample{.text = worst};
  const Common common;  // an event borrows both
  const Event event = make_event(common, sample);
  CHECK(render({}, sample).size() <= json_bound(event));
}

TEST_CASE("json: nanoseconds on request") {
  CHECK(render({.ts = from_ns(1)}, {}, {.digits = TimeDigits::nano}).find("00.000000001Z") !=
        std::string::npos);
}

TEST_CASE("schema: follows from the declaration") {
  const Schema& schema = schema_of<Sample>;
  REQUIRE(schema.fields.size() == 7);
  CHECK(schema.fields[0].kind == Kind::text);
  CHECK_FALSE(schema.fields[0].optional);
  CHECK(schema.fields[4].kind == Kind::list);
  CHECK(schema.fields[4].element_kind == Kind::integer);
  CHECK(schema.fields[5].kind == Kind::records);
  REQUIRE(schema.fields[5].members.size() == 2);
  CHECK(schema.fields[5].members[1].name == "ttl");
  const std::vector<Answer> answers{{.name = "a", .ttl = 7}};
  const Sample sample{.number = 3, .answers = answers};
  CHECK(std::get<std::int64_t>(schema.fields[2].get(&sample)) == 3);
  CHECK(std::holds_alternative<std::monostate>(schema.fields[1].get(&sample)));
  const auto list = std::get<List>(schema.fields[5].get(&sample));
  REQUIRE(list.size == 1);
  CHECK(std::get<std::uint64_t>(list.element[1].get(list.at(list.items, 0))) == 7);
}

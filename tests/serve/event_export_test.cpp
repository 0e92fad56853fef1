#include "serve/event_export.h"

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "base/address.h"
#include "base/digits.h"
#include "event/csv.h"
#include "event/plain.h"
#include "event/text.h"
#include "run/schemas.h"
#include "serve/digest.h"
#include "serve/json_text.h"
#include "tests/serve/lines.h"
#include "tests/support/analysis.h"

using namespace ntan;
using serve::Digest;
using serve::EventChoice;
using serve::EventExport;
using test::event_line;
using test::Json;

namespace {

/// All that an export gives, read in pieces.
std::string read_all(EventExport& source, std::size_t piece = 1'000) {
  std::string all;
  std::string block(piece, '\0');
  while (true) {
    const auto part = source.read(block);
    all.append(block.data(), part.size);
    if (part.next == serve::BodySource::Next::end) return all;
    REQUIRE(part.next == serve::BodySource::Next::more);
    REQUIRE(part.size != 0);
  }
}

std::string exported(const Digest& digest, const EventChoice& choice = {}) {
  EventExport source(digest.kept(), choice, nullptr);
  return read_all(source);
}

std::string csv_of(std::string_view line, const event::Schema& schema) {
  const Json json(line);
  std::string out;
  serve::append_csv(out, json.object(), schema);
  return out;
}

const event::Schema& schema_named(std::string_view name) {
  const auto all = run::schemas();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const event::Schema* one) { return one->name == name; });
  REQUIRE(found != all.end());
  return **found;
}

}  // namespace

// --- CSV from JSON lines is the CSV of the records

namespace {

/// The first line of CSV that differs from what the record itself gives; empty if none.
std::string difference(const test::Frames& frames) {
  const test::Analysis analysis = analyse(frames, {.summary_every = std::chrono::seconds{10},
                                                   .packets = true,
                                                   .formats = {run::Format::json, run::Format::csv},
                                                   .formulas = event::Formulas::guard});
  std::vector<const test::Line*> json;
  std::vector<const test::Line*> csv;
  for (const test::Line& line : analysis.lines)
    (line.format == run::Format::json ? json : csv).push_back(&line);
  if (json.size() != csv.size()) return "not as many lines";
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string made = csv_of(json[i]->text, *json[i]->schema);
    if (made != csv[i]->text) return csv[i]->text + made;
  }
  return {};
}

}  // namespace

TEST_CASE("export: CSV of every event of the corpus is what -o and --csv-safe would have written") {
  const auto captures = test::shared_captures("corpus");
  if (captures.empty()) WARN("skipped: no shared corpus");
  for (const std::string& path : captures) {
    CAPTURE(path);
    CHECK(difference(test::read_frames(path)).empty());
  }
}

namespace {

/// Text that breaks formats, drawn by a small generator.
class Hostile {
 public:
  std::uint32_t draw(std::uint32_t below) {
    state_ = state_ * 1664525 + 1013904223;
    return (state_ >> 8U) % below;
  }

  std::string text() {
    static constexpr auto pieces = std::to_array<std::string_view>({"a",
                                                                    "=",
                                                                    ";",
                                                                    "\\",
                                                                    "\"",
                                                                    ",",
                                                                    "\n",
                                                                    "\r",
                                                                    "\x1b",
                                                                    "\xff",
                                                                    "\xe2\x80\xae",
                                                                    "\xe2\x80\x8b",
                                                                    "\xef\xbb\xbf",
                                                                    "\xc3\xa9",
                                                                    "\xc2\x85",
                                                                    " ",
                                                                    "\t",
                                                                    "+1",
                                                                    "-1",
                                                                    "@x",
                                                                    "\\x41",
                                                                    "\\u{202e}",
                                                                    "\\u202e",
                                                                    "\xed\xa0\x80",
                                                                    "\x7f",
                                                                    "</script>",
                                                                    "'",
                                                                    "\xf0\x9f\x92\xa9"});
    std::string all;
    for (std::uint32_t n = draw(7); n != 0; --n) all += pieces[draw(pieces.size())];
    if (draw(9) == 0) all += '\0';
    return all;
  }

 private:
  std::uint32_t state_ = 11;
};

/// A record of any schema: what its members give is decided at run time.
struct Puppet {
  std::list<std::string> texts;  // in lists, as they stay in place when this is moved
  std::list<std::vector<Puppet>> lists;
  std::vector<event::Value> values;
};

constexpr std::size_t most_members = 128;

template <std::size_t at>
event::Value value_at(const void* record) {
  return static_cast<const Puppet*>(record)->values.at(at);
}

template <std::size_t... at>
constexpr auto getters(std::index_sequence<at...>) {
  return std::array{&value_at<at>...};
}

constexpr auto all_getters = getters(std::make_index_sequence<most_members>{});

const void* puppet_at(const void* items, std::size_t index) {
  return static_cast<const Puppet*>(items) + index;
}

/// The members of a schema over puppets. A list's elements are puppets too.
class Mirror {
 public:
  explicit Mirror(const event::Schema& schema) : schema_(schema) {
    schema_.fields = mirrored(schema.fields);
  }

  [[nodiscard]] const event::Schema& schema() const noexcept { return schema_; }

  [[nodiscard]] Puppet draw(Hostile& hostile) { return draw(hostile, schema_.fields); }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): one level, over our own schemas
  std::span<const event::Field> mirrored(std::span<const event::Field> fields) {
    REQUIRE(fields.size() <= most_members);
    std::vector<event::Field>& mine = fields_.emplace_back(fields.begin(), fields.end());
    for (std::size_t i = 0; i < mine.size(); ++i) {
      mine[i].get = all_getters[i];
      if (mine[i].kind == event::Kind::list) {
        const event::Field element{.name = "", .kind = mine[i].element_kind, .get = all_getters[0]};
        elements_.push_back({element});
        mine[i].members = elements_.back();
      } else if (!mine[i].members.empty()) {
        // One level: a list inside of a list has no column.
        mine[i].members = mirrored(mine[i].members);
      }
    }
    return mine;
  }

  Puppet draw(Hostile& hostile, std::span<const event::Field> fields) {
    Puppet puppet;
    for (const event::Field& field : fields) {
      if (field.optional && hostile.draw(3) == 0) {
        puppet.values.emplace_back(std::monostate{});
      } else if (event::is_flat(field.kind)) {
        puppet.values.push_back(flat(hostile, field, puppet));
      } else {
        std::vector<Puppet>& items = puppet.lists.emplace_back();
        for (std::uint32_t n = 1 + hostile.draw(3); n != 0; --n)
          items.push_back(draw_flat(hostile, field.members));
        puppet.values.emplace_back(event::List{.items = items.data(),
                                               .size = items.size(),
                                               .element = field.members.data(),
                                               .element_fields = field.members.size(),
                                               .at = puppet_at});
      }
    }
    return puppet;
  }

  static Puppet draw_flat(Hostile& hostile, std::span<const event::Field> fields) {
    Puppet puppet;
    for (const event::Field& field : fields) {
      const bool absent = !event::is_flat(field.kind) || (field.optional && hostile.draw(3) == 0);
      puppet.values.push_back(absent ? event::Value{std::monostate{}}
                                     : flat(hostile, field, puppet));
    }
    return puppet;
  }

  static event::Value flat(Hostile& hostile, const event::Field& field, Puppet& owner) {
    const std::uint64_t number = std::uint64_t{hostile.draw(1U << 24U)} << hostile.draw(40);
    switch (field.kind) {
      case event::Kind::boolean: return hostile.draw(2) == 0;
      case event::Kind::integer:
        if (hostile.draw(4) == 0) return -static_cast<std::int64_t>(number >> 1U) - 1;
        return number;
      case event::Kind::number: return static_cast<double>(number) / 7;
      case event::Kind::time: return from_ns(static_cast<std::int64_t>(number >> 2U));
      case event::Kind::address: return *parse_address(hostile.draw(2) == 0 ? "192.0.2.1" : "::1");
      case event::Kind::mac: return MacAddress{{0, 1, 2, 3, 4, 5}};
      case event::Kind::id: return event::Id{number};
      default: return std::string_view{owner.texts.emplace_back(hostile.text())};
    }
  }

  event::Schema schema_;
  std::deque<std::vector<event::Field>> fields_;
  std::deque<std::array<event::Field, 1>> elements_;
};

void append_json(serve::JsonText& json, const event::Field& field, const event::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return json.text(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return json.boolean(*flag);
  std::string plain;
  event::append_plain(plain, value, {});
  const bool number = field.kind == event::Kind::integer || field.kind == event::Kind::number;
  number ? json.raw(plain) : json.text(plain);
}

// NOLINTNEXTLINE(misc-no-recursion): one level, over our own schemas
void append_json(serve::JsonText& json, std::span<const event::Field> fields,
                 const Puppet& puppet) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const event::Field& field = fields[i];
    const event::Value& value = puppet.values[i];
    const auto* text = std::get_if<std::string_view>(&value);
    if (std::holds_alternative<std::monostate>(value) || (text != nullptr && text->empty()))
      continue;
    json.key(field.name);
    const auto* list = std::get_if<event::List>(&value);
    if (list == nullptr) {
      append_json(json, field, value);
      continue;
    }
    json.begin_array();
    for (std::size_t k = 0; k < list->size; ++k) {
      const Puppet& item = *static_cast<const Puppet*>(list->at(list->items, k));
      if (field.kind == event::Kind::list) {
        if (std::holds_alternative<std::monostate>(item.values[0])) {
          json.text("");
        } else {
          append_json(json, field.members[0], item.values[0]);
        }
        continue;
      }
      json.begin_object();
      append_json(json, field.members, item);
      json.end_object();
    }
    json.end_array();
  }
}

}  // namespace

TEST_CASE("export: hostile text in any member of any event gives the same CSV either way") {
  Hostile hostile;
  for (const event::Schema* schema : run::schemas()) {
    CAPTURE(schema->name);
    Mirror mirror(*schema);
    for (int round = 0; round < 60; ++round) {
      const Puppet puppet = mirror.draw(hostile);
      const std::string sensor = hostile.text();
      const event::Common common{.ts = from_ns(1'700'000'000'000'000'000 + round),
                                 .sensor = sensor};
      std::string expected;
      event::append_csv(
          expected, event::Event{.common = common, .schema = mirror.schema(), .record = &puppet},
          {.values = {}, .formulas = event::Formulas::guard});
      std::string line;
      serve::JsonText json(line);
      json.begin_object();
      json.member("v", std::uint64_t{1});
      json.member("event", schema->name);
      json.member("ts", "2023-11-14T22:13:20.000000Z");
      if (!sensor.empty()) json.member("sensor", sensor);
      json.key(schema->name);
      json.begin_object();
      append_json(json, mirror.schema().fields, puppet);
      json.end_object();
      json.end_object();
      CAPTURE(line);
      REQUIRE(csv_of(line, *schema) == expected);
    }
  }
}

TEST_CASE("export: a line of somebody else's cannot break the cells either") {
  const event::Schema& dns = schema_named("dns");
  std::string head;
  event::append_csv_header(head, dns);
  for (const char* query : {R"("\n\r\u0000,\"\u202e")", "5", "null", "[1,2]", R"({"a":1})", "true",
                            "-1.5e300", R"("\\")", R"("\\\\x")", R"("\"")"}) {
    CAPTURE(query);
    const std::string line = csv_of(event_line("dns", fmt::format("\"query\":{}", query)), dns);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(std::count(line.begin(), line.end(), '\r') == 0);
    CHECK(test::csv_cells(line) == test::csv_cells(head));
  }
}

namespace {

/// The cell of a column.
std::string cell_of(std::string_view line, const event::Schema& schema, std::string_view column) {
  std::string head;
  event::append_csv_header(head, schema);
  const std::string row = csv_of(line, schema);
  std::size_t at = 0;
  for (std::size_t begin = head.find(std::string{column} + ','); begin != 0; --begin)
    at += head[begin - 1] == ',' ? 1 : 0;
  std::size_t begin = 0;
  for (; at != 0; --at) begin = row.find(',', begin) + 1;
  return row.substr(begin, row.find_first_of(",\n", begin) - begin);
}

}  // namespace

TEST_CASE("export: text that a spreadsheet would compute is none, and numbers stay numbers") {
  const auto [text, cell] = GENERATE(table<std::string, std::string>({
      {"=1+1", "'=1+1"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"a=1", "a=1"},
      {"a;=1", R"(a\;=1)"},
  }));
  CAPTURE(text);
  const event::Schema& http = schema_named("http");
  std::string plain = cell;
  std::erase(plain, '\\');  // only lists have a separator to escape
  CHECK(cell_of(event_line("http", fmt::format(R"("host":"{}")", text)), http, "http_host") ==
        plain);
  const event::Schema& tls = schema_named("tls");
  CHECK(cell_of(event_line("tls", fmt::format(R"("alpn_offered":["{}","h2"])", text)), tls,
                "tls_alpn_offered") == cell + ";h2");
  const event::Schema& dns = schema_named("dns");
  CHECK(cell_of(event_line("dns", fmt::format(R"("answers":[{{"data":"{}"}}])", text)), dns,
                "dns_answers_data") == cell);
}

TEST_CASE("export: no cell begins with a tab or a line end") {
  const event::Schema& http = schema_named("http");
  CHECK(cell_of(event_line("http", R"("host":"\t=1")"), http, "http_host") == R"(\x09=1)");
  CHECK(cell_of(event_line("http", R"("host":"\r=1")"), http, "http_host") == R"(\x0d=1)");
}

TEST_CASE("export: text where a number was to be is guarded, a number below zero is not") {
  const event::Schema& dns = schema_named("dns");
  CHECK(cell_of(event_line("dns", R"("rtt_us":"=1")"), dns, "dns_rtt_us") == "'=1");
  CHECK(cell_of(event_line("dns", R"("rtt_us":-5)"), dns, "dns_rtt_us") == "-5");
  CHECK(cell_of(event_line("dns", R"("answers":[{"ttl":-5},{"ttl":6}])"), dns, "dns_answers_ttl") ==
        "-5;6");
}

TEST_CASE("export: a line of another event gives no cells at all") {
  CHECK(csv_of(event_line("tls"), schema_named("dns")).empty());
  CHECK(csv_of(R"({"dns":5})", schema_named("dns")).empty());
}

// --- which lines

TEST_CASE("export: the lines are as they were, whatever the pieces in which they are read") {
  Digest digest(std::size_t{1} << 20U);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string line = event_line("dns", fmt::format("\"n\":{}", i), i);
    (void)digest.take(line);
    expected += line + '\n';
  }
  for (const std::size_t piece : {1UL, 7UL, 100UL, 1'000'000UL}) {
    EventExport source(digest.kept(), {}, nullptr);
    CHECK(read_all(source, piece) == expected);
  }
}

TEST_CASE("export: chosen by event, flow, scan and time, all of which have to fit") {
  Digest digest(std::size_t{1} << 20U);
  const std::string flow = R"(,"flow_id":"00000000000000ab")";
  const std::string a = event_line("dns", "\"n\":1", 1'000, flow);
  const std::string b = event_line("tls", "\"n\":2", 2'000, flow);
  const std::string c = event_line("scan", R"("id":"00000000000000cd")", 3'000);
  for (const std::string& line : {a, b, c}) (void)digest.take(line);
  CHECK(exported(digest, {.event = "dns"}) == a + '\n');
  CHECK(exported(digest, {.flow = "00000000000000ab"}) == a + '\n' + b + '\n');
  CHECK(exported(digest, {.event = "tls", .flow = "00000000000000ab"}) == b + '\n');
  CHECK(exported(digest, {.scan = "00000000000000cd"}) == c + '\n');
  CHECK(exported(digest, {.scan = "00000000000000cd", .flow = "00000000000000ab"}).empty());
  CHECK(exported(digest, {.event = "http"}).empty());
  const auto second = parse_time(test::time_text(2'000));
  CHECK(exported(digest, {.from = second}) == b + '\n' + c + '\n');
  CHECK(exported(digest, {.to = second}) == a + '\n' + b + '\n');
  CHECK(exported(digest, {.from = second, .to = second}) == b + '\n');
  CHECK(EventExport(digest.kept(), {.event = "http"}, nullptr).empty());
  CHECK_FALSE(EventExport(digest.kept(), {}, nullptr).empty());
}

TEST_CASE("export: CSV begins with its header, and without lines there is nothing") {
  Digest digest(std::size_t{1} << 20U);
  const event::Schema& dns = schema_named("dns");
  CHECK(EventExport(digest.kept(), {.event = "dns"}, &dns).empty());
  (void)digest.take(event_line("dns", R"("query":"a")"));
  EventExport source(digest.kept(), {.event = "dns"}, &dns);
  const std::string all = read_all(source, 3);
  std::string head;
  event::append_csv_header(head, dns);
  CHECK(all.starts_with(head));
  CHECK(std::count(all.begin(), all.end(), '\n') == 2);
}

// --- while the run goes on

namespace {

/// Lines of an export are those of `digest`, in order; none is cut or there twice.
void check_lines(const std::string& all) {
  std::int64_t before = -1;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = all.find('\n', begin);
    REQUIRE(end != std::string::npos);
    const Json json(std::string_view{all}.substr(begin, end - begin));
    const auto n = static_cast<std::int64_t>(json.number("/dns/n"));
    REQUIRE(n > before);
    before = n;
    begin = end + 1;
  }
}

}  // namespace

TEST_CASE("export: lines that are given up meanwhile are left out, none is cut, none is new") {
  Digest digest(std::size_t{256} << 10U);
  int n = 0;
  const auto more = [&](int count) {
    for (int i = 0; i < count; ++i)
      (void)digest.take(event_line("dns", fmt::format("\"n\":{}", n++)));
  };
  more(1'000);
  EventExport source(digest.kept(), {}, nullptr);
  std::string all;
  std::array<char, 1'000> block{};
  for (auto part = source.read(block); part.next != serve::BodySource::Next::end;
       part = source.read(block)) {
    all.append(block.data(), part.size);
    more(50);
  }
  check_lines(all);
  CHECK(all.find("\"n\":1000}") == std::string::npos);
  CHECK(all.find("\"n\":0}") != std::string::npos);
}

TEST_CASE("export: it ends at a new run, of which nothing is in it") {
  Digest digest(std::size_t{4} << 20U);
  for (int i = 0; i < 5'000; ++i) (void)digest.take(event_line("dns", fmt::format("\"n\":{}", i)));
  EventExport source(digest.kept(), {.event = "dns"}, nullptr);
  std::array<char, 1'000> block{};
  std::string all(block.data(), source.read(block).size);
  digest.clear();
  for (int i = 0; i < 5'000; ++i)
    (void)digest.take(event_line("tls", fmt::format("\"n\":{}", 10'000 + i)));
  all += read_all(source);
  check_lines(all);
  CHECK(all.find("10000") == std::string::npos);
  CHECK(source.read(block).next == serve::BodySource::Next::end);
}

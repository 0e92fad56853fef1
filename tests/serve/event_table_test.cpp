#include "serve/event_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/serve/lines.h"

using namespace ntan;
using serve::append_table;
using serve::Digest;
using serve::TableQuery;
using test::event_line;
using test::Json;

namespace {

constexpr std::size_t room = std::size_t{8} << 20U;

std::string table(const Digest& digest, const TableQuery& query) {
  std::string out;
  const std::string wrong = append_table(out, digest, query);
  CHECK(wrong.empty());
  return out;
}

/// The member `n` of every row's flow; `-` where there is none.
std::vector<std::string> order(const Digest& digest, const TableQuery& query) {
  const Json json(table(digest, query));
  std::vector<std::string> all;
  for (const auto row : json.root().at_pointer("/rows").get_array()) {
    simdjson::dom::element n;
    all.push_back(row["flow"]["n"].get(n) == simdjson::SUCCESS ? simdjson::minify(n) : "-");
  }
  return all;
}

Digest flows(const std::vector<std::string>& numbers) {
  Digest digest(room);
  for (const std::string& n : numbers)
    REQUIRE(digest.take(event_line("flow", n.empty() ? "" : "\"n\":" + n)) == Digest::Line::event);
  return digest;
}

using Order = std::vector<std::string>;

}  // namespace

TEST_CASE("table: newest first where nothing sorts") {
  const Digest digest = flows({"1", "2", "3"});
  CHECK(order(digest, {.event = "flow"}) == Order{"3", "2", "1"});
  CHECK(order(digest, {}) == Order{"3", "2", "1"});
  CHECK(order(digest, {.event = "flow", .sort = "-"}) == Order{"3", "2", "1"});
}

TEST_CASE("table: sorted either way, what lacks the member comes last") {
  const Digest digest = flows({"2", "", "10", "\"b\"", "null", "1.5", "\"a\"", "-3"});
  CHECK(order(digest, {.event = "flow", .sort = "flow.n"}) ==
        Order{"-3", "1.5", "2", "10", "\"a\"", "\"b\"", "null", "-"});
  CHECK(order(digest, {.event = "flow", .sort = "-flow.n"}) ==
        Order{"\"b\"", "\"a\"", "10", "2", "1.5", "-3", "null", "-"});
}

TEST_CASE("table: rows of the same key stay newest first") {
  const Digest digest = flows({"1", "2", "3"});
  CHECK(order(digest, {.event = "flow", .sort = "flow.missing"}) == Order{"3", "2", "1"});
  CHECK(order(digest, {.event = "flow", .sort = "-event"}) == Order{"3", "2", "1"});
}

TEST_CASE("table: it has so many rows, and says how many there were") {
  const Digest digest = flows(std::vector<std::string>(120, "1"));
  const Json some(table(digest, {.event = "flow", .limit = 7}));
  CHECK(some.size("/rows") == 7);
  CHECK(some.number("/matched") == 120);
  CHECK(some.number("/held") == 120);
  CHECK(some.number("/seen") == 120);
  CHECK(Json(table(digest, {.event = "flow"})).size("/rows") == 50);
  CHECK(Json(table(digest, {.event = "flow", .limit = 0})).size("/rows") == 0);
  CHECK(Json(table(digest, {.event = "flow", .limit = SIZE_MAX})).size("/rows") == 120);
}

TEST_CASE("table: all that is held is searched and sorted, or as much as there is time for") {
  Digest digest(std::size_t{64} << 20U);
  (void)digest.take(event_line("flow", R"("n":99999,"odd":true)"));
  constexpr int count = 60'000;
  for (int n = 0; n < count; ++n)
    (void)digest.take(event_line("flow", fmt::format("\"n\":{}", 10'000 + n)));
  const Json all(table(digest, {.event = "flow", .sort = "-flow.n", .limit = 1}));
  CHECK(all.number("/rows/0/flow/n") == 99'999);
  CHECK(all.number("/looked_at") == count + 1);
  CHECK(Json(table(digest, {.words = "odd"})).number("/matched") == 1);

  const std::size_t some = 1'000 * event_line("flow", "\"n\":10000").size();
  const Json newest(
      table(digest, {.event = "flow", .sort = "-flow.n", .limit = 1, .look_at = some}));
  CHECK(newest.number("/rows/0/flow/n") == 10'000 + count - 1);
  CHECK(newest.number("/matched") == 1'000);
  CHECK(newest.number("/looked_at") == 1'000);
  CHECK(newest.number("/held") == count + 1);
  CHECK(Json(table(digest, {.words = "odd", .look_at = some})).number("/matched") == 0);
  // Rows as they lie take no time.
  const Json plain(table(digest, {.event = "flow", .limit = 1, .look_at = some}));
  CHECK(plain.number("/matched") == count + 1);
  CHECK(plain.number("/looked_at") == count + 1);
}

TEST_CASE("table: rows have a bound of octets, in which HTML's escapes count") {
  Digest digest(room);
  for (int i = 0; i < 100; ++i) {
    (void)digest.take(
        event_line("flow", fmt::format(R"("n":{},"t":"{}")", i, std::string(1'000, '<'))));
  }
  const Json json(table(digest, {.event = "flow", .limit = 100, .octets = 50'000}));
  CHECK(json.size("/rows") == 8);
  CHECK(json.number("/matched") == 100);
}

TEST_CASE("table: words choose rows of one event or of all") {
  Digest digest(room);
  (void)digest.take(event_line("dns", R"("query":"a.example")"));
  (void)digest.take(event_line("dns", R"("query":"b.example")"));
  (void)digest.take(event_line("tls", R"("sni":"a.example")"));
  CHECK(Json(table(digest, {.event = "dns", .words = "query:a."})).number("/matched") == 1);
  CHECK(Json(table(digest, {.words = "a.example"})).number("/matched") == 2);
  CHECK(Json(table(digest, {.words = "event:tls"})).number("/matched") == 1);
  const Json none(table(digest, {.event = "http"}));
  CHECK(none.number("/matched") == 0);
  CHECK(none.number("/held") == 0);
  CHECK(none.number("/seen") == 0);
}

TEST_CASE("table: what a search and a sort give is what a report gives of the same lines") {
  simdjson::dom::parser parser;
  simdjson::dom::element cases;
  REQUIRE(parser.load(NTAN_SOURCE_DIR "/tests/serve/search_cases.json").get(cases) ==
          simdjson::SUCCESS);
  std::vector<std::string> lines;
  for (const auto line : cases["lines"].get_array()) lines.push_back(simdjson::minify(line));
  Digest digest(room);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    REQUIRE(digest.take(*line) != Digest::Line::malformed);  // the first is the newest
  const auto rows = [&](const TableQuery& query) {
    const Json json(table(digest, query));
    std::vector<std::uint64_t> numbers;
    for (const auto row : json.root().at_pointer("/rows").get_array()) {
      const auto found = std::find(lines.begin(), lines.end(), simdjson::minify(row));
      numbers.push_back(static_cast<std::uint64_t>(found - lines.begin()));
    }
    return numbers;
  };
  const auto numbers_of = [](simdjson::dom::element list) {
    std::vector<std::uint64_t> numbers;
    for (const auto one : list.get_array()) numbers.push_back(one.get_uint64().value());
    return numbers;
  };
  for (const auto search : cases["searches"].get_array()) {
    const std::string words{search["words"].get_string().value()};
    CAPTURE(words);
    CHECK(rows({.words = words}) == numbers_of(search["finds"]));
  }
  for (const auto sort : cases["sorts"].get_array()) {
    const std::string by{sort["by"].get_string().value()};
    CAPTURE(by);
    CHECK(rows({.sort = by}) == numbers_of(sort["order"]));
  }
  for (const auto wrong : cases["wrong"].get_array()) {
    std::string out;
    CHECK_FALSE(append_table(out, digest, {.words = wrong.get_string().value()}).empty());
  }
}

TEST_CASE("table: a sort by more members than a few is told and gives no rows") {
  const Digest digest = flows({"1", "2"});
  CHECK(order(digest, {.event = "flow", .sort = "-a+b+c+flow.n"}) == Order{"2", "1"});
  std::string out;
  for (const char* sort : {"a+b+c+d+flow.n", "-++++"})
    CHECK(append_table(out, digest, {.event = "flow", .sort = sort}) ==
          "a table is sorted by the sum of at most 4 members");
  CHECK(out.empty());
}

TEST_CASE("table: a wrong search is told and gives no rows") {
  const Digest digest = flows({"1"});
  std::string out;
  CHECK_FALSE(append_table(out, digest, {.words = "/(/"}).empty());
  CHECK(out.empty());
}

TEST_CASE("table: rows that were given up are seen but not held, also right after clear()") {
  Digest digest(4'000);
  for (int i = 0; i < 100; ++i) (void)digest.take(event_line("flow", fmt::format("\"n\":{}", i)));
  const Json json(table(digest, {.event = "flow", .limit = 1'000}));
  CHECK(json.number("/seen") == 100);
  CHECK(json.number("/held") < 100);
  CHECK(json.number("/held") == json.size("/rows"));
  CHECK(json.number("/rows/0/flow/n") == 99);
  digest.clear();
  CHECK(Json(table(digest, {})).size("/rows") == 0);
  CHECK(Json(table(digest, {.event = "flow"})).size("/rows") == 0);
  (void)digest.take(event_line("flow", "\"n\":7"));
  CHECK(order(digest, {}) == Order{"7"});
}

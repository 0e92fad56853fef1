#include "app/http_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan::app {
namespace {

using Kind = HttpReader::Kind;

/// A reader and what it said, with one framing for all bodies.
struct Reading {
  explicit Reading(HttpFraming of_all, HttpSide reads = HttpSide::request)
      : framing(of_all), side(reads) {}

  void feed(std::string_view text, std::size_t piece) {
    for (std::size_t at = 0; at < text.size(); at += piece) {
      Bytes rest = as_bytes(text.substr(at, piece));
      for (;;) {
        const HttpReader::Step step = reader.next(rest, {});
        if (step.kind == Kind::more) break;
        if (step.kind == Kind::head) {
          heads.emplace_back(as_text(step.head));
          reader.begin_body(framing);
        }
        body += step.size;
        ends += step.kind == Kind::end ? 1 : 0;
        flaws += step.kind == Kind::flawed ? 1 : 0;
        hopeless = hopeless || step.kind == Kind::hopeless;
        if (step.kind == Kind::hopeless) break;
      }
    }
  }

  HttpFraming framing;
  HttpSide side;
  Budget budget{.limit = std::size_t{1} << 20U};
  HttpReader reader{side, budget};
  std::vector<std::string> heads;
  std::uint64_t body = 0;
  int ends = 0;
  int flaws = 0;
  bool hopeless = false;
};

constexpr HttpFraming no_body{};
constexpr HttpFraming chunked{.kind = HttpFraming::Kind::chunked};

TEST_CASE("http reader: a head in one piece takes no memory") {
  Reading reading(no_body);
  reading.feed("GET / HTTP/1.1\r\nA: b\r\n\r\nGET /2 HTTP/1.1\n\n", 1'000);
  CHECK(reading.heads ==
        std::vector<std::string>{"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET /2 HTTP/1.1\n\n"});
  CHECK(reading.ends == 2);
  CHECK(reading.budget.used == 0);
}

TEST_CASE("http reader: a head in pieces is whole, and its memory is given back") {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  for (std::size_t piece = 1; piece < head.size(); ++piece) {
    Reading reading(no_body);
    reading.feed(head, piece);
    REQUIRE(reading.heads == std::vector<std::string>{head});
    reading.feed("\r\n", 1);
    REQUIRE(reading.budget.used == 0);
  }
}

TEST_CASE("http reader: every octet is looked at once, in pieces of any size") {
  std::string head = "GET / HTTP/1.1\r\n";
  while (head.size() < 30'000) head += "A: b\r\n c\r\n";
  head += "\r\n";
  std::string chunks = "POST / HTTP/1.1\r\n\r\n";
  for (int i = 0; i < 10'000; ++i) chunks += "1;x=y\r\na\r\n";
  chunks += "0\r\nT: v\r\n\r\n";
  const std::string noise(100'000, 'x');
  const std::size_t piece = GENERATE(1U, 2U, 7U, 1'460U, 1'000'000U);
  CAPTURE(piece);
  {
    Reading reading(no_body);
    reading.feed(head, piece);
    CHECK(reading.ends == 1);
    CHECK(reading.reader.examined() == head.size());
  }
  {
    Reading reading(chunked);
    reading.feed(chunks, piece);
    CHECK(reading.ends == 1);
    CHECK(reading.body == 10'000);
    CHECK(reading.reader.examined() <= chunks.size());
  }
  {
    Reading reading(no_body);
    (void)reading.reader.on_gap(1);
    reading.feed(noise + "\n\n" + noise + "\r\n" + head, piece);
    CHECK(reading.ends == 1);
    CHECK(reading.reader.examined() <= 2 * noise.size() + 2 * head.size());
  }
}

TEST_CASE("http reader: the search for a start line ends") {
  Reading reading(no_body);
  (void)reading.reader.on_gap(1);
  const std::string noise = std::string(65'535, 'x') + "\n";
  for (int i = 0; i < 63; ++i) reading.feed(noise, noise.size());
  CHECK_FALSE(reading.hopeless);
  reading.feed(noise, noise.size());
  CHECK(reading.hopeless);
  CHECK(reading.budget.used == 0);
}

TEST_CASE("http reader: behind a loss a request is found where a segment begins with it") {
  const std::string body = GENERATE("a=1", "data", "{\"a\":1}", "line\r\nmore", "G", "");
  CAPTURE(body);
  const std::string head = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  Reading reading(no_body);
  (void)reading.reader.on_gap(1);
  if (!body.empty()) reading.feed(body, body.size());
  reading.feed(head, head.size());
  CHECK(reading.heads == std::vector{head});
}

TEST_CASE("http reader: behind a loss a request in pieces is found whole") {
  const std::string head = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t piece = 1; piece < head.size(); ++piece) {
    Reading reading(no_body);
    (void)reading.reader.on_gap(1);
    reading.feed(head, piece);
    REQUIRE(reading.heads == std::vector{head});
  }
}

TEST_CASE("http reader: behind a loss a response is found whatever stands before it") {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  struct Row {
    std::string before;
    bool found;
  };
  const auto row = GENERATE(values<Row>({{"", true},
                                         {"\r\n", true},
                                         {"\xff\xd9", true},
                                         {"{\"a\":1}", true},
                                         {"HTTP/1HTTP/1.", false},
                                         {"HTTP/1.1 no status\n", true},
                                         {"HTHTTP/1", true},
                                         {std::string(70'000, 'x'), true},
                                         {"HTTP/1." + std::string(2'000, 'x'), true},
                                         {"HTTP/1.1 200 " + std::string(2'000, 'x'), true},
                                         {"it said ", false},
                                         {"<b title=\"", false}}));
  CAPTURE(row.before.substr(0, 40));
  for (std::size_t piece = 1; piece < 40; ++piece) {
    Reading reading(no_body, HttpSide::response);
    (void)reading.reader.on_gap(1);
    reading.feed(row.before + head, piece);
    REQUIRE(reading.heads == std::vector<std::string>(row.found ? 1 : 0, head));
    REQUIRE(reading.reader.examined() <= row.before.size() + head.size());
    REQUIRE(reading.flaws == 0);
  }
}

TEST_CASE("http reader: the search for a status line ends") {
  Reading reading(no_body, HttpSide::response);
  (void)reading.reader.on_gap(1);
  const std::string noise(65'536, 'H');
  for (int i = 0; i < 63; ++i) reading.feed(noise, noise.size());
  CHECK_FALSE(reading.hopeless);
  reading.feed(noise, noise.size());
  CHECK(reading.hopeless);
  CHECK(reading.budget.used == 0);
}

TEST_CASE("http reader: a gap is crossed where the length is known") {
  struct Row {
    HttpFraming framing;
    std::string_view text;
    std::uint64_t gap;
    HttpReader::Gap::Effect effect;
    std::uint64_t body;
  };

  using Effect = HttpReader::Gap::Effect;
  const HttpFraming ten{.kind = HttpFraming::Kind::length, .length = 10};
  const HttpFraming until_close{.kind = HttpFraming::Kind::until_close};
  constexpr std::string_view head = "GET / HTTP/1.1\r\n\r\n";
  const auto row = GENERATE_COPY(values<Row>({
      {no_body, "", 5, Effect::between, 0},
      {no_body, "GET / HT", 5, Effect::lost, 0},
      {ten, "", 10, Effect::between, 0},
      {ten, head, 9, Effect::crossed, 9},
      {ten, head, 10, Effect::crossed, 10},
      {ten, head, 11, Effect::past, 10},
      {until_close, head, 1'000, Effect::crossed, 1'000},
      {chunked, head, 1, Effect::lost, 0},
      {chunked, "GET / HTTP/1.1\r\n\r\n5\r\na", 4, Effect::crossed, 4},
      {chunked, "GET / HTTP/1.1\r\n\r\n5\r\na", 5, Effect::lost, 4},
      {chunked, "GET / HTTP/1.1\r\n\r\n5;", 1, Effect::lost, 0},
      {chunked, "GET / HTTP/1.1\r\n\r\n0\r\n", 1, Effect::lost, 0},
  }));
  CAPTURE(row.text, row.gap);
  Reading reading(row.framing);
  reading.feed(row.text, 1'000);
  const HttpReader::Gap gap = reading.reader.on_gap(row.gap);
  CHECK(gap.effect == row.effect);
  CHECK(gap.body == row.body);
  CHECK(reading.reader.searching() == (row.effect != Effect::crossed));
}

}  // namespace
}  // namespace ntan::app

// HTTP messages that are too large to be kept, or cannot be read at all.
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "app/http.h"
#include "tests/app/http_run.h"

namespace ntan::app {
namespace {

using test::client;
using test::contains;
using test::get;
using test::get_begin;
using test::Lines;
using test::server;
using Run = test::HttpRun;

TEST_CASE("http: of a head beyond the cap the lines that fit are read") {
  const bool in_one_piece = GENERATE(true, false);
  CAPTURE(in_one_piece);
  std::string fields;
  for (int i = 0; i < 40; ++i) fields += "X: " + std::string(1'000, 'x') + "\r\n";
  Run run;
  const auto say = [&](Direction direction, const std::string& text) {
    if (in_one_piece) {
      run.feed(direction, text, 0);
    } else {
      for (std::size_t at = 0; at < text.size(); at += 999)
        run.feed(direction, text.substr(at, 999), 0);
    }
  };
  SECTION("of a request without body") {
    say(client, "GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + std::string{get});
    run.s("HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n").s("HTTP/1.1 204 None\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("status":201)"));
    CHECK(contains(run.lines()[0], R"("ttfb_us":0)"));
    CHECK(contains(run.lines()[1], R"("status":204)"));
  }
  SECTION("of a request whose body is known") {
    say(client, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" + fields + "\r\nabc" +
                    std::string{get});
    run.s("HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n").s("HTTP/1.1 204 None\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("request_body_bytes":3)"));
    CHECK(contains(run.lines()[1], R"("status":204)"));
  }
  SECTION("of a request whose body may be told in what does not fit") {
    say(client, "PUT /a HTTP/1.1\r\nHost: h\r\n" + fields + "Content-Length: 3\r\n\r\nabc\r\n" +
                    std::string{get});
    run.s("HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n").s("HTTP/1.1 204 None\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("method":"PUT")"));
    CHECK_FALSE(contains(run.lines()[0], "ttfb_us"));
    CHECK(contains(run.lines()[1], R"("status":204)"));
  }
  SECTION("of a response whose body is known") {
    run.c(get).c(get);
    say(server,
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" + fields + "\r\nabcHTTP/1.1 204 None\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":3)"));
    CHECK(contains(run.lines()[0], R"("complete":true)"));
    CHECK(contains(run.lines()[1], R"("status":204)"));
  }
  SECTION("of a response whose body may be told in what does not fit") {
    run.c(get).c(get);
    say(server,
        "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 4\r\n\r\nabc\nHTTP/1.1 204 None\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("status":200)"));
    CHECK(contains(run.lines()[0], R"("complete":false)"));
    CHECK_FALSE(contains(run.lines()[0], "response_body_bytes"));
    CHECK(contains(run.lines()[1], R"("status":204)"));
  }
  CHECK(run.anomalies() == Lines{"http http_malformed"});
  CHECK(run.memory().used == 0);
}

TEST_CASE("http: a start line beyond the cap of heads is passed over, but will be answered") {
  Run run(std::size_t{256} * 1024);
  for (int i = 0; i < 5; ++i) run.c((i == 0 ? "GET /" : "") + std::string(9'000, 'x'));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
  run.c(" HTTP/1.1\r\nHost: h\r\n\r\n").c(get);
  run.s("HTTP/1.1 414 Long\r\nContent-Length: 0\r\n\r\n").s("HTTP/1.1 204 None\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("status":414)"));
  CHECK_FALSE(contains(run.lines()[0], "method"));
  CHECK(contains(run.lines()[1], get_begin));
  CHECK(contains(run.lines()[1], R"("status":204)"));
  CHECK(run.memory().used == 0);
}

TEST_CASE("http: what an overlong start line goes on with is no request, however it is cut") {
  const auto step = GENERATE(std::size_t{1'000}, std::size_t{1'400}, std::size_t{40'000});
  CAPTURE(step);
  Run run;
  const std::string text = "GET /" + std::string(33'595, 'a') +
                           "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n" + std::string{get};
  for (std::size_t at = 0; at < text.size(); at += step) run.c(text.substr(at, step));
  run.s("HTTP/1.1 414 Long\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("status":414)"));
  CHECK(contains(run.lines()[1], get_begin));
  CHECK(contains(run.lines()[1], R"("status":204)"));
}

TEST_CASE("http: what cannot be read has its place among requests and responses") {
  Run run;
  constexpr std::string_view next = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  constexpr std::string_view moved = "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n";
  SECTION("a request") {
    run.c("what is this\r\n\r\n").c(next);
    run.s("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n").s(moved);
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("status":400)"));
    CHECK_FALSE(contains(run.lines()[0], "method"));
    CHECK_FALSE(contains(run.lines()[0], "_us"));
    CHECK(contains(run.lines()[1], R"("depth":2)"));
  }
  SECTION("a response") {
    run.c(get).c(next);
    run.s("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n").s(moved);
    REQUIRE(run.lines().size() == 2);
    CHECK(run.lines()[0] == std::string{get_begin} + R"(,"depth":1,"complete":false})");
  }
  SECTION("a response whose status line is too long") {
    run.c(get).c(next);
    run.s("HTTP/1.1 200 " + std::string(40'000, 'x') + "\r\nContent-Length: 0\r\n\r\n").s(moved);
    REQUIRE(run.lines().size() == 2);
    CHECK(run.lines()[0] == std::string{get_begin} + R"(,"depth":1,"complete":false})");
  }
  SECTION("but not what is no response") {
    run.c(next).s("oops\r\n\r\n").s(moved);
    REQUIRE(run.lines().size() == 1);
  }
  CHECK(contains(run.lines().back(), R"("uri":"/b")"));
  CHECK(contains(run.lines().back(), R"("status":301)"));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
  CHECK(run.memory().used == 0);
}

TEST_CASE("http: an unreadable request that nobody answers is no exchange") {
  Run run;
  run.c("what is this\r\n\r\n").end();
  CHECK(run.lines().empty());
}

}  // namespace
}  // namespace ntan::app

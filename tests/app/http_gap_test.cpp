// HTTP where octets are missing: lost packets, and packets that a snaplen cut.
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

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

TEST_CASE("http: a gap in a body of known length is counted") {
  Run run;
  SECTION("Content-Length") {
    run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    run.gap(server, 90).s("0123456");
  }
  SECTION("the gap ends the body") {
    run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    run.gap(server, 97);
  }
  SECTION("inside a chunk") {
    run.c(get).s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc");
    run.gap(server, 97).s("\r\n0\r\n\r\n");
  }
  SECTION("until the end of the connection") {
    run.c(get).s("HTTP/1.1 200 OK\r\n\r\nabc").gap(server, 97).close(server);
  }
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("response_body_bytes":100)"));
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":true)"));
  CHECK(run.anomalies().empty());
}

TEST_CASE("http: a gap in a request body is counted") {
  Run run;
  run.c("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc", 0).gap(client, 97, 5);
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 10);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("request_body_bytes":100)"));
  CHECK(contains(run.lines()[0], R"("ttfb_us":5000)"));
  CHECK(contains(run.lines()[0], R"("gap":true)"));
}

TEST_CASE("http: what ended in a gap of unknown age has no time") {
  Run run;
  SECTION("a request") {
    run.c("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc", 0);
    run.hole(client, 97, 10).s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 10);
    REQUIRE(run.lines().size() == 1);
    CHECK_FALSE(contains(run.lines()[0], "ttfb_us"));
    CHECK(contains(run.lines()[0], R"("total_us":10000)"));
  }
  SECTION("a response") {
    run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", 10).hole(server, 2, 90);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("ttfb_us":10000)"));
    CHECK_FALSE(contains(run.lines()[0], "total_us"));
    CHECK(contains(run.lines()[0], R"("complete":true)"));
  }
  SECTION("but what goes on behind it has") {
    run.c("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc", 0);
    run.hole(client, 96, 3).c("z", 4);
    run.s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 10);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("ttfb_us":6000)"));
  }
  CHECK(contains(run.lines()[0], R"("gap":true)"));
}

TEST_CASE("http: a request that was lost leaves its response alone, not the next one's") {
  Run run;
  run.c("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  SECTION("whole") {
    run.gap(client, 40);
  }
  SECTION("with a front that cannot be read") {
    run.c("GE").gap(client, 38);
  }
  run.c("GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
  for (const auto* status : {"200", "201", "202"})
    run.s("HTTP/1.1 " + std::string{status} + " X\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 3);
  CHECK(contains(run.lines()[0], R"("uri":"/a","version":"1.1","status":200)"));
  CHECK_FALSE(contains(run.lines()[1], "uri"));
  CHECK(contains(run.lines()[1], R"("gap":true)"));
  CHECK(contains(run.lines()[2], R"("uri":"/c","version":"1.1","status":202)"));
  CHECK(contains(run.lines()[2], R"("depth":3)"));
}

TEST_CASE("http: an empty line that was lost is no request") {
  Run run;
  run.c(get).gap(client, 2).c(get);
  run.s("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n").s("HTTP/1.1 204 X\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("status":204)"));
  CHECK(contains(run.lines()[1], get_begin));
}

TEST_CASE("http: a response goes on as long as octets of it are lost") {
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc", 0);
  for (int i = 1; i <= 8; ++i) run.gap(server, 60, i * 30'000);
  CHECK(run.lines().empty());
  run.s(std::string(17, 'x'), 250'000);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("response_body_bytes":500)"));
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":true)"));
}

TEST_CASE("http: a status line that was cut behind its code is one") {
  Run run;
  const auto [line, status] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 503 Service Unav", R"("status":503,"ttfb_us")"},
      {"HTTP/1.1 503", R"("status":503,"ttfb_us")"},
      {"HTTP/1.1 50", R"("version":"1.1","depth")"},
  }));
  run.c(get).s(line).gap(server, 100);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], status));
  CHECK(contains(run.lines()[0], R"("gap":true)"));
}

TEST_CASE("http: behind a gap that cannot be crossed the next start line is found") {
  Run run;
  run.c(get);
  SECTION("in a chunked body") {
    run.s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").gap(server, 50);
    CHECK(contains(run.lines().at(0), R"("status":200)"));
    CHECK(contains(run.lines().at(0), R"("response_body_bytes":5)"));
  }
  SECTION("in a head") {
    run.s("HTTP/1.1 200 OK\r\nTransf").gap(server, 50);
  }
  SECTION("where a response should begin") {
    run.gap(server, 50);
  }
  SECTION("past the end of a body") {
    run.s("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").gap(server, 4);
  }
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":false)"));
  run.s("rest of a line HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 abc\r\n\x01\xff\r\nHT");
  run.c("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  run.s("TP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("uri":"/b","version":"1.1","status":200)"));
  CHECK(contains(run.lines()[1], R"("complete":true)"));
}

TEST_CASE("http: a gap past the end of a body takes the head of the next response with it") {
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  Run run;
  for (const std::string_view uri : {"/1", "/2", "/3", "/4"})
    run.c("GET " + std::string{uri} + " HTTP/1.1\r\n\r\n");
  SECTION("which is found missing") {
    run.s(one + std::string(60, 'x')).gap(server, 41).s(one.substr(1) + std::string(100, 'x'));
  }
  SECTION("and of its body something") {
    run.s(one + std::string(60, 'x')).gap(server, 90).s(std::string(90, 'x'));
  }
  run.s("HTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n");
  run.s("HTTP/1.1 204 No\r\n\r\n");
  REQUIRE(run.lines().size() == 4);
  CHECK(contains(run.lines()[0], R"("uri":"/1","version":"1.1","status":200)"));
  CHECK(contains(run.lines()[0], R"("response_body_bytes":100)"));
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":false})"));
  CHECK(run.lines()[1] == R"(http {"method":"GET","uri":"/2","version":"1.1","depth":2,)"
                          R"("pipelined":true,"gap":true,"complete":false})");
  CHECK(contains(run.lines()[2], R"("uri":"/3","version":"1.1","status":203)"));
  CHECK(contains(run.lines()[3], R"("uri":"/4","version":"1.1","status":204)"));
}

TEST_CASE("http: requests behind a gap are found again") {
  Run run;
  run.c("GET /lost HTTP/1.1\r\nHo").gap(client, 1'000);
  run.c("octets GET /x HTTP/1.1 of a body\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("uri":"/lost")"));
  CHECK(contains(run.lines()[1], R"("uri":"/b")"));
}

TEST_CASE("http: behind a lost head the next response is found though no line ends before it") {
  const std::string image(200, '\xff');
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + image;
  Run run;
  run.c(get).gap(server, 100).s(image);
  for (int i = 0; i < 3; ++i) run.c(get).s(ok);
  run.end();
  REQUIRE(run.lines().size() == 4);
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":false)"));
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(contains(run.lines()[i], R"("status":200)"));
    CHECK(contains(run.lines()[i], R"("complete":true)"));
  }
}

TEST_CASE("http: the next response is found however the stream is cut") {
  const std::string text = "....HHTHHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    Run run;
    run.c(get).c(get).gap(server, 100);
    run.s(text.substr(0, cut)).s(text.substr(cut)).end();
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[1], R"("status":404)"));
  }
}

TEST_CASE("http: of a request head that is cut the whole lines are reported") {
  constexpr std::string_view cut = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nUser-Ag";
  constexpr std::string_view said =
      R"(http {"method":"POST","host":"h","uri":"/a","version":"1.1","depth":1,"gap":true,)"
      R"("complete":false})";
  SECTION("by a gap") {
    Run run;
    run.c(cut).gap(client, 1'000).c("ent: x\r\n\r\n").end();
    CHECK(run.lines() == Lines{std::string{said}});
  }
  SECTION("by the end") {
    Run run;
    run.c(cut).end();
    CHECK(run.lines() == Lines{std::string{said}});
  }
  SECTION("by the client's FIN") {
    Run run;
    run.c(cut).close(client).s("HTTP/1.0 400 Bad\r\nContent-Length: 0\r\n\r\n").close(server).end();
    CHECK(run.lines() ==
          Lines{R"(http {"method":"POST","host":"h","uri":"/a","version":"1.1","status":400,)"
                R"("reason":"Bad","response_body_bytes":0,"total_us":0,"depth":1,"gap":true,)"
                R"("complete":true})"});
  }
  SECTION("by the client's FIN within its request line") {
    Run run;
    run.c(cut.substr(0, 12)).close(client).end();
    CHECK(run.lines() == Lines{R"(http {"method":"POST","uri":"/a","depth":1,"gap":true,)"
                               R"("complete":false})"});
  }
  SECTION("within its request line") {
    Run run;
    run.c(cut.substr(0, 12)).gap(client, 1'000).end();
    CHECK(run.lines() == Lines{R"(http {"method":"POST","uri":"/a","depth":1,"gap":true,)"
                               R"("complete":false})"});
  }
  SECTION("within each of its request lines") {
    Run run;
    run.c("GET /one/tw").gap(client, 300).s("HTTP/1.1 200 OK\r\nSer").gap(server, 300);
    run.c("GET /three?f")
        .gap(client, 300)
        .s("HTTP/1.1 404 Not Found\r\nSer")
        .gap(server, 300)
        .end();
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("uri":"/one/tw")"));
    CHECK(contains(run.lines()[0], R"("status":200)"));
    CHECK(contains(run.lines()[1], R"("uri":"/three?f")"));
    CHECK(contains(run.lines()[1], R"("status":404)"));
  }
  SECTION("behind a whole head") {
    Run run;
    run.c("POST /b HTTP/1.1\r\nContent-Le").c("ngth: x\r\n\r\n").gap(client, 300).end();
    CHECK(run.lines().size() == 1);
  }
  SECTION("where nothing says that it is one") {
    for (const std::string_view line :
         {"POST", "POST ", "POST x", "POST /a FTP", "POST /\x01", "FOO /a"}) {
      Run run;
      run.c("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
          .s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      run.c(line).gap(client, 300).end();
      CHECK(run.lines().size() == 1);
    }
  }
}

TEST_CASE("http: of a request line that is cut no user information is written") {
  struct Row {
    std::string_view cut;
    std::string_view uri;
  };

  const auto row = GENERATE(values<Row>({
      {"GET http://alice:SECRET", "http://***"},
      {"GET http://alice", "http://***"},
      {"GET http://alice:SEC@RET", "http://***"},
      {"GET https://alice:SECRET", "https://***"},
      {"GET //alice:SECRET", "//***"},
      {"GET http://alice:SECRET@h/p", "http://***@h/p"},
      {"GET http://alice:SECRET@h HT", "http://***@h"},
      {"GET http://h/a:b", "http://h/a:b"},
      {"GET http://h?a:b", "http://h?a:b"},
      {"GET http://h:80 HTTP", "http://h:80"},
      {"GET /alice:b", "/alice:b"},
      {"CONNECT h.example", "h.example"},
      {"CONNECT h.example:", "h.example:"},
      {"CONNECT h.example:44", "h.example:***"},
      {"CONNECT h.example:443 H", "h.example:443"},
      {"CONNECT alice:SEC@RET", "***"},
  }));
  CAPTURE(row.cut);
  Run run;
  SECTION("by a gap") {
    run.c(row.cut).gap(client, 300).end();
  }
  SECTION("by the end") {
    run.c(row.cut).end();
  }
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("uri":")" + std::string{row.uri} + '"'));
}

TEST_CASE("http: of a response head that is cut the whole lines are reported") {
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nServer: s\r\nContent-Le");
  SECTION("by a gap") {
    run.gap(server, 1'000).end();
  }
  SECTION("by the end") {
    run.end();
  }
  SECTION("by the server's FIN") {
    run.close(server).end();
  }
  REQUIRE(run.lines().size() == 1);
  CHECK(run.lines()[0].starts_with(std::string{get_begin} + R"(,"status":200)"));
  CHECK(contains(run.lines()[0], R"("server":"s")"));
  CHECK(contains(run.lines()[0], R"("gap":true,"complete":false})"));
}

TEST_CASE("http: a client that waits got the responses that were lost") {
  Run run;
  run.c("GET /1 HTTP/1.1\r\n\r\n").s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  run.gap(server, 5'000);
  run.c("GET /2 HTTP/1.1\r\n\r\n");  // its response lies in octets that are not understood
  run.s("not a status line\r\n");
  run.c("GET /3 HTTP/1.1\r\n\r\n");
  run.s("HTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 3);
  CHECK(contains(run.lines()[1], R"("uri":"/2","version":"1.1","depth":2,"gap":true)"));
  CHECK(contains(run.lines()[2], R"("uri":"/3","version":"1.1","status":203)"));
}

}  // namespace
}  // namespace ntan::app

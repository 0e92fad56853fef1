#include "app/http.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/text_line.h"
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

TEST_CASE("http: an exchange is one event with what both sides said") {
  Run run;
  run.c(
      "POST http://h.example/form?x=1 HTTP/1.1\r\nHost: h.example\r\nUser-Agent: agent/1\r\n"
      "Referer: http://r.example/\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
      0);
  run.s(
      "HTTP/1.1 302 Found it\r\nServer: srv/2\r\nContent-Type: text/html; charset=x\r\n"
      "Location: /next\r\nContent-Length: 3\r\n\r\nabc",
      20);
  REQUIRE(run.lines().size() == 1);
  CHECK(run.lines()[0] ==
        R"(http {"method":"POST","host":"h.example","uri":"http://h.example/form?x=1",)"
        R"("version":"1.1","status":302,"reason":"Found it","user_agent":"agent/1",)"
        R"("referer":"http://r.example/","request_content_type":"text/plain",)"
        R"("content_type":"text/html; charset=x","server":"srv/2","location":"/next",)"
        R"("request_body_bytes":5,"response_body_bytes":3,"ttfb_us":20000,"total_us":20000,)"
        R"("depth":1,"complete":true})");
  CHECK(run.notes(event::Note::Kind::http_request).size() == 1);
  CHECK(run.notes(event::Note::Kind::http_status) == std::vector<std::uint64_t>{302});
  CHECK(run.notes(event::Note::Kind::http_ttfb_us) == std::vector<std::uint64_t>{20'000});
  CHECK(run.anomalies().empty());
  CHECK(run.memory().used == 0);
}

TEST_CASE("http: a pipelined pair has two events, and times from the first octets") {
  Run run;
  run.c("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n", 0);
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", 30);
  run.s("cdHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 60);
  CHECK(run.lines() ==
        Lines{R"(http {"method":"GET","host":"h","uri":"/1","version":"1.1","status":200,)"
              R"("reason":"OK","response_body_bytes":4,"ttfb_us":30000,"total_us":60000,)"
              R"("depth":1,"complete":true})",
              R"(http {"method":"GET","host":"h","uri":"/2","version":"1.1","status":404,)"
              R"("reason":"Not Found","response_body_bytes":0,"ttfb_us":60000,"total_us":60000,)"
              R"("depth":2,"pipelined":true,"complete":true})"});
}

TEST_CASE("http: Content-Length with Transfer-Encoding is smuggling, and the chunks count") {
  Run run;
  run.c(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n");
  run.c(get);
  run.s("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("request_body_bytes":3)"));
  CHECK(contains(run.lines()[0], R"("chunked":true)"));
  CHECK(contains(run.lines()[1], R"("uri":"/a")"));
  CHECK(run.anomalies() == Lines{"http http_smuggling"});
}

TEST_CASE("http: time to first byte counts from the request's end to the final response") {
  Run run;
  run.c("PUT /f HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", 0);
  run.s("HTTP/1.1 100 Continue\r\n\r\n", 10);
  run.c("ab", 20);
  run.c("cd", 30);
  run.s("HTTP/1.1 102 Processing\r\n\r\nHTTP", 40);
  run.s("/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 60);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0],
                 R"("status":201,"reason":"Created","request_body_bytes":4,)"
                 R"("response_body_bytes":0,"ttfb_us":10000,"total_us":60000,"depth":1,)"
                 R"("informational":[100,102],"complete":true)"));
  CHECK(run.notes(event::Note::Kind::http_status) == std::vector<std::uint64_t>{100, 102, 201});
}

TEST_CASE("http: a response that begins before the request ends is early") {
  Run run;
  run.c("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc", 0);
  run.s("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 5);
  run.c("defghij", 9);  // the rest of a request that was reported
  run.c(get, 20);
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 30);
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("request_body_bytes":3,"response_body_bytes":0,"ttfb_us":0)"));
  CHECK(contains(run.lines()[0], R"("early":true)"));
  CHECK(contains(run.lines()[1], R"("ttfb_us":10000)"));
  CHECK_FALSE(contains(run.lines()[1], "early"));
}

constexpr std::string_view expects =
    "PUT /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";
constexpr std::string_view refused = "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view accepted = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

TEST_CASE("http: a client that was refused before its body goes on with the next request") {
  const std::string request =
      GENERATE(as<std::string>{}, "PUT /2 HTTP/1.1\r\n\r\n", "GET /2 HTTP/1.0\r\n\r\n",
               "VERSION-CONTROL http://h/2 HTTP/1.1\r\n\r\n", "OPTIONS *2 HTTP/1.1\r\n\r\n",
               "CONNECT h:2 HTTP/1.1\r\n\r\n");
  // RFC 9112 2.2: an empty line before it is none of it.
  const std::string next = GENERATE(as<std::string>{}, "", "\r\n") + request;
  const std::string framing =
      GENERATE(as<std::string>{}, "Content-Length: 40", "Transfer-Encoding: chunked");
  CAPTURE(next, framing);
  for (std::size_t cut = 0; cut < next.size(); ++cut) {
    CAPTURE(cut);
    Run run;
    run.c("PUT /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n" + framing + "\r\n\r\n", 0);
    run.s(refused, 10);
    run.c(std::string_view{next}.substr(0, cut), 20).c(std::string_view{next}.substr(cut), 21);
    run.s("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 30);
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[0], R"("uri":"/1","version":"1.1","status":417)"));
    CHECK(contains(run.lines()[0], R"("request_body_bytes":0)"));
    CHECK(contains(run.lines()[1], R"("status":403)"));
    CHECK(contains(run.lines()[1], R"("depth":2)"));
    CHECK(run.anomalies().empty());
  }
}

TEST_CASE("http: the body of a client that was refused may come all the same") {
  struct Row {
    std::string_view framing;
    std::string_view body;
  };

  const auto row = GENERATE(values<Row>({
      {"Content-Length: 5", "hello"},
      {"Content-Length: 5", "PUTTY"},
      {"Content-Length: 5", "GET a"},
      {"Content-Length: 3", "PUT"},
      {"Content-Length: 5", "VERSI"},
      {"Content-Length: 2", "\r\n"},
      {"Content-Length: 40",
       "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"},
      {"Content-Length: 1", "P"},
      {"Transfer-Encoding: chunked", "5\r\nGET /\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked", "DE\r\n" /* 222 octets */},
  }));
  std::string body{row.body};
  if (body == "DE\r\n") body += std::string(222, 'x') + "\r\n0\r\n\r\n";
  CAPTURE(row.framing, row.body);
  for (std::size_t size = 1; size <= body.size(); ++size) {
    CAPTURE(size);
    Run run;
    run.c("PUT /1 HTTP/1.1\r\nExpect: 100-continue\r\n" + std::string{row.framing} + "\r\n\r\n");
    run.s(refused);
    for (std::size_t at = 0; at < body.size(); at += size) run.c(body.substr(at, size));
    run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(run.lines().size() == 2);
    CHECK(contains(run.lines()[1], R"("uri":"/a","version":"1.1","status":200)"));
    CHECK(run.anomalies().empty());
  }
}

TEST_CASE("http: a body is doubted only where the client waits and none of it was seen") {
  constexpr std::string_view body = "GET /";
  Run run;
  SECTION("it was told to go on") {
    run.c(expects).s("HTTP/1.1 100 Continue\r\n\r\n").s(accepted).c(body);
  }
  SECTION("it went on") {
    run.c(expects).c("G").s(accepted).c("ET /");
  }
  SECTION("it did not ask") {
    run.c("PUT /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\n").s(accepted).c(body);
  }
  run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("uri":"/a","version":"1.1","status":200)"));
  CHECK(run.anomalies().empty());
}

TEST_CASE("http: what comes of a doubted body while its response goes on is counted") {
  Run run;
  run.c(expects).s("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nn");
  run.c("PU").c("TTY").s("o");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("request_body_bytes":5,"response_body_bytes":2)"));
}

TEST_CASE("http: where a response ends follows RFC 9112 6.3") {
  struct Row {
    std::string_view method;
    std::string_view response;
    std::string_view says;
  };

  const auto row = GENERATE(values<Row>({
      {"HEAD", "200 OK\r\nContent-Length: 9\r\n\r\n", R"("status":200,"reason":"OK","ttfb)"},
      {"GET", "204 N\r\nContent-Length: 9\r\n\r\n", R"("status":204,"reason":"N","ttfb)"},
      {"GET", "304 N\r\nTransfer-Encoding: chunked\r\n\r\n", R"("status":304,"reason":"N","ttfb)"},
      {"GET", "200 OK\r\nContent-Length: 3\r\n\r\nabc", R"("response_body_bytes":3,)"},
      {"GET", "200 OK\r\nContent-Length: 0\r\n\r\n", R"("response_body_bytes":0,)"},
      {"GET", "200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", R"("response_body_bytes":3,)"},
      {"GET", "200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n2\r\nab\r\n0\r\n\r\n",
       R"("response_body_bytes":2,)"},
      {"GET",
       "200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
       R"("response_body_bytes":10,)"},
      {"GET", "200 OK\r\nTransfer-Encoding: , chunked , ,\r\n\r\n2\r\nab\r\n0\r\n\r\n",
       R"("response_body_bytes":2,)"},
      {"GET",
       "200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n1\r\na\r\n0\r\n\r\n",
       R"("response_body_bytes":1,)"},
      {"GET",
       "200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
       R"("response_body_bytes":1,)"},
      {"GET",
       "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: x\r\nB: y\r\n\r\n",
       R"("response_body_bytes":1,)"},
  }));
  CAPTURE(row.response);
  Run run;
  run.c(std::string{row.method} + " / HTTP/1.1\r\nHost: h\r\n\r\n");
  run.s("HTTP/1.1 " + std::string{row.response});
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], row.says));
  CHECK(contains(run.lines()[0], R"("complete":true)"));
  run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");  // and the next begins there
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("depth":2)"));
}

TEST_CASE("http: a body without a length ends with the connection") {
  const auto head = GENERATE(as<std::string>{}, "HTTP/1.0 200 OK\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n");
  Run run;
  run.c(get, 0);
  run.s(head + "abc", 10);
  run.s("HTTP/1.1 200 OK\r\n\r\n", 20);  // still the body
  CHECK(run.lines().empty());
  SECTION("FIN completes it") {
    run.close(server, 50);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":22,"ttfb_us":10000,"total_us":50000)"));
    CHECK(contains(run.lines()[0], R"("complete":true)"));
  }
  SECTION("any other end does not") {
    run.end(50);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":22,"ttfb_us":10000,"depth":1)"));
    CHECK(contains(run.lines()[0], R"("complete":false)"));
  }
}

TEST_CASE("http: CONNECT answered by 2xx, and 101, hand over to another protocol") {
  Run run;
  SECTION("CONNECT") {
    run.c("CONNECT u:p@h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 0);
    run.s("HTTP/1.0 200 Connection Established\r\nTransfer-Encoding: chunked\r\n\r\n", 10);
    REQUIRE(run.lines().size() == 1);
    CHECK(run.lines()[0] ==
          R"(http {"method":"CONNECT","host":"h:443","uri":"***@h:443","version":"1.1",)"
          R"("status":200,"reason":"Connection Established","ttfb_us":10000,"total_us":10000,)"
          R"("depth":1,"connect":true,"complete":true})");
    CHECK(run.result().progress == Progress::restart);
  }
  SECTION("upgrade") {
    run.c("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", 0);
    run.s("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 10);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("upgrade":true,"complete":true)"));
    CHECK(run.result().progress == Progress::restart);
  }
  SECTION("CONNECT refused goes on") {
    run.c("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 0);
    run.s("HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno", 10);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":2)"));
    CHECK(run.result().progress == Progress::more);
  }
}

TEST_CASE("http: a side that was not seen leaves its members out") {
  Run run;
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(run.lines() == Lines{R"(http {"version":"1.1","status":200,"reason":"OK",)"
                             R"("response_body_bytes":2,"complete":true})"});
  run.c(get).end();
  REQUIRE(run.lines().size() == 2);
  CHECK(run.lines()[1] == std::string{get_begin} + R"(,"depth":2,"complete":false})");
}

TEST_CASE("http: a client that was taken for the server is found out") {
  Run run;
  SECTION("by its request") {
    run.s(get).c("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  SECTION("by the response") {
    run.c("HTTP/1.1 500 old\r\nContent-Length: 0\r\n\r\n");
    run.s(get).c("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  CHECK(contains(run.lines().back(), R"("uri":"/a","version":"1.1","status":200)"));
}

TEST_CASE("http: a response that does not end is reported after 60 s, once") {
  Run run;
  run.c(get, 0);
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 1'000);
  run.advance(60'999);
  CHECK(run.lines().empty());
  run.advance(61'000);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("response_body_bytes":3,"ttfb_us":1000000,"depth":1)"));
  CHECK(contains(run.lines()[0], R"("complete":false)"));
  run.s("defghij", 62'000).end(63'000);
  CHECK(run.lines().size() == 1);
}

TEST_CASE("http: the timer of an ended response does not cut a later one") {
  Run run;
  run.c(get, 0).s("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", 0).s("b", 1);
  run.c(get, 30'000).s("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", 30'000);
  run.advance(89'000);
  CHECK(run.lines().size() == 1);
  run.s("b", 89'500);
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("complete":true)"));
}

TEST_CASE("http: heads that are malformed raise an anomaly and are still read") {
  const auto fields = GENERATE(as<std::string>{},
                               "Host : h\r\n",            // blank before the colon
                               "Host: h\nX: y\r\n",       // bare LF
                               "Host: h\r\nX: a\rb\r\n",  // bare CR
                               std::string("Host: h\r\nX: \0\r\n", 15), "Host: h\r\nno colon\r\n",
                               "Host: h\r\n: empty\r\n",
                               "Host: h\r\nHost: other\r\n",     //
                               " folded: early\r\nHost: h\r\n",  //
                               "Host: h\r\nContent-Length: 0, 0\r\n",
                               "Host: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n");
  CAPTURE(fields);
  Run run;
  run.c("GET /a HTTP/1.1\r\n" + fields + "\r\n");
  run.s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("method":"GET","host":"h","uri":"/a")"));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: contradicting lengths are smuggling, impossible ones malformed") {
  struct Row {
    std::string_view fields;
    std::string_view reason;
  };

  const auto row = GENERATE(values<Row>({
      {"Content-Length: 3\r\nContent-Length: 4\r\n", "http_smuggling"},
      {"Content-Length: 3, 4\r\n", "http_smuggling"},
      {"Content-Length: 3\r\nContent-Length: +3\r\n", "http_smuggling"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "http_smuggling"},
      {"Content-Length: +5\r\n", "http_malformed"},
      {"Content-Length: -1\r\n", "http_malformed"},
      {"Content-Length: 5 5\r\n", "http_malformed"},
      {"Content-Length: 0x5\r\n", "http_malformed"},
      {"Content-Length:\r\n", "http_malformed"},
      {"Content-Length: 9223372036854775808\r\n", "http_malformed"},
      {"Content-Length: 18446744073709551617\r\n", "http_malformed"},
      {"Transfer-Encoding: chunked, gzip\r\n", "http_malformed"},
      {"Transfer-Encoding: xchunked\r\n", "http_malformed"},
  }));
  CAPTURE(row.fields);
  Run run;
  run.c("POST / HTTP/1.1\r\nHost: h\r\n" + std::string{row.fields} + "\r\n");
  CHECK(contains(run.anomalies().at(0) + run.anomalies().back(), row.reason));
}

TEST_CASE("http: behind a request whose length nobody can tell the next request is found") {
  Run run;
  run.c("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello\r\n");
  run.c(get);
  run.s(
      "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("status":400)"));
  CHECK(contains(run.lines()[1], R"("uri":"/a","version":"1.1","status":200)"));
}

TEST_CASE("http: chunks that are malformed cut the response") {
  const auto chunks =
      GENERATE(as<std::string>{}, "x\r\n", "-1\r\n", ";ext\r\n", "12345678901234567\r\n",
               "ffffffffffffffff\r\n", "3\r\nabcX\r\n", "3\r\nabc\r\r\n", "\r\n");
  CAPTURE(chunks);
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("complete":false)"));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: floods in extensions and trailers are cut off") {
  const std::string flood = GENERATE(as<std::string>{}, "1;" + std::string(9'000, 'x'),
                                     "0\r\n" + std::string(40'000, 'x'), [] {
                                       std::string lines = "0\r\n";
                                       for (int i = 0; i < 200; ++i) lines += "a:b\r\n";
                                       return lines;
                                     }());
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + flood);
  CHECK(run.lines().size() == 1);
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: a response goes on as long as something of it comes") {
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na", 0);
  run.s("b", 50'000).s("c", 100'000).s("d", 150'000);
  SECTION("to its end") {
    run.s("e", 200'000);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":5)"));
    CHECK(contains(run.lines()[0], R"("total_us":200000000)"));
  }
  SECTION("until nothing has come for a minute at least, and two at most") {
    run.advance(179'999);
    CHECK(run.lines().empty());
    run.advance(270'000);
    REQUIRE(run.lines().size() == 1);
    CHECK(contains(run.lines()[0], R"("response_body_bytes":4,)"));
    CHECK(contains(run.lines()[0], R"("complete":false)"));
  }
}

TEST_CASE("http: more than 128 fields and lines beyond 8 KiB are malformed, and read") {
  Run run;
  std::string head = "GET /a HTTP/1.1\r\n";
  SECTION("fields") {
    for (int i = 0; i < 130; ++i) head += "X: y\r\n";
  }
  SECTION("line") {
    head += "X: " + std::string(9'000, 'y') + "\r\n";
  }
  run.c(head + "Host: h\r\n\r\n").s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], get_begin));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: folds belong to the field before them, and read as a space") {
  Run run;
  run.c(
      "GET /a HTTP/1.1\r\nHost:\r\n h\r\nUser-Agent: one \r\n\ttwo\r\n \r\n  three\r\n"
      "Referer: http://user:\r\n pass@h/\r\n x\r\nContent-Length:\r\n 3\r\n\r\nabc");
  run.s(
      "HTTP/1.1 200 OK\r\nServer: a\r\n b\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n"
      "0\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("host":"h")"));
  CHECK(contains(run.lines()[0], R"("server":"a b")"));
  CHECK(contains(run.lines()[0], R"("user_agent":"one two three")"));
  CHECK(contains(run.lines()[0], R"("referer":"http://***@h/ x")"));
  CHECK(contains(run.lines()[0], R"("request_body_bytes":3)"));
  CHECK(contains(run.lines()[0], R"("response_body_bytes":0)"));
  CHECK(run.anomalies().empty());
}

TEST_CASE("http: the transfer coding identity is none") {
  const std::string coding = GENERATE(as<std::string>{}, "identity", "Identity", "identity, ");
  Run run;
  run.c("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + coding + "\r\n\r\n");
  run.s("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + coding + "\r\nContent-Length: 2\r\n\r\nok");
  run.c(get).s("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + coding + "\r\n\r\nto the end");
  run.close(server);
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[0], R"("status":200,"reason":"OK","response_body_bytes":2)"));
  CHECK(contains(run.lines()[1], R"("uri":"/a")"));
  CHECK(contains(run.lines()[1], R"("response_body_bytes":10)"));
  CHECK(contains(run.lines()[1], R"("complete":true)"));
  CHECK(run.anomalies() == Lines{"http http_smuggling"});  // both fields: recipients differ
}

TEST_CASE("http: identity behind another transfer coding ends with the connection") {
  Run run;
  run.c(get).s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n12345");
  run.close(server);
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("response_body_bytes":5)"));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: blank lines before a start line are skipped") {
  Run run;
  run.c("\r\n\r\n").c(get).s("\r\n").s("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(run.lines().size() == 1);
  CHECK(run.anomalies().empty());
}

TEST_CASE("http: a flawed request line is malformed, and what it says is reported") {
  struct Row {
    std::string_view line;
    std::string_view says;
  };

  const auto row = GENERATE(values<Row>({
      {"OPTIONS HTTP/1.1", R"(http {"method":"OPTIONS","host":"h","status":400)"},
      {"OPTIONS", R"(http {"method":"OPTIONS","host":"h","status":400)"},
      {"GET / HTTP/1.", R"(http {"method":"GET","host":"h","uri":"/","status":400)"},
      {"GET /HTTP/1.1", R"(http {"method":"GET","host":"h","uri":"/HTTP/1.1","status":400)"},
  }));
  CAPTURE(row.line);
  Run run;
  run.c(std::string{row.line} + "\r\nHost: h\r\n\r\n");
  run.s("HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(run.lines()[0].starts_with(row.says));
  CHECK(run.anomalies() == Lines{"http http_malformed"});
}

TEST_CASE("http: what is no start line is skipped five times") {
  Run run;
  run.c(get);
  for (int i = 0; i < 4; ++i) run.c("UNKNOWN /no-version\r\n\r\n");
  CHECK(run.result().progress == Progress::more);
  CHECK(run.anomalies().size() <= 4);
  for (int i = 0; i < 5; ++i) run.s("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbad");
  CHECK(run.result().progress == Progress::give_up);
  CHECK(contains(run.lines().at(0), R"("uri":"/a")"));
}

TEST_CASE("http: credentials are never written") {
  Run run;
  run.c(
      "GET http://user:secret@h/p?q=a@b HTTP/1.1\r\nHost: user:secret@h\r\n"
      "Authorization: Basic secret\r\nProxy-Authorization: secret\r\nCookie: a=secret\r\n"
      "Referer: https://secret@r/x\r\n\r\n");
  run.s(
      "HTTP/1.1 302 Found\r\nSet-Cookie: secret\r\nLocation: //u:secret@l/\r\n"
      "WWW-Authenticate: secret\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK_FALSE(contains(run.lines()[0], "secret"));
  CHECK(contains(run.lines()[0], R"("host":"***@h","uri":"http://***@h/p?q=a@b")"));
  CHECK(contains(run.lines()[0], R"("referer":"https://***@r/x")"));
  CHECK(contains(run.lines()[0], R"("location":"//***@l/")"));
}

TEST_CASE("http: credentials are not written in the line of a packet") {
  constexpr std::string_view text = "GET http://user:secret@h/p HTTP/1.1\r\nHost: h\r\n\r\n";
  TextLine line;
  http_protocol.describe(Transport::tcp, {.data = as_bytes(text)}, line);
  CHECK(line.view() == "GET http://***@h/p");
}

TEST_CASE("http: user information is masked where a text is cut") {
  Run run;
  run.c("GET / HTTP/1.1\r\nReferer: http://u:" + std::string(2'000, 'z') + "@h/\r\n\r\n").end();
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("referer":"http://***@h/")"));
}

TEST_CASE("http: texts are cut at 1 kB, the URI is whole") {
  Run run;
  const std::string uri = "/" + std::string(7'000, 'u');
  run.c("GET " + uri + " HTTP/1.1\r\nUser-Agent: " + std::string(2'000, 'a') + "\r\n\r\n").end();
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], '"' + uri + '"'));
  CHECK(contains(run.lines()[0], '"' + std::string(1'024, 'a') + '"'));
}

TEST_CASE("http: octets of a request stay distinguishable in the event") {
  Run run;
  run.c("GET /\x1b[31m\xff HTTP/1.1\r\nUser-Agent: =cmd\"\x07\r\n\r\n").end();
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("uri":"/\\x1b[31m\\xff")"));
  CHECK(contains(run.lines()[0], R"("user_agent":"=cmd\"\\x07")"));
}

TEST_CASE(
    "http: of more than 256 unanswered requests the oldest is reported, and pairs stay true") {
  Run run;
  for (int i = 0; i < 256; ++i) run.c("GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n");
  CHECK(run.lines().empty());
  CHECK(run.memory().refused == 0);
  for (int i = 256; i < 262; ++i) run.c("GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n");
  REQUIRE(run.lines().size() == 6);
  CHECK(run.memory().crowded_out == 6);
  CHECK(run.memory().refused == 0);
  CHECK(contains(run.lines()[5], R"("uri":"/5")"));
  for (int i = 0; i < 262; ++i)
    run.s("HTTP/1.1 200 r" + std::to_string(i) + "\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(run.lines().size() == 268);
  CHECK(contains(run.lines()[6], R"({"version":"1.1","status":200,"reason":"r0")"));
  CHECK(contains(run.lines()[12], R"("uri":"/6","version":"1.1","status":200,"reason":"r6")"));
  CHECK(contains(run.lines()[267], R"("uri":"/261","version":"1.1","status":200,"reason":"r261")"));
}

TEST_CASE("http: a request at the cap takes the place of one behind the response under way") {
  Run run;
  for (int i = 0; i < 256; ++i) run.c("GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n");
  run.s("HTTP/1.1 200 r0\r\nContent-Length: 2\r\n\r\na");
  run.c("GET /256 HTTP/1.1\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], R"("uri":"/1")"));
  run.s("b");
  REQUIRE(run.lines().size() == 2);
  CHECK(contains(run.lines()[1], R"("uri":"/0","version":"1.1","status":200,"reason":"r0")"));
  run.end();
  REQUIRE(run.lines().size() == 257);
  CHECK(contains(run.lines()[256], R"("uri":"/256")"));
  CHECK(run.memory().used == 0);
}

TEST_CASE("http: without memory the dissector gives up and reports what it has") {
  const auto memory =
      GENERATE(std::size_t{0}, std::size_t{130}, std::size_t{180}, std::size_t{300});
  Run run(memory);
  run.c(get).c("GET /b HT").c("TP/1.1\r\n\r\n");
  run.s("HTTP/1.1 200 OK\r\nServer: x\r\n").s("Content-Length: 0\r\n\r\n").end();
  CHECK(run.memory().used == 0);
  CHECK(run.memory().refused > 0);
  CHECK(run.lines().size() <= 2);
}

const std::vector<std::pair<Direction, std::string>>& conversation() {
  static const std::vector<std::pair<Direction, std::string>> all{
      {client,
       "GET /1 HTTP/1.1\r\nHost: h\r\nUser-Agent: a\r\n b\r\n\r\n"
       "POST http://u:p@h/2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
       "5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n\r\nHEAD /3 HTTP/1.0\r\nHost : h\r\n\r\n"},
      {server,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
       "HTTP/1.1 200 OK\r\nServer: s\r\nTransfer-Encoding: "
       "chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
      {client, "GET /4 HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
      {server, "HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\nuntil the end"},
  };
  return all;
}

test::Dissected converse(const std::function<void(Run&, Direction, std::string_view)>& feed,
                         bool wanted = true) {
  Run run;
  if (!wanted) run.want_no_records();
  for (const auto& [direction, text] : conversation()) feed(run, direction, text);
  run.close(server).end();
  CHECK(run.memory().used == 0);
  return run.result();
}

TEST_CASE("http: every way to cut a conversation into segments gives the same events") {
  const test::Dissected whole = converse(
      [](Run& run, Direction direction, std::string_view text) { run.feed(direction, text, 0); });
  REQUIRE(whole.lines.size() == 4);
  CHECK(contains(whole.lines[3], R"("response_body_bytes":13)"));
  CHECK(whole.anomalies == Lines{"http http_malformed", "http http_smuggling"});
  std::size_t longest = 0;
  for (const auto& [direction, text] : conversation()) longest = std::max(longest, text.size());
  for (std::size_t cut = 1; cut < longest; ++cut) {  // in two
    const auto parts = converse([cut](Run& run, Direction direction, std::string_view text) {
      run.feed(direction, text.substr(0, cut), 0);
      if (cut < text.size()) run.feed(direction, text.substr(cut), 0);
    });
    REQUIRE(parts.lines == whole.lines);
    REQUIRE(parts.anomalies == whole.anomalies);
  }
  for (std::size_t size = 1; size < 8; ++size) {  // in pieces of one to seven octets
    const auto parts = converse([size](Run& run, Direction direction, std::string_view text) {
      for (std::size_t at = 0; at < text.size(); at += size)
        run.feed(direction, text.substr(at, size), 0);
    });
    REQUIRE(parts.lines == whole.lines);
    REQUIRE(parts.anomalies == whole.anomalies);
  }
}

TEST_CASE("http: notes and anomalies are the same where nobody reads the event") {
  const auto feed = [](Run& run, Direction direction, std::string_view text) {
    run.feed(direction, text, 0);
  };
  const test::Dissected read = converse(feed);
  const test::Dissected unread = converse(feed, false);
  CHECK(read.lines.size() == 4);
  CHECK(unread.lines.empty());
  CHECK(note_texts(unread) == note_texts(read));
  CHECK(unread.anomalies == read.anomalies);
}

TEST_CASE("http: every prefix of a conversation ends without a flaw of its own") {
  const std::string requests = conversation()[0].second;
  const std::string responses = conversation()[1].second;
  for (std::size_t size = 0; size <= requests.size(); ++size) {
    Run run;
    run.c(std::string_view{requests}.substr(0, size)).end();
    REQUIRE(run.lines().size() <= 3);
    REQUIRE(run.memory().used == 0);
  }
  for (std::size_t size = 0; size <= responses.size(); ++size) {
    Run run;
    run.c(requests).s(std::string_view{responses}.substr(0, size)).end();
    REQUIRE(run.lines().size() == 3);
    REQUIRE(run.memory().used == 0);
  }
}

Verdict probe(std::string_view text) {
  const Bytes data = as_bytes(text);
  return http_protocol.probe({.data = data, .size = static_cast<std::uint32_t>(data.size())}, {});
}

TEST_CASE("http: recognised by a start line, on any port") {
  CHECK(probe(get) == Verdict::yes);
  CHECK(probe("\r\nM-SEARCH * HTTP/1.1\r\n") == Verdict::yes);
  CHECK(probe("HTTP/1.1 200 OK\r\n") == Verdict::yes);
  CHECK(probe("HTTP/1.0 404\r\n") == Verdict::yes);
  CHECK(probe("GET /" + std::string(2'000, 'x')) == Verdict::yes);
  for (const std::string_view unsure :
       {"", "G", "GET", "GET ", "GET \x01", "GET /a HTTP/1", "H", "HTTP/1.1 20"}) {
    CAPTURE(unsure);
    CHECK(probe(unsure) == Verdict::unsure);
  }
  CHECK(probe("GET /a\r\nHost: h\r\n") == Verdict::yes);
  CHECK(probe("OPTIONS HTTP/1.1\nHost:") == Verdict::yes);
  CHECK(probe("OPTIONS\r\nHOST: h\r\n") == Verdict::yes);
  CHECK(probe("CONNECT h:443\r\nHost: h\r\n") == Verdict::yes);
  CHECK(probe("OPTIONS *\r\nX: y\r\n") == Verdict::yes);
  CHECK(probe("PROPFIND http://h/a b\r\nX: y\r\n") == Verdict::yes);
  CHECK(probe("GET a b HTTP/1.1\r\n") == Verdict::yes);
  CHECK(probe("FOO /a b HTTP/1.1\r\n") == Verdict::yes);
  CHECK(probe("FOO a HTTP/1.1\r\n") == Verdict::yes);
  for (const std::string_view unsure : {"GET /a\r\n", "GET / HTTP/1.\nHo", "OPTIONS\r\nHos"}) {
    CAPTURE(unsure);
    CHECK(probe(unsure) == Verdict::unsure);
  }
  for (const std::string_view no : {"GET /a\r\n\r\n",
                                    "GET a:b\r\nGET c:d\r\n",
                                    "CONNECT {\"a\":1}\r\nPING\r\n",
                                    "CONNECT\naccept-version:1.2\n",
                                    "POST\r\nFrom me: x\r\n",
                                    "POST\r\nFrom: a@b.c\r\n",
                                    "UPDATE t SET a=1\nX: y\n",
                                    "COPY t FROM stdin\nX: y\n",
                                    "LINK a b\nX: y\n",
                                    "MERGE INTO t\nX: y\n",
                                    "85 <134>1 fw squid - - - GET http://x.example/ HTTP/1.1\n",
                                    "2024-01-01 12:00:00 proxy GET http://x/ HTTP/1.1\n",
                                    "SUBSCRIBE sip:h SIP/2.0\r\nVia: x\r\n",
                                    "EHLO host\r\n",
                                    "HTTP/1.1 2x0 ",
                                    "HTTP/2 200 OK\r\n",
                                    "\x16\x03\x01",
                                    "PRI * HTTP/2.0\r\n",
                                    "OPTIONS rtsp://h RTSP/1.0\r\n",
                                    "SSH-2.0-x\r\n",
                                    "ANAMETHODWITHMORETHANTHIRTYTWOOCTETS"}) {
    CAPTURE(no);
    CHECK(probe(no) == Verdict::no);
  }
}

}  // namespace
}  // namespace ntan::app

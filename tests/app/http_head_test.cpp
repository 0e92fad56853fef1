#include "app/http_head.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace ntan::app {
namespace {

TEST_CASE("http head: request lines") {
  struct Row {
    std::string_view line;
    bool valid;
  };

  const auto row = GENERATE(values<Row>({
      {"GET / HTTP/1.1", true},
      {"M-SEARCH * HTTP/1.0", true},
      {"GET http://h/ HTTP/1.9", true},
      {"GET /a b HTTP/1.1", true},
      {"GET /", false},
      {"GET  HTTP/1.1", false},
      {" / HTTP/1.1", false},
      {"GET / HTTP/2.0", false},
      {"GET / HTTP/1.", false},
      {"GET / HTTP/1.11", false},
      {"GET / http/1.1", false},
      {"G(T / HTTP/1.1", false},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1", false},
      {"", false},
  }));
  CAPTURE(row.line);
  CHECK(parse_start_line(HttpSide::request, row.line).has_value() == row.valid);
}

TEST_CASE("http head: flawed request lines of known methods") {
  struct Row {
    std::string_view line;
    std::string_view method;
    std::string_view target;
  };

  const auto row = GENERATE(values<Row>({
      {"OPTIONS HTTP/1.1", "OPTIONS", ""},
      {"OPTIONS", "OPTIONS", ""},
      {"OPTIONS ", "OPTIONS", ""},
      {"GET / HTTP/1.", "GET", "/"},
      {"GET / HTTP/2.0", "GET", "/"},
      {"GET /HTTP/1.1", "GET", "/HTTP/1.1"},
      {"CCM_POST /a b", "CCM_POST", "/a b"},
      {"CONNECT h:443", "CONNECT", "h:443"},
      {"GET  HTTP/1.1", "GET", ""},
  }));
  CAPTURE(row.line);
  const auto line = parse_flawed_request_line(row.line);
  REQUIRE(line);
  CHECK(line->method == row.method);
  CHECK(line->target == row.target);
  CHECK(line->minor == HttpStartLine::no_minor);
}

TEST_CASE("http head: lines of other protocols are no flawed request lines") {
  for (const std::string_view other :
       {"", " ", "get /", "GETINFO x", "PRI * HTTP/2.0", "NICK n", "USER a b c d", "EHLO h",
        "RETR f", "OPTIONS sip:h SIP/2.0", "SUBSCRIBE sip:h SIP/2.0", "OPTIONS * RTSP/1.0",
        "OPTIONS RTSP/1.0", "OPTIONS icap://h/s ICAP/1.0", "CONNECT"}) {
    CAPTURE(other);
    CHECK_FALSE(parse_flawed_request_line(other));
  }
}

TEST_CASE("http head: status lines") {
  const auto line = parse_start_line(HttpSide::response, "HTTP/1.0 404 Not Found");
  REQUIRE(line);
  CHECK(line->status == 404);
  CHECK(line->reason == "Not Found");
  CHECK(line->minor == '0');
  CHECK(parse_start_line(HttpSide::response, "HTTP/1.1 200"));
  CHECK(parse_start_line(HttpSide::response, "HTTP/1.1 200 "));
  for (const std::string_view bad :
       {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK", "HTTP/2 200 OK",
        "HTTP/1.a 200 OK", "ICY 200 OK", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_start_line(HttpSide::response, bad));
  }
}

TEST_CASE("http head: every prefix is read without reading past it") {
  const std::string head =
      "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip,\r\n chunked\r\nContent-Length: "
      "5\r\n\r\n";
  for (std::size_t size = 0; size <= head.size(); ++size) {
    const std::string prefix = head.substr(0, size);
    const auto parsed = parse_http_head(HttpSide::request, as_bytes(prefix));
    REQUIRE(parsed.has_value() == (size >= std::string_view{"GET"}.size()));
    const bool version = parsed && parsed->start.minor != HttpStartLine::no_minor;
    REQUIRE(version == (size >= std::string_view{"GET / HTTP/1.1"}.size()));
  }
}

TEST_CASE("http head: a thousand folds are one value") {
  std::string head = "GET / HTTP/1.1\r\nHost: first";
  for (int i = 0; i < 10'000; ++i) head += "\r\n ";
  head += "last\r\n\r\n";
  const auto parsed = parse_http_head(HttpSide::request, as_bytes(head));
  REQUIRE(parsed);
  CHECK(parsed->fields == 1);
  CHECK(parsed->host.starts_with("first\r\n"));
  CHECK(parsed->host.ends_with("\n last"));
  CHECK(parsed->flaw.empty());
}

TEST_CASE("http head: the body of a response follows RFC 9112 6.3 in its order") {
  using Kind = HttpFraming::Kind;

  struct Row {
    std::string_view head;
    HttpMethod method;
    Kind kind;
  };

  const auto row = GENERATE(values<Row>({
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", HttpMethod::head, Kind::none},
      {"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n", HttpMethod::other, Kind::none},
      {"HTTP/1.1 204 N\r\nContent-Length: 5\r\n\r\n", HttpMethod::other, Kind::none},
      {"HTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n", HttpMethod::other, Kind::none},
      {"HTTP/1.1 299 N\r\nContent-Length: 5\r\n\r\n", HttpMethod::connect, Kind::none},
      {"HTTP/1.1 403 N\r\nContent-Length: 5\r\n\r\n", HttpMethod::connect, Kind::length},
      {"HTTP/1.1 200 N\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       HttpMethod::other, Kind::chunked},
      {"HTTP/1.1 200 N\r\nContent-Length: 5\r\nTransfer-Encoding: br\r\n\r\n", HttpMethod::other,
       Kind::until_close},
      {"HTTP/1.1 200 N\r\nContent-Length: x\r\n\r\n", HttpMethod::other, Kind::until_close},
      {"HTTP/1.1 200 N\r\n\r\n", HttpMethod::other, Kind::until_close},
  }));
  CAPTURE(row.head);
  const auto parsed = parse_http_head(HttpSide::response, as_bytes(row.head));
  REQUIRE(parsed);
  CHECK(response_framing(*parsed, row.method).kind == row.kind);
}

}  // namespace
}  // namespace ntan::app

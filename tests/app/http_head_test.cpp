#include "app/http_head.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace ntan::app {
namespace {

/// A request with one field, by its name.
std::string with_field(std::string_view name, std::string_view value) {
  std::string text = "GET / HTTP/1.1\r\n";
  text.append(name).append(": ").append(value).append("\r\n\r\n");
  return text;
}

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

TEST_CASE("http head: a stray NUL, CR or LF is found wherever it stands") {
  const std::string end(GENERATE(range(0, 20)), 'v');  // so that blocks end everywhere
  const std::string text = "GET /path HTTP/1.1\r\nHost: host\r\nX-Field: " + end + "\r\n\r\n";
  const auto clean = parse_http_head(HttpSide::request, as_bytes(text));
  REQUIRE(clean);
  CHECK(clean->flaw.empty());
  CHECK(clean->host == "host");
  CHECK(clean->fields == 2);
  const std::size_t fields = text.find("Host");
  const std::size_t last = text.size() - 4;
  for (std::size_t at = fields; at < last; ++at) {
    if (text[at] == '\r' || text[at] == '\n') continue;
    CAPTURE(at);
    for (const char stray : {'\0', '\r', '\n'}) {
      std::string other = text;
      other[at] = stray;
      const auto head = parse_http_head(HttpSide::request, as_bytes(other));
      REQUIRE(head);
      CHECK(head->flaw == (stray == '\0'   ? "NUL in the head"
                           : stray == '\n' ? "bare LF"
                                           : head->flaw));
      CHECK_FALSE(head->flaw.empty());
    }
  }
  std::string bare = text;
  bare.erase(fields - 2, 1);  // the CR of the first line
  CHECK(parse_http_head(HttpSide::request, as_bytes(bare))->flaw == "bare LF");
}

TEST_CASE("http head: a name is a token of any size, and ends at the first octet that is none") {
  const std::string name(GENERATE(range(1, 40)), 'n');
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~09azAZ"}) {
    const std::string line = with_field(name + c, "v");
    CHECK(parse_http_head(HttpSide::request, as_bytes(line))->flaw.empty());
  }
  for (const char c : std::string_view{"\"(),/;<=>?@[\\]{}\x7f\x80\xc1\xe1\xed\x01@`"}) {
    if (c == '`') continue;
    const std::string line = with_field((name + c).append(name), "v");
    CAPTURE(line);
    CHECK(parse_http_head(HttpSide::request, as_bytes(line))->flaw == "field name is no token");
  }
}

TEST_CASE("http head: names of known fields are found in any case, and no others") {
  const std::string name = GENERATE(as<std::string>{}, "host", "user-agent", "referer",
                                    "content-type", "content-length", "transfer-encoding");
  const auto known = [](const HttpHead& head) {
    return head.hosts != 0 || !head.user_agent.empty() || !head.referer.empty() ||
           !head.content_type.empty() || head.has_length || head.transfer_coded;
  };
  for (std::size_t at = 0; at <= name.size(); ++at) {
    std::string field = name;
    if (at < name.size()) field[at] = static_cast<char>(field[at] & ~0x20);
    const bool hyphen = at < name.size() && name[at] == '-';
    const std::string text = with_field(field, "1");
    const auto head = parse_http_head(HttpSide::request, as_bytes(text));
    REQUIRE(head);
    CHECK(known(*head) != hyphen);
    if (at == name.size()) continue;
    field[at] = 'x';
    const std::string wrong = with_field(field, "1");
    CHECK_FALSE(known(*parse_http_head(HttpSide::request, as_bytes(wrong))));
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
  CHECK(parsed->folded);
  CHECK(parsed->flaw.empty());
}

TEST_CASE("http head: a fold with the blanks around it reads as a space") {
  const auto unfold = [](std::string_view value) {
    std::string text(value.size(), '?');
    text.resize(http_unfold(value, text.data()));
    CHECK(http_unfold(value, nullptr) == text.size());
    return text;
  };
  CHECK(unfold("") == "");
  CHECK(unfold("plain  text") == "plain  text");
  CHECK(unfold("one\r\n two") == "one two");
  CHECK(unfold("one \t\r\n\t two\n three") == "one two three");
  CHECK(unfold("one\r\n \r\n \r\n two") == "one two");
  CHECK(unfold("one\rtwo") == "one\rtwo");
  std::string folds = "first";
  for (int i = 0; i < 10'000; ++i) folds += "\r\n ";
  CHECK(unfold(folds + "last") == "first last");
}

TEST_CASE("http head: empty members of a list of codings count for nothing") {
  const std::string coding = GENERATE(as<std::string>{}, "chunked,", "chunked , ,", ",chunked",
                                      "gzip,,chunked", "chunked\r\nTransfer-Encoding:");
  CAPTURE(coding);
  const std::string text = "POST / HTTP/1.1\r\nTransfer-Encoding: " + coding + "\r\n\r\n";
  const auto head = parse_http_head(HttpSide::request, as_bytes(text));
  REQUIRE(head);
  CHECK(head->chunked);
  CHECK(head->flaw.empty());
  CHECK(request_framing(*head).kind == HttpFraming::Kind::chunked);
}

TEST_CASE("http head: whether another request begins is told early, and once") {
  struct Row {
    std::string_view text;
    std::size_t told_at;
    bool request;
  };

  const auto row = GENERATE(values<Row>({
      {"GET /a HTTP/1.1", 5, true},
      {"VERSION-CONTROL http://h/ HTTP/1.1", 20, true},
      {"CONNECT h:443 HTTP/1.1", 9, true},
      {"M-SEARCH * HTTP/1.1", 10, true},
      {"GET a", 5, false},
      {"GET  /", 5, false},
      {"GET htp", 7, false},
      {"GETS /", 4, false},
      {"FOO /", 1, false},
      {"{}", 1, false},
  }));
  CAPTURE(row.text);
  for (std::size_t size = 0; size <= row.text.size(); ++size) {
    CAPTURE(size);
    const auto told = begins_http_request(row.text.substr(0, size));
    CHECK(told.has_value() == (size >= row.told_at));
    if (told) CHECK(*told == row.request);
  }
}

TEST_CASE("http head: a request may expect 100 (Continue)") {
  const auto expects = [](std::string_view value) {
    const std::string text = with_field("EXPECT", value);
    return parse_http_head(HttpSide::request, as_bytes(text))->expects_continue;
  };
  CHECK(expects("100-continue"));
  CHECK(expects(" x=y , 100-Continue"));
  CHECK_FALSE(expects("100"));
  CHECK_FALSE(expects("100-continued"));
}

TEST_CASE("http head: a length is a number however large it is") {
  const auto length = [](std::string_view digits) {
    const std::string text = with_field("Content-Length", digits);
    return parse_http_head(HttpSide::request, as_bytes(text))->content_length;
  };
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(length("9223372036854775806") == most - 1);
  CHECK(length("9223372036854775808") == most);
  CHECK(length("100000000000000000000000000000000000000001") == most);
  CHECK_FALSE(length("1e9"));
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

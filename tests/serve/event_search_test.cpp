#include "serve/event_search.h"

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "tests/serve/lines.h"

using namespace ntan;
using serve::EventSearch;
using serve::sort_key;
using serve::SortKey;
using test::Json;

namespace {

constexpr std::string_view envelope =
    R"(,"flow_id":"00000000000000ab","src_ip":"10.0.0.1","src_port":40001,"dst_ip":"2001:db8::1",)"
    R"("dst_port":443,"proto":"tcp")";

bool finds(std::string_view query, const std::string& line) {
  const EventSearch search(query);
  CAPTURE(query, search.error());
  REQUIRE(search.error().empty());
  const Json json(line);
  return search.matches(json.object(), line);
}

const std::string tls_line = test::event_line("tls", R"("sni":"www.Example.org")", 0, envelope);
const std::string dns_line = test::event_line("dns", R"("query":"mail.example.net")", 0, envelope);
const std::string http_line =
    test::event_line("http", R"("host":"h.example","uri":"/login?a=1 b")", 0, envelope);
const std::string scan_line = test::event_line("scan", R"("id":"00000000000000cd")", 0, envelope);

}  // namespace

TEST_CASE("search: every prefix looks at its members") {
  const auto [query, found] = GENERATE(table<std::string, bool>({
      {"src:10.0.0.", true},
      {"src:10.0.0.1", true},
      {"src:2001:db8::1", false},
      {"src:0.0.0", false},
      {"dst:2001:db8:", true},
      {"dst:10.", false},
      {"ip:10.0.0.1", true},
      {"ip:2001:", true},
      {"ip:192.", false},
      {"port:443", true},
      {"port:40001", true},
      {"port:44", false},
      {"port:4430", false},
      {"port:", false},
      {"port:443x", false},
      {"port:-443", false},
      {"port:99999999999999999999999", false},
      {"proto:tcp", true},
      {"proto:tc", false},
      {"proto:udp", false},
      {"sni:example", true},
      {"sni:EXAMPLE.ORG", true},
      {"sni:mail", false},
      {"query:example", false},
      {"host:example", false},
      {"event:tls", true},
      {"event:tl", false},
      {"id:00000000000000ab", true},
      {"id:ab", false},
  }));
  CHECK(finds(query, tls_line) == found);
}

TEST_CASE("search: names are those of the event that has them") {
  CHECK(finds("query:MAIL", dns_line));
  CHECK_FALSE(finds("sni:mail", dns_line));
  CHECK(finds("host:h.", http_line));
  CHECK(finds("id:00000000000000cd", scan_line));
  CHECK(finds("id:00000000000000ab", scan_line));
}

TEST_CASE("search: all words have to match, in any order and with any blanks") {
  CHECK(finds("  src:10.  port:443 sni:example  ", tls_line));
  CHECK(finds("example tls", tls_line));
  CHECK_FALSE(finds("src:10. port:80", tls_line));
  CHECK(EventSearch("").everything());
  CHECK(EventSearch("    ").everything());
  CHECK(finds("", tls_line));
}

TEST_CASE("search: other words are parts of the line, letters of either case") {
  CHECK(finds("WWW.EXAMPLE", tls_line));
  CHECK(finds("unknown:prefix", test::event_line("x", R"("a":"unknown:prefix")")));
  CHECK_FALSE(finds("unknown:prefix", tls_line));
  CHECK(finds(":", tls_line));
  CHECK_FALSE(finds("*", tls_line));
  CHECK_FALSE(finds("\xff", tls_line));
}

TEST_CASE("search: a regular expression goes to its last slash and may hold blanks") {
  CHECK(finds("/exam.le/", tls_line));
  CHECK(finds("/EXAM.LE/ port:443", tls_line));
  CHECK(finds("/a=1 b/", http_line));
  CHECK(finds("port:443 /a=1 b/ host:h", http_line));
  CHECK(finds("/login\\?a/", http_line));
  CHECK(finds("//login/", http_line));
  CHECK_FALSE(finds("/^x/", tls_line));
  CHECK_FALSE(finds("/exam.le/ port:80", tls_line));
}

TEST_CASE("search: a path is no regular expression") {
  CHECK(finds("/login", http_line));
  CHECK(finds("/login src:10. port:443", http_line));
  CHECK_FALSE(finds("/login src:192.", http_line));
  CHECK_FALSE(finds("/", tls_line));
  CHECK_FALSE(finds("//", http_line));
}

TEST_CASE("search: what is wrong is said in words") {
  const std::string query = GENERATE("/(/", "/[/", "/a{2,1}/", "/a{99999}/", "/\\/", "/(?<x/",
                                     "/*/", "/\xff/", "/((a{1000}){1000}){1000}/");
  CAPTURE(query);
  const EventSearch search(query);
  CHECK(search.error().find("is no regular expression") != std::string::npos);
}

TEST_CASE("search: there are at most so many words") {
  std::string words;
  for (std::size_t i = 0; i < EventSearch::most_words; ++i) words += "tls ";
  CHECK(finds(words, tls_line));
  CHECK(EventSearch(words + "x").error() == "a search has at most 16 words");
  std::string many(2'000'000, ' ');
  for (std::size_t i = 0; i < many.size(); i += 2) many[i] = 'x';
  CHECK_FALSE(EventSearch(many).error().empty());
}

TEST_CASE("search: an expression that backtracks elsewhere takes no time here") {
  const std::string query =
      GENERATE("/(a+)+$/", "/(a|aa)+$/", "/(.*a){20}$/", "/(a?){25}a{25}/", "/(x+x+)+y/");
  const std::string line = test::event_line("x", "\"a\":\"" + std::string(100'000, 'a') + "\"");
  const EventSearch search(query);
  REQUIRE(search.error().empty());
  const Json json(line);
  const auto begin = std::chrono::steady_clock::now();
  (void)search.matches(json.object(), line);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("search: no event breaks it") {
  for (const char* line : {"{}", R"({"src_ip":5,"dst_ip":null,"src_port":"443","dst_port":-1})",
                           R"({"tls":5,"dns":[],"http":{"host":5},"scan":"id","event":7})"}) {
    const Json json(line);
    for (const char* query :
         {"src:1", "ip:1", "port:443", "sni:a", "query:a", "host:a", "id:a", "event:a", "proto:a"})
      CHECK_FALSE(EventSearch(query).matches(json.object(), line));
  }
}

TEST_CASE("sort key: a member, a member of the record, and sums of numbers") {
  const Json json(R"({"a":5,"b":{"c":7,"t":"text","d":1.5},"n":null,"l":[1],"neg":-3})");
  const auto key = [&json](std::string_view path) { return sort_key(json.object(), path); };
  CHECK(key("a").number == 5);
  CHECK(key("b.c").number == 7);
  CHECK(key("b.d").number == 1.5);
  CHECK(key("b.c+b.d").number == 8.5);
  CHECK(key("b.c+b.missing").number == 7);
  CHECK(key("missing+b.c").number == 7);
  CHECK(key("a+neg").number == 2);
  CHECK(key("b.t").text == "text");
  for (const char* path :
       {"", "missing", "b", "n", "l", "a.b", "b.c.d", "b.", ".", "+", "++", ".c"})
    CHECK(key(path).kind == SortKey::Kind::nothing);
}

TEST_CASE("sort key: numbers before texts before nothing") {
  const SortKey one{.kind = SortKey::Kind::number, .number = 1, .text = {}};
  const SortKey two{.kind = SortKey::Kind::number, .number = 2, .text = {}};
  const SortKey a{.kind = SortKey::Kind::text, .number = 0, .text = "a"};
  const SortKey b{.kind = SortKey::Kind::text, .number = 0, .text = "b"};
  CHECK(one < two);
  CHECK(two < a);
  CHECK(a < b);
  CHECK(b < SortKey{});
  CHECK_FALSE(SortKey{} < SortKey{});
}

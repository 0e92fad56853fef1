#include "serve/request_guard.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace ntan::serve;

namespace {

const std::string token = "0123456789abcdef0123456789abcdef";

GuardRules rules_on(std::uint16_t port) {
  return {.hosts = {"localhost", "127.0.0.1", "[::1]"},
          .proxied = {"ntan.example"},
          .port = port,
          .token = token};
}

/// What the page itself asks.
RequestHead good(std::string_view method = "GET", std::string_view path = "/api/v1/state") {
  return {.method = method,
          .path = path,
          .hosts = {"localhost:8080"},
          .origin = std::nullopt,
          .fetch_site = "same-origin",
          .content_type = method == "POST" ? "application/json" : "",
          .authorization = {},
          .has_mark = method == "POST",
          .owner = true};
}

/// Status of the refusal, 0 for a request that may be answered.
unsigned verdict(const RequestHead& head, std::uint16_t port = 8080) {
  const auto refusal = judge(head, rules_on(port));
  if (refusal) CHECK_FALSE(refusal->reason.empty());
  return refusal ? refusal->status : 0;
}

}  // namespace

TEST_CASE("request guard: the page's own requests may be answered") {
  const std::string_view host =
      GENERATE("localhost:8080", "127.0.0.1:8080", "[::1]:8080", "ntan.example:8080");
  for (const std::string_view method : {"GET", "HEAD", "POST"}) {
    RequestHead head = good(method);
    head.hosts = {host};
    CHECK(verdict(head) == 0);
    const std::string origin = "http://" + std::string{host};
    head.origin = origin;
    CHECK(verdict(head) == 0);
    head.fetch_site = "none";
    CHECK(verdict(head) == 0);
    head.fetch_site.reset();
    CHECK(verdict(head) == 0);
  }
}

TEST_CASE("request guard: a proxy may listen on any port and speak TLS") {
  const std::string_view host =
      GENERATE("ntan.example", "ntan.example:443", "NTAN.example:18443", "ntan.example:80");
  for (const std::string_view scheme : {"http", "https"}) {
    RequestHead head = good("POST");
    head.hosts = {host};
    std::string origin = fmt::format("{}://{}", scheme, host);
    std::ranges::transform(origin, origin.begin(), [](unsigned char c) { return std::tolower(c); });
    head.origin = origin;
    CHECK(verdict(head) == 0);
    const std::string foreign = fmt::format("{}://evil.example", scheme);
    head.origin = foreign;
    CHECK(verdict(head) == 403);
  }
  RequestHead head = good("GET");
  for (const std::string_view other :
       {"ntan.example:", "ntan.example:x", "xntan.example", "ntan.example.:80"}) {
    head.hosts = {other};
    CHECK(verdict(head) == 421);
  }
  // Our own names are no proxy's.
  head.hosts = {"localhost:8080"};
  head.origin = "https://localhost:8080";
  CHECK(verdict(head) == 403);
}

TEST_CASE("request guard: a host that is not ours is misdirected") {
  const std::string_view host = GENERATE(
      "", "evil.example", "evil.example:8080", "localhost", "localhost:", "localhost:80",
      "localhost:8081", "localhost:08080", "localhost:18080", "localhost:8080 ", " localhost:8080",
      "localhost.:8080", "localhost:8080.", "localhost:8080:8080", "user@localhost:8080",
      "localhost:8080@evil.example", "evil.example#localhost:8080", "127.0.0.1.evil.example:8080",
      "evil.localhost:8080", "xlocalhost:8080", "127.0.0.2:8080", "127.1:8080", "0.0.0.0:8080",
      "2130706433:8080", "[::1:8080", "::1:8080", "[::ffff:127.0.0.1]:8080", "[::1]", ":8080",
      "localhost:8080/", "http://localhost:8080", "localhost,localhost:8080", "localhost\t:8080");
  CAPTURE(host);
  RequestHead head = good();
  head.hosts = {host};
  CHECK(verdict(head) == 421);
}

TEST_CASE("request guard: one host, no more and no less") {
  RequestHead head = good();
  head.hosts = {};
  CHECK(verdict(head) == 421);
  head.hosts = {"localhost:8080", "localhost:8080"};
  CHECK(verdict(head) == 421);
  head.hosts = {"localhost:8080", "evil.example"};
  CHECK(verdict(head) == 421);
}

TEST_CASE("request guard: only the port of the scheme may be left out") {
  RequestHead head = good();
  head.hosts = {"localhost"};
  CHECK(verdict(head, 80) == 0);
  head.hosts = {"localhost:80"};
  CHECK(verdict(head, 80) == 0);
  CHECK(verdict(head, 8080) == 421);
  head.hosts = {"localhost:8080"};
  CHECK(verdict(head, 80) == 421);
  head.hosts = {":80"};
  CHECK(verdict(head, 80) == 421);
}

TEST_CASE("request guard: a host name has letters of either case") {
  RequestHead head = good();
  head.hosts = {"LocalHost:8080"};
  CHECK(verdict(head) == 0);
  head.hosts = {"NTAN.example:8080"};
  head.origin = "http://ntan.example:8080";
  CHECK(verdict(head) == 0);
}

TEST_CASE("request guard: other methods are not allowed") {
  const std::string_view method = GENERATE("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
                                           "get", "Post", "GETX", "", "GET ", "PROPFIND");
  CAPTURE(method);
  CHECK(verdict(good(method)) == 405);
}

TEST_CASE("request guard: a page of another origin may not even read") {
  const std::string_view origin = GENERATE(
      "null", "", "http://evil.example", "http://evil.example:8080", "https://localhost:8080",
      "http://localhost", "http://localhost:80", "http://localhost:8081", "http://127.0.0.1:8080",
      "http://localhost:8080/", "http://localhost:8080.evil.example", "localhost:8080", "file://",
      "http://localhost:8080 http://evil.example");
  CAPTURE(origin);
  for (const std::string_view method : {"GET", "HEAD", "POST"}) {
    RequestHead head = good(method);
    head.origin = origin;
    CHECK(verdict(head) == 403);
    head.fetch_site = "none";
    CHECK(verdict(head) == 403);
  }
}

TEST_CASE("request guard: nor may one of another site, whatever its origin") {
  const std::string_view site =
      GENERATE("cross-site", "same-site", "", "Same-Origin", "same-origin, none", "x");
  CAPTURE(site);
  for (const std::string_view method : {"GET", "HEAD", "POST"}) {
    RequestHead head = good(method);
    head.fetch_site = site;
    CHECK(verdict(head) == 403);
    head.origin = "http://localhost:8080";
    CHECK(verdict(head) == 403);
    head.authorization = "Bearer 0123456789abcdef0123456789abcdef";
    CHECK(verdict(head) == 403);
  }
}

TEST_CASE("request guard: what a form can send changes nothing") {
  const std::string_view type =
      GENERATE("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
               "multipart/form-data; boundary=application/json", "text/plain; application/json",
               "text/plain;charset=application/json", "application/jsonx",
               "application/json, text/plain", "xapplication/json", "text/plain\napplication/json");
  CAPTURE(type);
  RequestHead head = good("POST");
  head.content_type = type;
  CHECK(verdict(head) == 403);
  head.fetch_site.reset();
  CHECK(verdict(head) == 403);
}

TEST_CASE("request guard: a change needs JSON and the mark") {
  RequestHead head = good("POST");
  head.content_type = "application/json; charset=utf-8";
  CHECK(verdict(head) == 0);
  head.has_mark = false;
  CHECK(verdict(head) == 403);
  // Reading needs neither.
  RequestHead reading = good("GET");
  CHECK(verdict(reading) == 0);
}

TEST_CASE("request guard: who is not the owner has to know the token") {
  const auto [authorization, status] = GENERATE(table<std::string, unsigned>({
      {"Bearer 0123456789abcdef0123456789abcdef", 0},
      {"", 401},
      {"Bearer ", 401},
      {"Bearer", 401},
      {"0123456789abcdef0123456789abcdef", 401},
      {"Bearer 0123456789abcdef0123456789abcdeg", 401},
      {"Bearer 1123456789abcdef0123456789abcdef", 401},
      {"Bearer 0123456789abcdef0123456789abcde", 401},
      {"Bearer 0123456789abcdef0123456789abcdef0", 401},
      {"Bearer 0123456789ABCDEF0123456789ABCDEF", 401},
      {"Bearer 0123456789abcdef0123456789abcdef ", 401},
      {"Bearer  0123456789abcdef0123456789abcdef", 401},
      {"Basic 0123456789abcdef0123456789abcdef", 401},
      {"Bearer 0123456789abcdef0123456789abcdef, Bearer x", 401},
  }));
  CAPTURE(authorization);
  for (const std::string_view path :
       {"/api/v1/state", "/metrics", "/api/", "/api/v1/capture/start"}) {
    for (const std::string_view method : {"GET", "POST"}) {
      RequestHead head = good(method, path);
      head.owner = false;
      head.authorization = authorization;
      CHECK(verdict(head) == status);
      head.owner = true;
      CHECK(verdict(head) == 0);
    }
  }
}

TEST_CASE("request guard: an empty token lets nobody in") {
  RequestHead head = good();
  head.owner = false;
  head.authorization = "Bearer ";
  GuardRules rules = rules_on(8080);
  rules.token.clear();
  REQUIRE(judge(head, rules));
  CHECK(judge(head, rules)->status == 401);
}

TEST_CASE("request guard: the page's files need no token, for they ask for it") {
  for (const std::string_view path :
       {"/", "/app.js", "/app.css", "/favicon.ico", "/api", "/metric"}) {
    RequestHead head = good("GET", path);
    head.owner = false;
    CHECK(verdict(head) == 0);
  }
}

TEST_CASE("request guard: the first reason counts, in the order that is promised") {
  RequestHead head{.method = "PUT",
                   .path = "/api/v1/state",
                   .hosts = {"evil.example"},
                   .origin = "null",
                   .fetch_site = "cross-site",
                   .content_type = "text/plain",
                   .authorization = {},
                   .has_mark = false,
                   .owner = false};
  CHECK(verdict(head) == 421);
  head.hosts = {"localhost:8080"};
  CHECK(verdict(head) == 405);
  head.method = "POST";
  CHECK(verdict(head) == 403);
  head.fetch_site = "same-origin";
  CHECK(verdict(head) == 403);
  head.origin = "http://localhost:8080";
  CHECK(verdict(head) == 403);
  head.content_type = "application/json";
  head.has_mark = true;
  CHECK(verdict(head) == 401);
  head.authorization = "Bearer 0123456789abcdef0123456789abcdef";
  CHECK(verdict(head) == 0);
}

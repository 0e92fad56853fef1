#include "app/http_exchange.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/app/http_run.h"

namespace ntan::app {
namespace {

using test::contains;
using Run = test::HttpRun;

TEST_CASE("http: user information is masked wherever a field is folded") {
  struct Row {
    std::string_view sent;
    std::string_view said;
  };

  const auto row = GENERATE(values<Row>({
      {"http:\r\n //u:SECRET@h/", "http: //***@h/"},
      {"http:/\r\n\t/u:SECRET@h/", "http:/ /***@h/"},
      {"http://\r\n u:SECRET@h/", "http://***@h/"},
      {"http:\r\n /\r\n /\r\n u:SECRET@h/", "http: / /***@h/"},
      {"http\r\n ://u:SECRET@h/", "http ://***@h/"},
      {"http:\r\n \r\n \r\n //u:SECRET@h/", "http: //***@h/"},
      {"http://u:\r\n SECRET@h/", "http://***@h/"},
      {"http://u:SECRET\r\n @h/", "http://***@h/"},
      {"/\r\n /u:SECRET@h/", "/ /***@h/"},
      {"http:\n //u:SECRET@h/", "http: //***@h/"},
      {"http: //u:SECRET@h/", "http: //***@h/"},
      {"http:\r\n //h/a@b", "http: //h/a@b"},
      {"http:\r\n /a@b", "http: /a@b"},
      {"/a\r\n @b", "/a @b"},
      {"/\r\n a@b", "/ a@b"},
  }));
  CAPTURE(row.sent);
  const std::string said = ":\"" + std::string{row.said} + '"';
  Run run;
  run.c("GET / HTTP/1.1\r\nReferer: " + std::string{row.sent} + "\r\n\r\n");
  run.s("HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: " + std::string{row.sent} + "\r\n\r\n");
  REQUIRE(run.lines().size() == 1);
  CHECK(contains(run.lines()[0], "\"referer\"" + said));
  CHECK(contains(run.lines()[0], "\"location\"" + said));
}

}  // namespace
}  // namespace ntan::app

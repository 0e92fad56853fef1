// Connections that a proxy passes on, with what it says of their client in front.
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/app/tls_bytes.h"
#include "tests/run/app_truth.h"
#include "tests/support/analysis.h"

namespace ntan {
namespace {

using namespace test::truth;
using namespace std::string_view_literals;
using test::Frames;
using test::Octets;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it

constexpr std::string_view request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view response = "HTTP/1.1 204 No Content\r\n\r\n";

constexpr std::string_view line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
constexpr std::string_view binary =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb"sv;

}  // namespace

TEST_CASE("truth: a request behind a proxy's header is read, however the two are cut") {
  const std::string_view header = GENERATE(as<std::string_view>{}, line, binary);
  const std::string all = std::string(header) + std::string(request);
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    CAPTURE(cut);
    Frames frames;
    Talk talk(frames);
    if (cut != 0) talk.client_says(100ms, std::string_view{all}.substr(0, cut));
    talk.client_says(110ms, std::string_view{all}.substr(cut));
    talk.server_says(130ms, response);
    talk.close();
    const test::Analysis analysis = test::analyse(frames);
    CHECK(analysis.of("anomaly").empty());
    const auto events = records(analysis, "http");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text("method") == "GET");
    CHECK(events[0].text("uri") == "/a");
    CHECK(events[0]["status"] == 204);
    CHECK(events[0]["ttfb_us"] == 20'000);
    // The header is not of the request: where it comes alone, it does not begin its time.
    if (cut == header.size()) CHECK(events[0]["total_us"] == 20'000);
  }
}

TEST_CASE("truth: a ClientHello behind a proxy's header is read, however the two are cut") {
  const std::string_view header = GENERATE(as<std::string_view>{}, line, binary);
  const Octets hello = test::client_hello("1301"_hex, test::sni_extension("a.test"));
  const std::string all = std::string(header) + std::string(as_text(hello));
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    CAPTURE(cut);
    Frames frames;
    Talk talk(frames, 443);
    if (cut != 0) talk.client_says(100ms, std::string_view{all}.substr(0, cut));
    talk.client_says(110ms, std::string_view{all}.substr(cut));
    talk.server_says(130ms, as_text(test::server_hello("1301"_hex, "002b 0002 0304"_hex)));
    talk.close();
    const auto events = records(test::analyse(frames), "tls");
    REQUIRE(events.size() == 1);
    CHECK(events[0].text("sni") == "a.test");
    CHECK(events[0].text("version") == "TLSv1.3");
  }
}

TEST_CASE(
    "truth: what follows a proxy's header is as large as it likes, and has times of its own") {
  const std::string_view header = GENERATE(as<std::string_view>{}, line, binary);
  const bool slowly = GENERATE(false, true);
  // What is held and the segment that decides are no larger together.
  const std::size_t body = GENERATE_COPY(0U, slowly ? 3000U : 6000U);
  CAPTURE(body, slowly);
  const std::string post =
      "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" +
      std::string(body, 'x');
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, header.substr(0, 13));
  talk.client_says(200ms, header.substr(13));
  if (slowly) talk.client_says(5000ms, post.substr(0, 2));
  talk.client_says(5010ms, post.substr(slowly ? 2 : 0));
  talk.server_says(5030ms, response);
  talk.close();
  const test::Analysis analysis = test::analyse(frames);
  CHECK(analysis.of("anomaly").empty());
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0].text("uri") == "/up");
  CHECK(events[0]["status"] == 204);
  CHECK(events[0]["ttfb_us"] == 20'000);
  CHECK(events[0]["total_us"] == (slowly ? 30'000 : 20'000));
}

TEST_CASE("truth: a proxy's header before an answer whose request was not seen is no request") {
  Frames frames;
  Talk talk(frames);
  talk.client_says(100ms, line);
  talk.server_says(130ms, response);
  talk.close();
  const test::Analysis analysis = test::analyse(frames);
  CHECK(analysis.of("anomaly").empty());
  const auto events = records(analysis, "http");
  REQUIRE(events.size() == 1);
  CHECK(events[0]["status"] == 204);
}

}  // namespace ntan

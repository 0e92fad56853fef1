#include "app/tls_hello.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "app/tls_fingerprint.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::app {
namespace {

using test::client_hello_body;
using test::extension;
using test::join;
using test::Octets;
using test::server_hello_body;
using test::sni_extension;
using test::with_length;
using namespace test::literals;  // NOLINT(*-using-namespace)

/// A browser's hello, GREASE included: the example of the JA4 documentation.
Octets browser_extensions() {
  return join("1a1a 0000"_hex, sni_extension("example.org"), "0017 0000"_hex, "ff01 0001 00"_hex,
              "000a 000a 0008 2a2a 001d 0017 0018"_hex, "000b 0002 0100"_hex, "0023 0000"_hex,
              "0010 000e 000c 02 6832 08 687474702f312e31"_hex, "0005 0005 0100000000"_hex,
              "000d 0012 0010 0403 0804 0401 0503 0805 0501 0806 0601"_hex, "0012 0000"_hex,
              "0033 0007 0005 001d 0001 aa"_hex, "002d 0002 0101"_hex,
              "002b 0007 06 3a3a 0304 0303"_hex, "001b 0003 020002"_hex,
              "4469 0005 0003 026832"_hex, "0015 0002 0000"_hex);
}

constexpr std::string_view browser_ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";

Octets browser_hello() {
  return client_hello_body(
      "4a4a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035"_hex,
      browser_extensions());
}

Octets octets_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string ja4_of(Bytes ciphers, Bytes extensions) {
  const auto body = client_hello_body(ciphers, extensions);
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  return std::string{ja4(*hello, Ja4Transport::tcp).view()};
}

}  // namespace

TEST_CASE("tls_hello: every field of a ClientHello is read") {
  const Octets body = browser_hello();
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(as_text(hello->server_name) == "example.org");
  CHECK(hello->version() == 0x0304);
  CHECK(hello->ciphers.size() == 32);
  CHECK(hello->groups.size() == 8);
  CHECK(hello->alpn.size() == 12);
  CHECK_FALSE(hello->early_data);
  CHECK_FALSE(hello->ech);
  CHECK_FALSE(hello->flawed);
}

TEST_CASE("tls_hello: JA3 and JA4 leave GREASE out") {
  const Octets body = browser_hello();
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(ja4(*hello, Ja4Transport::tcp).view() == browser_ja4);
  CHECK(ja4(*hello, Ja4Transport::quic).view().front() == 'q');
  // MD5 of 771,4865-4866-…-53,0-23-65281-…-21,29-23-24,0
  CHECK(ja3(*hello).view() == "cd08e31494f9531f560d64c695473da9");
}

TEST_CASE("tls_hello: no shorter ClientHello parses") {
  const Octets body = browser_hello();
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Octets cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    // Cut before the extension block it is a whole hello of SSLv3.
    const bool whole = size == 2 + 32 + 1 + 2 + 32 + 2;
    CHECK(static_cast<bool>(parse_client_hello(cut)) == whole);
  }
}

namespace {

struct BadHello {
  std::string_view what;
  Octets body;
};

/// A ClientHello up to and without its session id.
Octets start() {
  return join("0303"_hex, test::tls_random());
}

}  // namespace

TEST_CASE("tls_hello: a ClientHello whose lengths contradict its octets is refused") {
  const auto bad = GENERATE(values<BadHello>({
      {"session id of 33", join(start(), with_length(1, Octets(33)), "0002 1301 0100"_hex)},
      {"odd cipher list", join(start(), "00 0003 130113 0100"_hex)},
      {"no cipher", join(start(), "00 0000 0100"_hex)},
      {"no compression", join(start(), "00 0002 1301 00"_hex)},
      {"block one short", join(start(), "00 0002 1301 0100 0003 00170000"_hex)},
      {"block one long", join(start(), "00 0002 1301 0100 0005 00170000"_hex)},
      {"extension past the block", join(start(), "00 0002 1301 0100 0004 00170001"_hex)},
      {"half an extension header", join(start(), "00 0002 1301 0100 0002 0017"_hex)},
      {"octets after the block", join(start(), "00 0002 1301 0100 0004 00170000 00"_hex)},
      {"cipher list past the end", join(start(), "00 ffff 1301 0100"_hex)},
      {"version 2.3", join("0203"_hex, test::tls_random(), "00 0002 1301 0100"_hex)},
  }));
  CAPTURE(bad.what);
  CHECK_FALSE(parse_client_hello(bad.body));
}

TEST_CASE("tls_hello: a broken extension costs only itself") {
  const auto [what, block] = GENERATE(table<std::string_view, Octets>({
      {"server name list one short", octets_of("0000 0008 0005 00 0003 616263"_hex)},
      {"server name past its list", octets_of("0000 0008 0006 00 00ff 616263"_hex)},
      {"empty server name", octets_of("0000 0005 0003 00 0000"_hex)},
      {"ALPN list too long", octets_of("0010 0005 0004 02 6832"_hex)},
      {"ALPN name past its list", octets_of("0010 0005 0003 05 6832"_hex)},
      {"odd supported_versions", octets_of("002b 0004 03 0304 03"_hex)},
      {"odd supported_groups", octets_of("000a 0005 0003 001d 00"_hex)},
      {"signature algorithms beyond", octets_of("000d 0004 0004 0403"_hex)},
      {"no point formats", octets_of("000b 0001 00"_hex)},
  }));
  CAPTURE(what);
  const Octets body = client_hello_body("1301"_hex, block);
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(hello->flawed);
  CHECK(hello->server_name.empty());
  CHECK(hello->alpn.empty());
  CHECK(hello->versions.empty());
  CHECK(hello->groups.empty());
  CHECK(hello->signature_algorithms.empty());
  CHECK(hello->point_formats.empty());
  CHECK(ja4(*hello, Ja4Transport::tcp).view().size() == 36);
}

TEST_CASE("tls_hello: the first of two equal extensions stands") {
  const Octets body =
      client_hello_body("1301"_hex, join(sni_extension("a.example"), sni_extension("b.example")));
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(hello->flawed);
  CHECK(as_text(hello->server_name) == "a.example");
}

TEST_CASE("tls_hello: the first of two server names stands") {
  const Octets body =
      client_hello_body("1301"_hex, octets_of("0000 000a 0008 00 0001 61 00 0001 62"_hex));
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(hello->flawed);
  CHECK(as_text(hello->server_name) == "a");
}

TEST_CASE("tls_hello: JA4 shows the first ALPN by its outer characters, or by their hex") {
  const auto [alpn, code] = GENERATE(table<Octets, std::string_view>({
      {octets_of("02 6832"_hex), "h2"},
      {octets_of("08 687474702f312e31"_hex), "h1"},
      {octets_of("01 68"_hex), "hh"},
      {octets_of("01 ab"_hex), "ab"},
      {octets_of("02 abcd"_hex), "ad"},
      {octets_of("02 30ab"_hex), "3b"},
      {octets_of("03 0a0a68"_hex), "08"},
      {octets_of("00 02 6832"_hex), "00"},
      {octets_of(""_hex), "00"},
  }));
  const Octets offer = extension(16, with_length(2, alpn));
  CHECK(ja4_of("1301"_hex, offer).substr(0, 10) == "t12i0101" + std::string{code});
}

TEST_CASE("tls_hello: JA4 of empty lists is zeros") {
  CHECK(ja4_of("0a0a"_hex, {}) == "t12i000000_000000000000_000000000000");
  CHECK(ja4_of("0a0a"_hex, sni_extension("a")) == "t12d000100_000000000000_000000000000");
}

TEST_CASE("tls_hello: JA4 counts to 99") {
  Octets ciphers;
  Octets extensions;
  for (std::uint8_t i = 0; i < 120; ++i) {
    ciphers.insert(ciphers.end(), {0xc0, i});
    extensions.insert(extensions.end(), {0x55, i, 0, 0});
  }
  CHECK(ja4_of(ciphers, extensions).substr(0, 10) == "t12i999900");
}

TEST_CASE("tls_hello: hellos past all reason have no fingerprint") {
  const Octets body = client_hello_body(Octets(4096), {});
  const auto hello = parse_client_hello(body);
  REQUIRE(hello);
  CHECK(ja3(*hello).view().empty());
  CHECK(ja4(*hello, Ja4Transport::tcp).view().empty());
}

TEST_CASE("tls_hello: a ServerHello of TLS 1.3 hides its version in an extension") {
  const Octets body = server_hello_body("1301"_hex, "002b 0002 0304 | 0033 0005 001d 0001 aa"_hex);
  const auto hello = parse_server_hello(body);
  REQUIRE(hello);
  CHECK(hello->legacy_version == 0x0303);
  CHECK(hello->version == 0x0304);
  CHECK(hello->cipher == 0x1301);
  CHECK(hello->group == 0x001d);
  CHECK_FALSE(hello->retry);
  CHECK_FALSE(hello->psk);
  CHECK(ja3s(*hello).view() == "f4febc55ea12b31ae17cfb7e614afda8");
}

TEST_CASE("tls_hello: a ServerHello of an early draft of TLS 1.3 is shorter by two fields") {
  const Octets body = join("7f14"_hex, test::tls_random(), "1303 0009 0033 0005 001d 0001 aa"_hex);
  const auto hello = parse_server_hello(body);
  REQUIRE(hello);
  CHECK(hello->version == 0x7f14);
  CHECK(hello->cipher == 0x1303);
  CHECK(hello->group == 0x001d);
  CHECK(hello->session_id.empty());
}

TEST_CASE("tls_hello: no shorter ServerHello parses") {
  const Octets body = server_hello_body("1301"_hex, "002b 0002 0304"_hex);
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Octets cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    const bool whole = size == 2 + 32 + 1 + 2 + 1;
    CHECK(static_cast<bool>(parse_server_hello(cut)) == whole);
  }
}

TEST_CASE("tls_hello: a HelloRetryRequest is known by its random") {
  const Octets body =
      join("0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"_hex,
           "00 1301 00 000c 002b 0002 0304 0033 0002 0017"_hex);
  const auto hello = parse_server_hello(body);
  REQUIRE(hello);
  CHECK(hello->retry);
  CHECK(hello->group == 0x0017);
}

TEST_CASE("tls_hello: an SSLv2 CLIENT-HELLO fills its record exactly") {
  const Bytes body = "0003 0000 0010 | 010080 | 000102030405060708090a0b0c0d0e0f"_hex;
  const auto hello = parse_sslv2_client_hello(0x0301, body);
  REQUIRE(hello);
  CHECK(hello->version() == 0x0301);
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(parse_sslv2_client_hello(0x0301, body.first(size)));
  CHECK_FALSE(parse_sslv2_client_hello(0x0301, join(body, "00"_hex)));
}

}  // namespace ntan::app

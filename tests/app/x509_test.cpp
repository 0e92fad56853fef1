#include "app/x509.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "app/der.h"
#include "app/x509_name.h"
#include "tests/app/certificates.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::app {
namespace {

using test::join;
using test::Octets;
using test::with_length;
using namespace test::literals;  // NOLINT(*-using-namespace)

/// The certificate with the first `from` replaced by as many octets.
Octets replaced(Bytes certificate, Bytes from, Bytes to) {
  Octets octets(certificate.begin(), certificate.end());
  const auto at = std::search(octets.begin(), octets.end(), from.begin(), from.end());
  REQUIRE(at != octets.end());
  REQUIRE(from.size() == to.size());
  std::copy(to.begin(), to.end(), at);
  return octets;
}

Octets element(std::uint8_t tag, Bytes content) {
  return join(Octets{tag}, content.size() < 128 ? with_length(1, content)
                                                : join("82"_hex, with_length(2, content)));
}

/// A Name of one attribute.
Octets name_of(Bytes oid, Bytes value) {
  return element(der::set, element(der::sequence, join(element(der::oid, oid), value)));
}

std::string text_of(Bytes name) {
  DerAllowance allowance;
  std::string text;
  return append_distinguished_name(text, name, allowance) ? text : "(none)";
}

std::string time_of(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? std::string{to_text(*time).view()} : "";
}

}  // namespace

TEST_CASE("x509: the facts of an EC certificate") {
  const auto certificate = parse_certificate(test::ec_certificate);
  REQUIRE(certificate);
  CHECK(certificate->serial == "0a1b2c3d");
  CHECK(certificate->subject == R"(CN=example.org,OU=Lab+OU=Two,O=Example\, Ltd,C=DE)");
  CHECK(certificate->issuer == certificate->subject);
  CHECK(time_of(certificate->not_before) == "2026-11-23T03:11:02Z");
  CHECK(time_of(certificate->not_after) == "2026-12-23T03:11:02Z");
  CHECK(certificate->key_type == "ec");
  CHECK(certificate->key_bits == 256);
  CHECK(certificate->alt_names ==
        std::vector<std::string>{"example.org", "*.example.org", "192.0.2.1", "2001:db8::1",
                                 "https://example.org/", "a@example.org"});
}

TEST_CASE("x509: the facts of an RSA certificate with a far end") {
  const auto certificate = parse_certificate(test::rsa_certificate);
  REQUIRE(certificate);
  CHECK(certificate->serial == "99aabb");
  CHECK(certificate->subject == R"(CN=\ #Zoë \;\"x\"\ )");
  CHECK(time_of(certificate->not_after) == "2126-10-30T03:24:26Z");
  CHECK(certificate->key_type == "rsa");
  CHECK(certificate->key_bits == 1024);
  CHECK(certificate->alt_names.empty());
  CHECK_FALSE(certificate->flawed);
}

TEST_CASE("x509: the facts of an Ed25519 certificate") {
  const auto certificate = parse_certificate(test::ed25519_certificate);
  REQUIRE(certificate);
  CHECK(certificate->serial == "00");
  CHECK(certificate->subject == "CN=ed,DC=example");
  CHECK(certificate->key_type == "ed25519");
  CHECK(certificate->key_bits == 256);
}

TEST_CASE("x509: a negative serial number is not that of another certificate") {
  const auto [octets, text] = GENERATE(table<Bytes, std::string_view>({
      {"0a1b2c3d"_hex, "0a1b2c3d"},
      {"00fb0000"_hex, "fb0000"},
      {"fb000000"_hex, "-05000000"},
      {"80000000"_hex, "-80000000"},
      {"ff7fffff"_hex, "-800001"},
      {"8000ffff"_hex, "-7fff0001"},
  }));
  const auto certificate = parse_certificate(
      replaced(test::ec_certificate, "02040a1b2c3d"_hex, join("0204"_hex, octets)));
  REQUIRE(certificate);
  CHECK(certificate->serial == text);
}

TEST_CASE("x509: no shorter certificate parses, and none with octets behind it") {
  const Bytes whole = GENERATE(Bytes{test::ec_certificate}, Bytes{test::rsa_certificate});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(parse_certificate(cut));
  }
  CHECK_FALSE(parse_certificate(join(whole, "00"_hex)));
}

TEST_CASE("x509: a certificate whose structure does not fit is refused") {
  struct Trap {
    std::string_view what;
    Bytes from;
    Bytes to;
  };
  const auto trap = GENERATE(values<Trap>({
      {"indefinite length", "3082025330"_hex, "3080025330"_hex},
      {"length of four octets", "3082025330"_hex, "3084025330"_hex},
      {"high tag number", "a003020102"_hex, "bf03020102"_hex},
      {"validity past its end", "301e170d"_hex, "301f170d"_hex},
  }));
  CAPTURE(trap.what);
  CHECK_FALSE(parse_certificate(replaced(test::ec_certificate, trap.from, trap.to)));
}

TEST_CASE("x509: a value that RFC 5280 forbids costs its field alone") {
  struct Trap {
    std::string_view what;
    Bytes from;
    Bytes to;
    std::string_view not_before = "2026-11-23T03:11:02Z";
    std::string_view key_type = "ec";
    std::size_t alt_names = 6;
  };
  const auto trap = GENERATE(values<Trap>({
      {"key with unused bits", "03420004"_hex, "03420304"_hex, "2026-11-23T03:11:02Z", ""},
      {"signature with unused bits", "0348003045"_hex, "0348013045"_hex},
      {"month 13", "3236313132333033"_hex, "3236313332333033"_hex, ""},
      {"30 February", "3236313132333033"_hex, "3236303233303033"_hex, ""},
      {"hour 24", "3236313132333033"_hex, "3236313132333234"_hex, ""},
      {"no digit", "3236313132333033"_hex, "3236313132333a33"_hex, ""},
      {"no Z", "313130325a170d"_hex, "3131303230170d"_hex, ""},
      {"time of another type", "301e170d"_hex, "301e130d"_hex, ""},
      {"address of three octets", "8704c0000201"_hex, "8703c0000201"_hex, "2026-11-23T03:11:02Z",
       "ec", 2},
      {"address as text", "8704c00002018710"_hex, "8716c00002018710"_hex, "2026-11-23T03:11:02Z",
       "ec", 4},
  }));
  CAPTURE(trap.what);
  const auto certificate = parse_certificate(replaced(test::ec_certificate, trap.from, trap.to));
  REQUIRE(certificate);
  CHECK(certificate->flawed);
  CHECK(certificate->serial == "0a1b2c3d");
  CHECK(certificate->subject == R"(CN=example.org,OU=Lab+OU=Two,O=Example\, Ltd,C=DE)");
  CHECK(time_of(certificate->not_before) == trap.not_before);
  CHECK(time_of(certificate->not_after) == "2026-12-23T03:11:02Z");
  CHECK(certificate->key_type == trap.key_type);
  CHECK(certificate->alt_names.size() == trap.alt_names);
}

TEST_CASE("x509: a certificate with one octet changed still ends in an answer") {
  Octets certificate(test::ec_certificate.begin(), test::ec_certificate.end());
  std::size_t parsed = 0;
  std::size_t flawed = 0;
  for (std::uint8_t& octet : certificate) {
    for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
      octet = static_cast<std::uint8_t>(octet ^ mask);
      const auto changed = parse_certificate(certificate);
      parsed += changed ? 1U : 0U;
      flawed += changed && changed->flawed ? 1U : 0U;
      octet = static_cast<std::uint8_t>(octet ^ mask);
    }
  }
  CHECK(flawed > 0);
  CHECK(parsed > flawed);
  CHECK(parsed < 3 * certificate.size());
}

TEST_CASE("x509_name: values are escaped as RFC 4514 says") {
  const Bytes common_name = "550403"_hex;
  const auto [value, text] = GENERATE(table<Octets, std::string_view>({
      {element(der::utf8_string, as_bytes("plain")), "CN=plain"},
      {element(der::utf8_string, as_bytes(R"(a"b+c,d;e<f>g\h)")), R"(CN=a\"b\+c\,d\;e\<f\>g\\h)"},
      {element(der::utf8_string, as_bytes("#a# ")), R"(CN=\#a#\ )"},
      {element(der::utf8_string, as_bytes(" ")), R"(CN=\ )"},
      {element(der::utf8_string, "6100"_hex), R"(CN=a\00)"},
      {element(der::bmp_string, "005a00eb20acd800"_hex), "CN=Zë€\xef\xbf\xbd"},
      {element(der::bmp_string, "005a00"_hex), "CN=#1e03005a00"},
      {element(der::universal_string, "0001f60000110000"_hex), "CN=😀\xef\xbf\xbd"},
      {element(der::octet_string, "0102"_hex), "CN=#04020102"},
      {element(der::printable_string, {}), "CN="},
  }));
  CHECK(text_of(name_of(common_name, value)) == text);
}

TEST_CASE("x509_name: an attribute without a name goes by its OID") {
  CHECK(text_of(name_of("2a0304"_hex, "0c0161"_hex)) == "1.2.3.4=#0c0161");
}

TEST_CASE("x509_name: broken names are refused") {
  const Octets name = GENERATE(values<Octets>({
      element(der::set, {}),
      element(der::sequence, {}),
      name_of(""_hex, "0c0161"_hex),
      name_of("8080"_hex, "0c0161"_hex),
      name_of("550403"_hex, ""_hex),
      name_of("550403"_hex, "0c01610c0161"_hex),
      name_of("550403"_hex, "0c0261"_hex),
  }));
  CHECK(text_of(name) == "(none)");
}

TEST_CASE("x509_name: more than 1024 elements are refused") {
  Octets name;
  for (int i = 0; i < 256; ++i) name = join(name, name_of("550403"_hex, "0c0161"_hex));
  CHECK(text_of(name).size() == 256 * 5 - 1);
  name = join(name, name_of("550403"_hex, "0c0161"_hex));
  CHECK(text_of(name) == "(none)");
}

TEST_CASE("x509_name: object identifiers are dotted numbers") {
  CHECK(oid_text("551d11"_hex) == "2.5.29.17");
  CHECK(oid_text("2a864886f70d010101"_hex) == "1.2.840.113549.1.1.1");
  CHECK(oid_text("8837"_hex) == "2.999");
  CHECK(oid_text("00"_hex) == "0.0");
  CHECK_FALSE(oid_text("2a86"_hex));
  CHECK_FALSE(oid_text("2affffffffffffffffff7f"_hex));
  CHECK_FALSE(oid_text({}));
}

TEST_CASE("x509: a known object identifier is known by its arcs") {
  constexpr KnownOid rsa{"1.2.840.113549.1.1.1"};
  CHECK(rsa.is("2a864886f70d010101"_hex));
  CHECK_FALSE(rsa.is("2a864886f70d010102"_hex));
  CHECK_FALSE(rsa.is("2a864886f70d0101"_hex));
  CHECK_FALSE(rsa.is("2a864886f70d01010101"_hex));
  CHECK_FALSE(rsa.is({}));
  CHECK(KnownOid{"2.999"}.is("8837"_hex));
  CHECK(KnownOid{"2.5.29.17"}.is("551d8011"_hex));        // not DER, the same arcs
  CHECK_FALSE(KnownOid{"2.5.29.17"}.is("551d1180"_hex));  // an arc that does not end
}

}  // namespace ntan::app

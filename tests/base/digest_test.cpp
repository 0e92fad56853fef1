#include "base/digest.h"

#include <array>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <openssl/evp.h>

namespace ntan {
namespace {

std::string hex_of(const DigestValue& value) {
  std::array<char, 2 * max_digest_size> text{};
  return {text.data(), append_hex(text.data(), value.bytes())};
}

}  // namespace

TEST_CASE("digest: agrees with RFC 1321, RFC 3174 and FIPS 180-4 vectors") {
  CHECK(hex_of(digest(DigestKind::md5, as_bytes("abc"))) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex_of(digest(DigestKind::md5, {})) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex_of(digest(DigestKind::sha1, as_bytes("abc"))) ==
        "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_of(digest(DigestKind::sha256, as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("digest: every size around the ends of blocks agrees with OpenSSL's one-shot functions") {
  std::array<std::uint8_t, 200> data{};
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(7 * i + 1);
  const auto one_shot = [](const EVP_MD* kind, Bytes input) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> octets{};
    unsigned size = 0;
    REQUIRE(EVP_Digest(input.data(), input.size(), octets.data(), &size, kind, nullptr) == 1);
    std::string text(2 * std::size_t{size}, '\0');
    append_hex(text.data(), Bytes{octets}.first(size));
    return text;
  };
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const Bytes input = Bytes{data}.first(size);
    CHECK(hex_of(digest(DigestKind::md5, input)) == one_shot(EVP_md5(), input));
    CHECK(hex_of(digest(DigestKind::sha1, input)) == one_shot(EVP_sha1(), input));
    CHECK(hex_of(digest(DigestKind::sha256, input)) == one_shot(EVP_sha256(), input));
  }
}

TEST_CASE("digest: hex text of any size is two lower-case digits an octet") {
  constexpr std::array<std::uint8_t, 7> octets{0x00, 0x1f, 0xab, 0xff, 0x80, 0x09, 0xe7};
  constexpr std::string_view whole = "001fabff8009e7";
  for (std::size_t size = 0; size <= octets.size(); ++size) {
    std::string text(2 * size, '?');
    CHECK(append_hex(text.data(), Bytes{octets}.first(size)) == text.data() + text.size());
    CHECK(text == whole.substr(0, 2 * size));
  }
}

TEST_CASE("digest: what was hashed before leaves no trace") {
  const std::string first = hex_of(digest(DigestKind::sha256, as_bytes("one")));
  CHECK(hex_of(digest(DigestKind::sha256, as_bytes("two"))) != first);
  CHECK(hex_of(digest(DigestKind::sha256, as_bytes("one"))) == first);
}

}  // namespace ntan

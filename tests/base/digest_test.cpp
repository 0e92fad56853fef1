#include "base/digest.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

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

TEST_CASE("digest: what was hashed before leaves no trace") {
  const std::string first = hex_of(digest(DigestKind::sha256, as_bytes("one")));
  CHECK(hex_of(digest(DigestKind::sha256, as_bytes("two"))) != first);
  CHECK(hex_of(digest(DigestKind::sha256, as_bytes("one"))) == first);
}

}  // namespace ntan

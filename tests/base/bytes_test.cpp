#include "base/bytes.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"

using namespace ntan;
using namespace ntan::test;

TEST_CASE("reader: fields come out in network order") {
  Reader r("01 | 0203 | 04050607 | 08090a"_hex);
  CHECK(r.u8() == 1);
  CHECK(r.be16() == 0x0203);
  CHECK(r.be32() == 0x04050607);
  CHECK(r.be24() == 0x08090a);
  CHECK(r.ok());
  CHECK(r.done());
}

TEST_CASE("reader: a read past the end is zero and fails every later read") {
  Reader r("0102 03"_hex);
  CHECK(r.be32() == 0);
  CHECK_FALSE(r.ok());
  CHECK(r.u8() == 0);
  CHECK(r.take(1).empty());
  CHECK(r.rest().empty());
}

TEST_CASE("reader: take is all or nothing") {
  Reader r("010203"_hex);
  CHECK(r.take(2).size() == 2);
  CHECK(r.take(2).empty());
  CHECK_FALSE(r.ok());
}

TEST_CASE("reader: a 24-bit field cut in its middle is zero and fails") {
  const auto left = GENERATE("01"_hex, "0102"_hex);
  Reader r(left);
  CHECK(r.be24() == 0);
  CHECK_FALSE(r.ok());
}

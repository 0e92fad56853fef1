#include "base/count48.h"

#include <catch2/catch.hpp>

using ntan::Count48;

TEST_CASE("count48: counts like a number of 48 bits") {
  Count48 count;
  CHECK(count == 0U);
  count += 0xffff'ffff;
  CHECK(count == 0xffff'ffffU);
  count += 2;
  CHECK(count == 0x1'0000'0001U);
  count = 0x1234'5678'9abcU;
  CHECK(count == 0x1234'5678'9abcU);
  count = Count48::most;
  CHECK(count == 281'474'976'710'655U);
  count += 5;
  CHECK(count == 281'474'976'710'655U);
  count = 7;
  count += UINT64_MAX;
  CHECK(count == 281'474'976'710'655U);
}

TEST_CASE("count48: takes six octets, wherever they lie") {
  struct Row {
    std::uint8_t before = 1;
    Count48 count = 0xffff'ffff'ffffU;
    std::uint8_t behind = 2;
  };
  STATIC_REQUIRE(sizeof(Row) == 8);
  Row row;
  row.count += 1;
  CHECK(row.before == 1);
  CHECK(row.count == 0xffff'ffff'ffffU);
  CHECK(row.behind == 2);
}

#include "base/lower.h"

#include <catch2/catch.hpp>

using namespace ntan;

TEST_CASE("lower: letters of ASCII and nothing else") {
  CHECK(to_lower("AZaz@[`{09-\xc4") == "azaz@[`{09-\xc4");
  CHECK(to_lower("").empty());
  static_assert(to_lower('Q') == 'q');
}

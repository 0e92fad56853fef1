#include "run/flow_bits.h"

#include <catch2/catch.hpp>

using ntan::run::FlowBits;

TEST_CASE("flow bits: of each flow, one of them, whatever its number") {
  FlowBits bits;
  CHECK_FALSE(bits.test(0));
  CHECK_FALSE(bits.test(1'000'000));
  bits.clear(1'000'000);
  for (const ntan::flow::Number number : {1U, 63U, 64U, 700U}) bits.set(number);
  CHECK(bits.test(1));
  CHECK_FALSE(bits.test(2));
  CHECK(bits.test(63));
  CHECK(bits.test(64));
  CHECK_FALSE(bits.test(65));
  CHECK(bits.test(700));
  bits.clear(64);
  CHECK(bits.test(63));
  CHECK_FALSE(bits.test(64));
  bits.set(64);
  CHECK(bits.test(64));
}

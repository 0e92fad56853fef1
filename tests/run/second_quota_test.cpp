#include "run/second_quota.h"

#include <catch2/catch.hpp>

namespace ntan::run {
namespace {

using namespace std::chrono_literals;

TEST_CASE("second quota: so many in each second, and what is left is not kept") {
  const Timestamp start{1'700'000'000s};
  SecondQuota quota{2};
  CHECK(quota.take(start));
  CHECK(quota.take(start + 900ms));
  CHECK_FALSE(quota.take(start + 999ms));
  CHECK(quota.take(start + 1s));
  CHECK(quota.take(start + 5s));
  CHECK(quota.take(start + 5s));
  CHECK_FALSE(quota.take(start + 5s));
}

}  // namespace
}  // namespace ntan::run

#include "base/parse_number.h"

#include <cstdint>
#include <string_view>

#include <catch2/catch.hpp>

using namespace ntan;

TEST_CASE("parse number: the whole text, or nothing") {
  CHECK(parse_number<std::uint64_t>("0") == 0U);
  CHECK(parse_number<std::uint64_t>("0042") == 42U);
  CHECK(parse_number<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  for (const std::string_view text :
       {"", " ", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x1", "a", "18446744073709551616", "1\n"})
    CHECK_FALSE(parse_number<std::uint64_t>(text).has_value());
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_number<std::uint64_t>("1\0"sv).has_value());
  CHECK_FALSE(parse_number<std::uint64_t>({}).has_value());
}

TEST_CASE("parse number: the type is the bound, and a signed one takes a minus") {
  CHECK(parse_number<std::uint16_t>("65535") == 65'535U);
  CHECK_FALSE(parse_number<std::uint16_t>("65536").has_value());
  CHECK(parse_number<int>("-5") == -5);
  CHECK_FALSE(parse_number<int>("-").has_value());
}

TEST_CASE("parse number: other bases, letters of either case") {
  CHECK(parse_number<std::uint32_t>("fF", 16) == 255U);
  CHECK_FALSE(parse_number<std::uint32_t>("fg", 16).has_value());
  CHECK_FALSE(parse_number<std::uint32_t>("100000000", 16).has_value());
}

#include "base/digits.h"

#include <array>
#include <limits>
#include <string>

#include <catch2/catch.hpp>

namespace ntan {
namespace {

std::string unsigned_text(std::uint64_t value) {
  std::array<char, max_integer_text> text{};
  return {text.data(), append_unsigned(text.data(), value)};
}

}  // namespace

TEST_CASE("digits: integers around every power of ten read as the standard library has them") {
  for (const std::uint64_t power : powers_of_ten) {
    for (const std::uint64_t value : {power - 1, power, power + 1}) {
      CHECK(unsigned_text(value) == std::to_string(value));
      CHECK(count_digits(value) == std::to_string(value).size());
    }
  }
  CHECK(unsigned_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("digits: padding adds zeros and never cuts") {
  std::array<char, 16> text{};
  CHECK(std::string{text.data(), append_padded(text.data(), 7, 3)} == "007");
  CHECK(std::string{text.data(), append_padded(text.data(), 0, 4)} == "0000");
  CHECK(std::string{text.data(), append_padded(text.data(), 12'345, 3)} == "12345");
}

}  // namespace ntan

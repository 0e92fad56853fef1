#include "cli/similar.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using namespace ntan::cli;

TEST_CASE("similar: the distance counts inserts, deletes, replacements and swaps") {
  const auto [a, b, distance] = GENERATE(table<std::string, std::string, std::size_t>({
      {"", "", 0},
      {"", "abc", 3},
      {"count", "count", 0},
      {"cuont", "count", 1},
      {"cont", "count", 1},
      {"captre", "capture", 1},
      {"rad", "read", 1},
      {"ca", "abc", 3},
      {"kitten", "sitting", 3},
  }));
  CHECK(edit_distance(a, b) == distance);
  CHECK(edit_distance(b, a) == distance);
}

TEST_CASE("similar: only a near word is offered") {
  static constexpr std::array<std::string_view, 3> words{"capture", "read", "schema"};
  CHECK(nearest("captuer", words) == "capture");
  CHECK(nearest("raed", words) == "read");
  CHECK(nearest("delete", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(1000, 'a'), words).empty());
}

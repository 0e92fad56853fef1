#include "base/similar.h"

#include <array>
#include <string>
#include <tuple>

#include <catch2/catch.hpp>

namespace ntan {
namespace {

using namespace std::string_view_literals;

TEST_CASE("similar: the edit distance counts slips") {
  using Row = std::tuple<std::string, std::string, std::size_t>;
  const auto [a, b, distance] = GENERATE(table<std::string, std::string, std::size_t>({
      Row{"", "", 0},
      Row{"", "abc", 3},
      Row{"port", "port", 0},
      Row{"port", "PORT", 0},
      Row{"prot", "port", 1},
      Row{"prot", "proto", 1},
      Row{"eht0", "eth0", 1},
      Row{"kitten", "sitting", 3},
      Row{"ca", "abc", 3},
      Row{"abcd", "badc", 2},
  }));
  INFO(a << ' ' << b);
  CHECK(edit_distance(a, b) == distance);
  CHECK(edit_distance(b, a) == distance);
}

TEST_CASE("similar: words of any length have a distance") {
  const std::string a(1000, 'a');
  const std::string b(1000, 'b');
  CHECK(edit_distance(a, b) == 64);
}

TEST_CASE("similar: suggestions are near words, nearest first") {
  constexpr std::array known{"proto"sv, "port"sv, "portrange"sv, "host"sv};
  CHECK(similar_words("prot", known) == std::vector{"proto"sv, "port"sv});
  CHECK(similar_words("portrnage", known) == std::vector{"portrange"sv});
  CHECK(similar_words("xyz", known).empty());
  CHECK(similar_words("", known).empty());
  CHECK(similar_words("a", std::array{"b"sv}).empty());
}

TEST_CASE("similar: a suggestion reads as the end of an error") {
  constexpr std::array known{"eth0"sv, "eth1"sv, "eth2"sv, "wlan0"sv};
  CHECK(did_you_mean("eht0", known) == "; did you mean 'eth0'?");
  CHECK(did_you_mean("eth", known) == "; did you mean 'eth0', 'eth1' or 'eth2'?");
  CHECK(did_you_mean("wlan1", std::array{"wlan0"sv, "wlan2"sv}) ==
        "; did you mean 'wlan0' or 'wlan2'?");
  CHECK(did_you_mean("docker0", known).empty());
}

}  // namespace
}  // namespace ntan

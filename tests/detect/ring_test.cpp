#include "detect/ring.h"

#include <deque>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan::detect;

TEST_CASE("ring: agrees with a deque on any pushes and erasures") {
  std::mt19937 random{1};  // NOLINT(*-msc51-cpp): the same in every run
  Ring<unsigned> ring;
  std::deque<unsigned> plain;
  for (unsigned n = 0; n < 20'000; ++n) {
    const std::size_t at = plain.empty() ? 0 : random() % plain.size();
    const unsigned what = static_cast<unsigned>(random() % 8);
    if (what == 0 && !plain.empty()) {
      ring.pop_front();
      plain.pop_front();
    } else if (what <= 2 && !plain.empty()) {
      ring.erase(at);
      plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (what == 3 && n % 50 == 0) {
      ring.erase_if([](unsigned value) { return value % 3 == 0; });
      std::erase_if(plain, [](unsigned value) { return value % 3 == 0; });
    } else if (plain.size() < 64) {
      if (ring.size() == ring.capacity()) ring.reserve(ring.empty() ? 1 : 2 * ring.size());
      ring.push_back(n);
      plain.push_back(n);
    }
    REQUIRE(plain == [&ring] {
      std::deque<unsigned> all;
      for (const unsigned value : ring) all.push_back(value);
      return all;
    }());
  }
}

TEST_CASE("ring: what was moved from is empty and holds nothing") {
  Ring<unsigned> ring;
  ring.reserve(4);
  ring.push_back(7);
  const Ring<unsigned> taken = std::move(ring);
  REQUIRE(taken.size() == 1);
  REQUIRE(taken[0] == 7);
  REQUIRE(ring.empty());          // NOLINT(*-move, *.Move): that is the claim
  REQUIRE(ring.capacity() == 0);  // NOLINT(*-move, *.Move)
}

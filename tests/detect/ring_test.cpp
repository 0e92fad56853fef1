#include "detect/ring.h"

#include <algorithm>
#include <deque>
#include <random>

#include <catch2/catch.hpp>

using namespace ntan;
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
    const unsigned* last = ring.find_last([](unsigned value) { return value % 7 == 0; });
    const auto expected =
        std::find_if(plain.rbegin(), plain.rend(), [](unsigned value) { return value % 7 == 0; });
    REQUIRE((last == nullptr) == (expected == plain.rend()));
    if (last != nullptr) REQUIRE(*last == *expected);
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

TEST_CASE("ring memory: each ring is paid for, and gives everything back") {
  Budget budget{.limit = 7 * sizeof(unsigned)};
  RingMemory<unsigned> memory{budget};
  Ring<unsigned> first;
  Ring<unsigned, std::uint16_t> second;
  REQUIRE(memory.widen(first));
  REQUIRE(first.capacity() == 1);
  first.push_back(1);
  REQUIRE(memory.widen(first));
  REQUIRE(first.capacity() == 2);
  first.push_back(2);
  REQUIRE(memory.widen(first));
  REQUIRE(first[0] == 1);
  REQUIRE(first[1] == 2);
  REQUIRE(memory.widen(second));
  REQUIRE(memory.widen(second));
  REQUIRE(budget.used == 6 * sizeof(unsigned));
  REQUIRE_FALSE(memory.widen(second));
  REQUIRE(second.capacity() == 2);
  REQUIRE(budget.refused == 1);
  memory.release(first);
  memory.release(second);
  REQUIRE(first.empty());
  REQUIRE(first.capacity() == 0);
  REQUIRE(budget.used == 0);
}

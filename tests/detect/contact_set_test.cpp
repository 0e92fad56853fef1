#include "detect/contact_set.h"

#include <array>

#include <catch2/catch.hpp>

#include "base/hash.h"

using namespace ntan;
using namespace ntan::detect;

namespace {

std::uint64_t nth_hash(std::uint64_t n) {
  return hash_words(std::array{n, std::uint64_t{1}}, fixed_hash_key);
}

}  // namespace

TEST_CASE("contact set: keeps the mark of each of 4,096 targets") {
  Budget budget{.limit = std::size_t{1} << 20U};
  ContactSet set;
  for (std::uint64_t i = 0; i < 4096; ++i) {
    REQUIRE(set.find(nth_hash(i)) == Mark::absent);
    REQUIRE(set.insert(nth_hash(i), Mark::pending, budget));
  }
  for (std::uint64_t i = 0; i < 4096; i += 2) set.update(nth_hash(i), Mark::silent);
  for (std::uint64_t i = 0; i < 4096; ++i)
    REQUIRE(set.find(nth_hash(i)) == (i % 2 == 0 ? Mark::silent : Mark::pending));
  set.release(budget);
  REQUIRE(budget.used == 0);
  REQUIRE(set.find(nth_hash(1)) == Mark::absent);
}

TEST_CASE("contact set: only more than eight targets hold memory that could be released") {
  Budget budget{.limit = std::size_t{1} << 20U};
  ContactSet set;
  for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(set.insert(nth_hash(i), Mark::pending, budget));
  REQUIRE_FALSE(set.holds_memory());
  REQUIRE(budget.used == 0);
  REQUIRE(set.insert(nth_hash(8), Mark::pending, budget));
  REQUIRE(set.holds_memory());
  REQUIRE(budget.used != 0);
  set.release(budget);
  REQUIRE_FALSE(set.holds_memory());
}

TEST_CASE("contact set: past 4,096 it may take a new target for an old one, rarely") {
  Budget budget{.limit = std::size_t{1} << 20U};
  ContactSet set;
  std::size_t mistaken = 0;
  std::size_t forgotten = 0;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    if (set.find(nth_hash(i)) != Mark::absent) {
      ++mistaken;
      continue;
    }
    REQUIRE(set.insert(nth_hash(i), Mark::pending, budget));
    if (set.find(nth_hash(i)) == Mark::absent) ++forgotten;
  }
  REQUIRE(mistaken < 500);
  REQUIRE(forgotten == 0);
  REQUIRE(budget.used < std::size_t{128} * 1024);
  set.release(budget);
  REQUIRE(budget.used == 0);
}

TEST_CASE("contact set: a result of a blurred target counts once") {
  Budget budget{.limit = std::size_t{1} << 20U};
  ContactSet set;
  for (std::uint64_t i = 0; i < 5000; ++i) REQUIRE(set.insert(nth_hash(i), Mark::pending, budget));
  REQUIRE(set.find(nth_hash(4999)) == Mark::pending);
  set.update(nth_hash(4999), Mark::silent);
  REQUIRE(set.find(nth_hash(4999)) == Mark::blurred);
}

TEST_CASE("contact set: without memory a target stays unknown") {
  Budget budget{.limit = 100};
  ContactSet set;
  for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(set.insert(nth_hash(i), Mark::pending, budget));
  REQUIRE_FALSE(set.insert(nth_hash(8), Mark::pending, budget));
  REQUIRE(set.find(nth_hash(8)) == Mark::absent);
  REQUIRE(set.find(nth_hash(7)) == Mark::pending);
  set.release(budget);
  REQUIRE(budget.used == 0);
}

#include "flow/index.h"

#include <map>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

/// How many entries a search meets; it goes on as long as the counts of its buckets say so.
std::vector<Number> met(const Index& index, std::uint32_t tag) {
  std::vector<Number> numbers;
  const Number none = index.find(tag, [&numbers](Number number) {
    numbers.push_back(number);
    return false;
  });
  CHECK(none == 0);
  return numbers;
}

Number find(const Index& index, std::uint32_t tag, Number number) {
  return index.find(tag, [number](Number candidate) { return candidate == number; });
}

/// Draws tags from spaces that range from one single bucket to all of them.
std::uint32_t draw(std::mt19937& random, int space) {
  switch (space) {
    case 0: return 0xffffffff;                                               // one tag, last bucket
    case 1: return 0xabc00000U | static_cast<std::uint32_t>(random() % 64);  // equal top bits
    case 2: return static_cast<std::uint32_t>(random() % 4) << 30U;  // four clusters, zero too
    default: return static_cast<std::uint32_t>(random());
  }
}

}  // namespace

TEST_CASE("index: an empty index finds nothing, tag 0 included") {
  const Index index;
  CHECK(met(index, 0).empty());
  CHECK(index.candidate(0) == 0);
  CHECK(index.size() == 0);
}

TEST_CASE("index: equal tags are told apart by the caller") {
  Index index;
  index.insert(5, 1);
  index.insert(5, 2);
  CHECK(find(index, 5, 1) == 1);
  CHECK(find(index, 5, 2) == 2);
  CHECK(find(index, 5, 3) == 0);
  CHECK(index.candidate(5) == 1);
  index.erase(5, 1);
  CHECK(find(index, 5, 1) == 0);
  CHECK(index.candidate(5) == 2);
}

TEST_CASE("index: an entry behind full buckets is found, and erasing the others keeps it") {
  Index index;
  constexpr Number count = 3 * Index::slots;
  for (Number number = 1; number <= count; ++number) index.insert(0, number);
  CHECK(index.longest_probe() == 2);
  for (Number number = 1; number < count; ++number) {
    index.erase(0, number);
    REQUIRE(find(index, 0, count) == count);
  }
}

TEST_CASE("index: the last bucket runs over into the first") {
  Index index;
  constexpr std::uint32_t last = 0xf0000000;
  for (Number number = 1; number <= 2 * Index::slots; ++number) index.insert(last, number);
  index.insert(0, 100);
  CHECK(find(index, last, 2 * Index::slots) == 2 * Index::slots);
  CHECK(find(index, 0, 100) == 100);
}

TEST_CASE("index: random use agrees with a multimap at every density of tags") {
  const int space = GENERATE(0, 1, 2, 3);
  std::mt19937 random(static_cast<unsigned>(space) + 1);
  Index index;
  std::map<Number, std::uint32_t> model;
  const auto check_all = [&] {
    for (const auto& [number, tag] : model) REQUIRE(find(index, tag, number) == number);
  };
  Number next = 0;
  const std::size_t top = space < 2 ? 300 : 2000;
  for (int round = 0; round < 2; ++round) {
    while (model.size() < top) {
      if (random() % 3 != 0 || model.empty()) {
        const std::uint32_t tag = draw(random, space);
        index.insert(tag, ++next);
        model[next] = tag;
      } else {
        auto victim = model.lower_bound(static_cast<Number>(random() % next));
        if (victim == model.end()) victim = model.begin();
        index.erase(victim->second, victim->first);
        REQUIRE(find(index, victim->second, victim->first) == 0);
        model.erase(victim);
      }
      REQUIRE(index.size() == model.size());
    }
    check_all();
    while (!model.empty()) {
      auto victim = model.lower_bound(static_cast<Number>(random() % next));
      if (victim == model.end()) victim = model.begin();
      index.erase(victim->second, victim->first);
      model.erase(victim);
      if (model.size() % 50 == 0) check_all();
    }
    CHECK(index.size() == 0);
  }
}

TEST_CASE("index: once all is erased, a search for what is absent ends again") {
  // Every bucket has been passed by then. Were the counts not back at zero, it would go round.
  Index index;
  constexpr std::uint32_t homes = 16;
  constexpr Number run = 4 * homes;  // as much as fits without growing: nine buckets and a bit
  for (std::uint32_t home = 0; home < homes; ++home) {
    for (Number number = 1; number <= run; ++number) index.insert(home << 28U, number);
    for (Number number = 1; number <= run; ++number)
      index.erase(home << 28U, home % 2 == 0 ? number : run + 1 - number);
  }
  CHECK(index.bytes() == homes * sizeof(Index::Bucket));
  CHECK(index.longest_probe() == run / Index::slots);
  for (std::uint32_t home = 0; home < homes; ++home) CHECK(met(index, home << 28U).empty());
}

TEST_CASE("index: a flood of tags that collide shows, and is over once they are others") {
  Index index;
  Number count = 0;
  while (!index.flooded()) {
    index.insert(0xabc00000U, ++count);
    REQUIRE(count < 1'000);
  }
  CHECK(count > 9 * Index::slots);
  const auto tag_of = [](Number number) { return number * 2654435761U; };
  index.clear();
  CHECK(index.size() == 0);
  CHECK(met(index, 0xabc00000U).empty());
  for (Number number = 1; number <= count; ++number) index.insert(tag_of(number), number);
  CHECK_FALSE(index.flooded());
  CHECK(index.size() == count);
  for (Number number = 1; number <= count; ++number)
    REQUIRE(find(index, tag_of(number), number) == number);
}

TEST_CASE("index: a few tags that collide among many that do not are no flood") {
  constexpr Number random_ones = 300'000;
  Index index;
  Number count = 0;
  for (Number number = 1; number <= random_ones; ++number) {
    index.insert(number * 2654435761U, ++count);
    if (number > 20'000 && number % 2'000 == 0) index.insert(0xabc00000U, ++count);
    REQUIRE_FALSE(index.flooded());
  }
  CHECK(index.longest_probe() > 8);
}

TEST_CASE("index: a million flows are found in few buckets") {
  constexpr Number count = 1'000'000;
  Index index;
  const auto tag_of = [](Number number) { return number * 2654435761U; };
  for (Number number = 1; number <= count; ++number) index.insert(tag_of(number), number);
  CHECK(index.size() == count);
  CHECK(index.longest_probe() <= 8);
  CHECK_FALSE(index.flooded());
  CHECK(index.bytes() <= 32 * std::size_t{count});
  Number lost = 0;
  for (Number number = 1; number <= count; ++number)
    lost += find(index, tag_of(number), number) == number ? 0U : 1U;
  CHECK(lost == 0);
}

}  // namespace ntan::flow

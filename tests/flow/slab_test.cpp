#include "flow/slab.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <system_error>
#include <vector>

#include <catch2/catch.hpp>

namespace ntan::flow {

TEST_CASE("slab: numbers start at 1 and the cap gives 0") {
  Slab<int> slab(2);
  CHECK(slab.create(10) == 1);
  CHECK(slab.create(20) == 2);
  CHECK(slab.create(30) == 0);
  CHECK(slab[1] == 10);
  CHECK(slab[2] == 20);
  CHECK(slab.alive() == 2);
  CHECK(slab.capacity() == 2);
}

TEST_CASE("slab: a freed number is given out again and holds a new object") {
  Slab<std::vector<int>> slab(1);
  const Number first = slab.create(3U, 7);
  CHECK(slab[first] == std::vector{7, 7, 7});
  slab.destroy(first);
  const Number second = slab.create();
  CHECK(second == first);
  CHECK(slab[second].empty());
  CHECK(slab.touched() == 1);
  slab.destroy(second);
  CHECK(slab.alive() == 0);
}

TEST_CASE("slab: destroying an object runs its destructor") {
  const auto shared = std::make_shared<int>(1);
  Slab<std::shared_ptr<int>> slab(4);
  const Number number = slab.create(shared);
  CHECK(shared.use_count() == 2);
  slab.destroy(number);
  CHECK(shared.use_count() == 1);
}

TEST_CASE("slab: a number is alive from the making of its object to its end") {
  Slab<int> slab(200);
  for (Number number = 1; number <= 130; ++number) REQUIRE(slab.create(0) == number);
  slab.destroy(64);
  slab.destroy(128);
  for (Number number = 1; number <= 130; ++number)
    CHECK(slab.alive(number) == (number != 64 && number != 128));
  CHECK(slab.create(0) == 128);
  CHECK(slab.alive(128));
  CHECK_FALSE(slab.alive(64));
}

TEST_CASE("slab: an object never moves") {
  Slab<std::uint64_t> slab(100'000);
  const std::uint64_t* first = &slab[slab.create(1U)];
  while (slab.create(2U) != 0) continue;
  CHECK(first == &slab[1]);
  CHECK(*first == 1);
  CHECK(slab.touched() == slab.capacity());
}

TEST_CASE("slab: a large cap is only address space") {
  struct Large {
    std::array<std::uint8_t, 4096> octets{};
  };
  Slab<Large> slab(std::size_t{1} << 24U);  // 64 GiB
  CHECK(slab.create() == 1);
  CHECK(slab.touched() == 1);
}

TEST_CASE("slab: address space that the system refuses is an error") {
  CHECK_THROWS_AS(Slab<std::uint64_t>(std::size_t{1} << 56U), std::system_error);
}

TEST_CASE("slab: random use never gives out a number that is alive") {
  std::mt19937 random(7);
  constexpr std::size_t cap = 50;
  Slab<Number> slab(cap);
  std::vector<Number> alive;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 2 == 0) {
      const Number number = slab.create(Number{0});
      REQUIRE((number == 0) == (alive.size() == cap));
      if (number == 0) continue;
      REQUIRE(std::find(alive.begin(), alive.end(), number) == alive.end());
      slab[number] = number;
      alive.push_back(number);
    } else if (!alive.empty()) {
      std::swap(alive[random() % alive.size()], alive.back());
      REQUIRE(slab[alive.back()] == alive.back());
      slab.destroy(alive.back());
      alive.pop_back();
    }
    REQUIRE(slab.alive() == alive.size());
    for (Number number = 1; number <= slab.touched(); ++number)
      REQUIRE(slab.alive(number) == (std::find(alive.begin(), alive.end(), number) != alive.end()));
    REQUIRE(slab.touched() <= cap);
  }
}

}  // namespace ntan::flow

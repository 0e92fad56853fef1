#include "flow/pool.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

namespace ntan::flow {
namespace {

constexpr std::size_t chunk = std::size_t{8} << 10U;

std::uintptr_t address(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block);  // NOLINT(*-reinterpret-cast)
}

std::size_t capacity(std::size_t size) {
  for (const std::size_t block : {64, 96, 128, 160, 192, 256, 352, 416, 512, 1024, 2048}) {
    if (size <= block) return block;
  }
  return 4096;
}

}  // namespace

TEST_CASE("pool: a block given back is taken again, for any size of its class") {
  Budget budget{.limit = chunk};
  Pool pool(budget);
  void* block = pool.take(65);
  pool.give_back(block, 65);
  CHECK(pool.take(96) == block);
  CHECK(budget.used == chunk);
}

TEST_CASE("pool: a chunk serves as many blocks as it holds, then the budget refuses") {
  const std::size_t size = GENERATE(1U, 64U, 65U, 97U, 129U, 192U, 256U, 312U, 352U, 353U, 416U,
                                    512U, 1000U, 1024U, 1025U, 4096U);
  Budget budget{.limit = 2 * chunk - 1};
  Pool pool(budget);
  std::set<void*> blocks;
  while (void* block = pool.take(size)) blocks.insert(block);
  CHECK(blocks.size() == chunk / capacity(size));
  CHECK(budget.refused == 1);
  CHECK(budget.used == chunk);
  pool.give_back(*blocks.begin(), size);
  CHECK(pool.take(size) == *blocks.begin());
}

TEST_CASE("pool: without a budget there is nothing, and it is counted") {
  Budget budget{.limit = chunk - 1};
  Pool pool(budget);
  CHECK(pool.take(64) == nullptr);
  CHECK(pool.take(4096) == nullptr);
  CHECK(budget.refused == 2);
  CHECK(budget.used == 0);
}

TEST_CASE("pool: random blocks are aligned for any object and never overlap") {
  std::mt19937 random(5);
  Budget budget{.limit = 40 * chunk};
  Pool pool(budget);
  std::map<std::uintptr_t, std::pair<void*, std::size_t>> alive;
  for (int step = 0; step < 4000; ++step) {
    if (random() % 5 < 3) {
      const std::size_t size = 1 + random() % (random() % 4 == 0 ? 4096 : 300);
      void* block = pool.take(size);
      if (block == nullptr) continue;
      REQUIRE(address(block) % alignof(std::max_align_t) == 0);
      const auto after = alive.lower_bound(address(block));
      if (after != alive.end()) REQUIRE(address(block) + size <= after->first);
      if (after != alive.begin()) {
        const auto before = std::prev(after);
        REQUIRE(before->first + before->second.second <= address(block));
      }
      std::memset(block, 0xa5, size);
      alive.emplace(address(block), std::pair{block, size});
    } else if (!alive.empty()) {
      auto victim = alive.lower_bound(alive.begin()->first + random() % (8 * chunk));
      if (victim == alive.end()) victim = alive.begin();
      pool.give_back(victim->second.first, victim->second.second);
      alive.erase(victim);
    }
  }
  CHECK(budget.used <= budget.limit);
}

}  // namespace ntan::flow

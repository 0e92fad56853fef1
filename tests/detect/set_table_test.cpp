#include "detect/set_table.h"

#include <cstdint>

#include <catch2/catch.hpp>

using namespace ntan::detect;

namespace {

struct Entry {
  std::uint64_t key = 0;
  std::uint64_t value = 0;
  bool kept = false;

  [[nodiscard]] std::int64_t worth() const noexcept { return static_cast<std::int64_t>(value); }
  [[nodiscard]] bool pinned() const noexcept { return kept; }
};

constexpr auto no_matter = [](Entry&) {};

}  // namespace

TEST_CASE("set table: finds every entry after each doubling") {
  SetTable<Entry> table{std::size_t{1} << 16U};
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;
  for (std::uint64_t n = 1; n <= 8000; ++n) table.find_or_insert(n * step, no_matter).value = n;
  for (std::uint64_t n = 1; n <= 8000; ++n) {
    const Entry* entry = table.find(n * step);
    REQUIRE(entry != nullptr);
    REQUIRE(entry->value == n);
  }
  REQUIRE(table.find(8001 * step) == nullptr);
  REQUIRE(table.evictions() == 0);
}

TEST_CASE("set table: a full set gives up its least valuable entry that is not pinned") {
  SetTable<Entry> table{8};
  for (std::uint64_t n = 1; n <= 8; ++n) table.find_or_insert(n, no_matter).value = n;
  table.find(1)->kept = true;
  std::uint64_t evicted = 0;
  table.find_or_insert(9, [&evicted](const Entry& entry) { evicted = entry.key; });
  REQUIRE(evicted == 2);
  REQUIRE(table.find(2) == nullptr);
  REQUIRE(table.find(1) != nullptr);
  REQUIRE(table.find(9) != nullptr);
  REQUIRE(table.evictions() == 1);
}

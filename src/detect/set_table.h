// A bounded hash table of small sets: whoever finds a set full replaces its least valuable entry.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ntan::detect {

/// An entry says what it is worth keeping; a pinned one goes only if its whole set is pinned.
template <class T>
concept SetEntry = requires(const T& entry) {
  { entry.key } -> std::convertible_to<std::uint64_t>;  // 0: free
  { entry.worth() } -> std::convertible_to<std::int64_t>;
  { entry.pinned() } -> std::convertible_to<bool>;
};

/// Eight-way set-associative: a lookup costs at most eight compares, and chosen collisions reach
/// one set only. Starts small and doubles in place when a set is full until `max_entries`; then it
/// evicts. Address space is taken at once, memory as the table grows. Keys are 64-bit hashes.
/// References live until the next insert.
template <SetEntry T>
class SetTable {
 public:
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t entry_size = sizeof(T) + sizeof(std::uint64_t);

  explicit SetTable(std::size_t max_entries)
      : max_sets_(std::bit_floor(std::max<std::size_t>(max_entries / ways, 1))) {
    entries_.reserve(max_sets_ * ways);
    keys_.reserve(max_sets_ * ways);
    resize(std::min(max_sets_, first_sets) * ways);
  }

  [[nodiscard]] T* find(std::uint64_t key) noexcept { return find_in_set(set_of(key), key); }

  /// The entry of `key`, default-made with that key if it was not there. `on_evict` sees the entry
  /// that has to go before it does.
  template <class OnEvict>
  T& find_or_insert(std::uint64_t key, OnEvict on_evict) {
    if (T* found = find(key); found != nullptr) return *found;
    for (;;) {
      if (T* free = find_in_set(set_of(key), 0); free != nullptr) return claim(*free, key);
      if (entries_.size() / ways >= max_sets_) break;
      double_size();
    }
    const auto set = std::span{entries_}.subspan(set_of(key), ways);
    T& victim = *std::ranges::min_element(set, [](const T& a, const T& b) {
      return std::pair{a.pinned(), a.worth()} < std::pair{b.pinned(), b.worth()};
    });
    ++evictions_;
    on_evict(victim);
    return claim(victim, key);
  }

  [[nodiscard]] std::span<T> entries() noexcept { return entries_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::size_t first_sets = 64;

  /// Where the set of a key begins.
  [[nodiscard]] std::size_t set_of(std::uint64_t key) const noexcept {
    return (key & (entries_.size() / ways - 1)) * ways;
  }

  [[nodiscard]] T* find_in_set(std::size_t first, std::uint64_t key) noexcept {
    const auto keys = std::span{keys_}.subspan(first).template first<ways>();
    for (const std::uint64_t& candidate : keys) {
      if (candidate == key)
        return &entries_[first + static_cast<std::size_t>(&candidate - keys.data())];
    }
    return nullptr;
  }

  T& claim(T& entry, std::uint64_t key) {
    entry = T{};
    entry.key = key;
    keys_[static_cast<std::size_t>(&entry - entries_.data())] = key;
    return entry;
  }

  void resize(std::size_t entries) {
    entries_.resize(entries);
    keys_.resize(entries);
  }

  // Each set splits into itself and one of the new half, so none can overflow. Both keep the order
  // of the entries and have their free places last.
  void double_size() {
    const std::size_t half = entries_.size();
    resize(2 * half);
    for (std::size_t first = 0; first < half; first += ways) {
      std::size_t stays = first;
      std::size_t goes = half + first;
      for (std::size_t at = first; at < first + ways; ++at) {
        if (keys_[at] == 0) continue;
        const bool upper = (keys_[at] & (half / ways)) != 0;
        const std::size_t to = upper ? goes++ : stays++;
        if (to == at) continue;
        entries_[to] = std::exchange(entries_[at], T{});
        keys_[to] = std::exchange(keys_[at], 0);
      }
    }
  }

  std::size_t max_sets_;
  std::vector<T> entries_;
  std::vector<std::uint64_t> keys_;  // again, so that a set is found by looking at one cache line
  std::uint64_t evictions_ = 0;
};

}  // namespace ntan::detect

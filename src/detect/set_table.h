// A bounded hash table of small sets: whoever finds a set full replaces its least valuable entry.
#pragma once

#include <algorithm>
#include <array>
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
  { entry.key } -> std::convertible_to<std::uint64_t>;
  { entry.worth() } -> std::convertible_to<std::int64_t>;
  { entry.pinned() } -> std::convertible_to<bool>;
};

/// Eight-way set-associative: a lookup reads one cache line of tags and places, and mostly one
/// entry; chosen collisions reach one set only. Starts small and doubles when a set is full until
/// `max_entries`; then it evicts. The first full set comes at about a third of the capacity: the
/// entries, which are larger than their share of a set, lie packed in the order they came. Address
/// space is taken at once, memory as the table grows. Keys are 64-bit hashes. References live until
/// their entry is evicted.
template <SetEntry T>
class SetTable {
 public:
  static constexpr std::size_t ways = 8;

 private:
  struct alignas(64) Set {
    std::array<std::uint32_t, ways> tags{};    // low halves of keys; their low bits tell the set
    std::array<std::uint32_t, ways> places{};  // in entries_, from 1; 0: free, and so are the rest
  };

 public:
  static constexpr std::size_t entry_size = sizeof(T) + sizeof(Set) / ways;

  explicit SetTable(std::size_t max_entries)
      : max_sets_(std::bit_floor(std::max<std::size_t>(max_entries / ways, 1))) {
    entries_.reserve(max_sets_ * ways);
    sets_.reserve(max_sets_);
    sets_.resize(std::min(max_sets_, first_sets));
  }

  /// Asks for the set of `key`, before somebody waits for it.
  void prefetch(std::uint64_t key) const noexcept { __builtin_prefetch(&set_of(key)); }

  [[nodiscard]] T* find(std::uint64_t key) noexcept {
    const Set& set = set_of(key);
    for (std::size_t way = 0; way < ways && set.places[way] != 0; ++way) {
      if (set.tags[way] != tag_of(key)) continue;
      T& entry = entries_[set.places[way] - 1];
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  /// The entry of `key`, default-made with that key if it was not there. `on_evict` sees the entry
  /// that has to go before it does.
  template <class OnEvict>
  T& find_or_insert(std::uint64_t key, OnEvict on_evict) {
    if (T* found = find(key); found != nullptr) return *found;
    while (set_of(key).places.back() != 0) {
      if (sets_.size() >= max_sets_) return replace(key, on_evict);
      double_size();
    }
    return append(key);
  }

  /// Those in use, in the order they came; one that took the place of another lies where that was.
  [[nodiscard]] std::span<T> entries() noexcept { return entries_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::size_t first_sets = 64;

  static constexpr std::uint32_t tag_of(std::uint64_t key) noexcept {
    return static_cast<std::uint32_t>(key);
  }

  [[nodiscard]] const Set& set_of(std::uint64_t key) const noexcept {
    return sets_[key & (sets_.size() - 1)];
  }
  [[nodiscard]] Set& set_of(std::uint64_t key) noexcept { return sets_[key & (sets_.size() - 1)]; }

  T& append(std::uint64_t key) {
    Set& set = set_of(key);
    const auto way =
        static_cast<std::size_t>(std::ranges::find(set.places, 0U) - set.places.begin());
    T& entry = entries_.emplace_back();
    entry.key = key;
    set.tags[way] = tag_of(key);
    set.places[way] = static_cast<std::uint32_t>(entries_.size());
    return entry;
  }

  /// Puts `key` in the place of the least valuable entry of its full set.
  template <class OnEvict>
  T& replace(std::uint64_t key, OnEvict on_evict) {
    Set& set = set_of(key);
    const auto least =
        std::ranges::min_element(set.places, [this](std::uint32_t a, std::uint32_t b) {
          const T& left = entries_[a - 1];
          const T& right = entries_[b - 1];
          return std::pair{left.pinned(), left.worth()} < std::pair{right.pinned(), right.worth()};
        });
    T& victim = entries_[*least - 1];
    ++evictions_;
    on_evict(victim);
    victim = T{};
    victim.key = key;
    set.tags[static_cast<std::size_t>(least - set.places.begin())] = tag_of(key);
    return victim;
  }

  // Each set splits into itself and one of the new half, so none can overflow. Both keep the order
  // of the entries and have their free places last.
  void double_size() {
    const std::size_t half = sets_.size();
    sets_.resize(2 * half);
    for (std::size_t at = 0; at < half; ++at) {
      const Set old = std::exchange(sets_[at], {});
      std::array<std::size_t, 2> used{};
      for (std::size_t way = 0; way < ways && old.places[way] != 0; ++way) {
        const bool upper = (old.tags[way] & half) != 0;
        Set& to = sets_[upper ? half + at : at];
        to.tags[used[upper ? 1 : 0]] = old.tags[way];
        to.places[used[upper ? 1 : 0]++] = old.places[way];
      }
    }
  }

  std::size_t max_sets_;
  std::vector<T> entries_;
  std::vector<Set> sets_;
  std::uint64_t evictions_ = 0;
};

}  // namespace ntan::detect

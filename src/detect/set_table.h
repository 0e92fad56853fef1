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

/// An entry says what it is worth keeping; a pinned one goes only if its whole set is pinned. One
/// that must know its own key has a member `key`.
template <class T>
concept SetEntry = requires(const T& entry) {
  { entry.worth() } -> std::convertible_to<std::int64_t>;
  { entry.pinned() } -> std::convertible_to<bool>;
};

/// Eight-way set-associative: a lookup costs at most eight compares, and chosen collisions reach
/// one set only. Starts small and doubles when a set is full until `max_entries`; then it evicts.
/// Sets hold keys and places only: the first full set comes at about a third of the
/// capacity, and the entries, which are larger, lie packed in the order they came. Address space is
/// taken at once, memory as the table grows. Keys are 64-bit hashes. References live until their
/// entry is evicted.
template <SetEntry T>
class SetTable {
 public:
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t entry_size =
      sizeof(T) + sizeof(std::uint64_t) + sizeof(std::uint32_t);

  explicit SetTable(std::size_t max_entries)
      : max_sets_(std::bit_floor(std::max<std::size_t>(max_entries / ways, 1))) {
    entries_.reserve(max_sets_ * ways);
    keys_.reserve(max_sets_ * ways);
    places_.reserve(max_sets_ * ways);
    resize(std::min(max_sets_, first_sets) * ways);
  }

  [[nodiscard]] T* find(std::uint64_t key) noexcept {
    const std::size_t slot = find_in_set(set_of(key), key);
    return slot == nowhere ? nullptr : &entries_[places_[slot]];
  }

  /// The entry of `key`, default-made if it was not there. Requires: key != 0. `on_evict` sees the
  /// entry that has to go before it does.
  template <class OnEvict>
  T& find_or_insert(std::uint64_t key, OnEvict on_evict) {
    if (T* found = find(key); found != nullptr) return *found;
    for (;;) {
      const std::size_t free = find_in_set(set_of(key), 0);
      if (free != nowhere) return append(free, key);
      if (keys_.size() / ways >= max_sets_) break;
      double_size();
    }
    const std::size_t slot = least_of(set_of(key));
    T& victim = entries_[places_[slot]];
    ++evictions_;
    on_evict(victim);
    victim = T{};
    keys_[slot] = key;
    name(victim, key);
    return victim;
  }

  /// Those in use, in the order they came; one that took the place of another lies where that was.
  [[nodiscard]] std::span<T> entries() noexcept { return entries_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::size_t first_sets = 64;
  static constexpr std::size_t nowhere = SIZE_MAX;

  /// Where the set of a key begins.
  [[nodiscard]] std::size_t set_of(std::uint64_t key) const noexcept {
    return (key & (keys_.size() / ways - 1)) * ways;
  }

  [[nodiscard]] std::size_t find_in_set(std::size_t first, std::uint64_t key) const noexcept {
    for (std::size_t slot = first; slot < first + ways; ++slot) {
      if (keys_[slot] == key) return slot;
    }
    return nowhere;
  }

  /// The slot of the least valuable entry of a full set.
  [[nodiscard]] std::size_t least_of(std::size_t first) const noexcept {
    const auto set = std::span{places_}.subspan(first, ways);
    const auto least = std::ranges::min_element(set, [this](std::uint32_t a, std::uint32_t b) {
      const T& left = entries_[a];
      const T& right = entries_[b];
      return std::pair{left.pinned(), left.worth()} < std::pair{right.pinned(), right.worth()};
    });
    return first + static_cast<std::size_t>(least - set.begin());
  }

  T& append(std::size_t slot, std::uint64_t key) {
    keys_[slot] = key;
    places_[slot] = static_cast<std::uint32_t>(entries_.size());
    T& entry = entries_.emplace_back();
    name(entry, key);
    return entry;
  }

  static void name(T& entry, std::uint64_t key) noexcept {
    if constexpr (requires { entry.key; }) entry.key = key;
  }

  void resize(std::size_t slots) {
    keys_.resize(slots);
    places_.resize(slots);
  }

  // Each set splits into itself and one of the new half, so none can overflow. Both keep the order
  // of the entries and have their free places last.
  void double_size() {
    const std::size_t half = keys_.size();
    resize(2 * half);
    for (std::size_t first = 0; first < half; first += ways) {
      std::size_t stays = first;
      std::size_t goes = half + first;
      for (std::size_t at = first; at < first + ways; ++at) {
        if (keys_[at] == 0) continue;
        const bool upper = (keys_[at] & (half / ways)) != 0;
        const std::size_t to = upper ? goes++ : stays++;
        if (to == at) continue;
        keys_[to] = std::exchange(keys_[at], 0);
        places_[to] = places_[at];
      }
    }
  }

  std::size_t max_sets_;
  std::vector<T> entries_;
  std::vector<std::uint64_t> keys_;    // by slot: a set is searched in one cache line; 0: free
  std::vector<std::uint32_t> places_;  // by slot: where in entries_
  std::uint64_t evictions_ = 0;
};

}  // namespace ntan::detect

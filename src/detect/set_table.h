// A bounded hash table of small sets: whoever finds a set full replaces its least valuable entry.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/prefetch.h"

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
    mask_ = sets_.size() - 1;
  }

  /// Asks for the set of `key`, before somebody waits for it.
  [[gnu::always_inline]] void prefetch(std::uint64_t key) const noexcept {
    __builtin_prefetch(&set_of(key));
  }
  /// Asks for what inserting `key` will look at: its entry, or what those of a full set are worth.
  /// The set was asked for and has arrived by now.
  [[gnu::always_inline]] void prefetch_entries(std::uint64_t key) const noexcept {
    const Set& set = set_of(key);
    const auto entry = [&](std::size_t way) -> const T& {
      return entries_.data()[set.places[way] - 1];
    };
    const unsigned met = matches(set.tags, tag_of(key));
    const std::size_t way = static_cast<std::size_t>(std::countr_zero(met)) % ways;
    if (met != 0 && set.places[way] != 0) {
      prefetch_object(entry(way));
    } else if (set.places.back() != 0 && sets_.size() >= max_sets_) {
      for (std::size_t each = 0; each < ways; ++each) prefetch_front<1>(entry(each));
    }
  }

  [[nodiscard]] T* find(std::uint64_t key) noexcept { return find_in(set_of(key), key); }

  /// The entry of `key`, default-made with that key if it was not there. `on_evict` sees the entry
  /// that has to go before it does.
  template <class OnEvict>
  T& find_or_insert(std::uint64_t key, OnEvict on_evict) {
    if (T* found = find(key); found != nullptr) return *found;
    return insert(key, on_evict);
  }

  /// Those in use, in the order they came; one that took the place of another lies where that was.
  [[nodiscard]] std::span<T> entries() noexcept { return entries_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::size_t first_sets = 64;

  static constexpr std::uint32_t tag_of(std::uint64_t key) noexcept {
    return static_cast<std::uint32_t>(key);
  }

  // Neither needs a bounds check: the mask is one less than the number of sets, and a place that is
  // not 0 is that of an entry.
  [[nodiscard]] const Set& set_of(std::uint64_t key) const noexcept {
    return sets_.data()[key & mask_];
  }
  [[nodiscard]] Set& set_of(std::uint64_t key) noexcept { return sets_.data()[key & mask_]; }
  [[nodiscard]] T& entry_at(std::uint32_t place) noexcept { return entries_.data()[place - 1]; }

  // Bit n: the nth tag is `tag`. All at once: a row of compares is twice as long, and where it ends
  // is a guess.
  [[nodiscard]] static unsigned matches(const std::array<std::uint32_t, ways>& tags,
                                        std::uint32_t tag) noexcept {
    using Four [[gnu::vector_size(16)]] = std::int32_t;
    struct Lanes {
      Four low;
      Four high;
    };
    constexpr Four low_bits{1, 2, 4, 8};
    constexpr Four high_bits{16, 32, 64, 128};
    const auto lanes = std::bit_cast<Lanes>(tags);
    const auto wanted = static_cast<std::int32_t>(tag);
    const Four met = ((lanes.low == wanted) & low_bits) | ((lanes.high == wanted) & high_bits);
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(met);
    const std::uint64_t both = halves[0] | halves[1];
    return static_cast<unsigned>(both | both >> 32U) & 0xffU;
  }

  [[nodiscard]] T* find_in(const Set& set, std::uint64_t key) noexcept {
    for (unsigned left = matches(set.tags, tag_of(key)); left != 0; left &= left - 1) {
      const std::uint32_t place =
          set.places[static_cast<std::size_t>(std::countr_zero(left)) % ways];
      if (place == 0) continue;
      T& entry = entry_at(place);
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  // Not inline: whoever finds the entry need not save registers for this.
  template <class OnEvict>
  [[gnu::noinline]] T& insert(std::uint64_t key, OnEvict on_evict) {
    while (set_of(key).places.back() != 0) {
      if (sets_.size() >= max_sets_) return replace(key, on_evict);
      double_size();
    }
    return append(key);
  }

  T& append(std::uint64_t key) {
    Set& set = set_of(key);
    std::size_t way = 0;
    while (set.places[way] != 0) ++way;
    T& entry = entries_.emplace_back();
    entry.key = key;
    set.tags[way] = tag_of(key);
    set.places[way] = static_cast<std::uint32_t>(entries_.size());
    return entry;
  }

  /// Puts `key` in the place of the least valuable entry of its full set; of equals, of the first.
  template <class OnEvict>
  T& replace(std::uint64_t key, OnEvict on_evict) {
    Set& set = set_of(key);
    std::size_t least = 0;
    bool pinned = true;
    std::int64_t worth = INT64_MAX;
    for (std::size_t way = 0; way < ways; ++way) {
      const T& entry = entry_at(set.places[way]);
      const bool is_pinned = entry.pinned();
      const std::int64_t its_worth = entry.worth();
      if (is_pinned == pinned ? its_worth >= worth : is_pinned) continue;
      least = way;
      pinned = is_pinned;
      worth = its_worth;
    }
    T& victim = entry_at(set.places[least]);
    ++evictions_;
    on_evict(victim);
    std::destroy_at(&victim);
    std::construct_at(&victim);
    victim.key = key;
    set.tags[least] = tag_of(key);
    return victim;
  }

  // Each set splits into itself and one of the new half, so none can overflow. Both keep the order
  // of the entries and have their free places last.
  void double_size() {
    const std::size_t half = sets_.size();
    sets_.resize(2 * half);
    mask_ = sets_.size() - 1;
    for (std::size_t at = 0; at < half; ++at)
      split(sets_.data()[at], sets_.data()[half + at], half);
  }

  // Moves those with the bit `half` in their tag from `lower` to `upper`.
  static void split(Set& lower, Set& upper, std::size_t half) noexcept {
    std::size_t stay = 0;
    std::size_t move = 0;
    for (std::size_t way = 0; way < ways && lower.places[way] != 0; ++way) {
      const std::uint32_t tag = lower.tags[way];
      const std::uint32_t place = std::exchange(lower.places[way], 0);
      const bool moves = (tag & half) != 0;
      Set& to = moves ? upper : lower;
      const std::size_t at = moves ? move++ : stay++;
      to.tags[at] = tag;
      to.places[at] = place;
    }
  }

  std::size_t max_sets_;
  std::vector<T> entries_;
  std::vector<Set> sets_;
  std::size_t mask_ = 0;  // what of a key tells its set
  std::uint64_t evictions_ = 0;
};

}  // namespace ntan::detect

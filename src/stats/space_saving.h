// Space-Saving (Metwally, Agrawal, El Abbadi, 2005): the heaviest of any number of addresses with
// a fixed number of counters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.h"

namespace ntan::stats {

/// Octets and packets per address. Every address with more than total_bytes() / capacity octets has
/// a counter, and no counter is above the truth by more than its error, which is at most
/// total_bytes() / capacity. With no more than `capacity` addresses everything is exact. What is
/// counted depends on the order of add() only, never on the machine.
class SpaceSaving {
 public:
  static constexpr std::size_t capacity = 256;

  struct Counter {
    IpAddress address;
    std::uint64_t bytes = 0;  ///< the truth is between bytes - error and bytes
    std::uint64_t error = 0;
    std::uint64_t packets = 0;  ///< those behind bytes - error: the truth or less
  };

  /// Takes the smallest counter over for an address without one; of equal ones the oldest place.
  /// O(log capacity), no allocation.
  void add(const IpAddress& address, std::uint64_t bytes, std::uint64_t packets) noexcept;
  /// Adds the other's counters; the bounds hold for the sum of both totals.
  void merge(const SpaceSaving& other);
  void clear() noexcept;

  [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_; }

  /// The `count` heaviest, heaviest first; equals by address.
  [[nodiscard]] std::vector<Counter> top(std::size_t count) const;

 private:
  using Place = std::uint16_t;  // among counters_
  static constexpr std::size_t slots = 4 * capacity;

  [[nodiscard]] static std::size_t home(const IpAddress& address) noexcept;
  /// The address's slot, or the free one where it would go. `from`: its home.
  [[nodiscard]] std::size_t find_slot(const IpAddress& address, std::size_t from) const noexcept;
  /// The address's counter, if it has one.
  [[nodiscard]] const Counter* find(const IpAddress& address) const noexcept;
  void enter(Place place, std::size_t from) noexcept;
  void leave(Place place) noexcept;
  void append(const Counter& counter) noexcept;
  /// A counter in the heap, with its octets beside it: to compare two takes no look elsewhere.
  struct Ranked {
    std::uint64_t bytes = 0;
    Place place = 0;

    /// The smallest counter first, then the lowest place.
    [[nodiscard]] bool before(const Ranked& other) const noexcept {
      return bytes != other.bytes ? bytes < other.bytes : place < other.place;
    }
  };

  /// The counter at `at` now has so many octets: no fewer than before.
  void grow(std::size_t at, std::uint64_t bytes) noexcept;
  void rise(std::size_t at) noexcept;
  void put(std::size_t at, const Ranked& counter) noexcept;
  /// What an address without a counter may have sent at most.
  [[nodiscard]] std::uint64_t least() const noexcept;

  std::array<Counter, capacity> counters_{};
  std::array<Ranked, capacity> heap_{};    ///< the smallest counter at the top
  std::array<Place, capacity> heap_at_{};  ///< of a place, where in heap_
  std::array<Place, slots> slots_{};       ///< place + 1, or 0; linear probing
  std::array<Place, capacity> homes_{};    ///< of a place, where its address's probing begins
  std::size_t size_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace ntan::stats

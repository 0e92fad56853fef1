// Which targets a source has addressed before, and what became of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/budget.h"

namespace ntan::detect {

/// What is known about one target of a source.
enum class Mark : std::uint8_t {
  absent,    ///< never addressed
  pending,   ///< first contact, no result yet
  reported,  ///< as pending, and already counted in an alert
  silent,    ///< counted as silent, may be taken back
  done,
  probation,  ///< a bare connect that may be repeated soon
  returned,   ///< the source came back to it within the probation
  host,       ///< for keys of hosts: a real session took place
  blurred,    ///< resolved, how is not remembered
};

/// Set of 64-bit hashes with a mark each. Exact up to 4,096 (28 bits of the hash are compared),
/// then two rotating pairs of Bloom filters that may take a new target for an old one: that delays
/// an alarm and never makes one. Memory beyond the first eight is paid from the budget.
class ContactSet {
 public:
  ContactSet() = default;

  [[nodiscard]] Mark find(std::uint64_t hash) const noexcept;
  /// Adds an absent hash. False if there is no memory left: it then stays absent.
  bool insert(std::uint64_t hash, Mark mark, Budget& budget);
  /// Changes the mark of a hash that is there.
  void update(std::uint64_t hash, Mark mark) noexcept;
  /// Forgets everything and gives the memory back.
  void release(Budget& budget) noexcept;

  [[nodiscard]] std::size_t exact_size() const noexcept { return size_; }

 private:
  static constexpr std::size_t inline_slots = 8;
  static constexpr std::size_t max_exact = 4096;
  struct Blur;

  struct BlurDelete {
    void operator()(Blur* blur) const noexcept;
  };

  // A slot: 28 bits of the hash, 4 bits of Mark; 0 is free.
  static constexpr std::size_t nowhere = SIZE_MAX;
  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept;
  [[nodiscard]] bool grow(Budget& budget);
  void place(std::uint32_t slot) noexcept;
  bool insert_blurred(std::uint64_t hash, Budget& budget);

  std::array<std::uint32_t, inline_slots> first_{};
  std::vector<std::uint32_t> slots_;  // open addressing, at most half full
  std::unique_ptr<Blur, BlurDelete> blur_;
  std::uint32_t size_ = 0;
};

}  // namespace ntan::detect

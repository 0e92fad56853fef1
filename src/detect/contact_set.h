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
  refused,   ///< counted as refused, the same
  done,
  probation,  ///< a handshake without use that may be repeated soon
  returned,   ///< the source came back to it within the probation
  host,       ///< for keys of hosts: a real session took place
  expired,    ///< a packet died on the way: nothing reached it yet
  blurred,    ///< resolved, how is not remembered
  counted,    ///< as probation, and already counted in an alert
};

/// Set of 64-bit hashes with a mark each. Exact up to 4,096 (28 bits of the hash are compared),
/// then two rotating pairs of Bloom filters that may take a new target for an old one: that delays
/// an alarm and never makes one. Memory beyond the first eight is paid from the budget.
class ContactSet {
 public:
  ContactSet() = default;

  [[nodiscard]] Mark find(std::uint64_t hash) const noexcept {
    if (const std::uint32_t* slot = slot_of(*this, hash); slot != nullptr) return mark_of(*slot);
    return blurred() ? find_blurred(hash) : Mark::absent;
  }

  /// Adds an absent hash. False if there is no memory left: it then stays absent.
  bool insert(std::uint64_t hash, Mark mark, Budget& budget) {
    if (size_ >= inline_slots) return insert_beyond(hash, mark, budget);
    first_[size_++] = make_slot(hash, mark);
    return true;
  }

  /// Changes the mark of a hash that is there.
  void update(std::uint64_t hash, Mark mark) noexcept {
    if (std::uint32_t* slot = slot_of(*this, hash); slot != nullptr) {
      *slot = make_slot(hash, mark);
    } else if (blurred()) {
      update_blurred(hash, mark);
    }
  }

  /// Forgets everything and gives the memory back.
  void release(Budget& budget) noexcept;

  [[nodiscard]] bool holds_memory() const noexcept { return beyond_ != nullptr; }

 private:
  static constexpr std::size_t inline_slots = 8;
  static constexpr std::size_t max_exact = 4096;
  struct Blur;

  struct BlurDelete {
    void operator()(Blur* blur) const noexcept;
  };

  // What more than a few targets need: most sources have fewer, and no room to lose.
  struct Beyond {
    std::vector<std::uint32_t> slots;  // open addressing, at most half full; all that are exact
    std::unique_ptr<Blur, BlurDelete> blur;
  };

  // A slot: 28 bits of the hash, 4 bits of Mark; 0 is free.
  static constexpr unsigned mark_bits = 4;
  static constexpr std::uint32_t mark_mask = (1U << mark_bits) - 1;

  static std::uint32_t make_slot(std::uint64_t hash, Mark mark) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U) << mark_bits | static_cast<std::uint32_t>(mark);
  }

  static Mark mark_of(std::uint32_t slot) noexcept { return static_cast<Mark>(slot & mark_mask); }

  // Where the exact part holds the hash; nullptr: nowhere.
  template <class Set>
  [[nodiscard]] static auto slot_of(Set& set, std::uint64_t hash) noexcept
      -> decltype(set.first_.data()) {
    const std::uint32_t wanted = make_slot(hash, Mark::absent);
    if (set.beyond_ == nullptr || set.beyond_->slots.empty()) {
      for (std::size_t i = 0; i < set.size_; ++i) {
        if ((set.first_[i] & ~mark_mask) == wanted) return &set.first_[i];
      }
      return nullptr;
    }
    std::uint32_t* const slots = set.beyond_->slots.data();
    const std::size_t last = set.beyond_->slots.size() - 1;
    for (std::size_t at = (wanted >> mark_bits) & last; slots[at] != 0; at = (at + 1) & last) {
      if ((slots[at] & ~mark_mask) == wanted) return &slots[at];
    }
    return nullptr;
  }

  [[nodiscard]] bool blurred() const noexcept {
    return beyond_ != nullptr && beyond_->blur != nullptr;
  }
  [[nodiscard]] Mark find_blurred(std::uint64_t hash) const noexcept;
  void update_blurred(std::uint64_t hash, Mark mark) noexcept;
  bool insert_beyond(std::uint64_t hash, Mark mark, Budget& budget);
  bool insert_blurred(std::uint64_t hash, Budget& budget);
  [[nodiscard]] bool ensure_beyond(Budget& budget);
  [[nodiscard]] bool grow(Budget& budget);
  void place(std::uint32_t slot) noexcept;

  std::array<std::uint32_t, inline_slots> first_{};
  std::unique_ptr<Beyond> beyond_;
  std::uint32_t size_ = 0;
};

}  // namespace ntan::detect

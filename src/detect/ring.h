// A short queue that loses its oldest entry for the price of a step, in memory that somebody pays.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/budget.h"

namespace ntan::detect {

/// Values in the order they came, oldest first. Grows only by reserve(), so that the owner can ask
/// a Budget before. Pointers live until the next push, erase or reserve. `Count` counts its
/// capacity.
template <class T, std::unsigned_integral Count = std::uint32_t>
class Ring {
 public:
  using Slots = std::unique_ptr<T[]>;  // NOLINT(*-c-arrays)

  template <class Owner, class Value>
  class Iterator {
   public:
    Iterator(Owner& owner, std::size_t at) noexcept : owner_(&owner), at_(at) {}

    Value& operator*() const noexcept { return (*owner_)[at_]; }

    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }

    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    Owner* owner_;
    std::size_t at_;
  };

  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  Ring(Ring&& other) noexcept
      : slots_(std::move(other.slots_)),
        capacity_(std::exchange(other.capacity_, 0)),
        head_(std::exchange(other.head_, 0)),
        size_(std::exchange(other.size_, 0)) {}

  Ring& operator=(Ring&& other) noexcept {
    slots_ = std::move(other.slots_);
    capacity_ = std::exchange(other.capacity_, 0);
    head_ = std::exchange(other.head_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  ~Ring() = default;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  T& operator[](std::size_t at) noexcept { return slots_.get()[place(at)]; }
  const T& operator[](std::size_t at) const noexcept { return slots_.get()[place(at)]; }

  [[nodiscard]] auto begin() noexcept { return Iterator<Ring, T>{*this, 0}; }
  [[nodiscard]] auto end() noexcept { return Iterator<Ring, T>{*this, size_}; }
  [[nodiscard]] auto begin() const noexcept { return Iterator<const Ring, const T>{*this, 0}; }
  [[nodiscard]] auto end() const noexcept { return Iterator<const Ring, const T>{*this, size_}; }

  /// Requires: a power of two, more than capacity().
  void reserve(std::size_t capacity) {
    move_into(std::make_unique<T[]>(capacity), capacity);
  }  // NOLINT(*-c-arrays)

  /// The same in memory that is there already; returns what it lay in before.
  /// Requires: `capacity` values at `slots`; of the number what reserve() requires.
  Slots move_into(Slots slots, std::size_t capacity) noexcept {
    for (std::size_t i = 0; i < size_; ++i) slots.get()[i] = std::move((*this)[i]);
    capacity_ = static_cast<Count>(capacity);
    head_ = 0;
    return std::exchange(slots_, std::move(slots));
  }

  /// Empties it and gives up its memory.
  Slots give_up() noexcept {
    capacity_ = head_ = size_ = 0;
    return std::move(slots_);
  }

  /// Requires: size() < capacity().
  void push_back(const T& value) noexcept {
    slots_.get()[place(size_)] = value;
    ++size_;
  }

  void pop_front() noexcept {
    head_ = static_cast<Count>(place(1));
    --size_;
  }

  /// Where a value lies. Requires: it is one of these.
  [[nodiscard]] std::size_t index_of(const T& value) const noexcept {
    return (static_cast<std::size_t>(&value - slots_.get()) - head_) & (capacity_ - std::size_t{1});
  }

  /// The latest for which `is(value)` holds, else nullptr.
  template <class Is>
  [[nodiscard]] T* find_last(Is is) noexcept {
    T* const slots = slots_.get();
    const auto last_of = [slots, &is](std::size_t begin, std::size_t end) -> T* {
      while (end > begin) {
        if (is(slots[--end])) return slots + end;
      }
      return nullptr;
    };
    const std::size_t end = std::size_t{head_} + size_;
    if (end <= capacity_) return last_of(head_, end);
    T* const found = last_of(0, end - capacity_);
    return found != nullptr ? found : last_of(head_, capacity_);
  }

  /// Closes the gap from the nearer end.
  void erase(std::size_t at) noexcept {
    if (at < size_ / 2) {
      for (; at > 0; --at) (*this)[at] = std::move((*this)[at - 1]);
      pop_front();
      return;
    }
    for (; at + 1 < size_; ++at) (*this)[at] = std::move((*this)[at + 1]);
    --size_;
  }

  template <class Predicate>
  void erase_if(Predicate predicate) {
    Count kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (predicate((*this)[i])) continue;
      if (kept != i) (*this)[kept] = std::move((*this)[i]);
      ++kept;
    }
    size_ = kept;
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t at) const noexcept {
    return (head_ + at) & (capacity_ - std::size_t{1});
  }

  Slots slots_;
  Count capacity_ = 0;
  Count head_ = 0;
  Count size_ = 0;
};

/// Where rings have their memory from: paid from a budget. Under a flood thousands take a first
/// place and lose it again, so that a few of those are kept for who comes next.
template <class T>
class RingMemory {
 public:
  explicit RingMemory(Budget& budget) : budget_(&budget) { spare_.reserve(max_spare); }

  /// Doubles the capacity, at least to one. False: there is no memory.
  template <class Count>
  [[nodiscard]] bool widen(Ring<T, Count>& ring) {
    const std::size_t capacity = ring.capacity();
    const std::size_t wider = capacity == 0 ? 1 : 2 * capacity;
    if (!budget_->take((wider - capacity) * sizeof(T))) return false;
    keep(ring.move_into(slots(wider), wider), capacity);
    return true;
  }

  /// Empties a ring and takes its memory back.
  template <class Count>
  void release(Ring<T, Count>& ring) noexcept {
    const std::size_t capacity = ring.capacity();
    budget_->give_back(capacity * sizeof(T));
    keep(ring.give_up(), capacity);
  }

 private:
  using Slots = typename Ring<T>::Slots;
  static constexpr std::size_t max_spare = 64;

  [[nodiscard]] Slots slots(std::size_t capacity) {
    if (capacity != 1 || spare_.empty())
      return std::make_unique<T[]>(capacity);  // NOLINT(*-c-arrays)
    Slots slots = std::move(spare_.back());
    spare_.pop_back();
    return slots;
  }

  void keep(Slots slots, std::size_t capacity) noexcept {
    if (capacity == 1 && spare_.size() < max_spare) spare_.push_back(std::move(slots));
  }

  Budget* budget_;
  std::vector<Slots> spare_;  // each of one value
};

}  // namespace ntan::detect

// A short queue that loses its oldest entry for the price of a step, in memory that somebody pays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace ntan::detect {

/// Values in the order they came, oldest first. Grows only by reserve(), so that the owner can ask
/// a Budget before. Pointers live until the next push, erase or reserve.
template <class T>
class Ring {
 public:
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

  T& operator[](std::size_t at) noexcept { return slots_[place(at)]; }
  const T& operator[](std::size_t at) const noexcept { return slots_[place(at)]; }

  [[nodiscard]] auto begin() noexcept { return Iterator<Ring, T>{*this, 0}; }
  [[nodiscard]] auto end() noexcept { return Iterator<Ring, T>{*this, size_}; }
  [[nodiscard]] auto begin() const noexcept { return Iterator<const Ring, const T>{*this, 0}; }
  [[nodiscard]] auto end() const noexcept { return Iterator<const Ring, const T>{*this, size_}; }

  /// Requires: a power of two, more than capacity().
  void reserve(std::size_t capacity) {
    auto wider = std::make_unique<T[]>(capacity);  // NOLINT(*-c-arrays)
    for (std::size_t i = 0; i < size_; ++i) wider[i] = std::move((*this)[i]);
    slots_ = std::move(wider);
    capacity_ = static_cast<std::uint32_t>(capacity);
    head_ = 0;
  }

  /// Requires: size() < capacity().
  void push_back(const T& value) noexcept {
    slots_[place(size_)] = value;
    ++size_;
  }

  void pop_front() noexcept {
    head_ = static_cast<std::uint32_t>(place(1));
    --size_;
  }

  /// Where a value lies. Requires: it is one of these.
  [[nodiscard]] std::size_t index_of(const T& value) const noexcept {
    return (static_cast<std::size_t>(&value - slots_.get()) - head_) & (capacity_ - 1);
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
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (predicate((*this)[i])) continue;
      if (kept != i) (*this)[kept] = std::move((*this)[i]);
      ++kept;
    }
    size_ = kept;
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t at) const noexcept {
    return (head_ + at) & (capacity_ - 1);
  }

  std::unique_ptr<T[]> slots_;  // NOLINT(*-c-arrays)
  std::uint32_t capacity_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace ntan::detect

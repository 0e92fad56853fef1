// Fixed-size objects with stable addresses, named by 32-bit numbers. Memory is reserved for the
// whole cap but touched only as far as objects were ever alive, so a large cap costs nothing at the
// start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "base/pages.h"

namespace ntan::flow {

/// Number of an object in a slab; 0 names none.
using Number = std::uint32_t;

template <class T>
class Slab {
 public:
  /// Reserves address space for `capacity` objects. Throws std::system_error when the system
  /// refuses.
  explicit Slab(std::size_t capacity)
      : capacity_(capacity),
        pages_(capacity * sizeof(T)),
        items_(reinterpret_cast<T*>(pages_.data())) {}  // NOLINT(*-reinterpret-cast): raw memory
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  Slab(Slab&&) = delete;
  Slab& operator=(Slab&&) = delete;
  /// Objects still alive are not destroyed one by one: their owner erases them first.
  ~Slab() = default;

  /// Makes an object, or returns 0 when the cap is reached. The lowest free number is not promised.
  template <class... Args>
  [[nodiscard]] Number create(Args&&... args) {
    Number number = 0;
    if (!free_.empty()) {
      number = free_.back();
      free_.pop_back();
    } else if (used_ < capacity_) {
      number = static_cast<Number>(++used_);
      if (number % word_bits == 0) living_.push_back(0);
      pages_.use(used_ * sizeof(T));
    } else {
      return 0;
    }
    new (&items_[number - 1]) T(std::forward<Args>(args)...);
    living_[number / word_bits] |= bit(number);
    ++alive_;
    return number;
  }

  void destroy(Number number) {
    items_[number - 1].~T();
    living_[number / word_bits] &= ~bit(number);
    free_.push_back(number);
    --alive_;
  }

  [[nodiscard]] T& operator[](Number number) noexcept { return items_[number - 1]; }
  [[nodiscard]] const T& operator[](Number number) const noexcept { return items_[number - 1]; }
  /// Whether this object exists. Requires: number <= touched().
  [[nodiscard]] bool alive(Number number) const noexcept {
    return (living_[number / word_bits] & bit(number)) != 0;
  }
  [[nodiscard]] std::size_t alive() const noexcept { return alive_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Highest number ever given out; every number up to it is alive or free.
  [[nodiscard]] std::size_t touched() const noexcept { return used_; }

 private:
  static constexpr std::size_t word_bits = 64;

  static constexpr std::uint64_t bit(Number number) noexcept {
    return std::uint64_t{1} << (number % word_bits);
  }

  std::size_t capacity_;
  std::size_t used_ = 0;
  std::size_t alive_ = 0;
  Pages pages_;
  T* items_;
  std::vector<Number> free_;
  std::vector<std::uint64_t> living_{0};  ///< a bit per number up to touched()
};

}  // namespace ntan::flow

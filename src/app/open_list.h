// Exchanges that wait for their second half.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/budget.h"

namespace ntan::app {

/// At most `capacity` entries in the order they came, paid from a Budget. Room grows by doubling
/// and is kept until the list dies, so that a flow of many exchanges allocates a few times, unless
/// trim() gives it back.
template <class T, std::size_t capacity>
class OpenList {
 public:
  explicit OpenList(Budget& budget) noexcept : budget_(&budget) {}

  OpenList(const OpenList&) = delete;
  OpenList& operator=(const OpenList&) = delete;

  ~OpenList() { release(); }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  [[nodiscard]] bool full() const noexcept { return entries_.size() == capacity; }

  [[nodiscard]] auto begin() noexcept { return entries_.begin(); }

  [[nodiscard]] auto end() noexcept { return entries_.end(); }

  /// Room for one more; false, and counted there, when the budget refuses. Requires: not full().
  [[nodiscard]] bool make_room() { return entries_.size() < entries_.capacity() || grow(); }

  /// Requires: make_room() was true.
  T& add(T&& entry) { return entries_.emplace_back(std::move(entry)); }

  /// Takes an entry out.
  [[nodiscard]] T take(typename std::vector<T>::iterator at) {
    T entry = std::move(*at);
    entries_.erase(at);
    return entry;
  }

  /// Gives up the `count` that came first, or all, each after `visit` was told of it.
  template <class Visit>
  void drop_front(std::size_t count, Visit visit) {
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, size()));
    std::for_each(entries_.begin(), end, visit);
    entries_.erase(entries_.begin(), end);
  }

  /// Gives the room back when nothing is open: for flows that mostly have one exchange and then
  /// stay in the table for a minute.
  void trim() noexcept {
    if (entries_.empty()) release();
  }

  /// The first entry for which `wanted` holds, or end().
  template <class Predicate>
  [[nodiscard]] auto find(Predicate wanted) {
    auto at = entries_.begin();
    while (at != entries_.end() && !wanted(*at)) ++at;
    return at;
  }

 private:
  void release() noexcept {
    budget_->give_back(entries_.capacity() * sizeof(T));
    std::vector<T>{}.swap(entries_);  // assigning {} would keep the room
  }

  [[nodiscard]] bool grow() {
    const std::size_t before = entries_.capacity();
    const std::size_t wanted = before == 0 ? 1 : std::min(2 * before, capacity);
    if (!budget_->take((wanted - before) * sizeof(T))) return false;
    entries_.reserve(wanted);
    budget_->used += (entries_.capacity() - wanted) * sizeof(T);
    return true;
  }

  Budget* budget_;
  std::vector<T> entries_;
};

}  // namespace ntan::app

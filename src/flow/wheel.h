// Expiry in trace time: a wheel of one-second slots that packets never touch. A packet only writes
// the flow's last time; when the second of a filed due time is entered, its slot is drained into a
// small array sorted by (due, sequence), from which flows are released exactly when they are due.
// Whoever holds the flows decides then whether one is really over or is filed again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "flow/slab.h"

namespace ntan::flow {

/// The part of a flow that the wheel owns.
struct WheelLink {
  static constexpr std::uint16_t nowhere = 0xffff;

  Number next = 0;
  Number previous = 0;
  std::uint16_t slot = nowhere;
};

/// A filed due time as it is released. Ordered by (due, sequence).
struct Due {
  std::int64_t time = 0;       ///< ns
  std::uint64_t sequence = 0;  ///< number of the flow's first packet
  Number number = 0;

  friend constexpr bool operator<(const Due& a, const Due& b) noexcept {
    return a.time != b.time ? a.time < b.time : a.sequence < b.sequence;
  }
};

/// `Links` gives access to flows: `WheelLink& link(Number)`, `Due due(Number)` (its true due now)
/// and `bool is(Number, std::uint64_t sequence)` (this flow is still the one that was filed).
template <class Links>
class Wheel {
 public:
  static constexpr std::size_t slot_count = 1024;
  static constexpr std::int64_t tick_ns = 1'000'000'000;

  explicit Wheel(Links& links) noexcept : links_(&links) {}

  /// Files a flow under its due time. Requires: the flow is in no slot.
  void file(Number number, const Due& due) {
    const std::int64_t tick = tick_of(due.time);
    if (tick <= tick_) {
      const auto at = std::upper_bound(ready_.begin() + static_cast<std::ptrdiff_t>(ready_at_),
                                       ready_.end(), due);
      ready_.insert(at, due);
      links_->link(number).slot = ready_slot;
      ++filed_;
      return;
    }
    const auto slot = static_cast<std::uint16_t>(static_cast<std::uint64_t>(tick) % slot_count);
    WheelLink& link = links_->link(number);
    link.slot = slot;
    link.previous = 0;
    link.next = heads_[slot];
    if (link.next != 0) links_->link(link.next).previous = number;
    heads_[slot] = number;
    ++filed_;
  }

  /// Takes a flow out, wherever it is.
  void remove(Number number) noexcept {
    WheelLink& link = links_->link(number);
    if (link.slot == WheelLink::nowhere) return;
    // An entry of the ready array stays behind: front() passes over it. Erasing would be linear.
    if (link.slot != ready_slot) {
      if (link.previous != 0) {
        links_->link(link.previous).next = link.next;
      } else {
        heads_[link.slot] = link.next;
      }
      if (link.next != 0) links_->link(link.next).previous = link.previous;
    }
    link.slot = WheelLink::nowhere;
    --filed_;
  }

  /// Starts at the first packet's time; filing before that would have no second to compare with.
  void start(Timestamp now) noexcept { tick_ = tick_of(to_ns(now)); }

  /// Enters the next second: its slot's flows that are due in it become ready, others stay.
  void enter_next_second() {
    ++tick_;
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_at_));
    ready_at_ = 0;
    const auto slot = static_cast<std::size_t>(static_cast<std::uint64_t>(tick_) % slot_count);
    Number number = heads_[slot];
    heads_[slot] = 0;
    const auto before = static_cast<std::ptrdiff_t>(ready_.size());
    while (number != 0) {
      WheelLink& link = links_->link(number);
      const Number next = link.next;
      const Due due = links_->due(number);
      if (tick_of(due.time) <= tick_) {
        link.slot = ready_slot;
        ready_.push_back(due);
      } else {
        link.slot = WheelLink::nowhere;
        --filed_;
        file(number, due);
      }
      number = next;
    }
    std::sort(ready_.begin() + before, ready_.end());
    std::inplace_merge(ready_.begin(), ready_.begin() + before, ready_.end());
  }

  /// The smallest ready due time, or nullptr. Later seconds may hold more.
  [[nodiscard]] const Due* front() noexcept {
    while (ready_at_ < ready_.size() && stale(ready_[ready_at_])) ++ready_at_;
    return ready_at_ < ready_.size() ? &ready_[ready_at_] : nullptr;
  }

  /// Takes the front. Requires: front() was asked and is not null.
  Due pop() noexcept {
    const Due due = ready_[ready_at_++];
    links_->link(due.number).slot = WheelLink::nowhere;
    --filed_;
    return due;
  }

  [[nodiscard]] std::int64_t tick() const noexcept { return tick_; }
  [[nodiscard]] bool empty() const noexcept { return filed_ == 0; }
  /// With nothing filed, seconds need not be entered one by one.
  void jump(std::int64_t tick) noexcept { tick_ = std::max(tick_, tick); }

  [[nodiscard]] static std::int64_t tick_of(std::int64_t ns) noexcept {
    const std::int64_t tick = ns / tick_ns;
    return ns % tick_ns < 0 ? tick - 1 : tick;
  }

 private:
  static constexpr std::uint16_t ready_slot = slot_count;

  // Its flow was taken out (or is another one by now) after the entry was made.
  [[nodiscard]] bool stale(const Due& due) const noexcept {
    return !links_->is(due.number, due.sequence) || links_->link(due.number).slot != ready_slot;
  }

  Links* links_;
  std::int64_t tick_ = INT64_MIN;
  std::size_t filed_ = 0;
  std::size_t ready_at_ = 0;
  std::vector<Due> ready_;
  std::array<Number, slot_count> heads_{};
};

}  // namespace ntan::flow

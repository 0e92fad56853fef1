// Expiry in trace time: a wheel of one-second slots that packets never touch. A packet only writes
// the flow's last time; when the second of a filed due time is entered, its slot is drained into a
// small heap ordered by (due, sequence), from which flows are released exactly when they are due.
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
  std::uint16_t readied = 0;  ///< how often the flow became ready: only its last entry counts
};

/// A filed due time as it is released. Ordered by (due, sequence).
struct Due {
  std::int64_t time = 0;       ///< ns
  std::uint64_t sequence = 0;  ///< number of the flow's first packet
  Number number = 0;
  std::uint16_t readied = 0;  ///< the wheel's own, see WheelLink

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
    WheelLink& link = links_->link(number);
    ++filed_;
    if (tick <= tick_) {
      make_ready(link, due);
      return;
    }
    const auto slot = static_cast<std::uint16_t>(static_cast<std::uint64_t>(tick) % slot_count);
    link.slot = slot;
    link.previous = 0;
    link.next = heads_[slot];
    if (link.next != 0) links_->link(link.next).previous = number;
    heads_[slot] = number;
  }

  /// Takes a flow out, wherever it is.
  void remove(Number number) noexcept {
    WheelLink& link = links_->link(number);
    if (link.slot == WheelLink::nowhere) return;
    // An entry of the ready heap stays behind: front() drops it. Erasing would be linear.
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
    const auto slot = static_cast<std::size_t>(static_cast<std::uint64_t>(tick_) % slot_count);
    Number number = heads_[slot];
    heads_[slot] = 0;
    while (number != 0) {
      WheelLink& link = links_->link(number);
      const Number next = link.next;
      const Due due = links_->due(number);
      if (tick_of(due.time) <= tick_) {
        make_ready(link, due);
      } else {
        link.slot = WheelLink::nowhere;
        --filed_;
        file(number, due);
      }
      number = next;
    }
  }

  /// The smallest ready due time, or nullptr. Later seconds may hold more.
  [[nodiscard]] const Due* front() noexcept {
    while (!ready_.empty() && stale(ready_.front())) take_front();
    return ready_.empty() ? nullptr : &ready_.front();
  }

  /// Takes the front. Requires: front() was asked and is not null.
  Due pop() noexcept {
    const Due due = take_front();
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

  static bool later(const Due& a, const Due& b) noexcept { return b < a; }

  void make_ready(WheelLink& link, Due due) {
    link.slot = ready_slot;
    due.readied = ++link.readied;
    ready_.push_back(due);
    std::push_heap(ready_.begin(), ready_.end(), later);
  }

  Due take_front() noexcept {
    std::pop_heap(ready_.begin(), ready_.end(), later);
    const Due due = ready_.back();
    ready_.pop_back();
    return due;
  }

  // Its flow was taken out, filed again, or is another one by now.
  [[nodiscard]] bool stale(const Due& due) const noexcept {
    if (!links_->is(due.number, due.sequence)) return true;
    const WheelLink& link = links_->link(due.number);
    return link.slot != ready_slot || link.readied != due.readied;
  }

  Links* links_;
  std::int64_t tick_ = INT64_MIN;
  std::size_t filed_ = 0;
  std::vector<Due> ready_;  // a heap, the earliest in front
  std::array<Number, slot_count> heads_{};
};

}  // namespace ntan::flow

// Time-outs of constant length: one FIFO ring per constant, exact and O(1), in trace time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "flow/slab.h"

namespace ntan::run {

/// What a time-out is for; each has one constant length.
enum class TimerKind : std::uint8_t {
  app_query,  ///< app::Timer::query_10s
  app_reply,  ///< app::Timer::reply_5s
  app_body,   ///< app::Timer::body_60s
  contact_answer_tcp,
  contact_answer,
  contact_handshake,
  contact_banner,
  stream_hole,
};
inline constexpr std::size_t timer_kind_count = 8;

/// An armed time-out. It names its flow by number and first packet, so one that outlived its flow
/// is recognised. Number 0 stands for a dissector without flow.
struct TimerEntry {
  std::int64_t due = 0;
  std::uint64_t sequence = 0;      ///< orders time-outs of one instant
  std::uint64_t first_packet = 0;  ///< of the flow
  flow::Number number = 0;
  std::uint32_t token = 0;
};

/// A growing ring buffer with a cap. Entries are pushed in due order because the length is constant
/// and the trace clock never goes back.
class TimerRing {
 public:
  explicit TimerRing(std::size_t cap) noexcept : cap_(cap) {}

  /// Returns false at the cap: the time-out is not armed.
  [[nodiscard]] bool push(const TimerEntry& entry) {
    if (size_ == entries_.size()) {
      if (size_ >= cap_) {
        ++refused_;
        return false;
      }
      grow();
    }
    entries_[(head_ + size_) & (entries_.size() - 1)] = entry;
    ++size_;
    return true;
  }
  [[nodiscard]] const TimerEntry* front() const noexcept {
    return size_ == 0 ? nullptr : &entries_[head_];
  }
  /// The entry `ahead` places behind the front, or nullptr: what to prefetch.
  [[nodiscard]] const TimerEntry* later(std::size_t ahead) const noexcept {
    return ahead < size_ ? &entries_[(head_ + ahead) & (entries_.size() - 1)] : nullptr;
  }
  /// Requires: not empty.
  TimerEntry pop() noexcept {
    const TimerEntry entry = entries_[head_];
    head_ = (head_ + 1) & (entries_.size() - 1);
    --size_;
    return entry;
  }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  void grow() {
    std::vector<TimerEntry> grown(entries_.empty() ? 64 : 2 * entries_.size());
    for (std::size_t i = 0; i < size_; ++i)
      grown[i] = entries_[(head_ + i) & (entries_.size() - 1)];
    entries_ = std::move(grown);
    head_ = 0;
  }

  std::size_t cap_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<TimerEntry> entries_;
};

}  // namespace ntan::run

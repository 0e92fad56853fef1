// Time-outs of constant length: one FIFO queue per constant, exact and O(1), in trace time.
#pragma once

#include <array>
#include <cstdint>
#include <new>

#include "base/time.h"
#include "flow/pool.h"
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
static_assert(static_cast<std::size_t>(TimerKind::stream_hole) + 1 == timer_kind_count);

/// An armed time-out. It names its flow by number and first packet, so one that outlived its flow
/// is recognised. Number 0 stands for a dissector without flow.
struct TimerEntry {
  std::int64_t due = 0;
  std::uint64_t sequence = 0;      ///< orders time-outs of one instant
  std::uint64_t first_packet = 0;  ///< of the flow
  flow::Number number = 0;
  std::uint32_t token = 0;
};

/// A queue with a cap, in blocks from the shard's pool. Entries are pushed in due order because the
/// length is constant and the trace clock never goes back.
class TimerQueue {
 public:
  TimerQueue(std::size_t cap, flow::Pool& pool) noexcept : cap_(cap), pool_(&pool) {}

  /// Returns false at the cap or without memory: the time-out is not armed.
  [[nodiscard]] bool push(const TimerEntry& entry) {
    if (size_ >= cap_ || (end_ == Block::capacity && !append_block())) return false;
    last_->entries[end_++] = entry;
    ++size_;
    return true;
  }
  [[nodiscard]] const TimerEntry* front() const noexcept { return later(0); }
  /// The entry `ahead` places behind the front, or nullptr: what to prefetch. Sees no further than
  /// the next block. Requires: ahead <= Block::capacity.
  [[nodiscard]] const TimerEntry* later(std::size_t ahead) const noexcept {
    if (ahead >= size_) return nullptr;
    const std::size_t place = begin_ + ahead;
    return place < Block::capacity ? &first_->entries[place]
                                   : &first_->next->entries[place - Block::capacity];
  }
  /// Requires: not empty.
  TimerEntry pop() noexcept {
    const TimerEntry entry = first_->entries[begin_];
    --size_;
    if (++begin_ == Block::capacity) drop_block();
    return entry;
  }

 private:
  struct Block {
    static constexpr std::size_t capacity = 31;

    std::array<TimerEntry, capacity> entries;
    Block* next = nullptr;
  };
  static_assert(sizeof(Block) <= 1024);

  [[nodiscard]] bool append_block() {
    void* memory = pool_->take(sizeof(Block));
    if (memory == nullptr) return false;
    auto* const block = new (memory) Block;
    (last_ == nullptr ? first_ : last_->next) = block;
    last_ = block;
    end_ = 0;
    return true;
  }

  void drop_block() noexcept {
    Block* const old = first_;
    first_ = old->next;
    begin_ = 0;
    if (first_ == nullptr) {
      last_ = nullptr;
      end_ = Block::capacity;
    }
    pool_->give_back(old, sizeof(Block));
  }

  std::size_t cap_;
  std::size_t size_ = 0;
  flow::Pool* pool_;
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::size_t begin_ = 0;              ///< in the first block
  std::size_t end_ = Block::capacity;  ///< in the last
};

}  // namespace ntan::run

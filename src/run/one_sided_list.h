// The flows of a shard that only one side has spoken in, longest known first: what a full table
// gives up before anything else.
#pragma once

#include <cstddef>

#include "flow/slab.h"
#include "run/conversation.h"

namespace ntan::run {

/// A list through Conversation::one_sided; every operation is O(1).
class OneSidedList {
 public:
  explicit OneSidedList(flow::Slab<Conversation>& flows) noexcept : flows_(&flows) {}

  /// Requires: the flow is not listed.
  void append(flow::Number number) noexcept {
    link(number) = {.previous = last_, .next = 0};
    (last_ == 0 ? first_ : link(last_).next) = number;
    last_ = number;
    ++size_;
  }
  /// Does nothing for a flow that is not listed.
  void remove(flow::Number number) noexcept {
    const ListLink gone = link(number);
    if (!gone.linked()) return;
    (gone.previous == 0 ? first_ : link(gone.previous).next) = gone.next;
    (gone.next == 0 ? last_ : link(gone.next).previous) = gone.previous;
    link(number) = {};
    --size_;
  }
  void move_to_end(flow::Number number) noexcept {
    remove(number);
    append(number);
  }

  [[nodiscard]] flow::Number first() const noexcept { return first_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  ListLink& link(flow::Number number) noexcept { return (*flows_)[number].one_sided; }

  flow::Slab<Conversation>* flows_;
  flow::Number first_ = 0;
  flow::Number last_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ntan::run

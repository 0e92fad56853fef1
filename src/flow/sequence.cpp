#include "flow/sequence.h"

#include <algorithm>

namespace ntan::flow {

SequenceSpace::Added SequenceSpace::add(std::uint32_t seq, std::uint32_t size) noexcept {
  Added added;
  if (size == 0) return added;
  const std::uint32_t end = seq + size;
  if (!started_) start(seq);
  if (sequence_distance(seq, next_) >= 0) {
    if (seq != next_) {
      open_hole({next_, seq});
      added.opened_hole = true;
    }
    added.unseen = size;
    next_ = end;
    return added;
  }
  const std::uint32_t old_end = sequence_distance(end, next_) > 0 ? next_ : end;
  const std::uint32_t filled = fill(seq, old_end);
  added.filled_hole = filled != 0;
  added.unseen = filled + (end - old_end);
  added.repeated = size - added.unseen;
  if (sequence_distance(end, next_) > 0) next_ = end;
  return added;
}

bool SequenceSpace::pass(std::uint32_t seq) noexcept {
  const std::int32_t ahead = sequence_distance(seq, next_);
  if (ahead < 0) return false;
  if (ahead > 0) open_hole({next_, seq});
  next_ = seq + 1;
  return ahead > 0;
}

void SequenceSpace::open_hole(Hole hole) noexcept {
  if (hole_count_ == holes_.size()) {
    std::move(holes_.begin() + 1, holes_.end(), holes_.begin());
    --hole_count_;
  }
  holes_[hole_count_++] = hole;
}

std::uint32_t SequenceSpace::fill(std::uint32_t start, std::uint32_t end) noexcept {
  std::uint32_t filled = 0;
  for (std::size_t i = 0; i < hole_count_;) {
    Hole& hole = holes_[i];
    const std::uint32_t from = sequence_distance(start, hole.start) > 0 ? start : hole.start;
    const std::uint32_t to = sequence_distance(end, hole.end) < 0 ? end : hole.end;
    if (sequence_distance(to, from) <= 0) {
      ++i;
      continue;
    }
    filled += to - from;
    const Hole before{hole.start, from};
    const Hole after{to, hole.end};
    const bool has_before = before.start != before.end;
    const bool has_after = after.start != after.end;
    if (has_before && has_after) {
      hole = before;
      open_hole(after);
      ++i;
    } else if (has_before || has_after) {
      hole = has_before ? before : after;
      ++i;
    } else {
      std::move(holes_.begin() + static_cast<std::ptrdiff_t>(i) + 1, holes_.begin() + hole_count_,
                holes_.begin() + static_cast<std::ptrdiff_t>(i));
      --hole_count_;
    }
  }
  return filled;
}

}  // namespace ntan::flow

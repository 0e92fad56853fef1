#include "flow/sequence.h"

#include <algorithm>
#include <new>

namespace ntan::flow {

SequenceSpace::Added SequenceSpace::add(std::uint32_t seq, std::uint32_t size, const HoleMark& mark,
                                        Pool& pool) {
  Added added;
  if (size == 0) return added;
  const std::uint32_t end = seq + size;
  if (!started_) start(seq);
  if (sequence_distance(seq, next_) >= 0) {
    if (seq != next_) {
      open_hole({next_, seq, mark}, pool);
      added.opened_hole = true;
    }
    added.unseen = size;
    next_ = end;
    return added;
  }
  const std::uint32_t old_end = sequence_distance(end, next_) > 0 ? next_ : end;
  fill(seq, old_end, pool, added);
  added.unseen = added.filled + (end - old_end);
  added.repeated = size - added.unseen;
  if (sequence_distance(end, next_) > 0) next_ = end;
  return added;
}

bool SequenceSpace::pass(std::uint32_t seq, const HoleMark& mark, Pool& pool, Added& added) {
  const std::int32_t ahead = sequence_distance(seq, next_);
  if (ahead < 0) {
    fill(seq, seq + 1, pool, added);
    return false;
  }
  if (ahead > 0) open_hole({next_, seq, mark}, pool);
  next_ = seq + 1;
  return ahead > 0;
}

void SequenceSpace::skip_to(std::uint32_t seq, const HoleMark& mark, Pool& pool) {
  // Of a direction that is not captured at all, one hole grows.
  if (hole_count_ != 0) {
    Hole& last = holes_known().back();
    if (last.mark.acknowledged && mark.acknowledged && last.end == next_) {
      last.missing += seq - last.end;
      last.end = seq;
      next_ = seq;
      return;
    }
  }
  open_hole({next_, seq, mark}, pool);
  next_ = seq;
}

std::uint32_t SequenceSpace::missing(std::uint32_t from, std::uint32_t to) const noexcept {
  std::uint32_t octets = 0;
  for (const Hole& hole : holes_known()) {
    const std::uint32_t start = sequence_distance(from, hole.start) > 0 ? from : hole.start;
    const std::uint32_t end = sequence_distance(to, hole.end) < 0 ? to : hole.end;
    if (sequence_distance(end, start) <= 0) continue;
    const std::uint32_t outside = hole.end - hole.start - (end - start);
    if (hole.missing > outside) octets += hole.missing - outside;
  }
  return octets;
}

// Behind all others.
void SequenceSpace::open_hole(const Hole& hole, Pool& pool) {
  if (hole_count_ < room_ || grow(pool)) {
    holes_[hole_count_++] = hole;
    return;
  }
  if (room_ == 0) return;
  Hole& last = holes_known().back();
  last.end = hole.end;
  last.missing += hole.missing;
}

// Its middle [from, to) has come.
void SequenceSpace::split(std::size_t at, std::uint32_t from, std::uint32_t to, Pool& pool) {
  if (hole_count_ == room_ && !grow(pool)) {
    holes_[at].missing -= to - from;
    return;
  }
  const Hole whole = holes_[at];
  const std::span behind = holes_known().subspan(at);
  ++hole_count_;
  std::move_backward(behind.begin(), behind.end(), holes_known().end());
  holes_[at] = {whole.start, from, whole.mark};
  holes_[at + 1] = {to, whole.end, whole.mark};
}

bool SequenceSpace::grow(Pool& pool) {
  const auto* const larger =
      std::find_if(rooms.begin(), rooms.end(), [this](std::uint8_t room) { return room > room_; });
  if (larger == rooms.end()) return false;
  void* memory = pool.take(*larger * sizeof(Hole));
  if (memory == nullptr) return false;
  auto* const moved = new (memory) Hole[*larger];
  std::copy_n(holes_, hole_count_, moved);
  if (holes_ != nullptr) pool.give_back(holes_, room_ * sizeof(Hole));
  holes_ = moved;
  room_ = *larger;
  return true;
}

void SequenceSpace::fill(std::uint32_t start, std::uint32_t end, Pool& pool, Added& added) {
  for (std::size_t i = 0; i < hole_count_;) {
    Hole& hole = holes_[i];
    const std::uint32_t from = sequence_distance(start, hole.start) > 0 ? start : hole.start;
    const std::uint32_t to = sequence_distance(end, hole.end) < 0 ? end : hole.end;
    if (sequence_distance(to, from) <= 0) {
      ++i;
      continue;
    }
    if (added.filled == 0) added.hole = hole.mark;
    const std::uint32_t filled = std::min(to - from, hole.missing);
    added.filled += filled;
    if (filled == hole.missing) {
      forget(i);
      continue;
    }
    if (hole.several()) {
      hole.missing -= filled;
    } else if (from == hole.start) {
      hole = {to, hole.end, hole.mark};
    } else if (to == hole.end) {
      hole = {hole.start, from, hole.mark};
    } else {
      split(i++, from, to, pool);
    }
    ++i;
  }
  if (hole_count_ == 0) release(pool);
}

void SequenceSpace::forget(std::size_t at) noexcept {
  const std::span later = holes_known().subspan(at);
  std::move(later.begin() + 1, later.end(), later.begin());
  --hole_count_;
}

// Half of them at a time: they come late, if at all, and moving the others costs.
void SequenceSpace::forget_settled(std::uint32_t acknowledged) noexcept {
  constexpr std::size_t many = most_holes * 3 / 4;
  if (hole_count_ < many) [[likely]]
    return;
  const std::span oldest = holes_known().first(hole_count_ / 2U);
  const auto open = std::ranges::find_if(oldest, [acknowledged](const Hole& hole) {
    return sequence_distance(hole.end, acknowledged) > 0;
  });
  const auto settled = static_cast<std::size_t>(open - oldest.begin());
  if (settled == 0) return;
  const std::span later = holes_known().subspan(settled);
  std::ranges::move(later, holes_);
  hole_count_ = static_cast<std::uint8_t>(later.size());
}

void SequenceSpace::release(Pool& pool) noexcept {
  if (holes_ == nullptr) return;
  pool.give_back(holes_, room_ * sizeof(Hole));
  holes_ = nullptr;
  hole_count_ = 0;
  room_ = 0;
}

}  // namespace ntan::flow

#include "detect/contact_set.h"

#include <algorithm>
#include <utility>

#include "detect/bloom.h"

namespace ntan::detect {
namespace {

constexpr unsigned mark_bits = 4;

std::uint32_t make_slot(std::uint64_t hash, Mark mark) noexcept {
  return static_cast<std::uint32_t>(hash >> 32U) << mark_bits | static_cast<std::uint32_t>(mark);
}

bool same_hash(std::uint32_t a, std::uint32_t b) noexcept {
  return (a >> mark_bits) == (b >> mark_bits);
}

Mark mark_of(std::uint32_t slot) noexcept {
  return static_cast<Mark>(slot & ((1U << mark_bits) - 1));
}

}  // namespace

struct ContactSet::Blur {
  RotatingBloom<std::size_t{1} << 16U> contacted;
  RotatingBloom<std::size_t{1} << 16U> resolved;
};

void ContactSet::BlurDelete::operator()(Blur* blur) const noexcept {
  delete blur;
}

std::size_t ContactSet::index_of(std::uint64_t hash) const noexcept {
  const std::uint32_t wanted = make_slot(hash, Mark::absent);
  if (slots_.empty()) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (same_hash(first_[i], wanted)) return i;
    }
    return nowhere;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = (wanted >> mark_bits) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    if (same_hash(slots_[at], wanted)) return at;
  }
  return nowhere;
}

Mark ContactSet::find(std::uint64_t hash) const noexcept {
  if (const std::size_t at = index_of(hash); at != nowhere) {
    return mark_of(slots_.empty() ? first_[at] : slots_[at]);
  }
  if (!blur_ || !blur_->contacted.contains(hash)) return Mark::absent;
  return blur_->resolved.contains(hash) ? Mark::blurred : Mark::pending;
}

void ContactSet::place(std::uint32_t slot) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (slot >> mark_bits) & mask;
  while (slots_[at] != 0) at = (at + 1) & mask;
  slots_[at] = slot;
}

bool ContactSet::grow(Budget& budget) {
  const std::size_t wider = slots_.empty() ? 4 * inline_slots : slots_.size() * 2;
  if (!budget.take(wider * sizeof(std::uint32_t))) return false;
  const std::vector<std::uint32_t> old = std::exchange(slots_, std::vector<std::uint32_t>(wider));
  if (old.empty()) {
    for (const std::uint32_t slot : first_) place(slot);
    return true;
  }
  for (const std::uint32_t slot : old) {
    if (slot != 0) place(slot);
  }
  budget.give_back(old.size() * sizeof(std::uint32_t));
  return true;
}

bool ContactSet::insert(std::uint64_t hash, Mark mark, Budget& budget) {
  if (slots_.empty() && size_ < inline_slots) {
    first_[size_++] = make_slot(hash, mark);
    return true;
  }
  if (size_ >= max_exact) return insert_blurred(hash, budget);
  const bool full = slots_.empty() || 2 * (size_ + 1) > slots_.size();
  if (full && !grow(budget)) return insert_blurred(hash, budget);
  place(make_slot(hash, mark));
  ++size_;
  return true;
}

bool ContactSet::insert_blurred(std::uint64_t hash, Budget& budget) {
  if (!blur_) {
    if (!budget.take(sizeof(Blur))) return false;
    blur_.reset(new Blur);
  }
  blur_->contacted.add(hash);
  return true;
}

void ContactSet::update(std::uint64_t hash, Mark mark) noexcept {
  if (const std::size_t at = index_of(hash); at != nowhere) {
    (slots_.empty() ? first_[at] : slots_[at]) = make_slot(hash, mark);
    return;
  }
  if (blur_ && mark != Mark::reported) blur_->resolved.add(hash);
}

void ContactSet::release(Budget& budget) noexcept {
  budget.give_back(slots_.size() * sizeof(std::uint32_t) + (blur_ ? sizeof(Blur) : 0));
  *this = ContactSet{};
}

}  // namespace ntan::detect

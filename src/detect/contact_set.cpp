#include "detect/contact_set.h"

#include <algorithm>
#include <utility>

#include "detect/bloom.h"

namespace ntan::detect {
struct ContactSet::Blur {
  RotatingBloom<std::size_t{1} << 16U> contacted;
  RotatingBloom<std::size_t{1} << 16U> resolved;
};

void ContactSet::BlurDelete::operator()(Blur* blur) const noexcept {
  delete blur;
}

Mark ContactSet::find_blurred(std::uint64_t hash) const noexcept {
  if (!blur_->contacted.contains(hash)) return Mark::absent;
  return blur_->resolved.contains(hash) ? Mark::blurred : Mark::pending;
}

void ContactSet::update_blurred(std::uint64_t hash, Mark mark) noexcept {
  if (mark != Mark::reported) blur_->resolved.add(hash);
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

bool ContactSet::insert_beyond(std::uint64_t hash, Mark mark, Budget& budget) {
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

void ContactSet::release(Budget& budget) noexcept {
  budget.give_back(slots_.size() * sizeof(std::uint32_t) + (blur_ ? sizeof(Blur) : 0));
  *this = ContactSet{};
}

}  // namespace ntan::detect

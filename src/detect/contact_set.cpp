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
  const Blur& blur = *beyond_->blur;
  if (!blur.contacted.contains(hash)) return Mark::absent;
  return blur.resolved.contains(hash) ? Mark::blurred : Mark::pending;
}

void ContactSet::update_blurred(std::uint64_t hash, Mark mark) noexcept {
  if (mark != Mark::reported) beyond_->blur->resolved.add(hash);
}

void ContactSet::place(std::uint32_t slot) noexcept {
  std::vector<std::uint32_t>& slots = beyond_->slots;
  const std::size_t mask = slots.size() - 1;
  std::size_t at = (slot >> mark_bits) & mask;
  while (slots[at] != 0) at = (at + 1) & mask;
  slots[at] = slot;
}

bool ContactSet::ensure_beyond(Budget& budget) {
  if (beyond_ != nullptr) return true;
  if (!budget.take(sizeof(Beyond))) return false;
  beyond_ = std::make_unique<Beyond>();
  return true;
}

bool ContactSet::grow(Budget& budget) {
  std::vector<std::uint32_t>& slots = beyond_->slots;
  const std::size_t wider = slots.empty() ? 4 * inline_slots : slots.size() * 2;
  if (!budget.take(wider * sizeof(std::uint32_t))) return false;
  const std::vector<std::uint32_t> old = std::exchange(slots, std::vector<std::uint32_t>(wider));
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
  if (!ensure_beyond(budget)) return false;
  if (size_ >= max_exact) return insert_blurred(hash, budget);
  const std::size_t room = beyond_->slots.size() / 2;
  if (size_ + 1 > room && !grow(budget)) return insert_blurred(hash, budget);
  place(make_slot(hash, mark));
  ++size_;
  return true;
}

bool ContactSet::insert_blurred(std::uint64_t hash, Budget& budget) {
  std::unique_ptr<Blur, BlurDelete>& blur = beyond_->blur;
  if (blur == nullptr) {
    if (!budget.take(sizeof(Blur))) return false;
    blur.reset(new Blur);
  }
  blur->contacted.add(hash);
  return true;
}

void ContactSet::release(Budget& budget) noexcept {
  if (beyond_ != nullptr) {
    budget.give_back(sizeof(Beyond) + beyond_->slots.size() * sizeof(std::uint32_t) +
                     (beyond_->blur != nullptr ? sizeof(Blur) : 0));
  }
  *this = ContactSet{};
}

}  // namespace ntan::detect

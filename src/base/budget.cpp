#include "base/budget.h"

#include <algorithm>
#include <utility>

namespace ntan {

bool Buffer::grow(std::size_t more, std::size_t least) {
  if (more > cap_ - size_) return false;
  const std::size_t doubled = std::max(least, std::size_t{2} * capacity_);
  const std::size_t grown = std::max(size_ + more, std::min<std::size_t>(cap_, doubled));
  if (!budget_->take(grown - capacity_)) return false;
  auto octets = std::make_unique_for_overwrite<std::uint8_t[]>(grown);  // NOLINT(*-c-arrays)
  if (size_ != 0) std::memcpy(octets.get(), octets_.get(), size_);
  octets_ = std::move(octets);
  capacity_ = static_cast<std::uint32_t>(grown);
  return true;
}

void Buffer::free() noexcept {
  budget_->give_back(capacity_);
  octets_.reset();
  capacity_ = 0;
  size_ = 0;
}

}  // namespace ntan

#include "base/budget.h"

#include <algorithm>
#include <utility>

namespace ntan {
namespace {
constexpr std::size_t smallest = 256;
}

Buffer::Buffer(Buffer&& other) noexcept
    : budget_(other.budget_),
      cap_(other.cap_),
      start_(std::exchange(other.start_, 0)),
      octets_(std::exchange(other.octets_, {})) {}

bool Buffer::append(Bytes data) {
  if (data.empty()) return true;
  if (data.size() > cap_ - std::min(cap_, size())) return false;
  const std::size_t needed = octets_.size() + data.size();
  if (needed > octets_.capacity()) {
    if (start_ != 0) {
      octets_.erase(octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(start_));
      start_ = 0;
    }
    const std::size_t wanted = octets_.size() + data.size();
    if (wanted > octets_.capacity()) {
      const std::size_t grown =
          std::max(wanted, std::min(cap_, std::max(smallest, 2 * octets_.capacity())));
      if (!budget_->take(grown - octets_.capacity())) return false;
      const std::size_t before = octets_.capacity();
      octets_.reserve(grown);
      // reserve() may give more than was asked for: the budget counts what is held.
      const std::size_t extra = octets_.capacity() - before - (grown - before);
      budget_->used += extra;
    }
  }
  octets_.insert(octets_.end(), data.begin(), data.end());
  return true;
}

void Buffer::drop_front(std::size_t count) noexcept {
  start_ += count;
  if (start_ == octets_.size()) clear();
}

void Buffer::release() noexcept {
  budget_->give_back(octets_.capacity());
  // Assigning {} would keep the capacity that was just given back.
  std::vector<std::uint8_t>{}.swap(octets_);
  start_ = 0;
}

}  // namespace ntan

#include "flow/rtt.h"

#include <memory>
#include <new>

namespace ntan::flow {

void RttRange::add(std::uint32_t us) noexcept {
  min_ = n_ == 0 ? us : std::min(min_, us);
  max_ = std::max(max_, us);
  if (n_ == UINT32_MAX) return;
  ++n_;
  sum_ += us;
}

void RttStats::add(std::uint32_t us) noexcept {
  // Longer than any time-out here; keeps the fractions within 32 bits.
  constexpr std::uint32_t most = 1U << 28U;
  const std::uint32_t sample = std::min(us, most);
  if (range_.n() == 0) {
    smoothed8_ = sample << 3U;
    variation4_ = sample << 1U;
  } else {
    // RFC 6298 2.3: the variation first, with the smoothed value of before.
    const std::uint32_t smoothed = smoothed8_ >> 3U;
    const std::uint32_t apart = sample > smoothed ? sample - smoothed : smoothed - sample;
    variation4_ += apart - (variation4_ >> 2U);
    smoothed8_ += sample - smoothed;
  }
  range_.add(us);
}

bool SegmentRing::push(const Segment& segment, Pool& pool) {
  if (count_ == room_ && (full() || !grow(pool))) return false;
  ++count_;
  (*this)[count_ - 1U] = segment;
  return true;
}

void SegmentRing::pop(Pool& pool) noexcept {
  head_ = static_cast<std::uint8_t>((head_ + 1U) & (room_ - 1U));
  if (--count_ == 0) clear(pool);
}

void SegmentRing::clear(Pool& pool) noexcept {
  if (segments_ != nullptr) pool.give_back(segments_, room_ * sizeof(Segment));
  segments_ = nullptr;
  room_ = 0;
  head_ = 0;
  count_ = 0;
}

// To 8 at first, then to twice as many: the pool has such sizes.
bool SegmentRing::grow(Pool& pool) {
  constexpr std::uint8_t first_room = 8;
  const std::uint8_t room = room_ == 0 ? first_room : static_cast<std::uint8_t>(2U * room_);
  void* memory = pool.take(room * sizeof(Segment));
  if (memory == nullptr) return false;
  auto* segments = static_cast<Segment*>(memory);
  for (std::size_t i = 0; i < count_; ++i) std::construct_at(segments + i, (*this)[i]);
  std::uninitialized_value_construct(segments + count_, segments + room);
  const std::uint8_t count = count_;
  clear(pool);
  segments_ = segments;
  room_ = room;
  count_ = count;
  return true;
}

}  // namespace ntan::flow

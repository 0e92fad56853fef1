#include "flow/segment_copies.h"

#include "base/hash.h"

namespace ntan::flow {

bool SegmentCopies::is_copy(std::uint64_t flow, Direction direction, const wire::Decoded& packet,
                            Timestamp time) noexcept {
  if (!has_identification(packet)) return false;
  const std::uint64_t look = hash_words(
      std::array<std::uint64_t, 4>{flow << 1U | index(direction),
                                   std::uint64_t{packet.seq} << 32U | packet.ack,
                                   std::uint64_t{packet.ip_id} << 32U | packet.payload_size,
                                   std::uint64_t{packet.window} << 8U | packet.tcp_flags},
      fixed_hash_key);
  Seen& seen = seen_[look % seen_.size()];
  const auto half = static_cast<std::uint32_t>(look >> 32U);
  const auto us = static_cast<std::uint32_t>(to_us(time.time_since_epoch()));
  // Two queues of one card may turn the order round.
  const bool copy = seen.look == half && us - seen.us + capture_copy_us <= 2 * capture_copy_us;
  seen = {.look = half, .us = us};
  return copy;
}

}  // namespace ntan::flow

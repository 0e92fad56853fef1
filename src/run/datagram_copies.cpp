#include "run/datagram_copies.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "flow/segment_copies.h"

namespace ntan::run {
namespace {

std::uint64_t look_of(std::uint64_t flow, const app::Segment& datagram) noexcept {
  const HashKey& key = fixed_hash_key;
  const std::uint64_t side = index(datagram.direction);
  std::uint64_t look = hash_words(
      std::array<std::uint64_t, 3>{flow, std::uint64_t{datagram.ip_id} << 1U | side, datagram.size},
      key);
  const auto mix = [&look, &key](std::uint64_t word) {
    look = folded_multiply(word ^ key.words[1] ^ look, key.words[2]) + word;
  };
  Reader reader(datagram.data);
  while (reader.left() >= sizeof(std::uint64_t)) mix(reader.be64());
  std::uint64_t rest = 0;
  while (!reader.done()) rest = rest << 8U | reader.u8();
  mix(rest);
  return folded_multiply(look ^ key.words[3], key.words[0]);
}

}  // namespace

bool DatagramCopies::is_copy(std::uint64_t flow, const app::Segment& datagram) noexcept {
  const std::uint64_t look = look_of(flow, datagram);
  Seen& seen = seen_[look % seen_.size()];
  // Two queues of one card may turn the order round.
  const std::int64_t later = to_us(datagram.time - seen.time);
  constexpr std::int64_t most = flow::capture_copy_us;
  if (seen.look == look && later <= most && later >= -most) return true;
  seen = {.look = look, .time = datagram.time};
  return false;
}

}  // namespace ntan::run

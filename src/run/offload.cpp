#include "run/offload.h"

#include <algorithm>

namespace ntan::run {

bool OffloadWatch::excuses(std::uint32_t interface, const wire::Extra& extra,
                           const wire::Decoded& packet) noexcept {
  if (packet.bucket != wire::Bucket::flow || packet.payload_cut) return false;
  const MacAddress address = extra.has_mac ? extra.src_mac : MacAddress{};
  const auto end = senders_.begin() + static_cast<std::ptrdiff_t>(count_);
  auto sender = std::find_if(senders_.begin(), end, [&](const Sender& known) {
    return known.address == address && known.interface == interface;
  });
  if (sender == end) {
    if (count_ == senders_.size()) return false;
    *sender = {.address = address, .interface = interface};
    ++count_;
  }
  if (sender->checked < judged_after) {
    ++sender->checked;
    sender->wrong += packet.checksum_bad ? 1U : 0U;
    return false;
  }
  return packet.checksum_bad && sender->wrong * 10 > judged_after * 9;
}

}  // namespace ntan::run

#include "run/offload.h"

#include <algorithm>

namespace ntan::run {

ChecksumVerdict OffloadWatch::judge(std::uint32_t interface, const wire::Extra& extra,
                                    const wire::Decoded& packet) noexcept {
  const bool wrong = packet.checksum_bad;
  const auto otherwise = wrong ? ChecksumVerdict::damaged : ChecksumVerdict::good;
  if (packet.bucket != wire::Bucket::flow) return otherwise;
  if (packet.checksum_unfilled) return ChecksumVerdict::unfilled;
  if (packet.payload_cut) return otherwise;
  Sender* sender = find(interface, extra);
  if (sender == nullptr) return otherwise;
  if (sender->checked == judged_after) {
    return wrong && sender->wrong * 10 > judged_after * 9 ? ChecksumVerdict::unfilled : otherwise;
  }
  ++sender->checked;
  if (!wrong) return otherwise;
  ++sender->wrong;
  return sender->wrong * 2 > sender->checked ? ChecksumVerdict::doubtful : otherwise;
}

OffloadWatch::Sender* OffloadWatch::find(std::uint32_t interface,
                                         const wire::Extra& extra) noexcept {
  const MacAddress address = extra.has_mac ? extra.src_mac : MacAddress{};
  const auto end = senders_.begin() + static_cast<std::ptrdiff_t>(count_);
  auto sender = std::find_if(senders_.begin(), end, [&](const Sender& known) {
    return known.address == address && known.interface == interface;
  });
  if (sender == end) {
    if (count_ == senders_.size()) return nullptr;
    *sender = {.address = address, .interface = interface};
    ++count_;
  }
  return &*sender;
}

}  // namespace ntan::run

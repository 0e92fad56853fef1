#include "run/input_limit.h"

namespace ntan::run {

InputLimit::InputLimit(const Options& options)
    : count_(options.count), duration_(options.duration), file_size_(options.file_size) {}

std::optional<StopReason> InputLimit::cut(Batch& batch) noexcept {
  if (!count_ && !duration_ && !file_size_) return std::nullopt;
  for (std::size_t i = 0; i < batch.count; ++i) {
    const PacketView& packet = batch.packets[i];
    const auto stop = [&batch](StopReason reason, std::size_t keep) {
      batch.count = keep;
      return reason;
    };
    if (packets_ == 0) first_ = packet.time;
    if (duration_ && packet.time - first_ >= *duration_) return stop(StopReason::duration, i);
    ++packets_;
    octets_ += packet.data.size();
    if (count_ && packets_ >= *count_) return stop(StopReason::count, i + 1);
    if (file_size_ && octets_ >= *file_size_) return stop(StopReason::file_size, i + 1);
  }
  return std::nullopt;
}

}  // namespace ntan::run

#include "run/packet_ring.h"

#include <algorithm>
#include <cstring>

namespace ntan::run {
namespace {

constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;
constexpr std::size_t captured_at = 8;  ///< of the record's header

/// The whole record that begins here; 0 if more octets are needed to tell.
std::size_t record_size(std::string_view octets) noexcept {
  if (octets.size() < record_header) return 0;
  std::uint32_t captured = 0;
  std::memcpy(&captured, octets.data() + captured_at, sizeof captured);
  return record_header + captured;
}

}  // namespace

void PacketRing::take(std::string_view octets) {
  partial_ += octets;
  std::string_view rest = partial_;
  if (header_.empty()) {
    if (rest.size() < file_header) return;
    header_ = rest.substr(0, file_header);
    rest.remove_prefix(file_header);
  }
  for (std::size_t size = record_size(rest); size != 0 && size <= rest.size();
       size = record_size(rest)) {
    keep(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  partial_.erase(0, partial_.size() - rest.size());
}

void PacketRing::clear() noexcept {
  header_.clear();
  partial_.clear();
  chunks_.clear();
  packets_ = 0;
  octets_ = 0;
  given_up_ = 0;
}

void PacketRing::keep(std::string_view record) {
  while (!chunks_.empty() && octets_ + record.size() > capacity_) {
    const Chunk& oldest = chunks_.front();
    octets_ -= oldest.records.size();
    packets_ -= oldest.packets;
    given_up_ += oldest.packets;
    chunks_.pop_front();
  }
  if (octets_ + record.size() > capacity_) {
    ++given_up_;
    return;
  }
  if (chunks_.empty() || chunks_.back().records.size() + record.size() > chunk_size) {
    chunks_.emplace_back();
    chunks_.back().records.reserve(std::max(chunk_size, record.size()));
  }
  chunks_.back().records += record;
  ++chunks_.back().packets;
  ++packets_;
  octets_ += record.size();
}

}  // namespace ntan::run

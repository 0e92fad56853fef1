#include "run/packet_ring.h"

#include <algorithm>
#include <cstring>

namespace ntan::run {
namespace {

constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;
constexpr std::size_t captured_at = 8;  ///< of the record's header

/// The whole record that begins here; 0 if more octets are needed to tell.
std::uint64_t record_size(std::string_view octets) noexcept {
  if (octets.size() < record_header) return 0;
  std::uint32_t captured = 0;
  std::memcpy(&captured, octets.data() + captured_at, sizeof captured);
  return std::uint64_t{record_header} + captured;
}

}  // namespace

void PacketRing::take(std::string_view octets) {
  const auto passing = static_cast<std::size_t>(std::min<std::uint64_t>(passing_, octets.size()));
  passing_ -= passing;
  partial_ += octets.substr(passing);
  std::string_view rest = partial_;
  if (header_.empty()) {
    if (rest.size() < file_header) return;
    header_ = rest.substr(0, file_header);
    rest.remove_prefix(file_header);
  }
  for (std::uint64_t size = record_size(rest); size != 0; size = record_size(rest)) {
    const bool too_large = size > capacity_;
    if (!too_large && size > rest.size()) break;
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size()));
    if (too_large) {
      ++given_up_;
      passing_ = size - here;
    } else {
      keep(rest.substr(0, here));
    }
    rest.remove_prefix(here);
  }
  partial_.erase(0, partial_.size() - rest.size());
}

void PacketRing::clear() noexcept {
  header_.clear();
  partial_.clear();
  passing_ = 0;
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

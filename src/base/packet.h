// A packet as captured, and the batch in which packets travel through the pipeline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace ntan {

/// Link types as capture files number them (the LINKTYPE_ registry of tcpdump.org). Values that are
/// not listed here are carried as they are, counted and named by number.
enum class LinkType : std::uint16_t {
  null = 0,
  ethernet = 1,
  ppp = 9,
  raw_bsd = 12,      ///< DLT_RAW as most systems write it
  raw_openbsd = 14,  ///< DLT_RAW as OpenBSD writes it
  ppp_hdlc = 50,
  ppp_ether = 51,
  raw = 101,
  c_hdlc = 104,
  ieee80211 = 105,
  loop = 108,
  linux_sll = 113,
  ieee80211_radiotap = 127,
  ipv4 = 228,
  ipv6 = 229,
  nflog = 239,
  linux_sll2 = 276,
};

/// `ethernet`, `linux_sll`, …; empty for a type without a name here.
[[nodiscard]] std::string_view to_text(LinkType link) noexcept;

/// One captured frame. `data` is borrowed until the source is asked for the next batch.
struct PacketView {
  Timestamp time;               ///< from earliest_time to latest_time
  std::uint64_t number = 0;     ///< 1 for the first packet of the input
  Bytes data;                   ///< what was captured
  std::uint32_t wire_size = 0;  ///< octets on the wire, as written; data.size() may even be more
  std::uint32_t interface = 0;  ///< index among the interfaces of the whole input
  LinkType link = LinkType::ethernet;

  /// The capture kept less than was sent (snaplen).
  [[nodiscard]] bool cut() const noexcept { return data.size() < wire_size; }
};

/// Packets handed over together. Sixteen keeps packet state in the first-level cache while lookups
/// are prefetched (measured: 32 is already slower).
struct Batch {
  static constexpr std::size_t capacity = 16;

  std::array<PacketView, capacity> packets;
  std::size_t count = 0;

  [[nodiscard]] std::span<const PacketView> view() const noexcept {
    return std::span{packets}.first(count);
  }

  [[nodiscard]] bool full() const noexcept { return count == capacity; }
};

}  // namespace ntan

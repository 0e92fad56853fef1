// IEEE 802.11 frames and the radiotap header that may stand in front of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// Only the length matters here: what radiotap tells is about the radio, not the packet.
struct Radiotap {
  static constexpr std::size_t min_header_size = 8;

  Slice payload{};

  [[nodiscard]] static Parsed<Radiotap> parse(Slice input) noexcept;
};

struct Ieee80211 {
  bool has_llc =
      false;        ///< a data frame with a clear body; else management, control, null or encrypted
  Slice payload{};  ///< from the LLC header on

  [[nodiscard]] static Parsed<Ieee80211> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

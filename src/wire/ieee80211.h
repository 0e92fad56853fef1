// IEEE 802.11 frames and the radiotap header that may stand in front of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// What radiotap tells is about the radio, but for its length and where the frame's body begins.
struct Radiotap {
  static constexpr std::size_t min_header_size = 8;

  std::size_t body_alignment = 1;  ///< octets that the size of the frame's header is a multiple of
  Slice payload{};

  [[nodiscard]] static Parsed<Radiotap> parse(Slice input) noexcept;
};

struct Ieee80211 {
  bool has_llc =
      false;  ///< a data frame with a clear body; else management, control, null or encrypted
  bool more = false;  ///< of an A-MSDU (IEEE 802.11 9.3.2.2) the payload is the first of several
  Slice payload{};    ///< from the LLC header on

  [[nodiscard]] static Parsed<Ieee80211> parse(Slice input, std::size_t body_alignment) noexcept;
};

}  // namespace ntan::wire

// GTP-U version 1 (3GPP TS 29.281 5).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// A G-PDU: the message that carries a user's IP packet. Other messages are refused as unsupported.
struct Gtpu {
  static constexpr std::size_t min_header_size = 8;
  static constexpr std::size_t max_extensions = 8;
  static constexpr std::uint16_t port = 2152;

  std::uint32_t teid = 0;
  Slice payload{};

  [[nodiscard]] static Parsed<Gtpu> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

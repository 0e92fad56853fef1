// L2TP version 2 (RFC 2661 3.1), its data messages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// A data message. Control messages are refused as unsupported.
struct L2tp {
  static constexpr std::uint16_t port = 1701;

  std::uint16_t session = 0;
  Slice payload{};  ///< a PPP frame

  /// Strict on reserved bits: the port alone proves nothing.
  [[nodiscard]] static Parsed<L2tp> parse(Slice input) noexcept {
    constexpr std::uint16_t control_bit = 0x8000;
    constexpr std::uint16_t length_bit = 0x4000;
    constexpr std::uint16_t sequence_bit = 0x0800;
    constexpr std::uint16_t offset_bit = 0x0200;
    constexpr std::uint16_t reserved_and_version_bits = 0x34ff;
    constexpr std::uint16_t version = 2;
    Reader r(input.captured);
    const auto flags = r.be16();
    if (r.ok() && ((flags & reserved_and_version_bits) != version || (flags & control_bit) != 0)) {
      return Flaw::unsupported;
    }
    std::size_t length = input.sent;
    std::size_t size = 6;
    if ((flags & length_bit) != 0) {
      length = r.be16();
      size += 2;
    }
    r.skip(2);  // the tunnel
    const auto session = r.be16();
    if ((flags & sequence_bit) != 0) {
      r.skip(4);
      size += 4;
    }
    if ((flags & offset_bit) != 0) size += 2U + r.be16();
    if (!r.ok() || !input.has(size)) return input.missing(size);
    if (length < size || length > input.sent) return Flaw::bad_length;
    return L2tp{.session = session, .payload = input.first(length).after(size)};
  }
};

}  // namespace ntan::wire

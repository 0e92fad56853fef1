// UDP header (RFC 768) and its sibling UDP-Lite (RFC 3828).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Udp {
  static constexpr std::size_t header_size = 8;
  static constexpr std::size_t checksum_at = 6;

  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint16_t length = 0;    ///< as sent: header and payload; UDP-Lite: checksum coverage
  std::uint16_t checksum = 0;  ///< 0: none was computed
  bool length_bad = false;     ///< the length says more than was sent; cut to what was sent
  Slice payload{};

  /// A length of 0 is a jumbogram (RFC 2675 4) where `input` is larger than the field can say.
  [[nodiscard]] static Parsed<Udp> parse(Slice input) noexcept;
  [[nodiscard]] static Parsed<Udp> parse_lite(Slice input) noexcept;
};

}  // namespace ntan::wire

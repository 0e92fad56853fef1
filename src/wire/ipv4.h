// IPv4 header (RFC 791).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Ipv4 {
  static constexpr std::size_t min_header_size = 20;

  IpAddress src;
  IpAddress dst;
  std::uint8_t proto = 0;
  std::uint8_t ttl = 0;
  std::uint16_t id = 0;
  std::uint16_t fragment_offset = 0;  ///< octets
  bool more_fragments = false;
  bool checksum_bad = false;
  bool route_left = false;  ///< a source route still to be followed: dst is not the final one
  bool length_bad = false;  ///< the total length says more than was sent; cut to what was sent
  std::uint32_t size = 0;   ///< the datagram, header included
  Slice payload{};          ///< without padding behind the datagram

  [[nodiscard]] bool is_fragment() const noexcept { return more_fragments || fragment_offset != 0; }

  /// A total length of 0 is what segmentation offload leaves behind: all that was sent is taken.
  [[nodiscard]] static Parsed<Ipv4> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

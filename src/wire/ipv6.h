// IPv6 header and its chain of extension headers (RFC 8200, RFC 2675, RFC 4302, RFC 6946).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Ipv6 {
  static constexpr std::size_t header_size = 40;

  IpAddress src;
  IpAddress dst;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 0;
  bool length_zero =
      false;  ///< a jumbogram, or segmentation offload: the payload is all that was sent
  bool length_bad = false;  ///< the payload length says more than was sent; cut to what was sent
  Slice payload{};          ///< extension headers included, padding excluded

  [[nodiscard]] static Parsed<Ipv6> parse(Slice input) noexcept;
};

/// What stands behind the extension headers.
struct Ipv6Chain {
  /// Where a chain starts decides what may stand in it.
  enum class Start : std::uint8_t {
    header,          ///< behind the IPv6 header
    header_no_size,  ///< the same, with a payload length of 0: a jumbo option may give the size
    fragment,        ///< behind a fragment header: a reassembled datagram
  };

  std::uint8_t proto = 0;  ///< the first header that is not an extension
  bool is_fragment =
      false;  ///< a fragment header that is not atomic was met; proto is what follows it
  bool more_fragments = false;
  bool segments_left = false;         ///< a routing header: the destination is not the final one
  std::uint16_t fragment_offset = 0;  ///< octets
  std::uint32_t id = 0;               ///< of the fragment header, atomic ones included
  std::size_t size = 0;               ///< of the headers passed and the payload, as sent
  Slice payload{};

  [[nodiscard]] static Parsed<Ipv6Chain> parse(std::uint8_t next_header, Slice input,
                                               Start start) noexcept;
};

}  // namespace ntan::wire

// The extension headers of IPv6 (RFC 8200 4): which numbers they have, and how long one is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ntan::ipv6_extension {

inline constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, authentication = 51,
                              destination_options = 60;

/// More in one packet are not followed.
inline constexpr std::size_t most = 10;

[[nodiscard]] constexpr bool is_extension(std::uint8_t next_header) noexcept {
  switch (next_header) {
    case hop_by_hop:
    case routing:
    case fragment:
    case authentication:
    case destination_options: return true;
    default: return false;
  }
}

/// Octets of the header of that number whose second octet is `length`.
[[nodiscard]] constexpr std::size_t size(std::uint8_t number, std::uint8_t length) noexcept {
  if (number == fragment) return 8;
  // RFC 4302 2.2: the authentication header counts in 4 octets, less 2.
  if (number == authentication) return (length + std::size_t{2}) * 4;
  return (length + std::size_t{1}) * 8;
}

/// The same octets 2 and 3 of a fragment header: where its part of the datagram begins, in octets.
[[nodiscard]] constexpr std::uint16_t fragment_offset(std::uint16_t word) noexcept {
  return word & std::uint16_t{0xfff8};
}

}  // namespace ntan::ipv6_extension

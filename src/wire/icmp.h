// ICMP (RFC 792) and ICMPv6 (RFC 4443), with the packet that an error quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/parsed.h"
#include "wire/ports.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Icmp {
  static constexpr std::size_t header_size = 8;
  static constexpr std::size_t checksum_at = 2;

  std::uint8_t type = 0;
  std::uint8_t code = 0;
  bool is_error = false;
  Ports ports;             ///< echo: the identifier, twice; other types: type << 8 | code, and 0
  Slice quote{};           ///< of an error
  bool too_short = false;  ///< the header is not all there; type, code and ports are

  /// `version` tells ICMP from ICMPv6.
  [[nodiscard]] static Parsed<Icmp> parse(Slice input, IpVersion version) noexcept;
};

/// The flow of a quoted packet, in the direction in which it was sent.
struct Quote {
  IpAddress src;
  IpAddress dst;
  std::uint8_t proto = 0;
  Ports ports;

  /// Nothing where the flow cannot be told: cut, malformed, or a later fragment.
  [[nodiscard]] static std::optional<Quote> parse(Slice input, IpVersion version) noexcept;
};

}  // namespace ntan::wire

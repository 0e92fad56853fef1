// ICMP and ICMPv6 messages (RFC 792, RFC 4443): names of their numbers, and the packet an error
// quotes.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "event/value.h"

namespace ntan::app::icmp {

using Text = event::FixedText<32>;

/// `echo`, `neighbor_solicitation`, …; `TYPE42` without a name. Both halves of an exchange have one
/// name.
[[nodiscard]] Text type_name(IpVersion version, std::uint8_t type) noexcept;

/// `port_unreachable`, …; empty where codes of the type have no names, `CODE42` where others do.
[[nodiscard]] Text code_name(IpVersion version, std::uint8_t type, std::uint8_t code) noexcept;

/// The role of a type in an exchange of a request and its reply.
struct Exchange {
  std::uint8_t request = 0;  ///< the type of the request
  bool is_request = false;
  bool is_echo = false;       ///< what `ping` sends
  bool short_number = false;  ///< a sequence number of one octet (RFC 8335 2)
};

/// Nothing for types that stand alone.
[[nodiscard]] std::optional<Exchange> exchange_of(IpVersion version, std::uint8_t type) noexcept;

/// The packet that an error quotes, in the direction it was sent. Eight octets behind its IP header
/// are all that RFC 792 promises.
struct Quote {
  IpAddress source;
  IpAddress destination;
  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
  std::uint8_t proto = 0;
};

/// Nothing if there is no whole IP header.
[[nodiscard]] std::optional<Quote> read_quote(IpVersion version, Bytes octets) noexcept;

/// `tcp`, `udp`, …, else the number.
[[nodiscard]] Text proto_name(std::uint8_t proto) noexcept;

}  // namespace ntan::app::icmp

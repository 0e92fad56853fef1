// Names of the numbers of ICMP and ICMPv6 messages (RFC 792, RFC 4443).
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
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

/// `tcp`, `udp`, …, else the number.
[[nodiscard]] Text proto_name(std::uint8_t proto) noexcept;

}  // namespace ntan::app::icmp

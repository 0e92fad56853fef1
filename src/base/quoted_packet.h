// The packet that an ICMP error quotes (RFC 792, RFC 4443 3): its flow and its place in an event
// are told from the same reading.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"

namespace ntan {

/// In the direction in which it was sent. Views borrow from the error.
struct QuotedPacket {
  IpAddress src;
  IpAddress dst;
  /// What IP carries behind extension headers, of which IPv4 has IPsec's authentication (RFC 4302);
  /// where they end early, the one that is not all there.
  std::uint8_t proto = 0;
  /// What is there of the transport header and behind it, eight octets as a rule (RFC 792). Nothing
  /// of a later fragment, or where extension headers end early.
  std::optional<Bytes> transport;
  /// Where the transport header begins with ports and they are there.
  std::optional<std::uint16_t> src_port;
  std::optional<std::uint16_t> dst_port;

  /// Reads an IP header of that version: looser than of a packet, since routers rewrite lengths and
  /// checksums of what they quote. Nothing if there is no whole header.
  [[nodiscard]] static std::optional<QuotedPacket> parse(Bytes input, IpVersion version) noexcept;
};

}  // namespace ntan

// ARP messages (RFC 826), as the events and the detector both read them.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"
#include "base/parsed.h"

namespace ntan {

/// Values of ArpMessage::operation (RFC 826, RFC 903, RFC 2390).
namespace arp_operation {
inline constexpr std::uint16_t request = 1, reply = 2, reverse_request = 3, reverse_reply = 4,
                               inverse_request = 8, inverse_reply = 9;
}

struct ArpMessage {
  std::uint16_t operation = 0;
  MacAddress sender_mac;
  IpAddress sender;
  MacAddress target_mac;
  IpAddress target;

  /// Of other addresses than Ethernet's and IPv4's only the operation is read.
  [[nodiscard]] bool has_addresses() const noexcept { return sender.known(); }

  /// Announces its sender rather than asks or answers (RFC 5227 2.3, and 3 for replies). Of other
  /// operations equal addresses say nothing: who asks for its own (RFC 903) sends 0.0.0.0 twice.
  [[nodiscard]] bool is_gratuitous() const noexcept {
    return has_addresses() && sender == target &&
           (operation == arp_operation::request || operation == arp_operation::reply);
  }

  /// Asks whether an address is free (RFC 5227 2.1.1): its sender has none.
  [[nodiscard]] bool is_probe() const noexcept;

  /// Truncated unless all addresses are there.
  [[nodiscard]] static Parsed<ArpMessage> parse(Bytes input) noexcept;
};

}  // namespace ntan

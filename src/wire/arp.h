// ARP (RFC 826).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/parsed.h"

namespace ntan::wire {

/// An ARP message of Ethernet and IPv4 addresses.
struct Arp {
  static constexpr std::size_t size = 28;
  static constexpr std::uint16_t request = 1, reply = 2;

  std::uint16_t operation = 0;
  MacAddress sender_mac;
  IpAddress sender;
  MacAddress target_mac;
  IpAddress target;

  /// Asks for itself: announces rather than asks (RFC 5227 3).
  [[nodiscard]] bool is_gratuitous() const noexcept { return sender == target; }

  /// Asks whether an address is free (RFC 5227 2.1.1).
  [[nodiscard]] bool is_probe() const noexcept;

  /// Parses the payload of a Decoded in Bucket::arp. Other hardware or protocols are unsupported.
  [[nodiscard]] static Parsed<Arp> parse(Bytes input) noexcept;
};

}  // namespace ntan::wire

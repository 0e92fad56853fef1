// Link headers that capture tools make up: Linux cooked v1 and v2, BSD null and loop, NFLOG.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2.
struct Cooked {
  static constexpr std::size_t v1_size = 16;
  static constexpr std::size_t v2_size = 20;

  /// Not of netlink and raw 802.11 devices. Of a GRE device it is the protocol of RFC 2784 2.4,
  /// which is one.
  [[nodiscard]] bool has_ether_type() const noexcept;
  /// Of an 802.11 device that listens only: radiotap and the frame, whatever the protocol.
  [[nodiscard]] bool has_radiotap() const noexcept {
    constexpr std::uint16_t ieee80211_radiotap = 803;  // ARPHRD_IEEE80211_RADIOTAP
    return arp_hardware == ieee80211_radiotap;
  }

  std::uint16_t arp_hardware = 0;  ///< ARPHRD_ of the device
  std::uint16_t protocol = 0;      ///< EtherType, or 4 for an 802.2 frame
  bool has_mac = false;
  MacAddress src;  ///< valid with has_mac
  /// All ones where the frame went to a group. All zero elsewhere: the header does not say where
  /// to.
  MacAddress dst;
  Slice payload{};

  [[nodiscard]] static Parsed<Cooked> parse_v1(Slice input) noexcept;
  [[nodiscard]] static Parsed<Cooked> parse_v2(Slice input) noexcept;
};

/// LINKTYPE_NULL and LINKTYPE_LOOP: an address family in front of the packet.
struct Loopback {
  static constexpr std::size_t header_size = 4;

  IpVersion version = IpVersion::none;  ///< none for a family that is not IP
  Slice payload{};

  /// The family of LINKTYPE_NULL is in the order of the machine that wrote it: both are tried.
  [[nodiscard]] static Parsed<Loopback> parse_null(Slice input) noexcept;
  /// The family of LINKTYPE_LOOP is in network order.
  [[nodiscard]] static Parsed<Loopback> parse_loop(Slice input) noexcept;
};

/// LINKTYPE_NFLOG: options of a netfilter log message, one of which is the packet.
struct Nflog {
  static constexpr std::size_t max_options = 64;

  IpVersion version = IpVersion::none;
  Slice payload{};

  [[nodiscard]] static Parsed<Nflog> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

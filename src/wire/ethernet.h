// Ethernet II and IEEE 802.3 frames, and the EtherTypes that are told apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800, arp = 0x0806, teb = 0x6558, vlan = 0x8100,
                               ipv6 = 0x86dd, mpls = 0x8847, mpls_multicast = 0x8848,
                               pppoe_discovery = 0x8863, pppoe_session = 0x8864, qinq = 0x88a8,
                               erspan2 = 0x88be, erspan3 = 0x22eb, vlan_9100 = 0x9100,
                               vlan_9200 = 0x9200, ppp = 0x880b, wccp = 0x883e;
/// Below it the field is the length of an 802.3 frame (IEEE 802.3 3.2.6).
inline constexpr std::uint16_t first = 0x0600;
}  // namespace ether_type

[[nodiscard]] constexpr bool is_vlan(std::uint16_t type) noexcept {
  return type == ether_type::vlan || type == ether_type::qinq || type == ether_type::vlan_9100 ||
         type == ether_type::vlan_9200;
}

/// A protocol of the link itself, never IP: LLDP, EAPOL, LACP and their like.
[[nodiscard]] bool is_link_control(std::uint16_t type) noexcept;

struct Ethernet {
  static constexpr std::size_t header_size = 14;

  MacAddress src;
  MacAddress dst;
  std::uint16_t type = 0;  ///< EtherType, or the length of an 802.3 frame
  Slice payload{};         ///< padding and trailer included: the layer above knows its own length

  [[nodiscard]] static Parsed<Ethernet> parse(Slice input) noexcept;
};

/// An 802.2 header behind an 802.3 length: SNAP leads on to an EtherType, the rest ends here.
struct Llc {
  static constexpr std::uint16_t no_type = 0;

  std::uint16_t type = no_type;  ///< of a SNAP header with an EtherType inside
  Slice payload{};

  [[nodiscard]] static Parsed<Llc> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

#include "wire/ethernet.h"

#include <algorithm>

namespace ntan::wire {

bool is_link_control(std::uint16_t type) noexcept {
  switch (type) {
    case 0x8035:  // RARP
    case 0x8809:  // LACP, OAM and other slow protocols
    case ether_type::pppoe_discovery:
    case 0x888e:  // EAPOL
    case 0x88c7:  // 802.11 preauthentication
    case 0x88cc:  // LLDP
    case 0x88e5:  // MACsec
    case 0x88f5:  // MVRP
    case 0x88f6:  // MMRP
    case 0x88f7:  // PTP
    case 0x8902:  // CFM
    case 0x9000:  // configuration testing (loopback)
      return true;
    default: return false;
  }
}

Parsed<Ethernet> Ethernet::parse(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  Reader r(input.captured.first(header_size));
  Ethernet frame;
  std::ranges::copy(r.take(6), frame.dst.octets.begin());
  std::ranges::copy(r.take(6), frame.src.octets.begin());
  frame.type = r.be16();
  frame.payload = input.after(header_size);
  return frame;
}

Parsed<Llc> Llc::parse(Slice input) noexcept {
  constexpr std::size_t llc_size = 3;
  constexpr std::size_t snap_size = 8;
  constexpr std::uint32_t snap = 0xaaaa03;
  constexpr std::uint32_t ethernet_oui = 0x000000;
  constexpr std::uint32_t bridge_tunnel_oui = 0x0000f8;  // IEEE 802.1H
  if (!input.has(llc_size)) return input.missing(llc_size);
  Reader r(input.captured);
  if (r.be24() != snap) return Llc{.payload = input.after(llc_size)};
  if (!input.has(snap_size)) return input.missing(snap_size);
  const auto oui = r.be24();
  const auto type = r.be16();
  const bool carries_type = oui == ethernet_oui || oui == bridge_tunnel_oui;
  return Llc{.type = carries_type ? type : no_type, .payload = input.after(snap_size)};
}

}  // namespace ntan::wire

#include "base/port.h"
#include "wire/ayiya.h"
#include "wire/geneve.h"
#include "wire/gre.h"
#include "wire/gtpu.h"
#include "wire/l2tp.h"
#include "wire/teredo.h"
#include "wire/vxlan.h"
#include "wire/walk.h"

namespace ntan::wire {

using Tunnel = Extra::Tunnel;

Walk::Next Walk::ip_in_ip() noexcept {
  const bool outer_v4 = out_.src.version == IpVersion::v4;
  const bool inner_v4 = out_.proto == ip_protocol::ipip;
  const Tunnel crossed = outer_v4 ? Tunnel::sixin4 : Tunnel::fourin6;
  inside_ = {.next = inner_v4 ? Next::ipv4 : Next::ipv6,
             .kind = outer_v4 == inner_v4 ? Tunnel::ipip : crossed,
             .payload = rest_};
  return flow(Ports{}, rest_);
}

Walk::Next Walk::gre() noexcept {
  flow(Ports{}, rest_);
  const auto header = Gre::parse(rest_);
  if (!header) {
    note(Layer::gre, header.flaw());
    return Next::done;
  }
  inside_gre(*header);
  return Next::done;
}

void Walk::inside_gre(const Gre& header) noexcept {
  inside_ = {.kind = Tunnel::gre, .id = header.key, .payload = header.payload};
  switch (header.type) {
    case ether_type::ipv4: inside_.next = Next::ipv4; break;
    case ether_type::ipv6: inside_.next = Next::ipv6; break;
    case ether_type::mpls:
    case ether_type::mpls_multicast:
      inside_.next = Next::ether_type;
      inside_.type = header.type;
      break;
    case ether_type::wccp:
      inside_.next = Next::ipv4;
      inside_.payload = header.redirected();
      break;
    case ether_type::ppp:
      // PPTP acknowledges without a payload too.
      if (header.payload.sent > 0) inside_.next = Next::ppp;
      break;
    case ether_type::teb:
      inside_.next = Next::ethernet;
      if (header.is_nvgre()) {
        inside_.kind = Tunnel::nvgre;
        inside_.id = header.key >> 8U;  // RFC 7637 3.2: 24 bits of subnet, 8 of flow
      }
      break;
    case ether_type::erspan2:
    case ether_type::erspan3: {
      const auto mirror = Erspan::parse(header);
      if (!mirror) {
        if (out_.proto == ip_protocol::gre) note(Layer::gre, mirror.flaw());
        break;
      }
      inside_ = {.next = Next::ethernet,
                 .kind = Tunnel::erspan,
                 .id = mirror->session,
                 .payload = mirror->payload};
      break;
    }
    default:
      if (header.is_wireless()) inside_.next = Next::ieee80211;
      break;
  }
}

void Walk::look_for_udp_tunnel() noexcept {
  const Slice payload{out_.payload_bytes(), out_.payload_size};
  switch (out_.dst_port) {
    case Vxlan::port:
    case Vxlan::old_port: vxlan(payload); return;
    case Geneve::port: geneve(payload); return;
    case Gre::udp_port: gre_in_udp(payload); return;
    default: break;
  }
  // These answer from the port that they are asked on, to a client's. What goes to a service from a
  // port that the sender chose is none of theirs.
  const std::uint16_t from = out_.dst_port < first_user_port ? std::uint16_t{0} : out_.src_port;
  for (const auto port : {out_.dst_port, from}) {
    switch (port) {
      case Gtpu::port: gtpu(payload); return;
      case L2tp::port: l2tp(payload); return;
      case Teredo::port: teredo(payload); return;
      case Ayiya::port: ayiya(payload); return;
      default: break;
    }
  }
}

void Walk::gre_in_udp(Slice payload) noexcept {
  const auto header = Gre::parse(payload);
  if (!header) return;
  inside_gre(*header);
  inside_.evidence = Evidence::port;
}

void Walk::l2tp(Slice payload) noexcept {
  const auto header = L2tp::parse(payload);
  if (!header) return;
  inside_ = {.next = Next::ppp,
             .kind = Tunnel::l2tp,
             .evidence = Evidence::port,
             .id = header->session,
             .payload = header->payload};
}

void Walk::teredo(Slice payload) noexcept {
  const auto header = Teredo::parse(payload);
  if (!header) return;
  inside_ = {.next = Next::ipv6,
             .kind = Tunnel::teredo,
             .evidence = Evidence::port,
             .payload = header->payload};
}

void Walk::ayiya(Slice payload) noexcept {
  const auto header = Ayiya::parse(payload);
  if (!header) return;
  inside_ = {.kind = Tunnel::ayiya, .evidence = Evidence::port, .payload = header->payload};
  switch (header->next_header) {
    case ip_protocol::ipip: inside_.next = Next::ipv4; break;
    case ip_protocol::ipv6: inside_.next = Next::ipv6; break;
    default: break;
  }
}

void Walk::vxlan(Slice payload) noexcept {
  const auto header = Vxlan::parse(payload);
  if (!header) return;
  inside_ = {.next = Next::ethernet,
             .kind = Tunnel::vxlan,
             .evidence = Evidence::port,
             .id = header->vni,
             .payload = header->payload};
}

void Walk::geneve(Slice payload) noexcept {
  const auto header = Geneve::parse(payload);
  if (!header) return;
  inside_ = {.kind = Tunnel::geneve,
             .evidence = Evidence::port,
             .id = header->vni,
             .payload = header->payload};
  switch (header->type) {
    case ether_type::teb: inside_.next = Next::ethernet; break;
    case ether_type::ipv4: inside_.next = Next::ipv4; break;
    case ether_type::ipv6: inside_.next = Next::ipv6; break;
    default: break;
  }
}

void Walk::gtpu(Slice payload) noexcept {
  const auto header = Gtpu::parse(payload);
  if (!header) return;
  inside_ = {.next = Next::ip,
             .kind = Tunnel::gtpu,
             .evidence = Evidence::port,
             .id = header->teid,
             .payload = header->payload};
}

}  // namespace ntan::wire

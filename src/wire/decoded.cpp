#include "wire/decoded.h"

namespace ntan::wire {

std::string_view to_text(Bucket bucket) noexcept {
  switch (bucket) {
    case Bucket::flow: return "flow";
    case Bucket::fragment: return "fragment";
    case Bucket::fragment_incomplete: return "fragment_incomplete";
    case Bucket::icmp_error: return "icmp_error";
    case Bucket::arp: return "arp";
    case Bucket::other_l2: return "other_l2";
    case Bucket::non_ip: return "non_ip";
    case Bucket::unknown_link: return "unknown_link";
    case Bucket::undecodable: return "undecodable";
  }
  return {};
}

std::string_view to_text(Layer layer) noexcept {
  switch (layer) {
    case Layer::none: return "none";
    case Layer::link: return "link";
    case Layer::vlan: return "vlan";
    case Layer::mpls: return "mpls";
    case Layer::pppoe: return "pppoe";
    case Layer::arp: return "arp";
    case Layer::ipv4: return "ipv4";
    case Layer::ipv6: return "ipv6";
    case Layer::ipv6_extension: return "ipv6_extension";
    case Layer::icmp: return "icmp";
    case Layer::tcp: return "tcp";
    case Layer::udp: return "udp";
    case Layer::sctp: return "sctp";
    case Layer::gre: return "gre";
    case Layer::vxlan: return "vxlan";
    case Layer::geneve: return "geneve";
    case Layer::gtpu: return "gtpu";
    case Layer::tunnel: return "tunnel";
  }
  return {};
}

bool is_too_deep(Layer layer, Flaw flaw) noexcept {
  return flaw == Flaw::unsupported &&
         (layer == Layer::tunnel || layer == Layer::vlan || layer == Layer::mpls ||
          layer == Layer::pppoe || layer == Layer::ipv6_extension);
}

std::string_view to_text(Extra::Tunnel tunnel) noexcept {
  using Tunnel = Extra::Tunnel;
  switch (tunnel) {
    case Tunnel::ipip: return "ipip";
    case Tunnel::sixin4: return "6in4";
    case Tunnel::fourin6: return "4in6";
    case Tunnel::gre: return "gre";
    case Tunnel::vxlan: return "vxlan";
    case Tunnel::geneve: return "geneve";
    case Tunnel::gtpu: return "gtpu";
    case Tunnel::pppoe: return "pppoe";
    case Tunnel::mpls: return "mpls";
    case Tunnel::nvgre: return "nvgre";
    case Tunnel::erspan: return "erspan";
    case Tunnel::l2tp: return "l2tp";
    case Tunnel::teredo: return "teredo";
    case Tunnel::ayiya: return "ayiya";
  }
  return {};
}

}  // namespace ntan::wire

#include "wire/cooked.h"
#include "wire/ethernet.h"
#include "wire/ieee80211.h"
#include "wire/mpls.h"
#include "wire/ppp.h"
#include "wire/vlan.h"
#include "wire/walk.h"

namespace ntan::wire {

namespace {

// Tags that switches put in front of a frame on their own links.
constexpr std::uint16_t provider_backbone = 0x88e7;  // IEEE 802.1ah: 4 octets, then the frame
constexpr std::uint16_t fabric_path = 0x8903;        // Cisco: 2 octets, then the frame
constexpr std::uint16_t vn_tag = 0x8926;             // Cisco: 4 octets, then an EtherType
constexpr std::uint16_t e_tag = 0x893f;              // IEEE 802.1BR: 6 octets, then an EtherType

}  // namespace

Walk::Next Walk::link(LinkType type) noexcept {
  switch (type) {
    case LinkType::ethernet: return Next::ethernet;
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd: return Next::ip;
    case LinkType::ipv4: return Next::ipv4;
    case LinkType::ipv6: return Next::ipv6;
    case LinkType::linux_sll: return cooked(Cooked::parse_v1(rest_));
    case LinkType::linux_sll2: return cooked(Cooked::parse_v2(rest_));
    case LinkType::null: return loopback(Loopback::parse_null(rest_));
    case LinkType::loop: return loopback(Loopback::parse_loop(rest_));
    case LinkType::ppp:
    case LinkType::ppp_hdlc: return ppp_serial();
    case LinkType::ppp_ether: return pppoe();
    case LinkType::c_hdlc: return cisco_hdlc();
    case LinkType::nflog: return nflog();
    case LinkType::ieee80211: return Next::ieee80211;
    case LinkType::ieee80211_radiotap: return radiotap();
  }
  return end(Bucket::unknown_link);
}

Walk::Next Walk::cooked(const Parsed<Cooked>& header) noexcept {
  constexpr std::uint16_t ieee8022 = 4;  // ETH_P_802_2
  if (!header) return stop(Layer::link, header.flaw());
  extra_.has_mac = header->has_mac;
  extra_.src_mac = header->src;
  extra_.dst_mac = header->dst;
  rest_ = header->payload;
  if (header->has_radiotap()) {
    extra_.has_mac = false;  // whose address it would be depends on the frame
    return radiotap();
  }
  if (!header->has_ether_type()) return end(Bucket::non_ip);
  if (header->protocol == ieee8022) return Next::llc;
  if (header->protocol < ether_type::first) return end(Bucket::non_ip);
  return length_or_type(header->protocol);
}

Walk::Next Walk::loopback(const Parsed<Loopback>& header) noexcept {
  if (!header) return stop(Layer::link, header.flaw());
  rest_ = header->payload;
  return ip_of(header->version);
}

Walk::Next Walk::nflog() noexcept {
  const auto header = Nflog::parse(rest_);
  if (!header) return stop(Layer::link, header.flaw());
  rest_ = header->payload;
  return ip_of(header->version);
}

Walk::Next Walk::ip_of(IpVersion version) noexcept {
  switch (version) {
    case IpVersion::v4: return Next::ipv4;
    case IpVersion::v6: return Next::ipv6;
    case IpVersion::none: break;
  }
  return end(Bucket::non_ip);
}

Walk::Next Walk::radiotap() noexcept {
  const auto header = Radiotap::parse(rest_);
  if (!header) return stop(Layer::link, header.flaw());
  rest_ = header->payload;
  return ieee80211(header->body_alignment);
}

Walk::Next Walk::ieee80211(std::size_t body_alignment) noexcept {
  const auto frame = Ieee80211::parse(rest_, body_alignment);
  if (!frame) return stop(Layer::link, frame.flaw());
  if (!frame->has_llc) return end(Bucket::other_l2);
  if (frame->more) note(Layer::link, Flaw::unsupported);
  rest_ = frame->payload;
  return Next::llc;
}

Walk::Next Walk::cisco_hdlc() noexcept {
  const auto header = CiscoHdlc::parse(rest_);
  if (!header) return stop(Layer::link, header.flaw());
  rest_ = header->payload;
  if (header->type < ether_type::first) return end(Bucket::non_ip);
  return length_or_type(header->type);
}

Walk::Next Walk::ppp_serial() noexcept {
  // LINKTYPE_PPP_HDLC: RFC 1662 framing, or Cisco's, told by the address octet; no PPP protocol
  // starts with one of them, so LINKTYPE_PPP, where routers write either, is read alike.
  constexpr std::uint8_t unicast = 0x0f;
  constexpr std::uint8_t broadcast = 0x8f;
  const auto address = Reader(rest_.captured).peek();
  return address == unicast || address == broadcast ? cisco_hdlc() : Next::ppp;
}

Walk::Next Walk::ethernet() noexcept {
  const auto frame = Ethernet::parse(rest_);
  if (!frame) return stop(Layer::link, frame.flaw());
  if (!extra_.has_mac) {
    extra_.src_mac = frame->src;
    extra_.dst_mac = frame->dst;
    extra_.has_mac = true;
  }
  frame_src_ = frame->src;
  frame_dst_ = frame->dst;
  framed_ = true;
  rest_ = frame->payload;
  return length_or_type(frame->type);
}

Walk::Next Walk::length_or_type(std::uint16_t type) noexcept {
  if (type == ether_type::ipv4) return Next::ipv4;
  if (type == ether_type::ipv6) return Next::ipv6;
  if (type < ether_type::first) {
    // An 802.3 length; one that is wrong is no reason to lose the frame.
    rest_ = rest_.first(type);
    return Next::llc;
  }
  type_ = type;
  return Next::ether_type;
}

Walk::Next Walk::ether_type() noexcept {
  if (is_vlan(type_)) return vlan();
  switch (type_) {
    case ether_type::mpls:
    case ether_type::mpls_multicast: return mpls();
    case ether_type::pppoe_session: return pppoe();
    case ether_type::teb: return carried_ethernet(0);
    case provider_backbone: return carried_ethernet(4);
    case fabric_path: return carried_ethernet(2);
    case vn_tag: return switch_tag(4);
    case e_tag: return switch_tag(6);
    case ether_type::arp: keep_payload(rest_); return end(Bucket::arp);
    default: break;
  }
  return end(is_link_control(type_) ? Bucket::other_l2 : Bucket::non_ip);
}

Walk::Next Walk::vlan() noexcept {
  const auto tag = Vlan::parse(rest_);
  if (!tag) return stop(Layer::vlan, tag.flaw());
  if (out_.vlan_count == Extra::max_vlans) return stop(Layer::vlan, Flaw::unsupported);
  if (out_.vlan_count == 0) {
    out_.vlan = tag->id;
  } else {
    const unsigned place = network_bits + vlan_bits * (out_.vlan_count - 1U);
    out_.network |= std::uint64_t{tag->id} << place;
  }
  extra_.vlans[out_.vlan_count++] = tag->id;
  rest_ = tag->payload;
  return length_or_type(tag->type);
}

Walk::Next Walk::switch_tag(std::size_t size) noexcept {
  const std::size_t with_type = size + 2;
  if (!rest_.has(with_type)) return stop(Layer::link, rest_.missing(with_type));
  Reader r(rest_.captured.first(with_type));
  r.skip(size);
  rest_ = rest_.after(with_type);
  return length_or_type(r.be16());
}

// Behind `size` octets the frame begins that a link between switches or providers carries: it has
// the addresses of who sent it, which ARP inside speaks of.
Walk::Next Walk::carried_ethernet(std::size_t size) noexcept {
  rest_ = rest_.after(size);
  if (outermost_) extra_.has_mac = false;
  return Next::ethernet;
}

Walk::Next Walk::mpls() noexcept {
  const auto stack = Mpls::parse(rest_);
  if (!stack) return stop(Layer::mpls, stack.flaw());
  if (!push_tunnel(Extra::Tunnel::mpls, stack->label)) return stop(Layer::mpls, Flaw::unsupported);
  rest_ = stack->payload;
  if (!rest_.has(1)) return stop(Layer::mpls, rest_.missing(1));
  // RFC 4928 3: nothing names what follows, but 4 and 6 are kept for IP; 0 is a control word.
  constexpr std::size_t control_word_size = 4;
  switch (rest_.captured.front() >> 4U) {
    case 4: return Next::ipv4;
    case 6: return Next::ipv6;
    case 0: return carried_ethernet(control_word_size);
    default: return end(Bucket::non_ip);
  }
}

Walk::Next Walk::ppp() noexcept {
  const auto header = Ppp::parse(rest_);
  if (!header) return stop(Layer::link, header.flaw());
  rest_ = header->payload;
  switch (header->protocol) {
    case ppp_protocol::ipv4: return Next::ipv4;
    case ppp_protocol::ipv6: return Next::ipv6;
    case ppp_protocol::mpls:
    case ppp_protocol::mpls_multicast: return mpls();
    default: break;
  }
  return end(header->protocol >= ppp_protocol::first_control ? Bucket::other_l2 : Bucket::non_ip);
}

Walk::Next Walk::pppoe() noexcept {
  const auto header = Pppoe::parse(rest_);
  if (!header) return stop(Layer::pppoe, header.flaw());
  if (header->length_bad) note(Layer::pppoe, Flaw::bad_length);
  if (!push_tunnel(Extra::Tunnel::pppoe, header->session)) {
    return stop(Layer::pppoe, Flaw::unsupported);
  }
  rest_ = header->payload;
  return Next::ppp;
}

Walk::Next Walk::llc() noexcept {
  const auto header = Llc::parse(rest_);
  if (!header) return stop(Layer::link, header.flaw());
  if (header->type < ether_type::first) return end(Bucket::other_l2);
  rest_ = header->payload;
  return length_or_type(header->type);
}

Walk::Next Walk::ip_by_version() noexcept {
  if (!rest_.has(1)) return stop(Layer::link, rest_.missing(1));
  switch (rest_.captured.front() >> 4U) {
    case 4: return Next::ipv4;
    case 6: return Next::ipv6;
    default: return stop(Layer::link, Flaw::bad_value);
  }
}

}  // namespace ntan::wire

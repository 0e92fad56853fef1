#include "wire/ethernet.h"
#include "wire/vlan.h"
#include "wire/walk.h"

namespace ntan::wire {

Walk::Next Walk::link(LinkType type) noexcept {
  switch (type) {
    case LinkType::ethernet: return Next::ethernet;
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd: return Next::ip;
    case LinkType::ipv4: return Next::ipv4;
    case LinkType::ipv6: return Next::ipv6;
    default: return end(Bucket::unknown_link);
  }
}

Walk::Next Walk::ethernet() noexcept {
  const auto frame = Ethernet::parse(rest_);
  if (!frame) return stop(Layer::link, frame.flaw());
  if (!extra_.has_mac) {
    extra_.src_mac = frame->src;
    extra_.dst_mac = frame->dst;
    extra_.has_mac = true;
  }
  rest_ = frame->payload;
  return length_or_type(frame->type);
}

Walk::Next Walk::length_or_type(std::uint16_t type) noexcept {
  if (type == ether_type::ipv4) return Next::ipv4;
  if (type == ether_type::ipv6) return Next::ipv6;
  type_ = type;
  return Next::ether_type;
}

Walk::Next Walk::ether_type() noexcept {
  if (type_ < ether_type::first) return llc();
  if (is_vlan(type_)) return vlan();
  if (type_ == ether_type::arp) {
    keep_payload(rest_);
    return end(Bucket::arp);
  }
  return end(is_link_control(type_) ? Bucket::other_l2 : Bucket::non_ip);
}

Walk::Next Walk::vlan() noexcept {
  const auto tag = Vlan::parse(rest_);
  if (!tag) return stop(Layer::vlan, tag.flaw());
  if (out_.vlan_count == Extra::max_vlans) return stop(Layer::vlan, Flaw::unsupported);
  if (out_.vlan_count == 0) out_.vlan = tag->id;
  extra_.vlans[out_.vlan_count++] = tag->id;
  rest_ = tag->payload;
  return length_or_type(tag->type);
}

Walk::Next Walk::llc() noexcept {
  // 802.3 gives a length, and pads behind it; a wrong one is no reason to lose the frame.
  const auto header = Llc::parse(rest_.first(type_));
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

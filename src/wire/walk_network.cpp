#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/walk.h"

namespace ntan::wire {

Walk::Next Walk::ipv4() noexcept {
  const auto header = Ipv4::parse(rest_);
  if (!header) return stop(Layer::ipv4, header.flaw());
  if (header->length_bad) note(Layer::ipv4, Flaw::bad_length);
  out_.src = header->src;
  out_.dst = header->dst;
  out_.proto = header->proto;
  out_.ttl = header->ttl;
  out_.ip_id = header->id;
  out_.l3_size = header->size;
  if (header->checksum_bad) {
    out_.checksum_bad = true;
    out_.checksum_unfilled = false;
  }
  final_address_ = !header->route_left;
  rest_ = header->payload;
  if (header->is_fragment()) {
    return fragment(header->fragment_offset, header->id, header->more_fragments);
  }
  return Next::ip_payload;
}

Walk::Next Walk::ipv6() noexcept {
  const auto header = Ipv6::parse(rest_);
  if (!header) return stop(Layer::ipv6, header.flaw());
  if (header->length_bad) note(Layer::ipv6, Flaw::bad_length);
  out_.src = header->src;
  out_.dst = header->dst;
  out_.ttl = header->hop_limit;
  rest_ = header->payload;
  out_.l3_size = static_cast<std::uint32_t>(Ipv6::header_size + rest_.sent);
  return ipv6_chain(header->next_header, header->length_zero ? Ipv6Chain::Start::header_no_size
                                                             : Ipv6Chain::Start::header);
}

Walk::Next Walk::ipv6_chain(std::uint8_t next_header, Ipv6Chain::Start start) noexcept {
  const auto chain = Ipv6Chain::parse(next_header, rest_, start);
  if (!chain) return stop(Layer::ipv6_extension, chain.flaw());
  out_.proto = chain->proto;
  if (start == Ipv6Chain::Start::header_no_size) {
    out_.l3_size = static_cast<std::uint32_t>(Ipv6::header_size + chain->size);
  }
  // Before a fragment header or behind it.
  if (chain->segments_left) final_address_ = false;
  rest_ = chain->payload;
  if (chain->is_fragment) {
    return fragment(chain->fragment_offset, chain->id, chain->more_fragments);
  }
  if (start != Ipv6Chain::Start::fragment) out_.ip_id = chain->id;
  return Next::ip_payload;
}

Walk::Next Walk::fragment(std::uint16_t offset, std::uint32_t id, bool more) noexcept {
  out_.fragmented = true;
  out_.ip_id = id;
  extra_.fragment_offset = offset;
  extra_.more_fragments = more;
  extra_.final_address = final_address_;
  keep_payload(rest_);
  return end(Bucket::fragment);
}

Walk::Next Walk::ip_payload() noexcept {
  switch (out_.proto) {
    case ip_protocol::tcp: return tcp();
    case ip_protocol::udp: return udp();
    case ip_protocol::udplite: return udp_lite();
    case ip_protocol::sctp: return sctp();
    case ip_protocol::gre: return gre();
    case ip_protocol::ipip:
    case ip_protocol::ipv6: return ip_in_ip();
    case ip_protocol::icmp:
      if (out_.src.version == IpVersion::v4) return icmp(IpVersion::v4);
      break;
    case ip_protocol::icmpv6:
      if (out_.src.version == IpVersion::v6) return icmp(IpVersion::v6);
      break;
    case ip_protocol::ah:
      if (out_.src.version == IpVersion::v4) return authentication_header();
      break;
    default: break;
  }
  return flow(Ports{}, rest_);
}

Walk::Next Walk::authentication_header() noexcept {
  // RFC 4302 2: next header, length in units of 4 octets less 2. In IPv6 it is an extension header.
  Reader r(rest_.captured);
  const auto next = r.u8();
  const std::size_t size = (r.u8() + std::size_t{2}) * 4;
  if (!r.ok() || !rest_.has(size)) {
    note(Layer::ipv4, rest_.missing(r.ok() ? size : 2));
    return flow(Ports{}, rest_);
  }
  out_.proto = next;
  rest_ = rest_.after(size);
  return Next::ip_payload;
}

}  // namespace ntan::wire

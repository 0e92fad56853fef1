#include "wire/walk.h"

#include <algorithm>

#include "base/arp_message.h"

namespace ntan::wire {

void Walk::from_link(const PacketView& packet) noexcept {
  rest_ = {packet.data, std::max<std::size_t>(packet.wire_size, packet.data.size())};
  run(link(packet.link));
}

void Walk::from_reassembled() noexcept {
  rest_ = {out_.payload_bytes(), out_.payload_size};
  final_address_ = extra_.final_address;
  out_.payload = nullptr;
  out_.payload_captured = 0;
  out_.payload_size = 0;
  out_.payload_cut = false;
  out_.bucket = Bucket::undecodable;
  run(out_.src.version == IpVersion::v6 ? ipv6_chain(out_.proto, Ipv6Chain::Start::fragment)
                                        : Next::ip_payload);
}

void Walk::run(Next next) noexcept {
  walk(next);
  if (inside_.next != Next::done) walk_inside();
}

void Walk::walk(Next next) noexcept {
  while (next != Next::done) {
    if (extra_.layers == max_layers) {
      next = stop(Layer::tunnel, Flaw::unsupported);
      continue;
    }
    ++extra_.layers;
    next = step(next);
  }
}

void Walk::walk_inside() noexcept {
  while (inside_.next != Next::done) {
    const Decoded outer = out_;
    const Inside inside = inside_;
    inside_ = {};
    walk(enter(inside));
    const bool kept = out_.bucket == Bucket::flow || out_.bucket == Bucket::fragment ||
                      out_.bucket == Bucket::icmp_error || ends_in_arp();
    if (kept) continue;
    const Layer layer = out_.flaw_layer;
    const Flaw flaw = out_.flaw;
    out_ = outer;
    inside_ = {};
    // Octets that only look like a tunnel end before they are nested too deep.
    const bool sure = inside.evidence == Evidence::number || is_too_deep(layer, flaw);
    if (sure && layer != Layer::none) note(layer, flaw);
  }
}

/// The link addresses are then those of the frame around the message: it speaks of them.
bool Walk::ends_in_arp() noexcept {
  if (out_.bucket != Bucket::arp || !ArpMessage::parse(out_.payload_bytes())) return false;
  extra_.src_mac = frame_src_;
  extra_.dst_mac = frame_dst_;
  extra_.has_mac = framed_;
  return true;
}

Walk::Next Walk::enter(const Inside& inside) noexcept {
  if (!push_tunnel(inside.kind, inside.id)) return stop(Layer::tunnel, Flaw::unsupported);
  const Decoded outer = out_;
  out_ = Decoded{};
  out_.flaw_layer = outer.flaw_layer;
  out_.flaw = outer.flaw;
  out_.vlan = outer.vlan;
  out_.vlan_count = outer.vlan_count;
  out_.tunnel_depth = outer.tunnel_depth;
  out_.checksum_bad = outer.checksum_bad;
  out_.checksum_unfilled = outer.checksum_unfilled;
  out_.fragmented = outer.fragmented;
  const bool numbered = inside.kind == Extra::Tunnel::vxlan ||
                        inside.kind == Extra::Tunnel::geneve || inside.kind == Extra::Tunnel::nvgre;
  out_.network =
      numbered ? (outer.network & ~network_mask) | (inside.id + std::uint64_t{1}) : outer.network;
  type_ = inside.type;
  rest_ = inside.payload;
  final_address_ = true;
  outermost_ = false;
  framed_ = false;
  return inside.next;
}

bool Walk::push_tunnel(Extra::Tunnel kind, std::uint32_t id) noexcept {
  if (out_.tunnel_depth == Extra::max_tunnels) return false;
  extra_.tunnels[out_.tunnel_depth++] = {.kind = kind, .id = id};
  return true;
}

Walk::Next Walk::step(Next next) noexcept {
  switch (next) {
    case Next::ethernet: return ethernet();
    case Next::ether_type: return ether_type();
    case Next::llc: return llc();
    case Next::ppp: return ppp();
    case Next::ieee80211: return ieee80211(1);
    case Next::ip: return ip_by_version();
    case Next::ipv4: return ipv4();
    case Next::ipv6: return ipv6();
    case Next::ip_payload: return ip_payload();
    case Next::done: break;
  }
  return Next::done;
}

Walk::Next Walk::end(Bucket bucket) noexcept {
  out_.bucket = bucket;
  return Next::done;
}

Walk::Next Walk::stop(Layer layer, Flaw flaw) noexcept {
  note(layer, flaw);
  return end(Bucket::undecodable);
}

void Walk::note(Layer layer, Flaw flaw) noexcept {
  // The first flaw is the cause; what goes wrong behind it is its consequence.
  if (out_.flaw_layer != Layer::none) return;
  out_.flaw_layer = layer;
  out_.flaw = flaw;
}

void Walk::keep_payload(Slice payload) noexcept {
  out_.payload = payload.captured.data();
  out_.payload_captured = static_cast<std::uint32_t>(payload.captured.size());
  out_.payload_size = static_cast<std::uint32_t>(payload.sent);
  out_.payload_cut = payload.cut();
}

Walk::Next Walk::flow(Ports ports, Slice payload) noexcept {
  out_.src_port = ports.src;
  out_.dst_port = ports.dst;
  keep_payload(payload);
  return end(Bucket::flow);
}

Walk::Next Walk::ports_only(Layer layer, Flaw flaw) noexcept {
  const auto ports = Ports::parse(rest_);
  if (!ports) return stop(layer, flaw);
  note(layer, flaw);
  out_.ports_only = true;
  return flow(*ports, Slice{});
}

void walk_frame(const PacketView& packet, const DecodeOptions& options, Decoded& out,
                Extra& extra) noexcept {
  out = Decoded{};
  extra.has_mac = false;
  extra.layers = 0;
  Walk(options, out, extra).from_link(packet);
}

void decode_reassembled(const DecodeOptions& options, Decoded& out, Extra& extra) noexcept {
  Walk(options, out, extra).from_reassembled();
}

}  // namespace ntan::wire

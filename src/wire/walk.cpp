#include "wire/walk.h"

#include <algorithm>

namespace ntan::wire {

void Walk::from_link(const PacketView& packet) noexcept {
  rest_ = {packet.data, std::max<std::size_t>(packet.wire_size, packet.data.size())};
  run(link(packet.link));
}

void Walk::from_reassembled() noexcept {
  rest_ = {out_.payload_bytes(), out_.payload_size};
  out_.payload = nullptr;
  out_.payload_captured = 0;
  out_.payload_size = 0;
  out_.payload_cut = false;
  out_.bucket = Bucket::undecodable;
  run(out_.src.version == IpVersion::v6 ? ipv6_chain(out_.proto, Ipv6Chain::Start::fragment)
                                        : Next::ip_payload);
}

void Walk::run(Next next) noexcept {
  while (next != Next::done) {
    if (extra_.layers == max_layers) {
      next = stop(Layer::tunnel, Flaw::unsupported);
      continue;
    }
    ++extra_.layers;
    next = step(next);
  }
}

Walk::Next Walk::step(Next next) noexcept {
  switch (next) {
    case Next::ethernet: return ethernet();
    case Next::ether_type: return ether_type();
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
  return flow(*ports, Slice{});
}

void decode(const PacketView& packet, const DecodeOptions& options, Decoded& out,
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

// decode(): a short cut for the packets that nearly every capture is made of, and the walk for all.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "wire/checksum.h"
#include "wire/decoded.h"
#include "wire/geneve.h"
#include "wire/gtpu.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire/vlan.h"
#include "wire/vxlan.h"
#include "wire/walk.h"

namespace ntan::wire {

namespace {

/// TCP and UDP in IPv4 without options or IPv6 without extensions, in Ethernet with at most one
/// tag.
///
/// Each step gives up (false) at whatever is unusual, and the walk then reads the frame from its
/// start: the two must agree on every frame that this accepts. It is five times as fast because no
/// header is copied on its way.
class PlainFrame {
 public:
  PlainFrame(const PacketView& packet, Decoded& out, Extra& extra) noexcept
      : rest_{packet.data, std::max<std::size_t>(packet.wire_size, packet.data.size())},
        out_(out),
        extra_(extra) {}

  bool decode() noexcept {
    if (rest_.captured.size() < Ethernet::header_size) return false;
    Reader r(rest_.captured.first(Ethernet::header_size));
    std::copy_n(r.take(6).data(), 6, extra_.dst_mac.octets.begin());
    std::copy_n(r.take(6).data(), 6, extra_.src_mac.octets.begin());
    extra_.has_mac = true;
    extra_.layers = 3;
    auto type = r.be16();
    rest_ = rest_.after(Ethernet::header_size);
    if (type == ether_type::vlan && rest_.has(Vlan::size)) type = vlan();
    if (type == ether_type::ipv4 ? !ipv4() : type != ether_type::ipv6 || !ipv6()) return false;
    return out_.proto == ip_protocol::tcp ? tcp() : out_.proto == ip_protocol::udp && udp();
  }

 private:
  std::uint16_t vlan() noexcept {
    Reader r(rest_.captured.first(Vlan::size));
    out_.vlan = static_cast<std::uint16_t>(r.be16() & 0x0fffU);
    out_.vlan_count = 1;
    extra_.vlans[0] = out_.vlan;
    extra_.layers = 4;
    rest_ = rest_.after(Vlan::size);
    return r.be16();
  }

  bool ipv4() noexcept {
    constexpr std::uint8_t no_options = 0x45;
    constexpr std::uint16_t fragment_bits = 0x3fff;
    if (!rest_.has(Ipv4::min_header_size)) return false;
    const Bytes header = rest_.captured.first(Ipv4::min_header_size);
    Reader r(header);
    if (r.u8() != no_options) return false;
    r.skip(1);
    const std::size_t total_length = r.be16();
    out_.ip_id = r.be16();
    const auto fragment = r.be16();
    out_.ttl = r.u8();
    out_.proto = r.u8();
    r.skip(2);
    std::copy_n(r.take(4).data(), 4, out_.src.octets.begin());
    std::copy_n(r.take(4).data(), 4, out_.dst.octets.begin());
    out_.src.version = out_.dst.version = IpVersion::v4;
    if ((fragment & fragment_bits) != 0 || total_length < header.size() ||
        total_length > rest_.sent) {
      return false;
    }
    out_.l3_size = static_cast<std::uint32_t>(total_length);
    out_.checksum_bad = !header_checksum_good(header.first<Ipv4::min_header_size>());
    rest_ = rest_.first(total_length).after(header.size());
    return true;
  }

  bool ipv6() noexcept {
    if (!rest_.has(Ipv6::header_size)) return false;
    Reader r(rest_.captured.first(Ipv6::header_size));
    const auto version = r.be32() >> 28U;
    const std::size_t length = r.be16();
    out_.proto = r.u8();
    out_.ttl = r.u8();
    std::copy_n(r.take(16).data(), 16, out_.src.octets.begin());
    std::copy_n(r.take(16).data(), 16, out_.dst.octets.begin());
    out_.src.version = out_.dst.version = IpVersion::v6;
    rest_ = rest_.after(Ipv6::header_size);
    if (version != 6 || length == 0 || length > rest_.sent) return false;
    out_.l3_size = static_cast<std::uint32_t>(Ipv6::header_size + length);
    rest_ = rest_.first(length);
    return true;
  }

  bool tcp() noexcept {
    if (!rest_.has(Tcp::min_header_size)) return false;
    Reader r(rest_.captured.first(Tcp::min_header_size));
    out_.src_port = r.be16();
    out_.dst_port = r.be16();
    out_.seq = r.be32();
    out_.ack = r.be32();
    const std::size_t header_size = (r.u8() >> 4U) * std::size_t{4};
    out_.tcp_flags = r.u8();
    out_.window = r.be16();
    if (header_size < Tcp::min_header_size || !rest_.has(header_size)) return false;
    const Bytes options = rest_.captured.first(header_size).subspan(Tcp::min_header_size);
    out_.options = options.data();
    out_.options_size = static_cast<std::uint16_t>(options.size());
    return flow(rest_.after(header_size));
  }

  bool udp() noexcept {
    if (!rest_.has(Udp::header_size)) return false;
    Reader r(rest_.captured.first(Udp::header_size));
    out_.src_port = r.be16();
    out_.dst_port = r.be16();
    const std::size_t length = r.be16();
    if (length < Udp::header_size || length > rest_.sent || may_be_tunnel()) return false;
    return flow(rest_.first(length).after(Udp::header_size));
  }

  [[nodiscard]] bool may_be_tunnel() const noexcept {
    switch (out_.dst_port) {
      case Vxlan::port:
      case Vxlan::old_port:
      case Geneve::port:
      case Gtpu::port: return true;
      default: return out_.src_port == Gtpu::port;
    }
  }

  bool flow(Slice payload) noexcept {
    out_.payload = payload.captured.data();
    out_.payload_captured = static_cast<std::uint32_t>(payload.captured.size());
    out_.payload_size = static_cast<std::uint32_t>(payload.sent);
    out_.payload_cut = payload.cut();
    out_.bucket = Bucket::flow;
    return true;
  }

  Slice rest_;
  Decoded& out_;
  Extra& extra_;
};

}  // namespace

void decode(const PacketView& packet, const DecodeOptions& options, Decoded& out,
            Extra& extra) noexcept {
  out = Decoded{};
  const bool try_plain = packet.link == LinkType::ethernet && !options.verify_checksums;
  if (try_plain && PlainFrame(packet, out, extra).decode()) return;
  walk_frame(packet, options, out, extra);
}

}  // namespace ntan::wire

// decode(): a short cut for the packets that nearly every capture is made of, and the walk for all.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

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
    if (!rest_.has(Ethernet::header_size)) return false;
    const std::uint8_t* const header = rest_.captured.data();
    std::memcpy(extra_.dst_mac.octets.data(), header, 6);
    std::memcpy(extra_.src_mac.octets.data(), header + 6, 6);
    extra_.has_mac = true;
    extra_.layers = 3;
    auto type = load_be<std::uint16_t>(header + 12);
    pass(Ethernet::header_size);
    if (type == ether_type::vlan && rest_.has(Vlan::size)) type = vlan();
    if (type == ether_type::ipv4 ? !ipv4() : type != ether_type::ipv6 || !ipv6()) return false;
    return out_.proto == ip_protocol::tcp ? tcp() : out_.proto == ip_protocol::udp && udp();
  }

 private:
  // Fields are loaded from fixed offsets of a header that is known to be there.

  /// Requires: rest_.has(size).
  void pass(std::size_t size) noexcept {
    rest_ = {rest_.captured.subspan(size), rest_.sent - size};
  }

  std::uint16_t vlan() noexcept {
    const std::uint8_t* const header = rest_.captured.data();
    out_.vlan = load_be<std::uint16_t>(header) & 0x0fffU;
    out_.vlan_count = 1;
    extra_.vlans[0] = out_.vlan;
    extra_.layers = 4;
    const auto type = load_be<std::uint16_t>(header + 2);
    pass(Vlan::size);
    return type;
  }

  bool ipv4() noexcept {
    constexpr std::uint8_t no_options = 0x45;
    constexpr std::uint16_t fragment_bits = 0x3fff;
    if (!rest_.has(Ipv4::min_header_size)) return false;
    const auto header = rest_.captured.first<Ipv4::min_header_size>();
    const std::uint8_t* const at = header.data();
    const std::size_t total_length = load_be<std::uint16_t>(at + 2);
    if (*at != no_options || (load_be<std::uint16_t>(at + 6) & fragment_bits) != 0 ||
        total_length < header.size() || total_length > rest_.sent) {
      return false;
    }
    out_.ip_id = load_be<std::uint16_t>(at + 4);
    out_.ttl = at[8];
    out_.proto = at[9];
    std::memcpy(out_.src.octets.data(), at + 12, 4);
    std::memcpy(out_.dst.octets.data(), at + 16, 4);
    out_.src.version = out_.dst.version = IpVersion::v4;
    out_.l3_size = static_cast<std::uint32_t>(total_length);
    out_.checksum_bad = !header_checksum_good(header);
    rest_ = rest_.first(total_length);
    pass(header.size());
    return true;
  }

  bool ipv6() noexcept {
    if (!rest_.has(Ipv6::header_size)) return false;
    const std::uint8_t* const at = rest_.captured.data();
    const std::size_t length = load_be<std::uint16_t>(at + 4);
    if (*at >> 4U != 6 || length == 0 || length > rest_.sent - Ipv6::header_size) return false;
    out_.proto = at[6];
    out_.ttl = at[7];
    std::memcpy(out_.src.octets.data(), at + 8, 16);
    std::memcpy(out_.dst.octets.data(), at + 24, 16);
    out_.src.version = out_.dst.version = IpVersion::v6;
    out_.l3_size = static_cast<std::uint32_t>(Ipv6::header_size + length);
    pass(Ipv6::header_size);
    rest_ = rest_.first(length);
    return true;
  }

  bool tcp() noexcept {
    if (!rest_.has(Tcp::min_header_size)) return false;
    const std::uint8_t* const at = rest_.captured.data();
    const std::size_t header_size = (at[12] >> 4U) * std::size_t{4};
    if (header_size < Tcp::min_header_size || !rest_.has(header_size)) return false;
    out_.src_port = load_be<std::uint16_t>(at);
    out_.dst_port = load_be<std::uint16_t>(at + 2);
    out_.seq = load_be<std::uint32_t>(at + 4);
    out_.ack = load_be<std::uint32_t>(at + 8);
    out_.tcp_flags = at[13];
    out_.window = load_be<std::uint16_t>(at + 14);
    out_.options = at + Tcp::min_header_size;
    out_.options_size = static_cast<std::uint16_t>(header_size - Tcp::min_header_size);
    pass(header_size);
    return flow(rest_);
  }

  bool udp() noexcept {
    if (!rest_.has(Udp::header_size)) return false;
    const std::uint8_t* const at = rest_.captured.data();
    const std::size_t length = load_be<std::uint16_t>(at + 4);
    out_.src_port = load_be<std::uint16_t>(at);
    out_.dst_port = load_be<std::uint16_t>(at + 2);
    if (length < Udp::header_size || length > rest_.sent || may_be_tunnel()) return false;
    rest_ = rest_.first(length);
    pass(Udp::header_size);
    return flow(rest_);
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

  bool flow(const Slice& payload) noexcept {
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

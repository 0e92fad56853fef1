// decode(): a short cut for the packets that nearly every capture is made of, and the walk for all.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/ayiya.h"
#include "wire/checksum.h"
#include "wire/decoded.h"
#include "wire/geneve.h"
#include "wire/gre.h"
#include "wire/gtpu.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/l2tp.h"
#include "wire/tcp.h"
#include "wire/teredo.h"
#include "wire/udp.h"
#include "wire/vlan.h"
#include "wire/vxlan.h"
#include "wire/walk.h"

namespace ntan::wire {

namespace {

constexpr std::array tunnel_ports{Vxlan::port, Vxlan::old_port, Geneve::port, Gre::udp_port,
                                  Gtpu::port,  L2tp::port,      Teredo::port, Ayiya::port};

// Sixteen ports each, so that one word tells for nearly every port that it is no tunnel's.
constexpr unsigned group_of(std::uint16_t port) noexcept {
  return port >> 4U & 63U;
}

constexpr std::uint64_t tunnel_groups = [] {
  std::uint64_t groups = 0;
  for (const std::uint16_t port : tunnel_ports) groups |= std::uint64_t{1} << group_of(port);
  return groups;
}();

/// TCP and UDP in IPv4 without options or IPv6 without extensions, in Ethernet with at most one
/// tag.
///
/// Each step gives up (false) at whatever is unusual, and the walk then reads the frame from its
/// start: the two must agree on every frame that this accepts. It is many times as fast because no
/// header is copied on its way, and because its place in the frame stays in registers: all of it is
/// one function.
class PlainFrame {
 public:
  [[gnu::always_inline]] PlainFrame(const PacketView& packet, Decoded& out, Extra& extra) noexcept
      : at_(packet.data.data()),
        captured_(packet.data.size()),
        sent_(std::max<std::size_t>(packet.wire_size, packet.data.size())),
        out_(out),
        extra_(extra) {}

  [[gnu::always_inline]] bool decode() noexcept {
    if (captured_ < Ethernet::header_size) return false;
    std::memcpy(extra_.dst_mac.octets.data(), at_, 6);
    std::memcpy(extra_.src_mac.octets.data(), at_ + 6, 6);
    extra_.has_mac = true;
    extra_.layers = 3;
    auto type = load_be<std::uint16_t>(at_ + 12);
    pass(Ethernet::header_size);
    if (type == ether_type::vlan && captured_ >= Vlan::size) type = vlan();
    if (type == ether_type::ipv4 ? !ipv4() : type != ether_type::ipv6 || !ipv6()) return false;
    return out_.proto == ip_protocol::tcp ? tcp() : out_.proto == ip_protocol::udp && udp();
  }

 private:
  // Fields are loaded from fixed offsets of a header that is known to be there.

  /// Requires: captured_ >= size.
  [[gnu::always_inline]] void pass(std::size_t size) noexcept {
    at_ += size;
    captured_ -= size;
    sent_ -= size;
  }

  /// What lies behind the next `size` octets is padding. Requires: sent_ >= size.
  [[gnu::always_inline]] void end_after(std::size_t size) noexcept {
    captured_ = std::min(captured_, size);
    sent_ = size;
  }

  [[gnu::always_inline]] std::uint16_t vlan() noexcept {
    out_.vlan = load_be<std::uint16_t>(at_) & 0x0fffU;
    out_.vlan_count = 1;
    extra_.vlans[0] = out_.vlan;
    extra_.layers = 4;
    const auto type = load_be<std::uint16_t>(at_ + 2);
    pass(Vlan::size);
    return type;
  }

  [[gnu::always_inline]] bool ipv4() noexcept {
    constexpr std::uint8_t no_options = 0x45;
    constexpr std::uint16_t fragment_bits = 0x3fff;
    constexpr std::size_t header_size = Ipv4::min_header_size;
    if (captured_ < header_size) return false;
    const std::size_t total_length = load_be<std::uint16_t>(at_ + 2);
    if (*at_ != no_options || (load_be<std::uint16_t>(at_ + 6) & fragment_bits) != 0 ||
        total_length < header_size || total_length > sent_) {
      return false;
    }
    out_.ip_id = load_be<std::uint16_t>(at_ + 4);
    out_.ttl = at_[8];
    out_.proto = at_[9];
    std::memcpy(out_.src.octets.data(), at_ + 12, 4);
    std::memcpy(out_.dst.octets.data(), at_ + 16, 4);
    out_.src.version = out_.dst.version = IpVersion::v4;
    out_.l3_size = static_cast<std::uint32_t>(total_length);
    out_.checksum_bad =
        !header_checksum_good(std::span<const std::uint8_t, header_size>{at_, header_size});
    end_after(total_length);
    pass(header_size);
    return true;
  }

  [[gnu::always_inline]] bool ipv6() noexcept {
    if (captured_ < Ipv6::header_size) return false;
    const std::size_t length = load_be<std::uint16_t>(at_ + 4);
    if (*at_ >> 4U != 6 || length == 0 || length > sent_ - Ipv6::header_size) return false;
    out_.proto = at_[6];
    out_.ttl = at_[7];
    std::memcpy(out_.src.octets.data(), at_ + 8, 16);
    std::memcpy(out_.dst.octets.data(), at_ + 24, 16);
    out_.src.version = out_.dst.version = IpVersion::v6;
    out_.l3_size = static_cast<std::uint32_t>(Ipv6::header_size + length);
    pass(Ipv6::header_size);
    end_after(length);
    return true;
  }

  [[gnu::always_inline]] bool tcp() noexcept {
    if (captured_ < Tcp::min_header_size) return false;
    const std::size_t header_size = (at_[12] >> 4U) * std::size_t{4};
    if (header_size < Tcp::min_header_size || captured_ < header_size) return false;
    out_.src_port = load_be<std::uint16_t>(at_);
    out_.dst_port = load_be<std::uint16_t>(at_ + 2);
    out_.seq = load_be<std::uint32_t>(at_ + 4);
    out_.ack = load_be<std::uint32_t>(at_ + 8);
    out_.tcp_flags = at_[13];
    out_.window = load_be<std::uint16_t>(at_ + 14);
    out_.options = at_ + Tcp::min_header_size;
    out_.options_size = static_cast<std::uint16_t>(header_size - Tcp::min_header_size);
    pass(header_size);
    return flow();
  }

  [[gnu::always_inline]] bool udp() noexcept {
    if (captured_ < Udp::header_size) return false;
    const std::size_t length = load_be<std::uint16_t>(at_ + 4);
    out_.src_port = load_be<std::uint16_t>(at_);
    out_.dst_port = load_be<std::uint16_t>(at_ + 2);
    if (length < Udp::header_size || length > sent_ || may_be_tunnel()) return false;
    end_after(length);
    pass(Udp::header_size);
    return flow();
  }

  [[nodiscard, gnu::always_inline]] bool may_be_tunnel() const noexcept {
    return is_tunnel(out_.dst_port) || is_tunnel(out_.src_port);
  }

  [[nodiscard, gnu::always_inline]] static bool is_tunnel(std::uint16_t port) noexcept {
    if ((tunnel_groups >> group_of(port) & 1U) == 0) [[likely]]
      return false;
    return std::ranges::find(tunnel_ports, port) != tunnel_ports.end();
  }

  [[gnu::always_inline]] bool flow() noexcept {
    out_.payload = at_;
    out_.payload_captured = static_cast<std::uint32_t>(captured_);
    out_.payload_size = static_cast<std::uint32_t>(sent_);
    out_.payload_cut = captured_ < sent_;
    out_.bucket = Bucket::flow;
    return true;
  }

  const std::uint8_t* at_;
  std::size_t captured_;  ///< octets from here on
  std::size_t sent_;      ///< the same as they were on the wire: no fewer
  Decoded& out_;
  Extra& extra_;
};

}  // namespace

void decode(const PacketView& packet, const DecodeOptions& options, Decoded& out,
            Extra& extra) noexcept {
  out = Decoded{};
  const bool try_plain = packet.link == LinkType::ethernet && !options.verify_checksums;
  if (try_plain && PlainFrame(packet, out, extra).decode()) [[likely]]
    return;
  walk_frame(packet, options, out, extra);
}

}  // namespace ntan::wire

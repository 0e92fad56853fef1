// What one frame turned out to be, as deep as it could be read: the innermost flow of a packet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/ip_protocol.h"
#include "base/packet.h"
#include "base/parsed.h"

namespace ntan::wire {

/// The ledger: every packet read ends in exactly one bucket, and buckets sum to packets and octets
/// read.
enum class Bucket : std::uint8_t {
  flow,                 ///< belongs to a flow (TCP, UDP, SCTP, ICMP query, any other IP protocol)
  fragment,             ///< waits in the defragmenter: becomes `flow` or `fragment_incomplete`
  fragment_incomplete,  ///< its datagram never became whole
  icmp_error,           ///< quotes another packet; attached to that flow if it is known
  arp,
  other_l2,  ///< a known link-level protocol that is not IP (LLDP, STP, EAPOL, LLC, PPP control, …)
  non_ip,    ///< an EtherType or protocol that we have no name for
  unknown_link,  ///< a link type that is not decoded: counted and named, never guessed
  undecodable,   ///< malformed or cut before a flow could be known
};
inline constexpr std::size_t bucket_count = 9;
static_assert(static_cast<std::size_t>(Bucket::undecodable) + 1 == bucket_count);
[[nodiscard]] std::string_view to_text(Bucket bucket) noexcept;

/// Where decoding ended early.
enum class Layer : std::uint8_t {
  none,
  link,
  vlan,
  mpls,
  pppoe,
  arp,
  ipv4,
  ipv6,
  ipv6_extension,
  icmp,
  tcp,
  udp,
  sctp,
  gre,
  vxlan,
  geneve,
  gtpu,
  tunnel,
};
inline constexpr std::size_t layer_count = 18;
static_assert(static_cast<std::size_t>(Layer::tunnel) + 1 == layer_count);
[[nodiscard]] std::string_view to_text(Layer layer) noexcept;
/// A header is in order, and one more of its kind, or of all kinds together, than is followed.
[[nodiscard]] bool is_too_deep(Layer layer, Flaw flaw) noexcept;

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10,
                              urg = 0x20, ece = 0x40, cwr = 0x80;
}

/// One frame, decoded to the transport header of its innermost packet. Compact, trivially copyable;
/// views borrow from the packet (or from the defragmenter, until the batch ends).
struct Decoded {
  IpAddress src;  ///< innermost; unknown if decoding did not reach IP
  IpAddress dst;
  Bucket bucket = Bucket::undecodable;
  std::uint8_t proto = 0;  ///< IP protocol of the innermost packet
  std::uint8_t tcp_flags = 0;
  std::uint8_t ttl = 0;  ///< TTL or hop limit
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  Layer flaw_layer = Layer::none;  ///< where decoding stopped or found something wrong, with `flaw`
  Flaw flaw{};
  std::uint8_t vlan_count = 0;         ///< entries of Extra::vlans
  std::uint8_t tunnel_depth = 0;       ///< entries of Extra::tunnels
  bool checksum_bad : 1 = false;       ///< IPv4 header always; TCP/UDP/ICMP only when asked for
  bool checksum_unfilled : 1 = false;  ///< bad, and what a network card is given to fill in
  bool discarded : 1 = false;          ///< bad, and its receiver throws it away; not by decode()
  bool fragmented : 1 = false;         ///< this frame is an IP fragment (or completed a datagram)
  bool payload_cut : 1 = false;        ///< payload.size() < payload_size because of the snaplen
  bool ports_only : 1 = false;         ///< nothing else of the transport header can be trusted
  bool options_cut : 1 = false;        ///< there are more TCP options than were captured
  std::uint16_t src_port =
      0;  ///< ICMP requests and replies: both ports hold the identifier; others: type << 8 | code
  std::uint16_t dst_port = 0;
  std::uint16_t vlan = 0;    ///< outermost VLAN id, 0 if untagged
  std::uint16_t window = 0;  ///< TCP, unscaled
  std::uint32_t seq = 0;     ///< TCP; SCTP: verification tag
  std::uint32_t ack = 0;
  std::uint32_t ip_id = 0;  ///< IPv4 identification, or that of an IPv6 fragment
  std::uint32_t payload_size =
      0;  ///< transport payload as sent (from the IP length), without padding
  std::uint32_t l3_size =
      0;  ///< innermost IP datagram, header included (TSO: what the frame holds)
  const std::uint8_t* payload =
      nullptr;  ///< captured part; ICMP: the whole message from its type octet; other IP: payload
  std::uint32_t payload_captured = 0;
  /// Which of several networks with the same addresses, besides `vlan`: the number of the innermost
  /// VXLAN, Geneve or NVGRE network + 1 in network_bits, the VLANs behind the outermost above.
  std::uint64_t network = 0;
  std::uint16_t options_size = 0;  ///< TCP options
  const std::uint8_t* options = nullptr;

  friend bool operator==(const Decoded&, const Decoded&) = default;

  [[nodiscard]] Bytes payload_bytes() const noexcept { return {payload, payload_captured}; }

  [[nodiscard]] Bytes option_bytes() const noexcept { return {options, options_size}; }

  /// ICMP of the version that carries it, the only one that is read: else there is no type.
  [[nodiscard]] bool is_icmp() const noexcept {
    return (proto == ip_protocol::icmp && src.version == IpVersion::v4) ||
           (proto == ip_protocol::icmpv6 && src.version == IpVersion::v6);
  }

  /// The transport header was read. Of a fragment, or where no more than ports could be, nobody
  /// knows what it says, nor how much of the packet is payload.
  [[nodiscard]] bool has_transport() const noexcept {
    return (bucket == Bucket::flow || bucket == Bucket::icmp_error) && !ports_only;
  }

  [[nodiscard]] bool has(std::uint8_t flags) const noexcept { return (tcp_flags & flags) != 0; }
};

static_assert(sizeof(Decoded) <= 128);

/// Of Decoded::network: 24 bits + 1, then three VLAN ids of 12.
inline constexpr unsigned network_bits = 25;
inline constexpr unsigned vlan_bits = 12;
inline constexpr std::uint64_t network_mask = (std::uint64_t{1} << network_bits) - 1;

/// What only few packets have; valid where Decoded says so.
struct Extra {
  static constexpr std::size_t max_vlans = 4;
  static constexpr std::size_t max_tunnels = 4;
  /// `ipip` is IP in IP of the same version.
  enum class Tunnel : std::uint8_t {
    ipip,
    sixin4,
    fourin6,
    gre,
    vxlan,
    geneve,
    gtpu,
    pppoe,
    mpls,
    nvgre,
    erspan,
    l2tp,
    teredo,
    ayiya
  };

  struct TunnelEntry {
    Tunnel kind{};
    std::uint32_t id = 0;  ///< VNI, TEID, GRE key, session, innermost MPLS label; 0 if none
  };

  std::array<std::uint16_t, max_vlans> vlans{};    ///< outermost first
  std::array<TunnelEntry, max_tunnels> tunnels{};  ///< outermost first
  /// Outermost Ethernet or SLL, or the Ethernet that it carries without IP between them
  /// (pseudowires, IEEE 802.1ah); of ARP in a tunnel the Ethernet around it. Valid with has_mac.
  MacAddress src_mac;
  MacAddress dst_mac;  ///< of SLL only whether to a group: all ones, else zero
  bool has_mac = false;
  // An IP fragment (bucket fragment):
  std::uint16_t fragment_offset = 0;  ///< octets
  bool more_fragments = false;
  std::uint8_t layers = 0;    ///< headers passed so far: the cap goes on counting after reassembly
  bool final_address = true;  ///< the destination is not one on a source route still to be followed
  // The packet quoted by an ICMP error (bucket icmp_error), in the direction it was sent:
  IpAddress quoted_src;
  IpAddress quoted_dst;
  std::uint16_t quoted_src_port = 0;
  std::uint16_t quoted_dst_port = 0;
  std::uint8_t quoted_proto = 0;
};

[[nodiscard]] std::string_view to_text(Extra::Tunnel tunnel) noexcept;

struct DecodeOptions {
  bool verify_checksums = false;  ///< TCP, UDP, ICMP; the IPv4 header is always verified
};

/// Decodes one frame. Pure: no state, no allocation, never fails; what could not be read is in
/// bucket, flaw and flaw_layer.
///
/// The innermost packet that can be read is the flow; a tunnel whose inside cannot be is a flow of
/// its outer header. A TCP, UDP or SCTP header of which no more than the ports can be trusted (cut
/// by the snaplen, or its lengths contradict each other) is a flow without flags and payload, flaw
/// set; without the ports it is undecodable. An IP fragment comes back as Bucket::fragment with
/// payload = the IP payload of the fragment (see wire/defragment.h).
void decode(const PacketView& packet, const DecodeOptions& options, Decoded& out,
            Extra& extra) noexcept;

/// Goes on behind the IP header of a reassembled datagram: `out` and `extra` are those of its first
/// fragment, with payload, payload_captured and payload_size set to the whole IP payload.
void decode_reassembled(const DecodeOptions& options, Decoded& out, Extra& extra) noexcept;

/// TCP options that later stages use. Unknown and malformed ones are skipped; `malformed` says so.
struct TcpOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;  ///< capped at 14 (RFC 7323 2.3)
  bool sack_permitted = false;
  bool has_timestamp = false;
  std::uint32_t ts_value = 0;
  std::uint32_t ts_echo = 0;
  std::uint8_t sack_count = 0;
  std::array<std::array<std::uint32_t, 2>, 4> sack{};
  bool malformed = false;
};

[[nodiscard]] TcpOptions parse_tcp_options(Bytes options) noexcept;

/// The timestamps option (RFC 7323 3.2).
struct TcpTimestamp {
  std::uint32_t value = 0;  ///< TSval
  std::uint32_t echo = 0;   ///< TSecr

  friend bool operator==(const TcpTimestamp&, const TcpTimestamp&) = default;
};

/// The same as the whole parse says, without it where the option stands as RFC 7323 A advises.
[[nodiscard]] std::optional<TcpTimestamp> parse_tcp_timestamp(Bytes options) noexcept;

}  // namespace ntan::wire

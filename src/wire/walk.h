// The walk from the link header of one frame to its innermost packet. Internal to wire/: others
// call decode(). Split by layer: walk_link.cpp, walk_network.cpp, walk_transport.cpp,
// walk_tunnel.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/packet.h"
#include "wire/cooked.h"
#include "wire/decoded.h"
#include "wire/ethernet.h"
#include "wire/gre.h"
#include "wire/ipv6.h"
#include "wire/ports.h"
#include "wire/slice.h"

namespace ntan::wire {

/// One step reads one header and says what stands behind it; nothing calls itself.
class Walk {
 public:
  static constexpr std::uint8_t max_layers = 16;

  Walk(const DecodeOptions& options, Decoded& out, Extra& extra) noexcept
      : options_(options), out_(out), extra_(extra) {}

  void from_link(const PacketView& packet) noexcept;
  void from_reassembled() noexcept;

 private:
  /// What the octets in `rest_` are.
  enum class Next : std::uint8_t {
    done,
    ethernet,
    ether_type,
    llc,
    ppp,
    ieee80211,
    ip,
    ipv4,
    ipv6,
    ip_payload,
  };

  /// Whether a tunnel is one by a protocol number, or was guessed from a port: only the former
  /// makes what is wrong inside a flaw of the packet. That a cap ended the walk is one of either.
  enum class Evidence : std::uint8_t { number, port };

  /// A flow that carries packets; entered once the flow itself is known.
  struct Inside {
    Next next = Next::done;
    Extra::Tunnel kind{};
    Evidence evidence = Evidence::number;
    std::uint16_t type = 0;  ///< with Next::ether_type
    std::uint32_t id = 0;
    Slice payload{};
  };

  void run(Next next) noexcept;
  void walk(Next next) noexcept;
  void walk_inside() noexcept;
  bool ends_in_arp() noexcept;
  Next enter(const Inside& inside) noexcept;
  bool push_tunnel(Extra::Tunnel kind, std::uint32_t id) noexcept;
  Next step(Next next) noexcept;

  Next link(LinkType type) noexcept;
  Next cooked(const Parsed<Cooked>& header) noexcept;
  Next loopback(const Parsed<Loopback>& header) noexcept;
  Next nflog() noexcept;
  Next radiotap() noexcept;
  Next ieee80211(std::size_t body_alignment) noexcept;
  Next cisco_hdlc() noexcept;
  Next ppp_serial() noexcept;
  Next ip_of(IpVersion version) noexcept;
  Next ethernet() noexcept;
  Next ether_type() noexcept;
  Next length_or_type(std::uint16_t type) noexcept;
  Next vlan() noexcept;
  Next switch_tag(std::size_t size) noexcept;
  Next carried_ethernet(std::size_t size) noexcept;
  Next mpls() noexcept;
  Next ppp() noexcept;
  Next pppoe() noexcept;
  Next llc() noexcept;
  Next ip_by_version() noexcept;

  Next ipv4() noexcept;
  Next ipv6() noexcept;
  Next ipv6_chain(std::uint8_t next_header, Ipv6Chain::Start start) noexcept;
  Next ip_payload() noexcept;
  Next authentication_header() noexcept;
  Next fragment(std::uint16_t offset, std::uint32_t id, bool more) noexcept;

  Next tcp() noexcept;
  Next udp() noexcept;
  Next udp_lite() noexcept;
  Next sctp() noexcept;
  Next icmp(IpVersion version) noexcept;
  void quote(Slice quoted, IpVersion version) noexcept;
  /// `field`: where the checksum stands in it.
  void check(Bytes covered, IpVersion pseudo_version, std::size_t field) noexcept;

  Next gre() noexcept;
  Next ip_in_ip() noexcept;
  void inside_gre(const Gre& header) noexcept;
  void look_for_udp_tunnel() noexcept;
  void gre_in_udp(Slice payload) noexcept;
  void l2tp(Slice payload) noexcept;
  void teredo(Slice payload) noexcept;
  void ayiya(Slice payload) noexcept;
  void vxlan(Slice payload) noexcept;
  void geneve(Slice payload) noexcept;
  void gtpu(Slice payload) noexcept;

  /// Ends at a header that could not be read: a flow if at least the ports could.
  Next ports_only(Layer layer, Flaw flaw) noexcept;
  Next flow(Ports ports, Slice payload) noexcept;
  Next end(Bucket bucket) noexcept;
  Next stop(Layer layer, Flaw flaw) noexcept;
  void note(Layer layer, Flaw flaw) noexcept;
  void keep_payload(Slice payload) noexcept;

  const DecodeOptions& options_;
  Decoded& out_;
  Extra& extra_;
  Slice rest_;
  std::uint16_t type_ = 0;     ///< with Next::ether_type
  bool final_address_ = true;  ///< no source route holds back the final destination
  bool outermost_ = true;      ///< no tunnel of an IP packet was entered
  bool framed_ = false;   ///< there was an Ethernet header, in the tunnel that was entered last
  MacAddress frame_src_;  ///< of it
  MacAddress frame_dst_;
  Inside inside_;
};

/// decode() by the walk alone, whatever the frame. Never a part of decode(), whose short cut would
/// then have to make room for it.
[[gnu::noinline]] void walk_frame(const PacketView& packet, const DecodeOptions& options,
                                  Decoded& out, Extra& extra) noexcept;

}  // namespace ntan::wire

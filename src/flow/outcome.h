// What a flow tells the scan detector: a first contact and how it ended. The detector never sees
// packets.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/time.h"

namespace ntan::flow {

/// How a source first addressed a target: what the first packet of an unknown flow was.
enum class ContactClass : std::uint8_t {
  none,  ///< never evidence: SYN-ACK first, payload mid-stream, an answer without its request
  syn,
  fin,
  null,    ///< TCP without any flag
  xmas,    ///< FIN, PSH or URG without SYN, ACK, RST
  synfin,  ///< SYN with FIN or RST
  ack,     ///< may be mid-stream: its result decides
  maimon,  ///< FIN and ACK; may be mid-stream: its result decides
  udp,
  icmp,  ///< a query: echo, timestamp, address mask
  arp,
  nd,  ///< IPv6 neighbour solicitation
  ip_protocol,
  sctp,
  reverse_rst,  ///< an RST without its flow: the receiver is the source, the sender the target
};
[[nodiscard]] std::string_view to_text(ContactClass contact_class) noexcept;

/// What became of it.
enum class Result : std::uint8_t {
  session,        ///< the originator sent payload on a completed handshake; UDP, ICMP: a reply came
  banner,         ///< only the responder sent payload
  connect,        ///< handshake completed, closed or reset without payload
  half_open,      ///< SYN-ACK, then RST from the originator, or no ACK for 5 s
  refused,        ///< RST before SYN-ACK, ICMP unreachable, SCTP ABORT
  silent,         ///< nothing within the class's time-out
  malformed,      ///< the first packet itself is the evidence (fin, null, xmas, synfin)
  idle,           ///< established and silent, or not watched long enough: weight 0
  midstream,      ///< part of an older connection after all: weight 0
  time_exceeded,  ///< a router answered (traceroute): weight 0
};
[[nodiscard]] std::string_view to_text(Result result) noexcept;

struct Outcome {
  enum class Kind : std::uint8_t {
    contact,  ///< a first packet to a target; result not yet known
    result,   ///< the result of an earlier contact
    late,     ///< an answer after `silent` was reported: takes it back
  };

  Timestamp time;  ///< trace clock when this was decided
  /// The contact's first packet by its own time: the same in a file cut down to the contact's.
  Timestamp first_time;
  IpAddress src;  ///< the originator (for reverse_rst: the receiver of the RST)
  IpAddress dst;
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;  ///< icmp: type; ip_protocol: protocol number; arp, nd: 0
  Kind kind{};
  ContactClass contact_class{};
  Result result{};
  std::uint8_t ttl = 0;
  std::uint64_t packet = 0;  ///< number of the contact's first packet in this input
  // What the first SYN looked like: absent options are a hint at a raw socket.
  bool syn_has_sack : 1 = false;
  bool syn_has_timestamp : 1 = false;
  bool syn_has_window_scale : 1 = false;
  /// A packet of the target came: the result is not told by those of the source alone.
  bool answered : 1 = false;
  /// The target took the connection up, or the source went on as if it had.
  bool accepted : 1 = false;
  /// ContactClass::ack, with payload, PSH or URG: such are mostly of connections.
  bool laden : 1 = false;
  /// The SYN was not captured: how it looked is not known.
  bool began_inside : 1 = false;
  /// Half open because nothing more of the originator came, not by its RST.
  bool left : 1 = false;
  /// The input ended half a second after the first packet, or sooner.
  bool cut_short : 1 = false;
  /// The first packet looks like RTP or RTCP.
  bool is_media : 1 = false;
  /// The link addresses below are known and those of the innermost packet (no tunnel).
  bool has_mac : 1 = false;
  /// A datagram to a group: whoever answers it does so from a port of his choice; with
  /// ContactClass::none.
  bool asks_group : 1 = false;
  /// It says of itself that it forwards packets; with ContactClass::none.
  bool from_router : 1 = false;
  std::uint16_t syn_window = 0;
  MacAddress
      src_mac;  ///< who put the contact's first packet on this link: the source or its router
  MacAddress dst_mac;
};

/// How a segment stands to what was captured before it. Where most of the first ones of connections
/// jump, most packets are not in the capture.
enum class Continuation : std::uint8_t {
  unknown,  ///< it does not tell, or is not among the first that were asked
  follows,  ///< nothing is missing
  jumps,    ///< octets before it, or those that it acknowledges, never came by
};

}  // namespace ntan::flow

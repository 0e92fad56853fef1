// What the scan detector is told: first contacts and how they ended. It never sees packets.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/time.h"

namespace ntan::detect {

/// How a source first addressed a target (the design's scan page, 3.2).
enum class ContactClass : std::uint8_t {
  none,
  syn,
  fin,
  null,
  xmas,
  synfin,
  ack,
  maimon,
  udp,
  icmp,
  arp,
  nd,
  ip_protocol,
  sctp,
  reverse_rst,
};

/// What became of it (3.3).
enum class Result : std::uint8_t {
  session,    ///< S: the originator sent payload on a completed handshake; UDP, ICMP: a reply came
  banner,     ///< B: only the responder sent payload
  connect,    ///< C: handshake completed, closed or reset without payload
  half_open,  ///< H: SYN-ACK, then RST from the originator, or no ACK for 5 s
  refused,    ///< R: RST before SYN-ACK, ICMP unreachable, SCTP ABORT
  silent,     ///< N: nothing within the class's time-out
  malformed,  ///< X: the first packet itself is the evidence (fin, null, xmas, synfin)
  idle,       ///< I: weight 0
  midstream,  ///< M: weight 0
  time_exceeded,  ///< T: weight 0
};

struct Outcome {
  enum class Kind : std::uint8_t {
    contact,  ///< a first packet to a target; result not yet known
    result,   ///< the result of an earlier contact
    late,     ///< an answer after `silent` was reported: takes it back
  };
  Timestamp time;        ///< trace clock when this was decided
  Timestamp first_time;  ///< the contact's first packet
  IpAddress src;         ///< the originator (for reverse_rst: the receiver of the RST)
  IpAddress dst;
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;  ///< icmp: type; ip_protocol: protocol number
  Kind kind{};
  ContactClass contact_class{};
  Result result{};
  std::uint8_t ttl = 0;
  std::uint64_t packet = 0;  ///< number of the contact's first packet in this input
  // What the first SYN looked like (tcp_syn or tcp_connect): absent options are a raw-socket hint.
  bool syn_has_sack : 1 = false;
  bool syn_has_timestamp : 1 = false;
  bool syn_has_window_scale : 1 = false;
  std::uint16_t syn_window = 0;
};

}  // namespace ntan::detect

// One flow: identity, counters of both sides, state. What TCP needs beyond that is in
// TcpConnection, which a lone SYN does without.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/count48.h"
#include "base/direction.h"
#include "base/time.h"
#include "event/event.h"
#include "flow/history.h"
#include "flow/key.h"
#include "flow/peak_second.h"
#include "flow/tcp.h"
#include "flow/wheel.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// How it was decided which end is the originator: by a SYN, a SYN-ACK, an ICMP reply, the ports,
/// or by who spoke first.
enum class Orientation : std::uint8_t { syn, syn_ack, reply, port, first };
[[nodiscard]] std::string_view to_text(Orientation orientation) noexcept;

/// Why a flow ended.
enum class EndReason : std::uint8_t { fin, rst, idle, evicted, eof };
[[nodiscard]] std::string_view to_text(EndReason reason) noexcept;

/// Time-outs after the last packet; constants, so that the same capture ends its flows alike
/// everywhere.
namespace timeout {
inline constexpr Duration embryonic = std::chrono::seconds{10};
inline constexpr Duration established = std::chrono::seconds{300};
inline constexpr Duration closed = std::chrono::seconds{5};
inline constexpr Duration udp = std::chrono::seconds{60};
inline constexpr Duration icmp = std::chrono::seconds{30};
inline constexpr Duration other = std::chrono::seconds{60};
inline constexpr Duration interim = std::chrono::seconds{60};  ///< between records of a living flow
}  // namespace timeout

/// Whence it is known where the octets of a side begin.
enum class StreamStart : std::uint8_t {
  unknown,
  acknowledged,  ///< the other side expected them there; none of them has come yet
  seen,
};

/// What one end has sent.
struct Side {
  Count48 wire_bytes;          ///< frames as sent, link headers included
  Count48 l3_bytes;            ///< IP datagrams
  Count48 payload_bytes;       ///< transport payload, repeats included
  std::uint8_t tcp_flags = 0;  ///< all flags seen, or-ed
  StreamStart stream_start{};
  std::uint32_t packets = 0;
};
static_assert(sizeof(Side) == 24);

/// What few flows have anything of; the owner of the flow makes it when it is needed.
struct Uncommon {
  /// The first packet's own time, if that is not the trace clock's.
  std::optional<Timestamp> first_own;
  Timestamp last_own{};    ///< the latest of its packets by their own times …
  Timestamp last_clock{};  ///< … while this is the trace clock of the last one
  std::uint32_t fragments = 0;
  std::array<std::uint32_t, 2> bad_checksums{};  ///< indexed by Direction
  std::uint32_t icmp_errors = 0;
  std::array<bool, 2> ports_only{};  ///< of some packets no more could be read; by Direction
};

/// Which end of the key is the client, decided once at the first packet.
struct Orient {
  bool client_is_low = true;
  Orientation how{};
};
[[nodiscard]] Orient orient(const wire::Decoded& first, bool from_low) noexcept;

/// Members that every packet touches come first, then those of beginnings, time-outs and ends.
struct Flow {
  FlowKey key;
  Timestamp last{};                       ///< trace clock of the last packet: never goes back
  std::array<Side, 2> sides;              ///< indexed by Direction
  [[no_unique_address]] PeakSecond peak;  // the next member lies in its padding
  Orient orientation;
  std::uint32_t tag = 0;           ///< hash under which the index knows it
  std::uint64_t first_packet = 0;  ///< number of the first packet; the flow's sequence
  Timestamp first{};               ///< trace clock of the first packet (of its first fragment)
  Uncommon* uncommon = nullptr;
  WheelLink link;
  std::uint32_t records = 0;  ///< interim records written so far
  FirstSyn first_syn;
  std::uint16_t interface = 0;  ///< index among the input's, of which there are at most 65,536
  History history;
  std::uint8_t same_start = 0;  ///< earlier flows of this key with the same first_own()
  std::uint8_t icmp_type = 0;   ///< of the first packet, for the Community ID
  std::uint8_t icmp_code = 0;

  /// The first packet's own time, which may go back.
  [[nodiscard]] Timestamp first_own() const noexcept {
    return uncommon == nullptr ? first : uncommon->first_own.value_or(first);
  }
  /// The latest own time of its packets.
  [[nodiscard]] Timestamp last_own() const noexcept {
    return uncommon != nullptr && uncommon->last_clock == last ? uncommon->last_own : last;
  }
  [[nodiscard]] Direction direction(bool from_low) const noexcept {
    return from_low == orientation.client_is_low ? Direction::to_server : Direction::to_client;
  }
  [[nodiscard]] std::uint8_t proto() const noexcept {
    return static_cast<std::uint8_t>(key.words[4] >> 8U);
  }
  /// Octets on the wire, both ways.
  [[nodiscard]] std::uint64_t wire_bytes() const noexcept {
    return std::uint64_t{sides[0].wire_bytes} + sides[1].wire_bytes;
  }
  [[nodiscard]] bool one_sided() const noexcept {
    return sides[1].packets == 0 || sides[0].packets == 0;
  }
};

static_assert(sizeof(Flow) <= 200);

/// Time-out of a flow in its present state. `tcp` may be null (lone SYN, other protocols).
[[nodiscard]] Duration idle_timeout(const Flow& flow, const TcpConnection* tcp) noexcept;

/// When the flow must be looked at next: its idle end or its next interim record.
[[nodiscard]] Due next_due(const Flow& flow, const TcpConnection* tcp, Number number) noexcept;

/// Zeek's state name; UDP and others by who has sent.
[[nodiscard]] ConnState state(const Flow& flow, const TcpConnection* tcp) noexcept;

/// The id of a flow: a fixed-key hash of its key, first_own() and `same_start`. Nothing of the
/// machine or the input goes in, so cut and filtered files keep ids.
[[nodiscard]] event::Id flow_id(const Flow& flow) noexcept;

/// The ends as the envelope names them.
struct FlowEnds {
  IpAddress client;
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
};
/// Inline: most of its callers want one end.
[[nodiscard]] inline FlowEnds flow_ends(const Flow& flow) noexcept {
  const FlowKey& key = flow.key;
  if (flow.orientation.client_is_low)
    return {key.low(), key.high(), key.low_port(), key.high_port()};
  return {key.high(), key.low(), key.high_port(), key.low_port()};
}

/// Ports that mean ports: TCP, UDP, UDP-Lite, SCTP.
[[nodiscard]] bool has_ports(std::uint8_t proto) noexcept;

/// `tcp`, `udp`, …, else the protocol number, by number. The texts live for ever.
extern const std::array<std::string_view, 256> proto_texts;

[[nodiscard]] inline std::string_view proto_text(std::uint8_t proto) noexcept {
  return proto_texts[proto];
}

/// Community ID v1 of the flow.
[[nodiscard]] event::FixedText<30> flow_community_id(const Flow& flow);

}  // namespace ntan::flow

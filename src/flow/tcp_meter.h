// What a TCP connection's segments say about the path: round-trip times, repeats and why, what the
// capture missed, windows. The tap stands somewhere on the path and sees its two halves apart.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/direction.h"
#include "base/segment_counts.h"
#include "base/time.h"
#include "flow/rtt.h"
#include "flow/sequence.h"
#include "flow/timestamp_rtt.h"
#include "wire/decoded.h"

namespace ntan::flow {

struct FirstSyn;
struct TcpSide;

/// What a segment is, seen against those before it. From `spurious` on it repeats sequence numbers
/// that lie below the highest seen.
enum class SegmentKind : std::uint8_t {
  none,          ///< takes no sequence space
  fresh,         ///< data, SYN or FIN not below the highest sequence number
  late,          ///< what the peer had acknowledged before it came by here: no repeat
  keep_alive,    ///< at most one octet, just below the highest sequence number (RFC 9293 3.8.4)
  window_probe,  ///< one octet into a closed window (RFC 9293 3.8.6.1)
  capture_copy,  ///< the same packet captured twice, by a mirror port for instance
  spurious,      ///< all of it was acknowledged already
  reordered,     ///< fills a hole, and left its sender before the hole showed
  upstream,      ///< fills a hole later: the first copy was lost before the tap
  fast,          ///< seen before; three duplicate ACKs asked for it (RFC 5681 3.2)
  timeout,       ///< seen before; as long after the last copy as a time-out takes (RFC 6298)
  other,         ///< seen before, for another reason: a tail loss probe (RFC 8985), a partial ACK
};
inline constexpr std::size_t segment_kinds = static_cast<std::size_t>(SegmentKind::other) + 1;

/// None of those that say nothing about the path, which are most.
[[nodiscard]] constexpr bool is_trouble(SegmentKind kind) noexcept {
  return kind > SegmentKind::late;
}

/// The least time-out of common stacks.
inline constexpr std::uint32_t least_timeout_us = 200'000;
/// What comes again after a time-out comes no sooner after the last copy; the tap sees them a
/// little nearer or farther apart than they were sent.
[[nodiscard]] constexpr std::uint64_t soonest_after(std::uint64_t timeout_us) noexcept {
  return timeout_us * 4 / 5;
}

[[nodiscard]] constexpr bool is_repeat(SegmentKind kind) noexcept {
  return kind >= SegmentKind::spurious;
}

/// Repeats what came by here and did not arrive.
[[nodiscard]] constexpr bool is_loss_behind(SegmentKind kind) noexcept {
  return kind >= SegmentKind::fast;
}

/// Takes sequence space, and neither asks whether the peer is there nor is a capture's copy.
[[nodiscard]] constexpr bool is_data(SegmentKind kind) noexcept {
  return kind == SegmentKind::fresh || kind == SegmentKind::late || is_repeat(kind);
}

/// Events of one side that most connections never have.
struct TcpTrouble {
  std::uint64_t repeated_bytes = 0;  ///< payload it sent that had been seen before
  std::uint64_t unseen_bytes = 0;    ///< that it must have sent, since they were acknowledged
  std::uint32_t duplicate_acks = 0;  ///< sent (RFC 5681 2)
  std::uint32_t needless = 0;        ///< repeats that the peer's D-SACKs called so (RFC 2883)
  std::uint32_t zero_windows = 0;    ///< times that it closed its window
  std::uint32_t zero_window_us = 0;  ///< how long it was closed before `closed_us`, or `forever`
  std::uint32_t closed_us = 0;       ///< when it last said so, modulo 2^32, with `window_closed`
  std::uint32_t third_us = 0;        ///< its third duplicate ACK in a row
  std::uint32_t last_us = 0;         ///< its last duplicate ACK
  std::uint32_t sacked = 0;          ///< highest number that its SACK blocks covered
  std::uint32_t gso_packets = 0;     ///< larger than the path takes: cut later, by the network card
  std::uint16_t syn_repeats = 0;     ///< up to 65,535, as the next two
  std::uint16_t control_behind = 0;  ///< repeats without payload that is_loss_behind()
  std::uint16_t control_before = 0;  ///< the same of `upstream`
  bool window_closed = false;
  bool has_sacked = false;

  static constexpr std::uint32_t forever = UINT32_MAX;  ///< 71 minutes and more

  void count_closed(std::uint32_t us) noexcept {
    zero_window_us = us < forever - zero_window_us ? zero_window_us + us : forever;
  }

  /// Segments sent of that kind. Requires: is_trouble(kind).
  [[nodiscard]] std::uint32_t& of(SegmentKind kind) noexcept {
    return kinds_[static_cast<std::size_t>(kind) - first_kind];
  }
  [[nodiscard]] std::uint32_t of(SegmentKind kind) const noexcept {
    return kinds_[static_cast<std::size_t>(kind) - first_kind];
  }

 private:
  static constexpr std::size_t first_kind = static_cast<std::size_t>(SegmentKind::keep_alive);

  std::array<std::uint32_t, segment_kinds - first_kind> kinds_{};
};
static_assert(sizeof(TcpTrouble) <= 96);

/// One side of a connection that has sent data.
struct SideMeter {
  // Members lie in the padding of those before them.
  [[no_unique_address]] RttStats rtt;  ///< of its data: the half of the path behind the tap
  std::uint32_t data_segments = 0;
  [[no_unique_address]] SegmentRing ring;  ///< its segments that are not acknowledged
  std::uint32_t floor = 0;  ///< with `has_floor`: nothing up to here may be timed (Karn)
  std::uint32_t most_in_flight = 0;
  std::uint16_t least_window = UINT16_MAX;  ///< advertised, not scaled
  std::uint16_t most_window = 0;
  std::uint32_t last_look = 0;     ///< what made the last packet without identification that one
  std::uint32_t last_look_us = 0;  ///< clock modulo 2^32
  static constexpr std::uint64_t clock_mask = (std::uint64_t{1} << 40U) - 1;

  // Microseconds since the epoch, modulo 2^40 (twelve days).
  std::uint64_t first_data_us : 40 = 0;
  std::uint64_t duplicate_acks : 8 = 0;  ///< in a row, up to 255
  std::uint64_t has_floor : 1 = false;
  std::uint64_t has_data : 1 = false;
  std::uint64_t probed : 1 = false;  ///< its last new octet was a window probe
  std::uint64_t last_data_us : 40 = 0;

  /// From its first data to its last. Requires: has_data.
  [[nodiscard]] Duration data_lasted() const noexcept;
};
static_assert(sizeof(SideMeter) <= 80);

/// One segment on its way through the meter.
struct SeenSegment {
  const wire::Decoded& packet;
  Direction direction{};
  std::uint64_t us = 0;           ///< clock
  std::uint32_t next_before = 0;  ///< the side's highest sequence number before this segment
  bool started_before = false;    ///< whether there was one

  [[nodiscard]] std::uint32_t now() const noexcept { return static_cast<std::uint32_t>(us); }
  /// One past its last sequence number, SYN and FIN included.
  [[nodiscard]] std::uint32_t end() const noexcept;
  /// It has data, a SYN or a FIN.
  [[nodiscard]] bool takes_space() const noexcept { return end() != packet.seq; }
};

/// What an acknowledgement told.
struct AckEffect {
  std::optional<std::uint32_t> rtt_us;
  std::uint32_t unseen = 0;  ///< octets acknowledged that never came by
  bool duplicate = false;
  bool needless = false;     ///< a D-SACK: something had come twice
  bool probe_taken = false;  ///< the octet of a window probe was accepted
};

/// What a segment that takes sequence space told.
struct DataEffect {
  SegmentKind kind{};
  std::uint32_t recovered = 0;  ///< octets counted as unseen before
};

/// Both sides of one connection. Memory beyond it comes from the pool and may be refused: what then
/// is not kept is not reported.
class TcpMeter {
 public:
  explicit TcpMeter(Pool& pool) noexcept : pool_(&pool) {}
  TcpMeter(const TcpMeter&) = delete;
  TcpMeter& operator=(const TcpMeter&) = delete;
  ~TcpMeter();

  [[nodiscard]] const SideMeter& side(Direction direction) const noexcept {
    return sides_[index(direction)];
  }
  /// Null while there was none.
  [[nodiscard]] const TcpTrouble* trouble(Direction direction) const noexcept {
    return trouble_ == nullptr ? nullptr : &(*trouble_)[index(direction)];
  }

  /// What the timestamps of this direction's packets and their echoes told; null without such.
  [[nodiscard]] const RttRange* timestamp_rtt(Direction direction) const noexcept {
    return stamps_ == nullptr ? nullptr : &(*stamps_)[index(direction)].times();
  }

  /// How long this side's window was closed, all times together; up to the last segment if it is.
  [[nodiscard]] std::optional<std::uint32_t> zero_window_us(Direction direction) const noexcept;

  /// Its segments by what they told.
  [[nodiscard]] SegmentCounts segments(Direction direction) const noexcept;

  /// A half of the path that the handshake measured, of data sent in this direction.
  void add_rtt(Direction direction, std::uint32_t us) noexcept {
    sides_[index(direction)].rtt.add(us);
  }
  /// When the SYN of this direction was sent: the last copy of what may be repeated.
  void sent_syn(Direction direction, std::uint64_t us) noexcept {
    sides_[index(direction)].last_data_us = us & SideMeter::clock_mask;
  }
  /// A window of this direction as advertised, not scaled.
  void add_window(Direction direction, std::uint16_t window) noexcept {
    SideMeter& side = sides_[index(direction)];
    side.least_window = std::min(side.least_window, window);
    side.most_window = std::max(side.most_window, window);
  }
  /// The client's SYNs that came again before there was a meter.
  void repeated_syn(const FirstSyn& syn);

  /// To be called at the first timestamp. Returns false without memory.
  [[nodiscard]] bool begin_timestamps();
  [[nodiscard]] bool has_timestamps() const noexcept { return stamps_ != nullptr; }
  /// Requires: has_timestamps().
  [[nodiscard]] TimestampRtt& timestamps(Direction direction) noexcept {
    return (*stamps_)[index(direction)];
  }

  /// Before all else: whether the clock jumped by so much that times kept modulo 2^32 mean nothing
  /// any more. What waits for an answer is then given up.
  void watch_clock(std::uint64_t us) noexcept;
  /// First: what is no ordinary segment, told by numbers alone; else `none`. `copied`: what
  /// SegmentCopies says of it.
  [[nodiscard]] SegmentKind sight(const SeenSegment& seen, const TcpSide& peer, bool copied);
  /// Then, for one that takes sequence space: which kind. `added`: what it brought.
  [[nodiscard]] DataEffect on_data(const SeenSegment& seen, const TcpSide& self,
                                   const TcpSide& peer, const SequenceSpace::Added& added);
  /// Then its acknowledgement, before `self.ack_max` takes it. `window`: scaled, as it says.
  /// `effect`: empty before; not returned, since returned it is copied in pieces.
  void on_ack(const SeenSegment& seen, const TcpSide& self, TcpSide& peer, std::uint32_t window,
              SegmentKind kind, AckEffect& effect);
  /// The receiver `peer` has all that `self` sent below `claim`, which lies above what came by.
  /// Returns how many octets of that never did.
  std::uint32_t take_claimed(const SeenSegment& seen, TcpSide& self, const TcpSide& peer,
                             std::uint32_t claim);
  /// The same of a RST, which ends everything else.
  [[nodiscard]] std::optional<std::uint32_t> on_reset(const SeenSegment& seen) {
    return take_acknowledged(seen, reverse(seen.direction));
  }
  /// Payload that no kind of repeat covers.
  void on_repeated(Direction direction, std::uint32_t octets);
  /// Last its window. Returns whether it closed.
  bool on_window(const SeenSegment& seen);
  /// A SYN that was captured twice.
  void on_copy(Direction direction) { count(direction, SegmentKind::capture_copy); }
  /// A packet larger than the receiver's MSS.
  void on_gso(Direction direction);

  /// Where `segment` leaves a hole: what to know about it later.
  [[nodiscard]] static HoleMark mark(const SeenSegment& seen) noexcept;

 private:
  TcpTrouble* trouble_of(Direction direction);
  void count(Direction direction, SegmentKind kind);
  void count_control(Direction direction, SegmentKind kind);
  [[gnu::noinline]] void forget_times(std::uint32_t last, std::uint32_t now) noexcept;
  [[nodiscard]] static SegmentKind asks_whether_there(const SeenSegment& seen,
                                                      const TcpSide& peer) noexcept;
  [[nodiscard]] SegmentKind kind_of_repeat(const SeenSegment& seen, const TcpSide& peer,
                                           const SequenceSpace::Added& added) const;
  [[nodiscard]] bool left_before(const SeenSegment& seen, const HoleMark& hole) const noexcept;
  [[nodiscard]] bool asked_for(const SeenSegment& seen, const TcpSide& peer) const noexcept;
  [[nodiscard]] bool timed_out(const SeenSegment& seen) const noexcept;
  [[nodiscard]] std::uint32_t sent_at(const SeenSegment& seen) const noexcept;
  [[nodiscard]] std::uint32_t take_repeated(const SeenSegment& seen, SegmentKind kind,
                                            const TcpSide& peer, const SequenceSpace::Added& added);
  void take_payload(const SeenSegment& seen, SideMeter& side, const SequenceSpace::Added& added);
  void follow(const SeenSegment& seen, SideMeter& side, const TcpSide& self);
  void send(SideMeter& side, std::uint32_t end, std::uint32_t now);
  [[nodiscard]] std::optional<std::uint32_t> take_acknowledged(const SeenSegment& seen,
                                                               Direction sender);
  bool takes_probe(const SeenSegment& seen, const TcpSide& peer) noexcept;
  /// Octets of one direction that its receiver has acknowledged since the last time.
  struct Acknowledged {
    Direction direction{};
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };

  std::uint32_t take_unseen(TcpSide& sender, const Acknowledged& octets, std::uint32_t now);
  [[nodiscard]] bool on_sack(const SeenSegment& seen);

  std::array<SideMeter, 2> sides_;
  std::array<TcpTrouble, 2>* trouble_ = nullptr;   ///< from the pool
  std::array<TimestampRtt, 2>* stamps_ = nullptr;  ///< from the pool
  Pool* pool_;
  std::uint64_t last_us_ = 0;  ///< clock of the last segment
};
static_assert(sizeof(TcpMeter) <= 192);

}  // namespace ntan::flow

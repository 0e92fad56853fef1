// One TCP connection as seen from the middle: handshake, close, sequence space; what its segments
// say about the path is measured by its TcpMeter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/direction.h"
#include "base/time.h"
#include "flow/history.h"
#include "flow/outcome.h"
#include "flow/segment_copies.h"
#include "flow/sequence.h"
#include "flow/tcp_meter.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// What one end has shown of itself.
enum class EndState : std::uint8_t {
  inactive,
  syn_sent,
  syn_ack_sent,
  partial,
  established,
  closed,
  reset
};

/// Zeek's names of a connection's state, and what they mean.
// NOLINTBEGIN(readability-identifier-naming)
enum class ConnState : std::uint8_t {
  S0,      ///< attempt seen, no reply
  S1,      ///< established, not ended
  SF,      ///< established and ended
  REJ,     ///< attempt refused
  S2,      ///< established, originator closed, responder silent
  S3,      ///< established, responder closed, originator silent
  RSTO,    ///< established, originator reset
  RSTR,    ///< responder reset
  RSTOS0,  ///< originator sent SYN, then RST; no SYN-ACK seen
  RSTRH,   ///< responder sent SYN-ACK, then RST; no SYN seen
  SH,      ///< originator sent SYN, then FIN; no SYN-ACK seen
  SHR,     ///< responder sent SYN-ACK, then FIN; no SYN seen
  OTH,     ///< no SYN seen, or not a connection
};
// NOLINTEND(readability-identifier-naming)
[[nodiscard]] std::string_view to_text(ConnState state) noexcept;

/// One direction; a cache line.
struct TcpSide {
  SequenceSpace space;
  std::uint64_t goodput_bytes = 0;
  std::uint32_t isn = 0;
  std::uint32_t ack_max = 0;  ///< highest acknowledgement this side has sent
  std::uint32_t window = 0;   ///< last advertised, scaled
  std::uint32_t fin_seq = 0;  ///< sequence number behind the FIN
  std::uint32_t zero_windows = 0;
  std::uint32_t repeats = 0;
  std::uint32_t gaps = 0;
  std::uint32_t syn_stamp = 0;  ///< TSval of its SYN, if it was echoed; 0: none
  std::uint16_t mss = 0;        ///< 0: not seen
  std::uint16_t syn_ip_id = 0;  ///< of its last SYN; 0: none
  EndState state = EndState::inactive;
  std::uint8_t window_scale = 0;  ///< or unread_window_scale, without has_window_scale
  bool has_window_scale : 1 = false;
  bool syn_seen : 1 = false;
  bool syn_repeated : 1 = false;
  bool fin_seen : 1 = false;
  bool has_ack : 1 = false;
  bool plain_syn : 1 = false;          ///< its SYN came without an ACK, and no SYN-ACK since
  bool awaits_echo : 1 = false;        ///< syn_stamp has only the last bits, and was not echoed yet
  std::uint8_t continuations : 2 = 0;  ///< of segments, up to TcpConnection::most_continuations
};
static_assert(sizeof(TcpSide) == 64);

/// TcpSide::window_scale where the options of its SYN were cut: no window scale is that large
/// (RFC 7323 2.3).
inline constexpr std::uint8_t unread_window_scale = 15;

/// What is remembered of a lone first SYN, until a second packet makes the connection worth its
/// memory.
/// Twelve octets in every flow.
struct FirstSyn {
  std::uint32_t seq = 0;
  std::uint16_t mss = 0;
  std::uint16_t ip_id = 0;
  std::uint16_t stamp = 0;   ///< last bits of its TSval, with `has_stamp`
  std::uint8_t repeats = 0;  ///< times that it came again, up to 255
  std::uint8_t window_scale : 4 = 0;
  bool has_window_scale : 1 = false;
  bool has_stamp : 1 = false;  ///< a timestamp other than zero
  bool seen : 1 = false;
  bool soon : 1 = false;  ///< the first repeat came sooner than after any time-out

  [[nodiscard]] static FirstSyn of(const wire::Decoded& segment) noexcept;
  /// Whether this is the same packet, captured twice: no stack repeats one so soon. `later`: time
  /// since the first.
  [[nodiscard]] bool copied(const wire::Decoded& segment, Duration later) const noexcept {
    return ip_id == segment.ip_id && to_us(later) <= capture_copy_us &&
           to_us(later) >= -std::int64_t{capture_copy_us};
  }
  /// Counts one that is no copy. Only of the first repeat it is known how long it came after the
  /// last one; returns whether that was too soon for any time-out.
  bool repeat(Duration later) noexcept {
    const bool too_soon =
        repeats == 0 && to_us(later) < static_cast<std::int64_t>(soonest_after(least_timeout_us));
    soon = soon || too_soon;
    if (repeats != UINT8_MAX) ++repeats;
    return too_soon;
  }
  /// Of the repeats, those that a time-out sent.
  [[nodiscard]] std::uint8_t timeouts() const noexcept {
    return static_cast<std::uint8_t>(repeats - (soon ? 1 : 0));
  }
};

static_assert(sizeof(FirstSyn) == 12);

class TcpConnection {
 public:
  /// `pool` gives room for holes in the sequence space; it outlives the connection.
  explicit TcpConnection(Pool& pool) noexcept : pool_(&pool) {}

  /// A connection whose first packet was this SYN of the client.
  TcpConnection(Pool& pool, const FirstSyn& syn, Timestamp time);

  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  ~TcpConnection();

  /// What a segment did, as far as others care.
  struct Effect {
    bool syn_answered = false;      ///< handshake_server() is known from now on
    bool established = false;       ///< this segment completed the handshake
    bool payload_accepted = false;  ///< its data may feed the stream
    bool reset = false;
    bool window_violation = false;
    bool window_closed = false;  ///< its sender has no room any more
    bool acknowledges = false;   ///< more than before, both ends being established
    Continuation continuation{};
    SegmentKind kind{};
    std::uint32_t recovered = 0;  ///< octets counted as unseen before
    std::uint32_t missed = 0;     ///< unseen octets before it that an earlier ACK had claimed
    AckEffect ack;
  };

  /// Takes one segment. `time` is the packet's own time; `copied`: what SegmentCopies says of it.
  Effect on_segment(const wire::Decoded& segment, Direction direction, Timestamp time,
                    History& history, bool copied = false);

  [[nodiscard]] ConnState state(std::uint64_t client_payload,
                                std::uint64_t server_payload) const noexcept;
  /// Both ends have closed, or one has reset.
  [[nodiscard]] bool closed() const noexcept;
  [[nodiscard]] bool was_reset() const noexcept;
  /// A handshake that is not complete; mid-stream connections are not embryonic.
  [[nodiscard]] bool embryonic() const noexcept;
  /// Whether a SYN with this sequence number begins another connection on the same ends.
  [[nodiscard]] bool reused_by(std::uint32_t isn, Direction direction,
                               Duration idle) const noexcept;

  [[nodiscard]] const TcpSide& side(Direction direction) const noexcept {
    return sides_[index(direction)];
  }
  /// SYN → SYN-ACK as seen here; absent if the SYN was repeated (Karn: which one was answered?).
  [[nodiscard]] std::optional<Duration> handshake_server() const noexcept {
    return syn_refused_ ? std::nullopt : interval(server_us_);
  }
  /// SYN-ACK → the client's ACK of it; absent if the SYN-ACK was repeated.
  [[nodiscard]] std::optional<Duration> handshake_client() const noexcept {
    return interval(client_us_);
  }
  /// Both halves together; absent without either.
  [[nodiscard]] std::optional<Duration> handshake() const noexcept {
    const auto server = handshake_server();
    const auto client = handshake_client();
    return server && client ? std::optional{*server + *client} : std::nullopt;
  }
  /// SYN → the RST that refused it; absent if the SYN was repeated.
  [[nodiscard]] std::optional<Duration> refusal() const noexcept {
    return syn_refused_ ? interval(server_us_) : std::nullopt;
  }
  /// First SYN → the ACK that completed the handshake: what the user waited, retries included.
  [[nodiscard]] std::optional<Duration> connect() const noexcept { return interval(connect_us_); }

  /// Null for a connection that has sent no data, closed no window and repeated nothing, or without
  /// memory for it.
  [[nodiscard]] const TcpMeter* meter() const noexcept { return meter_; }
  /// A packet larger than the receiver takes: the sender's host cuts it later.
  void on_gso(Direction direction) noexcept {
    if (meter_ != nullptr) meter_->on_gso(direction);
  }

 private:
  static constexpr std::uint32_t unknown = UINT32_MAX;
  /// Of each side: what one long connection lacks does not speak for the capture.
  static constexpr unsigned most_continuations = 3;

  static constexpr std::uint8_t bit_of(Direction direction) noexcept {
    return static_cast<std::uint8_t>(1U << index(direction));
  }
  static std::optional<Duration> interval(std::uint32_t us) noexcept {
    return us == unknown ? std::nullopt : std::optional<Duration>{std::chrono::microseconds{us}};
  }
  void on_syn(const wire::Decoded& segment, Direction direction, Timestamp time) noexcept;
  static void first_syn_of(TcpSide& side, const FirstSyn& syn) noexcept;
  void on_handshake_ack(const wire::Decoded& segment, Timestamp time, Effect& effect) noexcept;
  void take_timestamp(const SeenSegment& seen);
  void replay_handshake() noexcept;
  void check_echo(const wire::Decoded& syn_ack) noexcept;
  [[nodiscard]] Continuation tell_continuation(const SeenSegment& seen) noexcept;
  [[nodiscard]] Continuation continuation_of(const SeenSegment& seen) const noexcept;
  void take_space(const SeenSegment& seen, History& history, Effect& effect);
  void on_fin(const SeenSegment& seen, History& history, SequenceSpace::Added& added);
  void on_reset(const SeenSegment& seen, Effect& effect);
  [[nodiscard]] std::optional<std::uint32_t> on_reset_ack(const SeenSegment& seen);
  [[nodiscard]] bool shows_more(const SeenSegment& seen) const noexcept;
  [[nodiscard]] bool copied_syn(const SeenSegment& seen) const noexcept;
  [[nodiscard]] bool opens_too(const wire::Decoded& segment, Direction direction) const noexcept;
  SequenceSpace::Added on_payload(const SeenSegment& seen, History& history, Effect& effect);
  void on_ack(const SeenSegment& seen, std::uint32_t window, Effect& effect);
  void note_window(const SeenSegment& seen, std::uint32_t window, History& history,
                   Effect& effect) noexcept;
  [[nodiscard]] std::uint32_t scaled_window(const wire::Decoded& segment,
                                            Direction direction) const noexcept;
  [[nodiscard]] bool worth_measuring(const wire::Decoded& segment,
                                     Direction direction) const noexcept;
  void begin_meter();
  [[nodiscard]] bool acceptable(const wire::Decoded& segment, Direction direction) const noexcept;
  [[nodiscard]] bool goes_on_far_above(const wire::Decoded& segment, Direction direction) noexcept;
  [[nodiscard]] bool only_claims(const SeenSegment& seen) noexcept;
  [[nodiscard]] bool at_claim(const wire::Decoded& segment, Direction direction) const noexcept;
  void settle_claim(SeenSegment& seen, Effect& effect);
  [[nodiscard]] bool in_window(const wire::Decoded& segment, Direction direction) const noexcept;
  [[nodiscard]] bool may_repeat(const wire::Decoded& segment, Direction direction) const noexcept;

  std::array<TcpSide, 2> sides_;
  Pool* pool_;
  std::int64_t first_syn_ns_ = INT64_MIN;
  std::array<std::int64_t, 2> syn_ns_{};  ///< when each side's last SYN came by
  TcpMeter* meter_ = nullptr;             ///< from the pool
  std::uint32_t server_us_ = unknown;     ///< to the SYN-ACK; with `syn_refused_` to the RST
  std::uint32_t client_us_ = unknown;
  std::uint32_t connect_us_ = unknown;
  std::uint32_t claim_ = 0;        ///< an acknowledgement far above what came by, with `claims_`
  std::uint32_t ack_stamp_ = 0;    ///< TSval of the ACK that completed the handshake; 0: none
  std::uint16_t refused_end_ = 0;  ///< last bits of where the last refused payload ended
  std::uint8_t refused_ = 0;       ///< direction of that, by bit; 0: there was none
  std::uint8_t claims_ : 2 = 0;    ///< direction of the claim, by bit; 0: there is none
  bool syn_refused_ : 1 = false;   ///< a RST answered the SYN
  bool asks_again_ : 1 = false;    ///< the SYN came again after a reset, and nothing reset that
  bool complete_ : 1 = false;
};
static_assert(sizeof(TcpConnection) <= 192);

}  // namespace ntan::flow

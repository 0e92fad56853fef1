// One TCP connection as seen from the middle: handshake, close, sequence space, both handshake
// RTTs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/direction.h"
#include "base/time.h"
#include "flow/history.h"
#include "flow/sequence.h"
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
  std::uint16_t mss = 0;  ///< 0: not seen
  EndState state = EndState::inactive;
  std::uint8_t window_scale = 0;
  bool has_window_scale = false;
  bool syn_seen = false;
  bool syn_repeated = false;
  bool fin_seen = false;
  bool has_ack = false;
};
static_assert(sizeof(TcpSide) == 64);

/// What is remembered of a lone first SYN, until a second packet makes the connection worth its
/// memory.
struct FirstSyn {
  std::uint32_t seq = 0;
  std::uint16_t mss = 0;
  std::uint8_t window_scale = 0;
  bool has_window_scale = false;
  bool seen = false;
  bool repeated = false;  ///< the same SYN came again

  [[nodiscard]] static FirstSyn of(const wire::Decoded& segment) noexcept;
};

class TcpConnection {
 public:
  /// `pool` gives room for holes in the sequence space; it outlives the connection.
  explicit TcpConnection(Pool& pool) noexcept : pool_(&pool) {}

  /// A connection whose first packet was this SYN of the client.
  TcpConnection(Pool& pool, const FirstSyn& syn, Timestamp time) noexcept : pool_(&pool) {
    on_client_syn(syn, time);
  }

  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  ~TcpConnection() {
    for (TcpSide& side : sides_) side.space.release(*pool_);
  }

  /// What a segment did, as far as others care.
  struct Effect {
    bool established = false;       ///< this segment completed the handshake
    bool payload_accepted = false;  ///< its data may feed the stream
    bool reset = false;
    bool window_violation = false;
  };

  /// Takes one segment. `time` is the packet's own time.
  Effect on_segment(const wire::Decoded& segment, Direction direction, Timestamp time,
                    History& history);

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
    return interval(server_ns_);
  }
  /// SYN-ACK → the client's ACK of it; absent if the SYN-ACK was repeated.
  [[nodiscard]] std::optional<Duration> handshake_client() const noexcept {
    return interval(client_ns_);
  }
  /// First SYN → the ACK that completed the handshake: what the user waited, retries included.
  [[nodiscard]] std::optional<Duration> connect() const noexcept { return interval(connect_ns_); }

 private:
  static constexpr std::int64_t unknown = -1;

  static std::optional<Duration> interval(std::int64_t ns) noexcept {
    return ns < 0 ? std::nullopt : std::optional{Duration{ns}};
  }
  void on_client_syn(const FirstSyn& syn, Timestamp time) noexcept;
  void on_syn(const wire::Decoded& segment, Direction direction, Timestamp time) noexcept;
  static void first_syn_of(TcpSide& side, const FirstSyn& syn) noexcept;
  void on_handshake_ack(const wire::Decoded& segment, Timestamp time, Effect& effect) noexcept;
  void on_fin(const wire::Decoded& segment, Direction direction, History& history);
  void on_payload(const wire::Decoded& segment, Direction direction, History& history,
                  Effect& effect);
  void note_window(const wire::Decoded& segment, Direction direction, History& history) noexcept;
  [[nodiscard]] bool acceptable(const wire::Decoded& segment, Direction direction) const noexcept;
  [[nodiscard]] bool in_window(const wire::Decoded& segment, Direction direction) const noexcept;

  std::array<TcpSide, 2> sides_;
  Pool* pool_;
  std::int64_t first_syn_ns_ = INT64_MIN;
  std::int64_t syn_ns_ = 0;
  std::int64_t syn_ack_ns_ = 0;
  std::int64_t server_ns_ = unknown;
  std::int64_t client_ns_ = unknown;
  std::int64_t connect_ns_ = unknown;
  bool complete_ = false;
};
static_assert(sizeof(TcpConnection) <= 192);

}  // namespace ntan::flow

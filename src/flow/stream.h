// One direction of a TCP connection, put back in order.
//
// Octets in order go straight through, uncopied. Octets above a hole wait in a bounded store until
// the hole is filled or given up; the first copy of an octet wins and nothing is taken back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/time.h"
#include "flow/waiting_runs.h"

namespace ntan::flow {

/// Since when the peer has something. Nothing: since now; it differs where a hole is given up that
/// the capture alone had, as what waited above it came when it was captured.
using Since = std::optional<Timestamp>;

/// What a stream hands over. None of these may call the stream.
///   data(bytes, since)        the next octets, borrowed for the call
///   cut(size, since)          the next `size` octets, which came but were not captured
///   gap(size, had)            the next `size` octets were never seen; the peer has had them since
///                             about then, if that is known
///   conflict(offset, size)    a later copy differs there from what is still held; once per stream
///   end(since)                FIN, after all that precedes it; the stream takes nothing more
template <class S>
concept StreamSink = requires(S& sink, Bytes data, std::uint64_t size, Since since) {
  sink.data(data, since);
  sink.cut(size, since);
  sink.gap(size, since);
  sink.conflict(size, size);
  sink.end(since);
};

/// The payload of one TCP segment. A SYN occupies the octet before it: `seq` is that of the first
/// payload octet. `size` as sent; more than was captured where the snaplen cut.
struct TcpPayload {
  std::uint32_t seq = 0;
  std::uint32_t size = 0;
  Bytes captured;
};

/// However small the window that a receiver offers, its sender may be so many octets ahead of the
/// last acknowledgement, and repeat as many: the capture may have missed a window update.
inline constexpr std::uint32_t least_reach = 1024 * 1024;

/// Whether [seq, seq + size) may belong to a direction whose receiver has acknowledged up to
/// `ack_max` and offers `window` octets (scaled): no more than 64 KiB old, no more than the window
/// (at least 1 MiB) new. Fits acknowledgement numbers too, with size 0.
[[nodiscard]] constexpr bool in_window(std::uint32_t seq, std::uint32_t size, std::uint32_t ack_max,
                                       std::uint32_t window) noexcept {
  constexpr std::int64_t most_old = 64 * 1024;
  const std::int64_t start = static_cast<std::int32_t>(seq - ack_max);
  return start >= -most_old && start + size <= std::max(window, least_reach);
}

/// Reassembles one direction. Traffic in order costs no allocation; a segment costs at most a walk
/// over the 64 runs that may wait.
///
/// A hole is given up when the peer acknowledges past it, when the store is full, when it is 2 s
/// old, without a word of the peer when 16 KiB stand above it, and at flush(). Where the two
/// directions come over two queues, an acknowledgement may be captured before what it acknowledges:
/// if nothing else says that a hole is there, it has 10 ms to come.
class Stream {
 public:
  static constexpr Duration hole_lifetime = std::chrono::seconds{2};
  static constexpr Duration queue_lag = std::chrono::milliseconds{10};
  static constexpr std::uint64_t one_way_limit = std::uint64_t{16} * 1024;

  /// `memory` outlives the stream.
  explicit Stream(Budget& memory) noexcept : memory_(&memory) {}

  /// Starts over: `seq` is the first payload octet (ISN + 1 after a SYN).
  void begin(std::uint32_t seq) noexcept;

  /// Gives back all memory and ignores what follows, until begin().
  void detach() noexcept;

  /// Takes a segment. Octets that were handed over before are dropped silently.
  template <StreamSink Sink>
  void on_segment(const TcpPayload& payload, Timestamp now, Sink& sink);

  /// `seq` is that of the FIN itself, after the payload of its segment. The first FIN counts;
  /// octets above it are dropped.
  template <StreamSink Sink>
  void on_fin(std::uint32_t seq, Timestamp now, Sink& sink);

  /// What else the segment of an acknowledgement does.
  enum class Ack : std::uint8_t {
    bare,  ///< nothing: what it acknowledges may yet come, see queue_lag
    more,  ///< the peer goes on: what is missing comes too late to precede it
  };

  /// The peer has everything below `ack`: what is missing there was lost by the capture.
  /// Requires: the caller believes `ack` (see in_window).
  template <StreamSink Sink>
  void on_ack(std::uint32_t ack, Ack kind, Timestamp now, Sink& sink);

  /// The peer was captured: it will acknowledge what it gets.
  void hear_peer() noexcept { acknowledged_ = true; }

  /// Gives up holes that are due by `now`. Every call above does it too.
  template <StreamSink Sink>
  void expire(Timestamp now, Sink& sink) {
    if (waits()) [[unlikely]]
      expire_holes(now, sink);
  }

  /// Hands over everything that waits, holes as gaps: the flow is over.
  template <StreamSink Sink>
  void flush(Sink& sink);

  /// There is a hole: due() has a value.
  [[nodiscard]] bool waits() const noexcept {
    return open_ && (waiting_ != nullptr || mark_ != Mark::none);
  }

  /// When expire() will give up the first hole; nothing while there is none.
  [[nodiscard]] std::optional<Timestamp> due() const noexcept;

  /// begin() was called, and neither end() reported nor detach() called since.
  [[nodiscard]] bool open() const noexcept { return open_; }

  /// Octets handed over so far, gaps included.
  [[nodiscard]] std::uint64_t offset() const noexcept { return static_cast<std::uint64_t>(next_); }

  /// Sequence number expected next.
  [[nodiscard]] std::uint32_t next_seq() const noexcept { return seq_at(next_); }

  /// What waits above holes, octets in memory.
  [[nodiscard]] std::size_t waiting_octets() const noexcept {
    return waiting_ == nullptr ? 0 : waiting_->octets();
  }

  [[nodiscard]] std::size_t waiting_runs() const noexcept {
    return waiting_ == nullptr ? 0 : waiting_->size();
  }

  /// Work done out of order since begin(); one step costs at most a walk over the runs that wait.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

 private:
  static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();

  /// What is known of a place at or above the expected octet.
  enum class Mark : std::uint8_t {
    none,
    acknowledged,  ///< the peer has what is below; nothing waits above the hole
    fin,
  };

  [[nodiscard]] std::uint32_t seq_at(std::int64_t position) const noexcept {
    return base_seq_ + static_cast<std::uint32_t>(position);
  }

  /// The position nearest to the expected one that has this sequence number.
  [[nodiscard]] std::int64_t position_of(std::uint32_t seq) const noexcept {
    return next_ + static_cast<std::int32_t>(seq - seq_at(next_));
  }

  /// Where the mark is; `unknown` without one.
  [[nodiscard]] std::int64_t marked() const noexcept {
    return mark_ == Mark::none ? unknown : position_of(mark_seq_);
  }
  /// Where the FIN is; `unknown` without one.
  [[nodiscard]] std::int64_t fin() const noexcept {
    return mark_ == Mark::fin ? position_of(mark_seq_) : unknown;
  }
  [[nodiscard]] bool at_fin() const noexcept {
    return mark_ == Mark::fin && mark_seq_ == seq_at(next_);
  }

  [[nodiscard]] std::int64_t first_waiting() const noexcept {
    return waiting_ == nullptr || waiting_->size() == 0 ? unknown : waiting_->at(0).start;
  }

  /// Requires: waits().
  [[nodiscard]] Timestamp deadline() const noexcept;
  [[nodiscard]] Run locate(const TcpPayload& payload) const noexcept;
  [[nodiscard]] Run clip(Run run) const noexcept;
  [[nodiscard]] bool keep(const Run& run, Timestamp now);

  template <StreamSink Sink>
  [[gnu::noinline]] void expire_holes(Timestamp now, Sink& sink);
  template <StreamSink Sink>
  [[gnu::noinline]] void take_out_of_order(Run rest, Timestamp now, Sink& sink);
  /// What became of the hole below.
  enum class Hole : std::uint8_t { filled, given_up };

  template <StreamSink Sink>
  void hand_over(const Run& run, Since since, Sink& sink);
  template <StreamSink Sink>
  void drain(Hole hole, Sink& sink) {
    if (waiting_ != nullptr || mark_ != Mark::none) [[unlikely]]
      drain_waiting(hole, sink);
  }
  template <StreamSink Sink>
  [[gnu::noinline]] void drain_waiting(Hole hole, Sink& sink);
  template <StreamSink Sink>
  void give_up_to(std::int64_t position, Sink& sink);
  template <StreamSink Sink>
  [[gnu::noinline]] void give_up_acknowledged(std::int64_t position, Sink& sink);
  [[gnu::noinline]] void await_acknowledged(std::int64_t position, Timestamp now) noexcept;

  Budget* memory_;
  std::unique_ptr<WaitingRuns> waiting_;  ///< null or not empty, between calls
  std::int64_t next_ = 0;
  Timestamp mark_time_{};  ///< when the mark became known
  std::uint32_t base_seq_ = 0;
  std::uint32_t mark_seq_ = 0;  ///< at or above the expected octet
  std::uint32_t steps_ = 0;
  Mark mark_{};
  bool open_ = false;
  bool acknowledged_ = false;  ///< or will be
  bool conflict_reported_ = false;
};

static_assert(sizeof(Stream) <= 48);

template <StreamSink Sink>
void Stream::on_segment(const TcpPayload& payload, Timestamp now, Sink& sink) {
  expire(now, sink);
  if (!open_) return;
  const Run run = locate(payload);
  if (run.size == 0) return;
  if (waiting_ != nullptr || run.start != next_) return take_out_of_order(run, now, sink);
  hand_over(run, std::nullopt, sink);
  drain(Hole::filled, sink);
}

template <StreamSink Sink>
void Stream::take_out_of_order(Run rest, Timestamp now, Sink& sink) {
  if (mark_ == Mark::acknowledged) give_up_acknowledged(std::min(marked(), rest.start), sink);
  if (waiting_ != nullptr && !conflict_reported_) {
    if (const auto conflict = waiting_->compare(rest)) {
      conflict_reported_ = true;
      sink.conflict(static_cast<std::uint64_t>(conflict->start), std::uint64_t{conflict->size});
    }
  }
  while (open_ && rest.size != 0) {
    ++steps_;
    if (rest.start < next_) {
      rest.drop_front(
          static_cast<std::uint32_t>(std::min<std::int64_t>(next_ - rest.start, rest.size)));
      continue;
    }
    const std::size_t above = waiting_ == nullptr ? 0 : waiting_->find(rest.start);
    const Run other = above < waiting_runs() ? waiting_->at(above) : Run{.start = rest.end()};
    if (other.start <= rest.start) {  // held already: the first copy wins
      rest.drop_front(
          static_cast<std::uint32_t>(std::min<std::int64_t>(other.end() - rest.start, rest.size)));
      continue;
    }
    const Run piece =
        rest.first(static_cast<std::uint32_t>(std::min(other.start, rest.end()) - rest.start));
    if (piece.start == next_) {
      hand_over(piece, std::nullopt, sink);
      drain(Hole::filled, sink);
    } else if (!keep(piece, now)) {
      give_up_to(std::min(first_waiting(), piece.start), sink);
      continue;
    }
    rest.drop_front(piece.size);
  }
  while (!acknowledged_ && waiting_ != nullptr && waiting_->extent() > one_way_limit) {
    give_up_to(first_waiting(), sink);
  }
}

template <StreamSink Sink>
void Stream::on_fin(std::uint32_t seq, Timestamp now, Sink& sink) {
  expire(now, sink);
  const std::int64_t position = position_of(seq);
  if (!open_ || mark_ == Mark::fin || position < next_) return;
  if (mark_ == Mark::acknowledged) give_up_acknowledged(std::min(marked(), position), sink);
  mark_ = Mark::fin;
  mark_seq_ = seq;
  mark_time_ = now;
  drain(Hole::filled, sink);
}

template <StreamSink Sink>
void Stream::on_ack(std::uint32_t ack, Ack kind, Timestamp now, Sink& sink) {
  acknowledged_ = true;
  expire(now, sink);
  // The acknowledgement of a FIN covers the FIN too.
  const std::int64_t position = std::min(position_of(ack), fin());
  if (!open_ || position <= next_) return;
  const bool may_come = kind == Ack::bare && waiting_ == nullptr && mark_ != Mark::fin;
  if (may_come) return await_acknowledged(position, now);
  give_up_acknowledged(position, sink);
}

template <StreamSink Sink>
void Stream::give_up_acknowledged(std::int64_t position, Sink& sink) {
  while (open_ && next_ < position) {
    give_up_to(std::min({first_waiting(), marked(), position}), sink);
  }
}

template <StreamSink Sink>
void Stream::expire_holes(Timestamp now, Sink& sink) {
  while (waits() && deadline() <= now) {
    give_up_to(std::min(first_waiting(), marked()), sink);
  }
}

template <StreamSink Sink>
void Stream::flush(Sink& sink) {
  while (waits()) {
    give_up_to(std::min(first_waiting(), marked()), sink);
  }
}

template <StreamSink Sink>
void Stream::hand_over(const Run& run, Since since, Sink& sink) {
  const Run whole = clip(run);
  if (!whole.captured.empty()) sink.data(whole.captured, since);
  if (whole.size > whole.captured.size()) {
    sink.cut(std::uint64_t{whole.size} - whole.captured.size(), since);
  }
  next_ = whole.end();
}

/// Hands over what now follows without a hole, and the end.
template <StreamSink Sink>
void Stream::drain_waiting(Hole hole, Sink& sink) {
  std::size_t handed = 0;
  Since since;
  while (handed < waiting_runs() && waiting_->at(handed).start == next_ && !at_fin()) {
    if (hole == Hole::given_up) since = std::max(since, Since{waiting_->arrival(handed)});
    hand_over(waiting_->at(handed), since, sink);
    ++handed;
    ++steps_;
  }
  if (handed != 0) {
    waiting_->drop_front(handed);
    if (waiting_->size() == 0) waiting_.reset();
  }
  if (mark_ == Mark::acknowledged && marked() <= next_) mark_ = Mark::none;
  if (at_fin()) {
    if (hole == Hole::given_up) since = std::max(since, Since{mark_time_});
    detach();
    sink.end(since);
  }
}

/// Requires: position > next_, and nothing waits below it.
template <StreamSink Sink>
void Stream::give_up_to(std::int64_t position, Sink& sink) {
  ++steps_;
  const std::int64_t end = std::min(position, fin());
  const auto size = static_cast<std::uint64_t>(end - next_);
  std::optional<Timestamp> had;
  const bool before_fin = waiting_ == nullptr && mark_ == Mark::fin && end == fin();
  if (mark_ == Mark::acknowledged || before_fin) {
    had = mark_time_;
  } else if (waiting_ != nullptr) {
    had = waiting_->arrival(0);  // a sender sends in order: they were no later
  }
  sink.gap(size, had);
  next_ = end;
  drain(Hole::given_up, sink);
}

}  // namespace ntan::flow

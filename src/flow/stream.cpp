#include "flow/stream.h"

namespace ntan::flow {

void Stream::begin(std::uint32_t seq) noexcept {
  waiting_.reset();
  next_ = 0;
  steps_ = 0;
  base_seq_ = seq;
  mark_ = Mark::none;
  open_ = true;
  acknowledged_ = false;
  conflict_reported_ = false;
}

void Stream::detach() noexcept {
  waiting_.reset();
  open_ = false;
}

std::optional<Timestamp> Stream::due() const noexcept {
  return waits() ? std::optional{deadline()} : std::nullopt;
}

Timestamp Stream::deadline() const noexcept {
  Timestamp earliest = Timestamp::max();
  const auto consider = [&earliest](Timestamp since, Duration lifetime) {
    if (since < earliest - lifetime) earliest = since + lifetime;
  };
  if (waiting_ != nullptr) consider(waiting_->oldest(), hole_lifetime);
  if (mark_ == Mark::fin) consider(mark_time_, hole_lifetime);
  if (mark_ == Mark::acknowledged) consider(mark_time_, queue_lag);
  return earliest;
}

void Stream::await_acknowledged(std::int64_t position, Timestamp now) noexcept {
  const bool waits_already = mark_ == Mark::acknowledged;
  if (waits_already && position <= marked()) return;
  mark_seq_ = seq_at(position);
  // The age of the oldest part counts.
  if (!waits_already) mark_time_ = now;
  mark_ = Mark::acknowledged;
}

Run Stream::clip(Run run) const noexcept {
  if (mark_ != Mark::fin || run.end() <= fin()) return run;
  return run.first(static_cast<std::uint32_t>(std::max<std::int64_t>(fin() - run.start, 0)));
}

/// The part of a segment that may still be wanted; size 0 if nothing is.
Run Stream::locate(const TcpPayload& payload) const noexcept {
  const Run sent{
      .start = position_of(payload.seq), .size = payload.size, .captured = payload.captured};
  Run run = clip(sent.first(sent.size));  // a capture never holds more than was sent
  if (run.start < next_) {
    run.drop_front(static_cast<std::uint32_t>(std::min<std::int64_t>(next_ - run.start, run.size)));
  }
  return run;
}

bool Stream::keep(const Run& run, Timestamp now) {
  if (waiting_ == nullptr) waiting_ = WaitingRuns::make(*memory_);
  if (waiting_ == nullptr) return false;
  if (waiting_->insert(run, now)) return true;
  if (waiting_->size() == 0) waiting_.reset();
  return false;
}

}  // namespace ntan::flow

#include "flow/stream.h"

namespace ntan::flow {

void Stream::begin(std::uint32_t seq) noexcept {
  waiting_.reset();
  next_ = 0;
  fin_arrived_ = Timestamp::max();
  steps_ = 0;
  base_seq_ = seq;
  open_ = true;
  has_fin_ = false;
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
  const Timestamp known_since =
      waiting_ == nullptr ? fin_arrived_ : std::min(waiting_->oldest(), fin_arrived_);
  return known_since > Timestamp::max() - hole_lifetime ? Timestamp::max()
                                                        : known_since + hole_lifetime;
}

Run Stream::clip(Run run) const noexcept {
  if (!has_fin_ || run.end() <= fin()) return run;
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

#include "flow/timestamp_rtt.h"

#include <algorithm>

#include "flow/sequence.h"

namespace ntan::flow {
namespace {

// What waits longer will not be echoed; its side was idle, or the peer does not echo.
constexpr std::uint32_t most_age_us = 10'000'000;

}  // namespace

void TimestampRtt::sent(std::uint32_t value, std::uint32_t now_us) noexcept {
  // TSvals are ordered as sequence numbers are (RFC 7323 5.2), until one was out of all order. Zero
  // is what some send that have none.
  const bool newer =
      !started_ || sequence_distance(value, newest_) > 0 || now_us - newest_us_ > most_age_us;
  if (value == 0 || !newer) return;
  newest_ = value;
  newest_us_ = now_us;
  started_ = true;
  while (count_ != 0 && now_us - waiting_[0].sent_us > most_age_us) forget_oldest();
  if (count_ != capacity) waiting_[count_++] = {.value = value, .sent_us = now_us};
}

void TimestampRtt::echoed(std::uint32_t value, std::uint32_t now_us) noexcept {
  // What was never sent settles nothing.
  if (!started_ || sequence_distance(value, newest_) > 0) return;
  while (count_ != 0 && sequence_distance(value, waiting_[0].value) >= 0) {
    const Waiting oldest = waiting_[0];
    forget_oldest();
    // If time went back, the difference without sign is larger than any age.
    const std::uint32_t age_us = now_us - oldest.sent_us;
    if (oldest.value == value && age_us <= most_age_us) times_.add(age_us);
  }
}

void TimestampRtt::forget_oldest() noexcept {
  std::shift_left(waiting_.begin(), waiting_.end(), 1);
  --count_;
}

}  // namespace ntan::flow

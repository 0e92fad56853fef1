#include "source/pacer.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <poll.h>

namespace ntan::source {
namespace {

/// Times of a hostile file may lie further apart than 63 bits tell.
Duration saturating_difference(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return Duration{difference};
  return Duration{a < b ? std::numeric_limits<std::int64_t>::min()
                        : std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

Duration Pacer::until_due(Timestamp time) noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (!start_) start_ = Start{.recorded = time, .replayed = now};
  const Duration recorded = saturating_difference(to_ns(time), to_ns(start_->recorded));
  const Duration replayed = now - start_->replayed;
  return saturating_difference(recorded.count(), replayed.count());
}

bool Pacer::wait(Timestamp time, Duration patience) noexcept {
  const Duration left = std::min(until_due(time), patience);
  if (left <= Duration::zero()) return true;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec sleep{
      .tv_sec = static_cast<std::time_t>(whole.count()),
      .tv_nsec = static_cast<long>((left - whole).count())};  // NOLINT(*-runtime-int)
  pollfd woken{
      .fd = interrupt_ == nullptr ? -1 : interrupt_->descriptor(), .events = POLLIN, .revents = 0};
  if (::ppoll(&woken, 1, &sleep, nullptr) > 0) {
    interrupt_->clear();
    return false;
  }
  return until_due(time) <= Duration::zero();
}

}  // namespace ntan::source

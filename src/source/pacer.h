// When packets of a recording are due if it is replayed at its own speed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "source/interrupt.h"

namespace ntan::source {

class Pacer {
 public:
  /// `interrupt` may be null.
  explicit Pacer(Interrupt* interrupt) noexcept : interrupt_(interrupt) {}

  /// How long until a packet of this time is due; not positive: now. The first call starts the
  /// clock.
  [[nodiscard]] Duration until_due(Timestamp time) noexcept;

  /// Sleeps until `time` is due, for `patience` at most; false where it is not due yet or the
  /// interrupt woke.
  bool wait(Timestamp time, Duration patience) noexcept;

 private:
  struct Start {
    Timestamp recorded;
    std::chrono::steady_clock::time_point replayed;
  };

  Interrupt* interrupt_;
  std::optional<Start> start_;
};

}  // namespace ntan::source

// Signals as flags and a wake-up: nothing happens in a handler that could not happen there.
#pragma once

#include "source/interrupt.h"

namespace ntan::run {

/// What the user has asked for by signals since the last look.
struct Requests {
  bool report = false;  ///< USR1: figures to stderr
  bool flush = false;   ///< USR2: write out what is held
};

/// While alive, INT, TERM and HUP stop the source through `interrupt`, and the second one leaves at
/// once with exit code 130. PIPE is ignored. One at a time; restores what was before.
class SignalGuard {
 public:
  explicit SignalGuard(source::Interrupt& interrupt);
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
  ~SignalGuard();

  [[nodiscard]] static bool stop_asked() noexcept;
  [[nodiscard]] static Requests take_requests() noexcept;
};

}  // namespace ntan::run

// Signals as flags and a wake-up: nothing happens in a handler that could not happen there.
#pragma once

#include <array>
#include <csignal>
#include <cstddef>

#include "source/interrupt.h"

namespace ntan::run {

/// What the user has asked for by signals since the last look.
struct Requests {
  bool report = false;  ///< USR1: figures to stderr
  bool flush = false;   ///< USR2: write out what is held
};

/// While alive, INT, TERM and HUP stop the source through `interrupt`, and a second one leaves at
/// once with exit code 130 unless it comes with the first; a HUP that is ignored stays so. PIPE and
/// XFSZ are ignored. One at a time; restores what was before.
class SignalGuard {
 public:
  static constexpr std::size_t signals = 7;

  explicit SignalGuard(source::Interrupt& interrupt);
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
  ~SignalGuard();

  [[nodiscard]] static bool stop_asked() noexcept;
  [[nodiscard]] static Requests take_requests() noexcept;

 private:
  std::array<struct sigaction, signals> before_{};
};

/// While alive, the first signal to stop leaves at once like a second one: for set-up that looks at
/// no flag and has nothing to lose.
class LeaveAtOnce {
 public:
  LeaveAtOnce() noexcept;
  LeaveAtOnce(const LeaveAtOnce&) = delete;
  LeaveAtOnce& operator=(const LeaveAtOnce&) = delete;
  ~LeaveAtOnce();
};

}  // namespace ntan::run

// Ends the wait of a source from a signal handler or another thread.
#pragma once

#include <atomic>

#include "base/descriptor.h"

namespace ntan::source {

/// An event counter of the kernel that every waiting source polls beside its input. Outlives the
/// sources it is given to.
class Interrupt {
 public:
  /// Throws Error{runtime} when the kernel has no descriptor left.
  Interrupt();

  /// A waiting read() returns Status::idle at once, or the next one does. Async-signal-safe.
  void wake() noexcept;
  /// A read() returns Status::end once what had arrived live before the stop is delivered; files
  /// end at once. Async-signal-safe.
  void stop() noexcept;

  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

  /// Readable while a wake-up is pending.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  /// Forgets pending wake-ups; a stop stays.
  void clear() noexcept;

 private:
  Descriptor descriptor_;
  std::atomic<bool> stopped_{false};
};

}  // namespace ntan::source

// Time of this process, for waiting and for what a person watches; never for packets.
#pragma once

#include <chrono>
#include <cstdint>

namespace ntan::run {

/// Nanoseconds that only grow, from an arbitrary begin.
[[nodiscard]] inline std::int64_t process_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace ntan::run

// What processes take of this machine, second by second.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/types.h>

#include "serve/control.h"

namespace ntan::run {

/// Totals of a process as /proc/PID/stat tells them (proc(5)).
struct ProcessTimes {
  std::uint64_t ticks = 0;  ///< of the CPU, in user and kernel mode, in clock ticks
  std::uint64_t resident_pages = 0;
  friend bool operator==(const ProcessTimes&, const ProcessTimes&) = default;
};

/// Of the text of that file; nothing if it is not of that form.
[[nodiscard]] std::optional<ProcessTimes> parse_process_times(std::string_view stat);

/// The load of one process: the difference between two looks.
class LoadMeter {
 public:
  /// Once a second or so. Nothing at the first look at a process, and if it is gone.
  [[nodiscard]] std::optional<serve::Load> look(pid_t process, std::int64_t now_ns);

 private:
  pid_t process_ = -1;
  std::int64_t then_ns_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace ntan::run

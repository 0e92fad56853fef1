// The line on a terminal that says how a run goes. It is rewritten in place and stands below all
// else: whoever writes to the terminal erases it first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ntan::run {

/// What a run has come to.
struct Progress {
  std::uint64_t packets = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;          ///< live: by kernel, interface and ntan, as far as known
  std::uint64_t position = 0;         ///< files: octets read
  std::optional<std::uint64_t> size;  ///< files: of how many; absent for pipes
};

/// `12.5 MB of 5.16 GB  81234 packets  77 events`.
[[nodiscard]] std::string reading_status(const Progress& progress);

/// `9120 packets/s  71.4 Mbit/s  40233 packets  77 events  0 dropped`; rates are those since
/// `before`, `elapsed` ago. Requires: elapsed > 0.
[[nodiscard]] std::string capture_status(const Progress& now, const Progress& before,
                                         Duration elapsed);

/// On standard error. Times are of the process clock, in nanoseconds.
class StatusLine {
 public:
  /// Never shows anything where standard error is no terminal, or one that cannot erase.
  StatusLine();

  [[nodiscard]] bool possible() const noexcept { return possible_; }
  /// Writes it over what stands there, cut to the width of the terminal.
  void show(std::string text, std::int64_t now_ns);
  /// Makes room for something else.
  void erase() noexcept;
  /// Shows the text again if it was erased, but not after each of many lines.
  void restore(std::int64_t now_ns);

 private:
  void write() noexcept;

  bool possible_;
  bool visible_ = false;
  std::string text_;  ///< empty before the first
  std::int64_t written_ns_ = 0;
};

}  // namespace ntan::run

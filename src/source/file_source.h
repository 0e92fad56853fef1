// Capture files as one stream of packets, optionally filtered and at the speed of their recording.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/interrupt.h"
#include "source/source.h"

namespace ntan::source {

enum class Pace : std::uint8_t { as_fast_as_possible, as_recorded };

struct FileOptions {
  /// A filter of pcap-filter(7) that check_filter() has passed; empty: all packets. Packets it
  /// rejects are neither delivered nor numbered, so a filtered run equals one over a cut file.
  std::string filter{};
  Pace pace = Pace::as_fast_as_possible;
  /// Wakes and stops reads from pipes and waits of a paced run; may be null. Outlives the source.
  Interrupt* interrupt = nullptr;
};

/// Reads `paths` in their order; `-` is standard input. That all are there and readable is checked
/// at once, what they hold when they are reached: one that is no capture is damage and the next
/// goes on, unless none of them is. Throws Error{not_found | permission | not_a_capture | usage |
/// runtime}. Requires: paths not empty.
[[nodiscard]] std::unique_ptr<Source> open_files(const std::vector<std::string>& paths,
                                                 const FileOptions& options = {});

}  // namespace ntan::source

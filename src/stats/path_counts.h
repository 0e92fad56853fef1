#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/segment_counts.h"

namespace ntan::stats {

/// What all TCP connections together said about the path, as totals of the run so far.
struct PathCounts {
  SegmentCounts segments;
  std::uint64_t acks = 0;         ///< that acknowledged more, of established connections
  std::uint64_t gap_acks = 0;     ///< of those, for octets that never came by here
  std::int64_t unseen_bytes = 0;  ///< those octets, less what came by late after all
  std::uint64_t duplicate_acks = 0;
  std::uint64_t zero_windows = 0;  ///< times that a window closed
  std::uint64_t keep_alives = 0;
  std::uint64_t capture_copies = 0;
  std::uint64_t gso_packets = 0;  ///< larger than their receiver's MSS

  PathCounts& operator+=(const PathCounts& more) noexcept;
  friend bool operator==(const PathCounts&, const PathCounts&) = default;

  /// Of the ACKs, those for octets that never came by: what the capture lost.
  [[nodiscard]] std::optional<double> capture_loss_ratio() const noexcept {
    return ratio(gap_acks, acks);
  }
};

/// Packets that never reached ntan, as far as anybody tells.
struct Drops {
  std::uint64_t by_kernel = 0;
  std::uint64_t by_interface = 0;
};

/// `0.44 % lost beyond this point, 0 % before it; the capture lost nothing`. Requires:
/// path.segments.data != 0.
[[nodiscard]] std::string loss_in_words(const PathCounts& path, const Drops& drops);

/// What has become more since `before`.
[[nodiscard]] PathCounts since(const PathCounts& before, const PathCounts& now) noexcept;

}  // namespace ntan::stats

// What the TCP connections of a shard say about the path, all together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/direction.h"
#include "flow/tcp.h"
#include "stats/path_counts.h"
#include "wire/decoded.h"

namespace ntan::run {

class PathTally {
 public:
  /// What one segment did.
  void add(const wire::Decoded& segment, const flow::TcpConnection::Effect& effect) noexcept;
  /// A SYN came again before there was a connection.
  void add_syn_repeat(flow::SegmentKind kind) noexcept {
    ++kinds_[index_of(kind)];
    ++counts_.segments.control_behind;
  }
  void add_gso_packet() noexcept { ++counts_.gso_packets; }

  /// Keeps a round-trip time of data sent in this direction. Returns whether there is no room for
  /// another: they are due to be taken.
  bool keep_rtt(Direction direction, std::uint32_t us) noexcept {
    Samples& samples = samples_[index(direction)];
    samples.us[samples.size++] = us;
    return samples.size == samples.us.size();
  }
  /// Microseconds, valid until the next keep_rtt().
  [[nodiscard]] std::span<const std::uint32_t> take_rtts(Direction direction) noexcept {
    Samples& samples = samples_[index(direction)];
    const std::size_t size = samples.size;
    samples.size = 0;
    return std::span{samples.us}.first(size);
  }

  [[nodiscard]] stats::PathCounts counts() const noexcept;

 private:
  struct Samples {
    std::size_t size = 0;
    std::array<std::uint32_t, 62> us{};
  };

  static constexpr std::size_t index_of(flow::SegmentKind kind) noexcept {
    return static_cast<std::size_t>(kind);
  }

  std::array<std::uint64_t, flow::segment_kinds> kinds_{};
  stats::PathCounts counts_;
  std::array<Samples, 2> samples_;
};

}  // namespace ntan::run

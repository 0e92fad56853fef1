// The sequence space that one side of a TCP connection has shown: which octets were seen, and
// holes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "flow/pool.h"

namespace ntan::flow {

/// Signed distance from b to a in 32-bit sequence space (RFC 9293 3.4).
[[nodiscard]] constexpr std::int32_t sequence_distance(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b);
}

/// Octets covered by [start, end) of data, with up to eight holes remembered; a ninth forgets the
/// oldest, whose octets then count as never seen. Most connections have no hole: room for them
/// comes from a pool, always the same, and goes back with the last. A hole that gets no room is
/// forgotten.
class SequenceSpace {
 public:
  struct Added {
    std::uint32_t unseen = 0;    ///< octets that were new
    std::uint32_t repeated = 0;  ///< octets seen before
    bool opened_hole = false;
    bool filled_hole = false;
  };

  void start(std::uint32_t next) noexcept {
    next_ = next;
    started_ = true;
  }
  [[nodiscard]] bool started() const noexcept { return started_; }
  /// One past the highest sequence number seen.
  [[nodiscard]] std::uint32_t next() const noexcept { return next_; }
  /// Moves over a FIN that stands at `seq`. Returns whether octets before it are missing.
  bool pass(std::uint32_t seq, Pool& pool);

  /// Adds data octets [seq, seq + size).
  Added add(std::uint32_t seq, std::uint32_t size, Pool& pool);

  /// Forgets the holes.
  void release(Pool& pool) noexcept;

  [[nodiscard]] std::size_t holes() const noexcept { return hole_count_; }

 private:
  struct Hole {
    std::uint32_t start = 0;
    std::uint32_t end = 0;
  };

  using Holes = std::array<Hole, 8>;

  void open_hole(Hole hole, Pool& pool);
  std::uint32_t fill(std::uint32_t start, std::uint32_t end, Pool& pool);
  void forget(std::size_t at) noexcept;

  Holes* holes_ = nullptr;  ///< from the pool; null while there are none
  std::uint32_t next_ = 0;
  bool started_ = false;
  std::uint8_t hole_count_ = 0;
};

}  // namespace ntan::flow

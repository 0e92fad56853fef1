// The sequence space that one side of a TCP connection has shown: which octets were seen, and
// holes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "flow/pool.h"

namespace ntan::flow {

/// Signed distance from b to a in 32-bit sequence space (RFC 9293 3.4).
[[nodiscard]] constexpr std::int32_t sequence_distance(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b);
}

/// The packet that told of a hole: what came out of the sender before it lies behind it in time.
struct HoleMark {
  std::uint32_t seen_us = 0;    ///< clock of the packet, modulo 2^32
  std::uint32_t timestamp = 0;  ///< its TSval (RFC 7323), with `has_timestamp`
  std::uint16_t ip_id = 0;      ///< 0: none to go by
  bool has_timestamp = false;
  bool acknowledged = false;  ///< told of by the peer's ACK: the receiver has these octets
};

/// Octets covered by [start, end) of data, and the holes in it. A path of 30 ms that loses 2 % has
/// thirty holes open at a time, a full queue before the tap at the end of a slow start some
/// hundreds. Most connections have none, and most others one or two: room for them comes from a
/// pool, grows with them and goes back with the last. Of those that get no room it stays known
/// where they begin and end and how many octets they miss, but not which; without any room they
/// are forgotten, and what fills them counts as repeated.
class SequenceSpace {
 public:
  static constexpr std::size_t most_holes = 170;

  struct Added {
    std::uint32_t unseen = 0;    ///< octets that were new
    std::uint32_t filled = 0;    ///< octets of holes among them
    std::uint32_t repeated = 0;  ///< octets seen before
    bool opened_hole = false;
    HoleMark hole;  ///< of the first hole that was filled in part, if any
  };

  void start(std::uint32_t next) noexcept {
    next_ = next;
    started_ = true;
  }
  [[nodiscard]] bool started() const noexcept { return started_; }
  /// One past the highest sequence number seen.
  [[nodiscard]] std::uint32_t next() const noexcept { return next_; }
  /// Moves over a FIN that stands at `seq`, which `added` counts as an octet of a hole if it was
  /// missing. Returns whether octets before it are missing.
  bool pass(std::uint32_t seq, const HoleMark& mark, Pool& pool, Added& added);

  /// Adds data octets [seq, seq + size). `mark` stays with a hole that this opens.
  Added add(std::uint32_t seq, std::uint32_t size, const HoleMark& mark, Pool& pool);

  /// Octets between next() and `seq` were sent and never came by: they become a hole. Requires:
  /// `seq` is above next().
  void skip_to(std::uint32_t seq, const HoleMark& mark, Pool& pool);

  /// Octets of holes in [from, to); the least that it may be where they are not told apart.
  [[nodiscard]] std::uint32_t missing(std::uint32_t from, std::uint32_t to) const noexcept;

  /// Where many holes are kept, forgets the oldest of those below `acknowledged`: the receiver has
  /// what was missing. What fills one after all counts as repeated.
  void forget_settled(std::uint32_t acknowledged) noexcept;

  /// Forgets the holes.
  void release(Pool& pool) noexcept;

  [[nodiscard]] std::size_t holes() const noexcept { return hole_count_; }

 private:
  // From the first to the last octet that is missing. All of them are, unless it stands for several
  // holes. In order.
  struct Hole {
    std::uint32_t start = 0;
    std::uint32_t end = 0;
    HoleMark mark;
    std::uint32_t missing = end - start;

    [[nodiscard]] bool several() const noexcept { return missing != end - start; }
  };

  // As many as fill blocks of 64, 256, 1,024, 2,048 and 4,096 octets.
  static constexpr std::array<std::uint8_t, 5> rooms{2, 10, 42, 85, most_holes};

  [[nodiscard]] std::span<Hole> holes_known() const noexcept { return {holes_, hole_count_}; }
  bool grow(Pool& pool);
  void open_hole(const Hole& hole, Pool& pool);
  void split(std::size_t at, std::uint32_t from, std::uint32_t to, Pool& pool);
  void fill(std::uint32_t start, std::uint32_t end, Pool& pool, Added& added);
  void forget(std::size_t at) noexcept;

  Hole* holes_ = nullptr;  ///< from the pool; null while there are none
  std::uint32_t next_ = 0;
  bool started_ = false;
  std::uint8_t hole_count_ = 0;
  std::uint8_t room_ = 0;  ///< for so many holes
};

}  // namespace ntan::flow

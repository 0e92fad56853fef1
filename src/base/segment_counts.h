// TCP segments counted where the tap stands, and what they say about loss on the path.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace ntan {

/// `part` of `whole`, rounded to millionths and no more than 1; absent without a whole.
[[nodiscard]] inline std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) noexcept {
  if (whole == 0) return std::nullopt;
  constexpr double digits = 1e6;
  const double exact = static_cast<double>(part) / static_cast<double>(whole);
  return std::min(1.0, std::round(exact * digits) / digits);
}

/// Of one direction of a connection, or of any number of them together. Repeats are segments whose
/// sequence numbers lie below the highest seen.
struct SegmentCounts {
  std::uint64_t data = 0;       ///< segments with payload, repeats included
  std::uint64_t spurious = 0;   ///< repeats of what was acknowledged
  std::uint64_t reordered = 0;  ///< not repeated, only late
  std::uint64_t upstream = 0;   ///< repeats of what was lost before the tap
  std::uint64_t fast = 0;       ///< repeats of what came by here: asked for by duplicate ACKs
  std::uint64_t timeout = 0;    ///< after a retransmission time-out
  std::uint64_t other = 0;
  std::uint64_t needless = 0;  ///< repeats that the receiver called duplicates (D-SACK, RFC 2883)
  std::uint64_t control_behind = 0;  ///< of `fast`, `timeout` and `other`: SYNs and FINs, no data
  std::uint64_t control_before = 0;  ///< of `upstream`: the same
  std::uint64_t control_spurious =
      0;  ///< of `spurious`: the same; counted for the run, not for flows

  [[nodiscard]] std::uint64_t repeats() const noexcept {
    return spurious + reordered + upstream + fast + timeout + other;
  }
  [[nodiscard]] std::uint64_t retransmissions() const noexcept { return repeats() - reordered; }
  /// Of those, SYNs and FINs.
  [[nodiscard]] std::uint64_t control() const noexcept {
    return control_behind + control_before + control_spurious;
  }
  /// Of data segments, those that were repeats. SYNs and FINs are none.
  [[nodiscard]] std::optional<double> retransmission_ratio() const noexcept {
    return ratio(retransmissions() - control(), data);
  }

  /// Data segments that came by here and did not arrive. Spurious ones are called duplicates by
  /// the receiver as well, and are left out once only.
  [[nodiscard]] std::uint64_t lost_behind() const noexcept {
    const std::uint64_t seen_before = fast + timeout + other - control_behind;
    const std::uint64_t arrived = needless > spurious ? needless - spurious : 0;
    return seen_before > arrived ? seen_before - arrived : 0;
  }
  /// Data segments that were lost before the tap.
  [[nodiscard]] std::uint64_t lost_before() const noexcept { return upstream - control_before; }

  /// Of the segments that came by here, those lost behind the tap.
  [[nodiscard]] std::optional<double> loss_behind_ratio() const noexcept {
    return ratio(lost_behind(), data);
  }
  /// Of the segments sent towards the tap, those that did not reach it.
  [[nodiscard]] std::optional<double> loss_before_ratio() const noexcept {
    return data == 0 ? std::nullopt : ratio(lost_before(), data + lost_before());
  }
  /// Both together, of the segments that came by here.
  [[nodiscard]] std::optional<double> loss_ratio() const noexcept {
    return ratio(lost_behind() + lost_before(), data);
  }

  SegmentCounts& operator+=(const SegmentCounts& more) noexcept {
    data += more.data;
    spurious += more.spurious;
    reordered += more.reordered;
    upstream += more.upstream;
    fast += more.fast;
    timeout += more.timeout;
    other += more.other;
    needless += more.needless;
    control_behind += more.control_behind;
    control_before += more.control_before;
    control_spurious += more.control_spurious;
    return *this;
  }

  friend bool operator==(const SegmentCounts&, const SegmentCounts&) = default;
};

}  // namespace ntan

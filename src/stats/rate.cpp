#include "stats/rate.h"

#include <cmath>

#include "base/hash.h"

namespace ntan::stats {

std::optional<std::uint64_t> Rate::bps(Duration length) const noexcept {
  if (length.count() <= 0) return std::nullopt;
  const Uint128 bits = static_cast<Uint128>(wire_bytes_) * 8 * 1'000'000'000;
  return static_cast<std::uint64_t>(bits / static_cast<std::uint64_t>(length.count()));
}

std::optional<double> Rate::pps(Duration length) const noexcept {
  if (length.count() <= 0) return std::nullopt;
  const double seconds = static_cast<double>(length.count()) / 1e9;
  return std::round(static_cast<double>(frames_) / seconds * 1000) / 1000;
}

void Rate::clear() noexcept {
  frames_ = 0;
  wire_bytes_ = 0;
  captured_bytes_ = 0;
  millisecond_ = {};
  tenth_ = {};
  second_ = {};
  bursts_.clear();
}

// A longer bin ends only where a shorter one does.
void Rate::roll(std::int64_t now) noexcept {
  if (frames_ != 0) bursts_.add(millisecond_.begin(), millisecond_.octets(wire_bytes_));
  millisecond_.roll(now, wire_bytes_);
  if (!tenth_.over(now)) return;
  tenth_.roll(now, wire_bytes_);
  if (second_.over(now)) second_.roll(now, wire_bytes_);
}

}  // namespace ntan::stats

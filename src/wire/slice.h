// The octets of one layer: what was sent, and how much of it the capture kept.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"
#include "base/parsed.h"

namespace ntan::wire {

/// A run of octets as sent, of which a leading part was captured. Keeping both sizes is what tells
/// a snaplen from a lying length field. Invariant: captured.size() <= sent.
struct Slice {
  Bytes captured;
  std::size_t sent = 0;

  [[nodiscard]] static constexpr Slice whole(Bytes bytes) noexcept { return {bytes, bytes.size()}; }

  [[nodiscard]] constexpr bool has(std::size_t size) const noexcept {
    return captured.size() >= size;
  }

  /// Why `size` octets are not there: the sender sent fewer, or the capture kept fewer.
  [[nodiscard]] constexpr Flaw missing(std::size_t size) const noexcept {
    return sent < size ? Flaw::bad_length : Flaw::truncated;
  }

  [[nodiscard]] constexpr bool cut() const noexcept { return captured.size() < sent; }

  /// At most the first `size` octets.
  [[nodiscard]] constexpr Slice first(std::size_t size) const noexcept {
    return {captured.first(std::min(size, captured.size())), std::min(size, sent)};
  }

  /// What follows the first `size` octets; empty if there is nothing.
  [[nodiscard]] constexpr Slice after(std::size_t size) const noexcept {
    return {captured.subspan(std::min(size, captured.size())), sent - std::min(size, sent)};
  }
};

}  // namespace ntan::wire

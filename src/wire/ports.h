// The two ports that TCP, UDP, UDP-Lite and SCTP all start with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// Enough to know the flow even where the rest of the header was not captured or is malformed.
struct Ports {
  static constexpr std::size_t size = 4;

  std::uint16_t src = 0;
  std::uint16_t dst = 0;

  [[nodiscard]] static Parsed<Ports> parse(Slice input) noexcept {
    if (!input.has(size)) return input.missing(size);
    Reader r(input.captured.first(size));
    const auto src = r.be16();
    const auto dst = r.be16();
    return Ports{.src = src, .dst = dst};
  }
};

}  // namespace ntan::wire

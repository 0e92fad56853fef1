// MPLS label stack (RFC 3032 2.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Mpls {
  static constexpr std::size_t max_labels = 8;

  std::uint32_t label = 0;  ///< the innermost: the one that names the service
  Slice payload{};

  /// Reads to the bottom of the stack.
  [[nodiscard]] static Parsed<Mpls> parse(Slice input) noexcept {
    constexpr std::size_t entry_size = 4;
    constexpr std::uint32_t bottom_bit = 0x100;
    for (std::size_t count = 0; count < max_labels; ++count) {
      if (!input.has(entry_size)) return input.missing(entry_size);
      const auto entry = Reader(input.captured).be32();
      input = input.after(entry_size);
      if ((entry & bottom_bit) != 0) return Mpls{.label = entry >> 12U, .payload = input};
    }
    return Flaw::unsupported;
  }
};

}  // namespace ntan::wire

// MPLS label stack (RFC 3032 2.1), with entropy labels (RFC 6790 4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

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
    constexpr std::uint32_t bottom_bit = 0x100, entropy_indicator = 7;
    std::optional<std::uint32_t> service;
    bool entropy = false;
    for (std::size_t count = 0; count < max_labels; ++count) {
      if (!input.has(entry_size)) return input.missing(entry_size);
      const auto entry = Reader(input.captured).be32();
      const std::uint32_t label = entry >> 12U;
      input = input.after(entry_size);
      const bool indicates = !entropy && label == entropy_indicator;
      // What spreads flows over links names nothing; alone, the indicator does.
      if (!indicates && !entropy) service = label;
      if ((entry & bottom_bit) != 0)
        return Mpls{.label = service.value_or(entropy_indicator), .payload = input};
      entropy = indicates;
    }
    return Flaw::unsupported;
  }
};

}  // namespace ntan::wire

// Geneve (RFC 8926 3.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Geneve {
  static constexpr std::size_t min_header_size = 8;
  static constexpr std::uint16_t port = 6081;

  std::uint16_t type = 0;  ///< EtherType of the payload
  std::uint32_t vni = 0;
  Slice payload{};

  [[nodiscard]] static Parsed<Geneve> parse(Slice input) noexcept {
    if (!input.has(min_header_size)) return input.missing(min_header_size);
    Reader r(input.captured.first(min_header_size));
    const auto version_and_length = r.u8();
    r.skip(1);  // flags and bits that a receiver ignores, as it does the last octet
    const auto type = r.be16();
    const auto vni = r.be24();
    if (version_and_length >> 6U != 0) return Flaw::bad_value;
    const std::size_t size = min_header_size + (version_and_length & 0x3fU) * std::size_t{4};
    if (!input.has(size)) return input.missing(size);
    return Geneve{.type = type, .vni = vni, .payload = input.after(size)};
  }
};

}  // namespace ntan::wire

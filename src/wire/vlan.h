// IEEE 802.1Q tag, as it follows a tag EtherType.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Vlan {
  static constexpr std::size_t size = 4;

  std::uint16_t id = 0;    ///< 0: a priority tag
  std::uint16_t type = 0;  ///< EtherType of what follows
  Slice payload{};

  [[nodiscard]] static Parsed<Vlan> parse(Slice input) noexcept {
    if (!input.has(size)) return input.missing(size);
    Reader r(input.captured.first(size));
    const auto control = r.be16();
    const auto type = r.be16();
    return Vlan{.id = static_cast<std::uint16_t>(control & 0x0fffU),
                .type = type,
                .payload = input.after(size)};
  }
};

}  // namespace ntan::wire

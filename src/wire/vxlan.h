// VXLAN (RFC 7348 5).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Vxlan {
  static constexpr std::size_t header_size = 8;
  static constexpr std::uint16_t port = 4789;
  static constexpr std::uint16_t old_port = 8472;  ///< of Linux, before there was an assigned one

  std::uint32_t vni = 0;
  Slice payload{};  ///< an Ethernet frame

  /// RFC 7348 5: reserved bits are ignored. One bit and a port prove little: what is inside has to
  /// be IP in Ethernet besides.
  [[nodiscard]] static Parsed<Vxlan> parse(Slice input) noexcept {
    constexpr std::uint32_t vni_flag = 0x08000000;
    if (!input.has(header_size)) return input.missing(header_size);
    Reader r(input.captured.first(header_size));
    const auto flags = r.be32();
    const auto vni = r.be24();
    if ((flags & vni_flag) == 0) return Flaw::bad_value;
    return Vxlan{.vni = vni, .payload = input.after(header_size)};
  }
};

}  // namespace ntan::wire

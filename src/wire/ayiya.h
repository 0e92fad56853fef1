// AYIYA (draft-massar-v6ops-ayiya-02 4): packets in UDP, each signed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

/// A message that forwards a packet. Others are refused as unsupported.
struct Ayiya {
  static constexpr std::uint16_t port = 5072;

  std::uint8_t next_header = 0;  ///< IP protocol of the payload
  Slice payload{};

  [[nodiscard]] static Parsed<Ayiya> parse(Slice input) noexcept {
    constexpr std::size_t fixed_size = 8;
    constexpr unsigned forward = 1;
    if (!input.has(fixed_size)) return input.missing(fixed_size);
    Reader r(input.captured.first(fixed_size));
    const unsigned identity = r.u8() >> 4U;   // a power of two
    const unsigned signature = r.u8() >> 4U;  // in 4 octets
    const unsigned operation = r.u8() & 0x0fU;
    const auto next_header = r.u8();
    if (operation != forward) return Flaw::unsupported;
    const std::size_t size = fixed_size + (std::size_t{1} << identity) + signature * std::size_t{4};
    if (!input.has(size)) return input.missing(size);
    return Ayiya{.next_header = next_header, .payload = input.after(size)};
  }
};

}  // namespace ntan::wire

// Teredo (RFC 4380 5.1.1): IPv6 in UDP.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Teredo {
  static constexpr std::uint16_t port = 3544;

  Slice payload{};  ///< an IPv6 packet

  /// Strict: the packet fills the datagram, and one of its ends has a Teredo address or its sender,
  /// who asks a server for one, that of a link.
  [[nodiscard]] static Parsed<Teredo> parse(Slice input) noexcept {
    constexpr std::uint16_t authentication = 0x0001;
    constexpr std::uint16_t origin = 0x0000;
    constexpr std::size_t origin_size = 8;
    constexpr std::size_t ipv6_size = 40;
    constexpr std::uint32_t prefix = 0x20010000;  // RFC 4380 2.6
    Reader front(input.captured);
    if (front.be16() == authentication) {
      const std::size_t id_size = front.u8();
      const std::size_t value_size = front.u8();
      constexpr std::size_t nonce_and_confirmation = 9;
      input = input.after(4 + id_size + value_size + nonce_and_confirmation);
    }
    if (Reader(input.captured).be16() == origin) input = input.after(origin_size);
    if (!input.has(ipv6_size)) return input.missing(ipv6_size);
    Reader r(input.captured.first(ipv6_size));
    const auto version = r.u8() >> 4U;
    r.skip(3);
    const std::size_t length = r.be16();
    r.skip(2);
    const auto source = r.be32();
    r.skip(12);
    const auto target = r.be32();
    if (version != 6 || length != input.sent - ipv6_size) return Flaw::bad_value;
    const bool link_local = source >> 22U == 0xfe80U >> 6U;
    if (source != prefix && target != prefix && !link_local) return Flaw::bad_value;
    return Teredo{.payload = input};
  }
};

}  // namespace ntan::wire

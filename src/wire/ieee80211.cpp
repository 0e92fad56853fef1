#include "wire/ieee80211.h"

namespace ntan::wire {

Parsed<Radiotap> Radiotap::parse(Slice input) noexcept {
  if (!input.has(min_header_size)) return input.missing(min_header_size);
  Reader r(input.captured.first(min_header_size));
  if (r.u8() != 0) return Flaw::bad_value;  // version
  r.skip(1);
  const std::size_t length = __builtin_bswap16(r.be16());  // radiotap is little-endian
  if (length < min_header_size) return Flaw::bad_length;
  if (!input.has(length)) return input.missing(length);
  return Radiotap{.payload = input.after(length)};
}

Parsed<Ieee80211> Ieee80211::parse(Slice input) noexcept {
  constexpr std::uint8_t type_data = 2;
  constexpr std::uint8_t subtype_null = 4;
  constexpr std::uint8_t subtype_qos = 8;
  constexpr std::uint8_t both_systems = 0x03;
  constexpr std::uint8_t protected_frame = 0x40;
  constexpr std::uint8_t order = 0x80;
  if (!input.has(2)) return input.missing(2);
  Reader r(input.captured);
  const auto control = r.u8();
  const auto flags = r.u8();
  const auto subtype = static_cast<std::uint8_t>(control >> 4U);
  if ((control & 3U) != 0) return Flaw::bad_value;  // protocol version
  const bool is_data = ((control >> 2U) & 3U) == type_data;
  if (!is_data || (subtype & subtype_null) != 0 || (flags & protected_frame) != 0) {
    return Ieee80211{};
  }
  std::size_t size = 24;
  if ((flags & both_systems) == both_systems) size += 6;                   // fourth address
  if ((subtype & subtype_qos) != 0) size += (flags & order) != 0 ? 6 : 2;  // QoS, HT control
  if (!input.has(size)) return input.missing(size);
  return Ieee80211{.has_llc = true, .payload = input.after(size)};
}

}  // namespace ntan::wire

#include "wire/ieee80211.h"

namespace ntan::wire {

namespace {

/// The flags field, 0 if there is none: behind all words of presence and the timestamp, aligned in
/// the header as its size is. Requires: header.size() >= Radiotap::min_header_size.
std::uint8_t radiotap_flags(Bytes header) noexcept {
  constexpr std::uint32_t timestamp_bit = 1U << 0U;
  constexpr std::uint32_t flags_bit = 1U << 1U;
  constexpr std::uint32_t another_word_bit = 1U << 31U;
  constexpr std::size_t timestamp_size = 8;
  Reader r(header);
  r.skip(4);
  const std::uint32_t present = __builtin_bswap32(r.be32());
  if ((present & flags_bit) == 0) return 0;
  std::size_t at = Radiotap::min_header_size;
  for (std::uint32_t word = present; r.ok() && (word & another_word_bit) != 0; at += 4) {
    word = __builtin_bswap32(r.be32());
  }
  if ((present & timestamp_bit) != 0) {
    at = (at + timestamp_size - 1) / timestamp_size * timestamp_size + timestamp_size;
  }
  return at < header.size() ? header[at] : std::uint8_t{0};
}

/// The first MSDU of an A-MSDU: two addresses and a length, then what else stands behind a header.
Parsed<Ieee80211> first_of(Slice aggregate) noexcept {
  constexpr std::size_t head_size = 14;
  if (!aggregate.has(head_size)) return aggregate.missing(head_size);
  Reader r(aggregate.captured);
  r.skip(12);
  const std::size_t end = head_size + r.be16();
  const std::size_t padded = (end + 3) / 4 * 4;
  return Ieee80211{.has_llc = true,
                   .more = aggregate.after(padded).sent > head_size,
                   .payload = aggregate.first(end).after(head_size)};
}

}  // namespace

Parsed<Radiotap> Radiotap::parse(Slice input) noexcept {
  if (!input.has(min_header_size)) return input.missing(min_header_size);
  Reader r(input.captured.first(min_header_size));
  if (r.u8() != 0) return Flaw::bad_value;  // version
  r.skip(1);
  const std::size_t length = __builtin_bswap16(r.be16());  // radiotap is little-endian
  if (length < min_header_size) return Flaw::bad_length;
  if (!input.has(length)) return input.missing(length);
  constexpr std::uint8_t data_pad = 0x20;
  const bool padded = (radiotap_flags(input.captured.first(length)) & data_pad) != 0;
  return Radiotap{.body_alignment = padded ? std::size_t{4} : std::size_t{1},
                  .payload = input.after(length)};
}

Parsed<Ieee80211> Ieee80211::parse(Slice input, std::size_t body_alignment) noexcept {
  constexpr std::uint8_t type_data = 2;
  constexpr std::uint8_t subtype_null = 4;
  constexpr std::uint8_t subtype_qos = 8;
  constexpr std::uint8_t both_systems = 0x03;
  constexpr std::uint8_t protected_frame = 0x40;
  constexpr std::uint8_t order = 0x80;
  constexpr std::uint8_t is_aggregate = 0x80;  // of QoS control
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
  if ((flags & both_systems) == both_systems) size += 6;  // fourth address
  const std::size_t qos_at = size;
  const bool has_qos = (subtype & subtype_qos) != 0;
  if (has_qos) size += (flags & order) != 0 ? 6 : 2;  // QoS, HT control
  size = (size + body_alignment - 1) / body_alignment * body_alignment;
  if (!input.has(size)) return input.missing(size);
  if (has_qos && (input.captured[qos_at] & is_aggregate) != 0) return first_of(input.after(size));
  return Ieee80211{.has_llc = true, .payload = input.after(size)};
}

}  // namespace ntan::wire

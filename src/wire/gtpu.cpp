#include "wire/gtpu.h"

namespace ntan::wire {

namespace {

/// Follows extension headers; what is left is the user's packet.
Parsed<Slice> skip_extensions(std::uint8_t type, Slice rest) noexcept {
  for (std::size_t count = 0; type != 0; ++count) {
    if (count == Gtpu::max_extensions) return Flaw::unsupported;
    if (!rest.has(1)) return rest.missing(1);
    // 3GPP TS 29.281 5.2.1: the length counts in 4 octets and includes itself and the next type.
    const std::size_t size = rest.captured.front() * std::size_t{4};
    if (size == 0) return Flaw::bad_length;
    if (!rest.has(size)) return rest.missing(size);
    type = rest.captured[size - 1];
    rest = rest.after(size);
  }
  return rest;
}

}  // namespace

Parsed<Gtpu> Gtpu::parse(Slice input) noexcept {
  constexpr std::uint8_t version_and_type_bits = 0xf0;
  constexpr std::uint8_t version1_gtp = 0x30;
  constexpr std::uint8_t extension_bit = 0x04;
  constexpr std::uint8_t any_optional_bit = 0x07;
  constexpr std::uint8_t g_pdu = 255;
  if (!input.has(min_header_size)) return input.missing(min_header_size);
  Reader r(input.captured.first(min_header_size));
  const auto flags = r.u8();
  const auto type = r.u8();
  const std::size_t length = r.be16();
  const auto teid = r.be32();
  if ((flags & version_and_type_bits) != version1_gtp || type != g_pdu) return Flaw::unsupported;

  Slice rest = input.after(min_header_size);
  if (length > rest.sent) return Flaw::bad_length;
  rest = rest.first(length);
  if ((flags & any_optional_bit) != 0) {
    // Sequence number, N-PDU number and next extension type come together, whichever is meant.
    constexpr std::size_t optional_size = 4;
    if (!rest.has(optional_size)) return rest.missing(optional_size);
    const bool extended = (flags & extension_bit) != 0;
    const std::uint8_t next = extended ? rest.captured[optional_size - 1] : std::uint8_t{0};
    const auto behind = skip_extensions(next, rest.after(optional_size));
    if (!behind) return behind.flaw();
    rest = *behind;
  }
  return Gtpu{.teid = teid, .payload = rest};
}

}  // namespace ntan::wire

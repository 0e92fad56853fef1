#include "wire/gre.h"

#include "wire/ethernet.h"

namespace ntan::wire {
namespace {

constexpr std::size_t fixed_size = 4;
constexpr std::uint16_t checksum_bit = 0x8000;
constexpr std::uint16_t routing_bit = 0x4000;
constexpr std::uint16_t key_bit = 0x2000;
constexpr std::uint16_t sequence_bit = 0x1000;
constexpr std::uint16_t acknowledgement_bit = 0x0080;  // of version 1
constexpr std::uint16_t version_bits = 0x0007;

Parsed<Gre> parse_version1(std::uint16_t flags, Slice input) noexcept {
  // RFC 2637 4.1: the key is there always, as the length of the payload and the id of the call.
  if ((flags & (checksum_bit | routing_bit | key_bit)) != key_bit) return Flaw::unsupported;
  const bool has_sequence = (flags & sequence_bit) != 0;
  const bool has_acknowledgement = (flags & acknowledgement_bit) != 0;
  const std::size_t size =
      fixed_size + 4U + (has_sequence ? 4U : 0U) + (has_acknowledgement ? 4U : 0U);
  if (!input.has(size)) return input.missing(size);
  Reader r(input.captured.first(size));
  r.skip(2);
  const auto type = r.be16();
  const std::size_t length = r.be16();
  const auto call = r.be16();
  const Slice behind = input.after(size);
  return Gre{.has_key = true,
             .has_sequence = has_sequence,
             .type = type,
             .key = call,
             .payload = behind.first(length)};
}

}  // namespace

bool Gre::is_wireless() const noexcept {
  // One type for each of the controller's queues.
  constexpr std::uint16_t first = 0x8200;
  constexpr std::uint16_t last = 0x8300;
  return type >= first && type <= last && (type & 0xfU) == 0;
}

Slice Gre::redirected() const noexcept {
  constexpr std::size_t redirect_header_size = 4;
  constexpr std::uint8_t least_ipv4 = 0x45;
  constexpr std::uint8_t most_ipv4 = 0x4f;
  const auto first = Reader(payload.captured).peek();
  return first >= least_ipv4 && first <= most_ipv4 ? payload : payload.after(redirect_header_size);
}

bool Gre::is_nvgre() const noexcept {
  return type == ether_type::teb && has_key && !has_checksum && !has_sequence;
}

Parsed<Gre> Gre::parse(Slice input) noexcept {
  if (!input.has(fixed_size)) return input.missing(fixed_size);
  Reader r(input.captured);
  const auto flags = r.be16();
  if ((flags & version_bits) == 1) return parse_version1(flags, input);
  Gre gre{.has_checksum = (flags & checksum_bit) != 0,
          .has_key = (flags & key_bit) != 0,
          .has_sequence = (flags & sequence_bit) != 0,
          .type = r.be16()};
  if ((flags & (routing_bit | version_bits)) != 0) return Flaw::unsupported;
  if (gre.has_checksum) r.skip(4);
  if (gre.has_key) gre.key = r.be32();
  if (gre.has_sequence) r.skip(4);
  const std::size_t size = fixed_size + (gre.has_checksum ? 4U : 0U) + (gre.has_key ? 4U : 0U) +
                           (gre.has_sequence ? 4U : 0U);
  if (!r.ok()) return input.missing(size);
  gre.payload = input.after(size);
  return gre;
}

Parsed<Erspan> Erspan::parse(const Gre& gre) noexcept {
  const Slice input = gre.payload;
  // Type I has no header of its own, and is told by the missing sequence number.
  if (gre.type == ether_type::erspan2 && !gre.has_sequence) return Erspan{.payload = input};

  const bool type3 = gre.type == ether_type::erspan3;
  std::size_t size = type3 ? 12 : 8;
  if (!input.has(size)) return input.missing(size);
  Reader r(input.captured.first(size));
  r.skip(2);
  const auto session = static_cast<std::uint16_t>(r.be16() & 0x03ffU);
  if (type3) {
    r.skip(4);
    const bool has_platform_header = (r.be32() & 1U) != 0;
    if (has_platform_header) size += 8;
  }
  if (!input.has(size)) return input.missing(size);
  return Erspan{.session = session, .payload = input.after(size)};
}

}  // namespace ntan::wire

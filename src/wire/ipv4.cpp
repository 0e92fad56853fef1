#include "wire/ipv4.h"

#include <algorithm>

#include "wire/checksum.h"

namespace ntan::wire {

namespace {

/// Whether a source route names addresses still to come: its pointer, from 1, is not past it
/// (RFC 791 3.1).
bool has_route_left(Bytes options) noexcept {
  constexpr std::uint8_t end_of_list = 0;
  constexpr std::uint8_t no_operation = 1;
  constexpr std::uint8_t loose = 131;
  constexpr std::uint8_t strict = 137;
  constexpr std::size_t head_size = 2;
  Reader r(options);
  while (!r.done()) {
    const auto type = r.u8();
    if (type == end_of_list) return false;
    if (type == no_operation) continue;
    const std::size_t size = r.u8();
    if (!r.ok() || size < head_size) return false;
    Reader body(r.take(size - head_size));
    if (!r.ok()) return false;
    if (type != loose && type != strict) continue;
    const auto pointer = body.u8();
    return body.ok() && pointer <= size;
  }
  return false;
}

}  // namespace

Parsed<Ipv4> Ipv4::parse(Slice input) noexcept {
  if (!input.has(min_header_size)) return input.missing(min_header_size);
  Reader r(input.captured.first(min_header_size));
  const auto version_and_length = r.u8();
  r.skip(1);  // DSCP and ECN
  const std::size_t total_length = r.be16();
  const auto id = r.be16();
  const auto fragment = r.be16();
  const auto ttl = r.u8();
  const auto proto = r.u8();
  r.skip(2);  // header checksum, summed with the rest
  const Bytes src = r.take(4);
  const Bytes dst = r.take(4);

  if (version_and_length >> 4U != 4) return Flaw::bad_value;
  const std::size_t header_size = (version_and_length & 0x0fU) * std::size_t{4};
  if (header_size < min_header_size) return Flaw::bad_length;
  if (total_length != 0 && total_length < header_size) return Flaw::bad_length;
  if (!input.has(header_size)) return input.missing(header_size);

  const Slice datagram = total_length == 0 ? input : input.first(total_length);
  return Ipv4{
      .src = IpAddress::v4(src.data()),
      .dst = IpAddress::v4(dst.data()),
      .proto = proto,
      .ttl = ttl,
      .id = id,
      .fragment_offset = static_cast<std::uint16_t>((fragment & 0x1fffU) * 8U),
      .more_fragments = (fragment & 0x2000U) != 0,
      .checksum_bad = total_length != 0 && !header_checksum_good(input.captured.first(header_size)),
      .route_left = has_route_left(input.captured.first(header_size).subspan(min_header_size)),
      .length_bad = total_length > input.sent,
      .size = static_cast<std::uint32_t>(datagram.sent),
      .payload = datagram.after(header_size),
  };
}

}  // namespace ntan::wire

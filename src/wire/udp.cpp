#include "wire/udp.h"

namespace ntan::wire {

namespace {

Udp parse_fields(Bytes header) noexcept {
  Reader r(header);
  const auto src_port = r.be16();
  const auto dst_port = r.be16();
  const auto length = r.be16();
  const auto checksum = r.be16();
  return Udp{.src_port = src_port, .dst_port = dst_port, .length = length, .checksum = checksum};
}

}  // namespace

Parsed<Udp> Udp::parse(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  Udp udp = parse_fields(input.captured.first(header_size));
  const bool jumbo = udp.length == 0 && input.sent > 0xffff;
  if (udp.length < header_size && !jumbo) return Flaw::bad_length;
  udp.length_bad = udp.length > input.sent;
  udp.payload = (jumbo ? input : input.first(udp.length)).after(header_size);
  return udp;
}

Parsed<Udp> Udp::parse_lite(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  Udp udp = parse_fields(input.captured.first(header_size));
  // RFC 3828 3.1: 0 covers everything; else at least the header, and no more than was sent.
  if (udp.length != 0 && udp.length < header_size) return Flaw::bad_length;
  udp.length_bad = udp.length > input.sent;
  udp.payload = input.after(header_size);
  return udp;
}

}  // namespace ntan::wire

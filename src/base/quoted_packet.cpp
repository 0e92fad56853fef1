#include "base/quoted_packet.h"

#include <algorithm>

#include "base/ip_protocol.h"
#include "base/ipv6_extension.h"

namespace ntan {
namespace {

bool has_ports(std::uint8_t proto) noexcept {
  return proto == ip_protocol::tcp || proto == ip_protocol::udp || proto == ip_protocol::dccp ||
         proto == ip_protocol::sctp || proto == ip_protocol::udplite;
}

void set_transport(QuotedPacket& packet, Bytes transport) noexcept {
  packet.transport = transport;
  if (!has_ports(packet.proto)) return;
  Reader r(transport);
  const auto src = r.be16();
  const auto dst = r.be16();
  if (!r.ok()) return;
  packet.src_port = src;
  packet.dst_port = dst;
}

// Passes the authentication headers of IPv4; absent: one is not all there.
std::optional<Bytes> after_authentication(QuotedPacket& packet, Bytes behind) noexcept {
  Reader r(behind);
  for (std::size_t count = 0; packet.proto == ip_protocol::ah; ++count) {
    if (count == ipv6_extension::most) return std::nullopt;
    Reader header = r;
    const auto next = header.u8();
    r.skip(ipv6_extension::size(ipv6_extension::authentication, header.u8()));
    if (!r.ok()) return std::nullopt;
    packet.proto = next;
  }
  return r.rest();
}

std::optional<QuotedPacket> parse_ipv4(Bytes input) noexcept {
  constexpr std::size_t min_header_size = 20;
  Reader r(input);
  const auto version_and_length = r.u8();
  r.skip(5);
  const bool first_fragment = (r.be16() & 0x1fffU) == 0;
  r.skip(1);
  QuotedPacket packet;
  packet.proto = r.u8();
  r.skip(2);
  const Bytes src = r.take(4);
  const Bytes dst = r.take(4);
  const std::size_t header_size = (version_and_length & 0x0fU) * std::size_t{4};
  if (!r.ok() || version_and_length >> 4U != 4 || header_size < min_header_size)
    return std::nullopt;
  packet.src = IpAddress::v4(src.data());
  packet.dst = IpAddress::v4(dst.data());
  if (!first_fragment) return packet;
  const Bytes behind = input.subspan(std::min(header_size, input.size()));
  if (const auto transport = after_authentication(packet, behind))
    set_transport(packet, *transport);
  return packet;
}

// Follows the extension headers up to the transport header.
void walk_extensions(QuotedPacket& packet, Reader r) noexcept {
  for (std::size_t count = 0; ipv6_extension::is_extension(packet.proto); ++count) {
    if (count == ipv6_extension::most) return;
    Reader header = r;
    const auto next = header.u8();
    const auto length = header.u8();
    const auto word = header.be16();
    r.skip(ipv6_extension::size(packet.proto, length));
    if (!r.ok()) return;
    const bool fragment = packet.proto == ipv6_extension::fragment;
    packet.proto = next;
    if (fragment && ipv6_extension::fragment_offset(word) != 0) return;
  }
  set_transport(packet, r.rest());
}

std::optional<QuotedPacket> parse_ipv6(Bytes input) noexcept {
  Reader r(input);
  const auto version = r.u8() >> 4U;
  r.skip(3);
  const std::size_t length = r.be16();
  QuotedPacket packet;
  packet.proto = r.u8();
  r.skip(1);
  const Bytes src = r.take(16);
  const Bytes dst = r.take(16);
  if (!r.ok() || version != 6) return std::nullopt;
  packet.src = IpAddress::v6(src.data());
  packet.dst = IpAddress::v6(dst.data());
  // What stands behind the quote is padding and extensions of ICMP (RFC 4884 3); 0 is no length.
  const Bytes behind = r.rest();
  walk_extensions(packet,
                  Reader(length == 0 ? behind : behind.first(std::min(length, behind.size()))));
  return packet;
}

}  // namespace

std::optional<QuotedPacket> QuotedPacket::parse(Bytes input, IpVersion version) noexcept {
  return version == IpVersion::v6 ? parse_ipv6(input) : parse_ipv4(input);
}

}  // namespace ntan

#include "wire/icmp.h"

#include "wire/decoded.h"
#include "wire/ipv6.h"

namespace ntan::wire {

namespace {

/// Requests and replies, which share an identifier: echo, timestamp, information, address mask
/// (RFC 792, RFC 950 Appendix I) and extended echo (RFC 8335).
bool has_identifier(std::uint8_t type, IpVersion version) noexcept {
  if (version == IpVersion::v6) return type == 128 || type == 129 || type == 160 || type == 161;
  return type == 0 || type == 8 || (type >= 13 && type <= 18) || type == 42 || type == 43;
}

bool is_error(std::uint8_t type, IpVersion version) noexcept {
  if (version == IpVersion::v6) return type >= 1 && type <= 4;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/// The ports of a transport header of which at least four octets are there.
std::optional<Ports> quoted_ports(std::uint8_t proto, Slice input) noexcept {
  switch (proto) {
    case ip_protocol::tcp:
    case ip_protocol::udp:
    case ip_protocol::udplite:
    case ip_protocol::sctp: {
      const auto ports = Ports::parse(input);
      return ports ? std::optional{*ports} : std::nullopt;
    }
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: {
      const auto version = proto == ip_protocol::icmp ? IpVersion::v4 : IpVersion::v6;
      const auto icmp = Icmp::parse(input, version);
      // RFC 1122 3.2.2: no error answers an error, so there is nothing further in to look for.
      return icmp && !icmp->is_error ? std::optional{icmp->ports} : std::nullopt;
    }
    default: return Ports{};
  }
}

std::optional<Quote> finish(Quote quote, Slice transport) noexcept {
  const auto ports = quoted_ports(quote.proto, transport);
  if (!ports) return std::nullopt;
  quote.ports = *ports;
  return quote;
}

/// Looser than Ipv4::parse(): routers rewrite lengths and checksums of what they quote.
std::optional<Quote> parse_ipv4(Slice input) noexcept {
  constexpr std::size_t min_header_size = 20;
  if (!input.has(min_header_size)) return std::nullopt;
  Reader r(input.captured.first(min_header_size));
  const auto version_and_length = r.u8();
  r.skip(5);
  const auto fragment = r.be16();
  r.skip(1);
  const auto proto = r.u8();
  r.skip(2);
  const Bytes src = r.take(4);
  const Bytes dst = r.take(4);
  const std::size_t header_size = (version_and_length & 0x0fU) * std::size_t{4};
  const bool first_fragment = (fragment & 0x1fffU) == 0;
  if (version_and_length >> 4U != 4 || header_size < min_header_size || !first_fragment) {
    return std::nullopt;
  }
  return finish({.src = IpAddress::v4(src.data()),
                 .dst = IpAddress::v4(dst.data()),
                 .proto = proto,
                 .ports = {}},
                input.after(header_size));
}

std::optional<Quote> parse_ipv6(Slice input) noexcept {
  const auto header = Ipv6::parse(input);
  if (!header) return std::nullopt;
  const auto chain =
      Ipv6Chain::parse(header->next_header, header->payload, Ipv6Chain::Start::header);
  if (!chain || chain->fragment_offset != 0) return std::nullopt;
  return finish({.src = header->src, .dst = header->dst, .proto = chain->proto, .ports = {}},
                chain->payload);
}

}  // namespace

Parsed<Icmp> Icmp::parse(Slice input, IpVersion version) noexcept {
  Reader r(input.captured);
  const auto type = r.u8();
  const auto code = r.u8();
  if (!r.ok()) return input.missing(header_size);
  auto port = static_cast<std::uint16_t>(type << 8U | code);
  if (has_identifier(type, version)) {
    r.skip(2);
    port = r.be16();
    if (!r.ok()) return input.missing(header_size);
  }
  return Icmp{.type = type,
              .code = code,
              .is_error = wire::is_error(type, version),
              .ports = {.src = port, .dst = port},
              .quote = input.after(header_size),
              .too_short = !input.has(header_size)};
}

std::optional<Quote> Quote::parse(Slice input, IpVersion version) noexcept {
  return version == IpVersion::v6 ? parse_ipv6(input) : parse_ipv4(input);
}

}  // namespace ntan::wire

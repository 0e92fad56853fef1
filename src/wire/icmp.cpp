#include "wire/icmp.h"

#include "base/icmp_type.h"
#include "base/ip_protocol.h"
#include "base/quoted_packet.h"

namespace ntan::wire {

namespace {

/// Requests and replies, which share an identifier.
bool has_identifier(std::uint8_t type, IpVersion version) noexcept {
  namespace v4 = icmp_type;
  namespace v6 = icmpv6_type;
  if (version == IpVersion::v6) {
    return type == v6::echo_request || type == v6::echo_reply ||
           type == v6::extended_echo_request || type == v6::extended_echo_reply;
  }
  return type == v4::echo_reply || type == v4::echo_request ||
         (type >= v4::timestamp_request && type <= v4::address_mask_reply) ||
         type == v4::extended_echo_request || type == v4::extended_echo_reply;
}

bool is_error(std::uint8_t type, IpVersion version) noexcept {
  namespace v4 = icmp_type;
  namespace v6 = icmpv6_type;
  if (version == IpVersion::v6)
    return type >= v6::destination_unreachable && type <= v6::parameter_problem;
  return (type >= v4::destination_unreachable && type <= v4::redirect) ||
         type == v4::time_exceeded || type == v4::parameter_problem;
}

/// The ports by which the quoted packet's flow is known here: those of DCCP are not.
std::optional<Ports> flow_ports(const QuotedPacket& quoted) noexcept {
  if (!quoted.transport) return std::nullopt;
  switch (quoted.proto) {
    case ip_protocol::tcp:
    case ip_protocol::udp:
    case ip_protocol::udplite:
    case ip_protocol::sctp:
      if (!quoted.src_port || !quoted.dst_port) return std::nullopt;
      return Ports{.src = *quoted.src_port, .dst = *quoted.dst_port};
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: {
      const auto version = quoted.proto == ip_protocol::icmp ? IpVersion::v4 : IpVersion::v6;
      const auto icmp = Icmp::parse(Slice::whole(*quoted.transport), version);
      // RFC 1122 3.2.2: no error answers an error, so there is nothing further in to look for.
      return icmp && !icmp->is_error ? std::optional{icmp->ports} : std::nullopt;
    }
    default: return Ports{};
  }
}

}  // namespace

Parsed<Icmp> Icmp::parse(Slice input, IpVersion version) noexcept {
  Reader r(input.captured);
  const auto type = r.u8();
  const auto code = r.u8();
  if (!r.ok()) return input.missing(header_size);
  // Without an identifier either end's messages are a flow of their own.
  Ports ports{.src = static_cast<std::uint16_t>(type << 8U | code)};
  if (has_identifier(type, version)) {
    r.skip(2);
    ports.src = ports.dst = r.be16();
    if (!r.ok()) return input.missing(header_size);
  }
  return Icmp{.type = type,
              .code = code,
              .is_error = wire::is_error(type, version),
              .ports = ports,
              .quote = input.after(header_size),
              .too_short = !input.has(header_size)};
}

std::optional<Quote> Quote::parse(Slice input, IpVersion version) noexcept {
  const auto quoted = QuotedPacket::parse(input.captured, version);
  if (!quoted) return std::nullopt;
  const auto ports = flow_ports(*quoted);
  if (!ports) return std::nullopt;
  return Quote{.src = quoted->src, .dst = quoted->dst, .proto = quoted->proto, .ports = *ports};
}

}  // namespace ntan::wire

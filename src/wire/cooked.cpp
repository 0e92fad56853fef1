#include "wire/cooked.h"

#include <algorithm>

namespace ntan::wire {

namespace {

constexpr std::size_t mac_size = 6;

/// LINKTYPE_NULL: 2 is AF_INET everywhere; AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD,
/// 30 on macOS and 10 on Linux.
IpVersion family_version(std::uint32_t family) noexcept {
  switch (family) {
    case 2: return IpVersion::v4;
    case 10:
    case 24:
    case 28:
    case 30: return IpVersion::v6;
    default: return IpVersion::none;
  }
}

/// By sll_pkttype of packet(7).
MacAddress destination_of(std::uint16_t packet_type) noexcept {
  constexpr std::uint16_t broadcast = 1;
  constexpr std::uint16_t multicast = 2;
  MacAddress mac;
  if (packet_type == broadcast || packet_type == multicast) mac.octets.fill(0xff);
  return mac;
}

MacAddress read_mac(Bytes octets) noexcept {
  MacAddress mac;
  std::ranges::copy(octets.first(mac_size), mac.octets.begin());
  return mac;
}

}  // namespace

bool Cooked::has_ether_type() const noexcept {
  switch (arp_hardware) {
    case 801:  // ARPHRD_IEEE80211
    case 802:  // ARPHRD_IEEE80211_PRISM
    case 803:  // ARPHRD_IEEE80211_RADIOTAP
    case 824:  // ARPHRD_NETLINK
      return false;
    default: return true;
  }
}

Parsed<Cooked> Cooked::parse_v1(Slice input) noexcept {
  if (!input.has(v1_size)) return input.missing(v1_size);
  Reader r(input.captured.first(v1_size));
  const auto packet_type = r.be16();
  const auto hardware = r.be16();
  const auto address_size = r.be16();
  const Bytes address = r.take(8);
  const auto protocol = r.be16();
  return Cooked{.arp_hardware = hardware,
                .protocol = protocol,
                .has_mac = address_size == mac_size,
                .src = read_mac(address),
                .dst = destination_of(packet_type),
                .payload = input.after(v1_size)};
}

Parsed<Cooked> Cooked::parse_v2(Slice input) noexcept {
  if (!input.has(v2_size)) return input.missing(v2_size);
  Reader r(input.captured.first(v2_size));
  const auto protocol = r.be16();
  r.skip(6);  // reserved, interface index
  const auto hardware = r.be16();
  const auto packet_type = r.u8();
  const auto address_size = r.u8();
  const Bytes address = r.take(8);
  return Cooked{.arp_hardware = hardware,
                .protocol = protocol,
                .has_mac = address_size == mac_size,
                .src = read_mac(address),
                .dst = destination_of(packet_type),
                .payload = input.after(v2_size)};
}

Parsed<Loopback> Loopback::parse_null(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  auto family = Reader(input.captured).be32();
  if (family > 0xffff) family = __builtin_bswap32(family);
  return Loopback{.version = family_version(family), .payload = input.after(header_size)};
}

Parsed<Loopback> Loopback::parse_loop(Slice input) noexcept {
  if (!input.has(header_size)) return input.missing(header_size);
  const auto family = Reader(input.captured).be32();
  return Loopback{.version = family_version(family), .payload = input.after(header_size)};
}

Parsed<Nflog> Nflog::parse(Slice input) noexcept {
  constexpr std::size_t header_size = 4;
  constexpr std::size_t option_header_size = 4;
  constexpr std::uint16_t payload_option = 9;  // NFULA_PAYLOAD
  if (!input.has(header_size)) return input.missing(header_size);
  const auto version = family_version(input.captured.front());
  input = input.after(header_size);
  for (std::size_t count = 0; count < max_options; ++count) {
    if (!input.has(option_header_size)) return input.missing(option_header_size);
    Reader r(input.captured);
    std::size_t size = r.be16();
    auto type = r.be16();
    // In the order of the machine that wrote it; no option type reaches 256.
    if (type > 0xff) {
      size = __builtin_bswap16(static_cast<std::uint16_t>(size));
      type = __builtin_bswap16(type);
    }
    if (size < option_header_size) return Flaw::bad_length;
    if (type == payload_option) {
      return Nflog{.version = version, .payload = input.first(size).after(option_header_size)};
    }
    input = input.after((size + 3) / 4 * 4);
  }
  return Flaw::unsupported;
}

}  // namespace ntan::wire

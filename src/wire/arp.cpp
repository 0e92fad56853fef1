#include "wire/arp.h"

#include <algorithm>

#include "wire/ethernet.h"

namespace ntan::wire {

namespace {

MacAddress take_mac(Reader& r) noexcept {
  MacAddress mac;
  std::ranges::copy(r.take(6), mac.octets.begin());
  return mac;
}

IpAddress take_ipv4(Reader& r) noexcept {
  const Bytes octets = r.take(4);
  return octets.empty() ? IpAddress{} : IpAddress::v4(octets.data());
}

}  // namespace

bool Arp::is_probe() const noexcept {
  return operation == request && sender.octets == IpAddress{}.octets;
}

Parsed<Arp> Arp::parse(Bytes input) noexcept {
  constexpr std::uint16_t ethernet = 1;
  constexpr std::uint16_t ieee802 = 6;
  Reader r(input);
  const auto hardware = r.be16();
  const auto protocol = r.be16();
  const auto sizes = r.be16();
  Arp arp;
  arp.operation = r.be16();
  arp.sender_mac = take_mac(r);
  arp.sender = take_ipv4(r);
  arp.target_mac = take_mac(r);
  arp.target = take_ipv4(r);
  if (input.size() >= 8) {
    if (hardware != ethernet && hardware != ieee802) return Flaw::unsupported;
    if (protocol != ether_type::ipv4) return Flaw::unsupported;
    if (sizes != 0x0604) return Flaw::bad_length;
  }
  if (!r.ok()) return Flaw::truncated;
  return arp;
}

}  // namespace ntan::wire

#include "base/arp_message.h"

#include <algorithm>

namespace ntan {
namespace {

MacAddress take_mac(Reader& r) noexcept {
  MacAddress mac;
  std::ranges::copy(r.take(mac.octets.size()), mac.octets.begin());
  return mac;
}

IpAddress take_ipv4(Reader& r) noexcept {
  const Bytes octets = r.take(4);
  return octets.empty() ? IpAddress{} : IpAddress::v4(octets.data());
}

}  // namespace

bool ArpMessage::is_probe() const noexcept {
  return operation == arp_operation::request && has_addresses() &&
         sender.octets == IpAddress{}.octets;
}

Parsed<ArpMessage> ArpMessage::parse(Bytes input) noexcept {
  constexpr std::uint16_t ethernet = 1;
  constexpr std::uint16_t ieee802 = 6;
  constexpr std::uint16_t ipv4 = 0x0800;
  Reader r(input);
  const auto hardware = r.be16();
  const auto protocol = r.be16();
  const std::size_t hardware_size = r.u8();
  const std::size_t protocol_size = r.u8();
  ArpMessage message{.operation = r.be16()};
  // Addresses of six octets on another kind of network need not be Ethernet's.
  const bool known = (hardware == ethernet || hardware == ieee802) && protocol == ipv4;
  if (known && hardware_size == 6 && protocol_size == 4) {
    message.sender_mac = take_mac(r);
    message.sender = take_ipv4(r);
    message.target_mac = take_mac(r);
    message.target = take_ipv4(r);
  } else {
    r.skip(2 * (hardware_size + protocol_size));
  }
  if (!r.ok()) return Flaw::truncated;
  return message;
}

}  // namespace ntan

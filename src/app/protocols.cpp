#include <array>
#include <bit>

#include "app/protocol.h"

namespace ntan::app {

extern const Protocol arp_protocol;
extern const Protocol dhcp_protocol;
extern const Protocol dns_protocol;
extern const Protocol http2_protocol;
extern const Protocol http_protocol;
extern const Protocol icmp_error_protocol;
extern const Protocol icmp_protocol;
extern const Protocol ntp_protocol;
extern const Protocol quic_protocol;
extern const Protocol ssh_protocol;
extern const Protocol tls_protocol;

namespace {

// Order matters only where two probes can both say yes: the first wins.
constexpr std::array all{
    &tls_protocol,  &http_protocol,       &http2_protocol, &dns_protocol,
    &quic_protocol, &dhcp_protocol,       &ntp_protocol,   &ssh_protocol,
    &icmp_protocol, &icmp_error_protocol, &arp_protocol,
};

/// What each transport's packets are to be asked about, by the number of its bit.
struct ByTransport {
  struct List {
    std::array<const Protocol*, all.size()> protocols{};
    std::size_t size = 0;
  };

  ByTransport() noexcept {
    for (std::size_t bit = 0; bit < lists.size(); ++bit) {
      for (const Protocol* protocol : all) {
        if ((protocol->transports >> bit & 1U) != 0)
          lists[bit].protocols[lists[bit].size++] = protocol;
      }
    }
  }

  std::array<List, 8> lists;
};

}  // namespace

std::span<const Protocol* const> protocols() noexcept {
  return all;
}

std::span<const Protocol* const> protocols_over(Transport transport) noexcept {
  static const ByTransport by_transport;
  const auto& list =
      by_transport.lists[static_cast<std::size_t>(std::countr_zero(mask(transport)))];
  return std::span{list.protocols}.first(list.size);
}

}  // namespace ntan::app

#include <array>

#include "app/protocol.h"

namespace ntan::app {

extern const Protocol arp_protocol;
extern const Protocol dns_protocol;
extern const Protocol http2_protocol;
extern const Protocol http_protocol;
extern const Protocol icmp_error_protocol;
extern const Protocol icmp_protocol;
extern const Protocol tls_protocol;

// Order matters only where two probes can both say yes: the first wins.
std::span<const Protocol* const> protocols() noexcept {
  static constexpr std::array all{
      &tls_protocol,  &http_protocol,       &http2_protocol, &dns_protocol,
      &icmp_protocol, &icmp_error_protocol, &arp_protocol,
  };
  return all;
}

}  // namespace ntan::app

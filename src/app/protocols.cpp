#include <array>

#include "app/http.h"
#include "app/http2.h"
#include "app/protocol.h"

namespace ntan::app {

extern const Protocol arp_protocol;
extern const Protocol dns_protocol;
extern const Protocol tls_protocol;

// Order matters only where two probes can both say yes: the first wins.
std::span<const Protocol* const> protocols() noexcept {
  static constexpr std::array all{
      &dns_protocol,
      &http,
      &http2,
  };
  return all;
}

}  // namespace ntan::app

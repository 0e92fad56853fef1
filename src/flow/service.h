// Well-known ports: they orient flows whose beginning was not seen, and name what no content
// explains.
#pragma once

#include <cstdint>
#include <string_view>

namespace ntan::flow {

/// The service of a port of TCP, UDP or SCTP, or empty: IANA's name where that is the one in use.
/// Only ports that are in wide use as services.
[[nodiscard]] std::string_view service_name(std::uint16_t port, std::uint8_t proto) noexcept;

}  // namespace ntan::flow

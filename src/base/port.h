// Port numbers by who listens on them.
#pragma once

#include <cstdint>

namespace ntan {

/// 0 to 1023 are system ports (RFC 6335 6).
inline constexpr std::uint16_t first_user_port = 1024;

/// DHCP (RFC 2131 4.1).
inline constexpr std::uint16_t dhcp_server_port = 67, dhcp_client_port = 68;

/// From where servers listen to where clients call from: systems begin their ephemeral ports at
/// 32768 or 49152 (RFC 6335 6).
[[nodiscard]] constexpr bool is_towards_client(std::uint16_t src_port,
                                               std::uint16_t dst_port) noexcept {
  constexpr std::uint16_t first_ephemeral = 32768;
  return src_port < first_ephemeral && dst_port >= first_ephemeral;
}

}  // namespace ntan

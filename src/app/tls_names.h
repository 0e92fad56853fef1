// Names of the code points of TLS, as IANA registers them. A code point without a name here reads
// as its registry and number: CIPHER_0x1399, GROUP_0x0199, VERSION_0x7F17, ALERT47.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/value.h"

namespace ntan::app {

/// Long enough for every registered name.
using TlsName = event::FixedText<48>;

namespace tls_version {
inline constexpr std::uint16_t ssl2 = 0x0002;
inline constexpr std::uint16_t ssl3 = 0x0300;
inline constexpr std::uint16_t tls10 = 0x0301;
inline constexpr std::uint16_t tls11 = 0x0302;
inline constexpr std::uint16_t tls12 = 0x0303;
inline constexpr std::uint16_t tls13 = 0x0304;
}  // namespace tls_version

[[nodiscard]] TlsName tls_version_name(std::uint16_t version) noexcept;  ///< `TLSv1.3`, `SSLv3`
[[nodiscard]] TlsName tls_cipher_name(std::uint16_t cipher) noexcept;
[[nodiscard]] TlsName tls_group_name(std::uint16_t group) noexcept;  ///< `x25519`, `secp256r1`
[[nodiscard]] TlsName tls_alert_name(std::uint8_t alert) noexcept;   ///< `handshake_failure`
/// `client_hello`; empty for a type without a name. Lives for ever.
[[nodiscard]] std::string_view tls_handshake_name(std::uint8_t type) noexcept;

/// A draft of TLS 1.3 by its number, 0x7fXX. In a legacy field: one up to 21.
[[nodiscard]] constexpr bool is_tls13_draft(std::uint16_t version) noexcept {
  return (version >> 8U) == 0x7f;
}

/// TLS 1.3 and its drafts: from the ServerHello on, handshake messages are encrypted.
[[nodiscard]] constexpr bool is_tls13(std::uint16_t version) noexcept {
  return version == tls_version::tls13 || is_tls13_draft(version);
}

/// Reserved by RFC 8701 for clients to keep servers tolerant: 0x0a0a, 0x1a1a, … 0xfafa.
[[nodiscard]] constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0f0fU) == 0x0a0a && (value >> 8U) == (value & 0xffU);
}

/// The server names the group of this suite in a ServerKeyExchange (RFC 8422 5.4).
[[nodiscard]] bool has_ephemeral_curve(std::uint16_t cipher) noexcept;

}  // namespace ntan::app

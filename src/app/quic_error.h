// Why a QUIC connection is closed (RFC 9000 20.1, RFC 9368 8).
#pragma once

#include <cstdint>

#include "event/value.h"

namespace ntan::app {

/// An alert of TLS that QUIC carries: the code ends with it.
[[nodiscard]] constexpr bool is_quic_crypto_error(std::uint64_t error) noexcept {
  return error >> 8U == 1;
}

/// Long enough for a code of 64 bits and for every alert.
using QuicErrorName = event::FixedText<64>;

/// `connection_refused`, `tls_handshake_failure`; ERROR_0x3F00 where it has no name.
[[nodiscard]] QuicErrorName quic_error_name(std::uint64_t error) noexcept;

}  // namespace ntan::app

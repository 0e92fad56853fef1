#include "app/quic_error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "app/tls_names.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

constexpr std::array<std::string_view, 18> errors{"no_error",
                                                  "internal_error",
                                                  "connection_refused",
                                                  "flow_control_error",
                                                  "stream_limit_error",
                                                  "stream_state_error",
                                                  "final_size_error",
                                                  "frame_encoding_error",
                                                  "transport_parameter_error",
                                                  "connection_id_limit_error",
                                                  "protocol_violation",
                                                  "invalid_token",
                                                  "application_error",
                                                  "crypto_buffer_exceeded",
                                                  "key_update_error",
                                                  "aead_limit_reached",
                                                  "no_viable_path",
                                                  "version_negotiation_error"};

}  // namespace

QuicErrorName quic_error_name(std::uint64_t error) noexcept {
  if (error < errors.size()) return QuicErrorName{errors[error]};
  QuicErrorName name{is_quic_crypto_error(error) ? "tls_" : "ERROR_0x"};
  char* end = name.octets.data() + name.size;
  if (is_quic_crypto_error(error)) {
    const TlsName alert = tls_alert_name(static_cast<std::uint8_t>(error));
    end = std::ranges::copy(alert.view(), end).out;
  } else {
    constexpr unsigned fewest = 4;
    const auto digits = static_cast<unsigned>(std::bit_width(error) + 3) / 4;
    end = append_upper_hex(end, error, std::max(digits, fewest));
  }
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

}  // namespace ntan::app

// What is remembered of a TLS handshake between its messages, and how that becomes an event. Texts
// lie one after the other in a single Buffer, so a handshake in progress stays small.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/protocol.h"
#include "app/tls_fingerprint.h"
#include "app/tls_hello.h"
#include "app/x509.h"
#include "base/budget.h"
#include "base/bytes.h"
#include "base/time.h"

namespace ntan::app {

/// How a handshake ended, as far as the capture tells.
enum class TlsOutcome : std::uint8_t {
  established,
  failed,   ///< an alert, or the flow ended before it was done
  unknown,  ///< the rest was not seen
};

/// Whether anybody reads what a handshake says in words.
enum class TlsTexts : std::uint8_t { kept, skipped };

/// Texts and fingerprints are made only for an event that is wanted. What the notes and anomalies
/// say is the same.
class TlsState {
 public:
  TlsState(Budget& memory, Ja4Transport transport) noexcept
      : texts_(memory, max_texts), transport_(transport) {}

  void on_client_hello(const ClientHello& hello, Timestamp time, TlsTexts texts);
  void on_sslv2_client_hello(const ClientHello& hello, Timestamp time);
  /// The ClientHello that answers a HelloRetryRequest.
  void on_second_client_hello(Timestamp time) noexcept;
  void on_retry_request(const ServerHello& hello) noexcept;
  void on_server_hello(const ServerHello& hello, Timestamp time, TlsTexts texts);
  void on_sslv2_server_hello(Timestamp time) noexcept;
  void on_server_key_exchange(Bytes body) noexcept;
  /// The chain in a Certificate message (RFC 5246 7.4.2). False if it or its first certificate does
  /// not parse; what could be read is kept.
  [[nodiscard]] bool on_certificates(Bytes body, Output& out);

  void on_certificate_request() noexcept { client_cert_requested_ = true; }

  /// A message that only a full handshake has; not the abbreviated one of a resumed session.
  void on_full_handshake() noexcept;

  /// The server turned on encryption (up to TLS 1.2): without a full exchange, it resumes.
  void on_server_cipher_change() noexcept;

  void set_alert(std::uint8_t alert) noexcept { alert_ = alert; }

  [[nodiscard]] bool has_client_hello() const noexcept { return client_time_.has_value(); }

  [[nodiscard]] bool has_server_hello() const noexcept { return server_version_ != 0; }

  [[nodiscard]] bool retried() const noexcept { return retried_; }

  /// From the ClientHello that was answered to its ServerHello, both seen.
  [[nodiscard]] std::optional<Duration> answer_time() const noexcept {
    const auto& asked = retried_ ? second_client_time_ : client_time_;
    if (!asked || !server_time_) return std::nullopt;
    return *server_time_ - *asked;
  }

  /// What the client asked for, if that was wanted. As long as this state.
  [[nodiscard]] std::string_view server_name() const noexcept { return view(sni_); }

  /// The version in force; 0 before the ServerHello.
  [[nodiscard]] std::uint16_t version() const noexcept { return server_version_; }

  /// The client may send 0-RTT data, which looks like everything else that is encrypted.
  [[nodiscard]] bool expects_early_data() const noexcept { return early_data_ && !retried_; }

  /// Emits the event and its notes. `done` is when the handshake was seen to be over, if it was.
  void report(TlsOutcome outcome, std::optional<Timestamp> done, Output& out) const;

 private:
  static constexpr std::uint32_t max_texts = std::uint32_t{32} << 10U;

  /// A part of texts_.
  struct Piece {
    std::uint16_t start = 0;
    std::uint16_t size = 0;
  };

  [[nodiscard]] Piece keep(std::string_view text);
  [[nodiscard]] Piece keep_shortened(std::string_view text);
  [[nodiscard]] Piece keep_list(std::span<const std::string> texts);
  [[nodiscard]] bool append_shortened(std::string_view text);
  [[nodiscard]] std::string_view view(Piece piece) const noexcept;
  void keep_certificate(const Certificate& certificate);
  void keep_fingerprint(Bytes certificate);

  /// Microseconds, where they are known.
  struct Times {
    std::optional<std::int64_t> ch_sh;
    std::optional<std::int64_t> handshake;
  };

  void emit(TlsOutcome outcome, const Times& times, Output& out) const;

  Buffer texts_;
  Piece sni_;
  Piece alpn_;
  Piece alpn_offered_;  ///< octet count, octets, and again
  Piece ja3_;
  Piece ja3s_;
  Piece ja4_;
  Piece subject_;
  Piece issuer_;
  Piece serial_;
  Piece alt_names_;  ///< 16-bit octet count, octets, and again
  Piece not_before_;
  Piece not_after_;
  Piece key_type_;
  Piece fingerprint_;
  std::optional<std::uint16_t> key_bits_;
  std::uint16_t certificates_ = 0;
  std::array<std::uint8_t, 32> session_id_{};
  std::uint8_t session_id_size_ = 0;
  Ja4Transport transport_;
  bool retried_ = false;
  bool early_data_ = false;
  bool ech_ = false;
  bool full_ = false;  ///< the server sent its certificate or key exchange, so nothing is resumed
  bool client_cert_requested_ = false;
  std::optional<bool> resumed_;
  std::optional<std::uint8_t> alert_;
  std::uint16_t client_version_ = 0;
  std::uint16_t server_version_ = 0;
  std::optional<std::uint16_t> cipher_;
  std::optional<std::uint16_t> group_;
  std::optional<Timestamp> client_time_;
  std::optional<Timestamp> second_client_time_;
  std::optional<Timestamp> server_time_;
};

}  // namespace ntan::app

// The event of TLS and SSL: what a handshake says before it is encrypted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "event/record.h"

namespace ntan::app {

/// One handshake.
struct Tls {
  std::string_view sni;
  std::string_view version;
  std::string_view cipher;
  std::string_view alpn;
  std::span<const std::string_view> alpn_offered;
  std::string_view ja3;
  std::string_view ja3s;
  std::string_view ja4;
  std::string_view group;
  std::optional<bool> resumed;
  std::optional<bool> hrr;
  std::optional<bool> early_data;
  std::optional<bool> ech;
  std::string_view client_version;
  std::string_view alert;
  bool established = false;
  std::optional<std::int64_t> handshake_us;
  std::optional<std::int64_t> ch_sh_us;
  std::optional<bool> client_cert_requested;
  std::string_view subject;
  std::string_view issuer;
  std::string_view serial;
  std::span<const std::string_view> sans;
  std::string_view not_before;
  std::string_view not_after;
  std::string_view key_type;
  std::optional<std::uint16_t> key_bits;
  std::string_view cert_sha256;
  std::optional<std::uint16_t> certs;

  static constexpr std::array<std::string_view, 10> line{
      "sni",     "version", "cipher",      "alpn",         "ja4",
      "resumed", "alert",   "established", "handshake_us", "subject"};
  static constexpr event::RecordInfo info{.name = "tls",
                                          .doc = "One TLS handshake, when it is done or has failed",
                                          .order = event::Order::protocol,
                                          .line = line};

  static constexpr auto fields() {
    return event::fields(
        event::field<"sni", &Tls::sni>(
            "Server name the client asked for; with `ech` the outer one"),
        event::field<"version", &Tls::version>("Version in force, like TLSv1.3"),
        event::field<"cipher", &Tls::cipher>("Cipher suite chosen, IANA name or CIPHER_0xHHHH"),
        event::field<"alpn", &Tls::alpn>(
            "Application protocol chosen; TLS 1.3 encrypts it, so absent there"),
        event::field<"alpn_offered", &Tls::alpn_offered>(
            "Application protocols the client offered, at most 16"),
        event::field<"ja3", &Tls::ja3>("JA3 of the ClientHello"),
        event::field<"ja3s", &Tls::ja3s>("JA3S of the ServerHello"),
        event::field<"ja4", &Tls::ja4>("JA4 of the ClientHello"),
        event::field<"group", &Tls::group>(
            "Key exchange group, like x25519, IANA name or GROUP_0xHHHH"),
        event::field<"resumed", &Tls::resumed>(
            "Whether an earlier session was resumed; absent without ServerHello"),
        event::field<"hrr", &Tls::hrr>("The server asked for a second ClientHello (TLS 1.3)"),
        event::field<"early_data", &Tls::early_data>("The client offered 0-RTT data"),
        event::field<"ech", &Tls::ech>(
            "The ClientHello has an encrypted_client_hello, possibly GREASE"),
        event::field<"client_version", &Tls::client_version>("Highest version the client offered"),
        event::field<"alert", &Tls::alert>("Alert that ended the handshake, like "
                                           "handshake_failure; absent where it was encrypted"),
        event::field<"established", &Tls::established>(
            "Whether the handshake was seen to complete"),
        event::field<"handshake_us", &Tls::handshake_us>(
            "ClientHello to the first protected record of the client (TLS 1.3), its first 1-RTT "
            "packet (QUIC) or the first application data of either side, microseconds; absent over "
            "TCP with 0-RTT, where the two look alike"),
        event::field<"ch_sh_us", &Tls::ch_sh_us>(
            "ClientHello (the second one after hrr) to ServerHello, microseconds"),
        event::field<"client_cert_requested", &Tls::client_cert_requested>(
            "The server asked for a certificate (up to TLS 1.2)"),
        event::field<"subject", &Tls::subject>(
            "Subject of the server's certificate, RFC 4514 order; certificates are visible up to "
            "TLS 1.2"),
        event::field<"issuer", &Tls::issuer>("Issuer of the server's certificate"),
        event::field<"serial", &Tls::serial>(
            "Serial number of the certificate, hex; a minus before a negative one"),
        event::field<"sans", &Tls::sans>(
            "Subject alternative names: DNS names, addresses, URIs, mail addresses; at most 16"),
        event::field<"not_before", &Tls::not_before>("Start of validity, UTC (RFC 3339)"),
        event::field<"not_after", &Tls::not_after>("End of validity, UTC (RFC 3339)"),
        event::field<"key_type", &Tls::key_type>(
            "Public key of the certificate: rsa, ec, ed25519, …"),
        event::field<"key_bits", &Tls::key_bits>("Size of that key in bits"),
        event::field<"cert_sha256", &Tls::cert_sha256>("SHA-256 of the certificate, hex"),
        event::field<"certs", &Tls::certs>("Certificates the server sent"));
  }
};

}  // namespace ntan::app

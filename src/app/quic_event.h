// The event of QUIC: what a connection shows before it is encrypted. The TLS handshake inside it is
// a `tls` event of the same flow.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "event/record.h"

namespace ntan::app {

/// One connection.
struct Quic {
  std::string_view version;
  std::string_view sni;
  std::string_view dcid;
  std::string_view client_scid;
  std::string_view server_scid;
  std::span<const std::string_view> server_versions;
  std::optional<bool> retry;
  std::optional<bool> token;
  std::optional<bool> zero_rtt;
  std::optional<bool> decrypted;
  std::optional<bool> answered;
  std::optional<bool> established;
  std::string_view error;
  std::optional<std::int64_t> hs_rtt_server_us;
  std::optional<std::int64_t> hs_rtt_client_us;

  static constexpr std::array<std::string_view, 7> line{
      "version", "sni", "retry", "answered", "established", "error", "hs_rtt_server_us"};
  static constexpr event::RecordInfo info{
      .name = "quic",
      .doc =
          "One QUIC connection, when its handshake is done or has failed; its `tls` event is "
          "that of the handshake inside",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"version", &Quic::version>(
            "Version in force, as far as it was seen: v1, v2, draft-29, VERSION_0xHHHHHHHH"),
        field<"sni", &Quic::sni>("Server name the client asked for"),
        field<"dcid", &Quic::dcid>(
            "Destination connection ID of the client's first Initial, hex: the same on both ends"),
        field<"client_scid", &Quic::client_scid>(
            "Connection ID the client chose for itself, hex; absent if it has no octets"),
        field<"server_scid", &Quic::server_scid>("The same of the server"),
        field<"server_versions", &Quic::server_versions>(
            "Versions of the server's Version Negotiation, at most 16"),
        field<"retry", &Quic::retry>("The server made the client prove its address first"),
        field<"token", &Quic::token>("The client's Initial carried a token"),
        field<"zero_rtt", &Quic::zero_rtt>("The client sent 0-RTT packets"),
        field<"decrypted", &Quic::decrypted>(
            "Whether an Initial of the client could be read; absent where none was captured whole"),
        field<"answered", &Quic::answered>(
            "The server went on with the handshake; absent where what it sent could not be read"),
        field<"established", &Quic::established>(
            "The client was seen to go on with 1-RTT packets; absent where it may have: its hello "
            "was not read, and nothing of the server's either"),
        field<"error", &Quic::error>(
            "Why an Initial closed the connection, like connection_refused or "
            "tls_no_application_protocol; ERROR_0xHHHH where it has no name"),
        field<"hs_rtt_server_us", &Quic::hs_rtt_server_us>(
            "The client's Initial to the server's first packet, microseconds; absent where the "
            "Initial was repeated, and with Retry or Version Negotiation (RFC 9312 3.8.1)"),
        field<"hs_rtt_client_us", &Quic::hs_rtt_client_us>(
            "That packet to the client's next one that answers it"));
  }
};

}  // namespace ntan::app

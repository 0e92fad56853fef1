// The two hello messages of TLS, whoever carried them: a TCP record layer, DTLS or QUIC. All views
// point into the message that was parsed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/parsed.h"

namespace ntan::app {

namespace tls_extension {
inline constexpr std::uint16_t server_name = 0;
inline constexpr std::uint16_t supported_groups = 10;
inline constexpr std::uint16_t ec_point_formats = 11;
inline constexpr std::uint16_t signature_algorithms = 13;
inline constexpr std::uint16_t alpn = 16;
inline constexpr std::uint16_t pre_shared_key = 41;
inline constexpr std::uint16_t early_data = 42;
inline constexpr std::uint16_t supported_versions = 43;
inline constexpr std::uint16_t key_share = 51;
inline constexpr std::uint16_t encrypted_client_hello = 0xfe0d;
}  // namespace tls_extension

/// A ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2). The cipher list and the extension block are
/// well formed; what an extension holds is empty when it is absent or does not parse.
struct ClientHello {
  std::uint16_t legacy_version = 0;
  Bytes session_id;
  Bytes ciphers;     ///< two octets each; in SSLv2 form (RFC 5246 E.2) three
  Bytes extensions;  ///< the whole block, for next_extension()
  bool has_server_name = false;
  Bytes server_name;           ///< first host_name; any octets
  Bytes alpn;                  ///< ProtocolName list: octet count, octets, and again (RFC 7301 3.1)
  Bytes versions;              ///< supported_versions, two octets each
  Bytes groups;                ///< two octets each
  Bytes point_formats;         ///< one octet each
  Bytes signature_algorithms;  ///< two octets each
  bool early_data = false;
  bool ech =
      false;  ///< encrypted_client_hello present, possibly GREASE: server_name is the outer one
  bool flawed = false;  ///< an extension is repeated or malformed; the rest stands

  /// The highest version offered.
  [[nodiscard]] std::uint16_t version() const noexcept;
};

/// A ServerHello or HelloRetryRequest (RFC 8446 4.1.3, 4.1.4).
struct ServerHello {
  std::uint16_t legacy_version = 0;
  std::uint16_t version = 0;  ///< the one in force: of supported_versions if there
  Bytes session_id;
  std::uint16_t cipher = 0;
  Bytes extensions;
  Bytes alpn;                          ///< the protocol chosen
  std::optional<std::uint16_t> group;  ///< of key_share
  bool retry = false;                  ///< HelloRetryRequest
  bool psk = false;                    ///< pre_shared_key: a TLS 1.3 session is resumed
  bool flawed = false;
};

/// Parses the body of a handshake message, its four octets of header left out.
/// bad_length: a length contradicts the octets; bad_value: a version that is not 3.x.
[[nodiscard]] Parsed<ClientHello> parse_client_hello(Bytes body) noexcept;
[[nodiscard]] Parsed<ServerHello> parse_server_hello(Bytes body) noexcept;

/// Parses an SSLv2 CLIENT-HELLO after its version: lengths, cipher specs, session id, challenge.
[[nodiscard]] Parsed<ClientHello> parse_sslv2_client_hello(std::uint16_t version,
                                                           Bytes body) noexcept;

struct TlsExtension {
  std::uint16_t type = 0;
  Bytes body;
};

/// Takes the next extension off a block that was parsed before. Requires: !block.done().
[[nodiscard]] TlsExtension next_extension(Reader& block) noexcept;

/// Calls `use` with each 16-bit value of a list.
template <class Use>
void for_each_be16(Bytes list, Use use) {
  Reader reader{list};
  while (reader.left() >= 2) use(reader.be16());
}

}  // namespace ntan::app

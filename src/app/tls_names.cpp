#include "app/tls_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/digits.h"

namespace ntan::app {
namespace {

struct Entry {
  std::uint16_t value;
  std::string_view name;
};

constexpr bool sorted(std::span<const Entry> entries) {
  return std::ranges::is_sorted(entries, std::ranges::less_equal{}, &Entry::value);
}

constexpr std::array versions{
    Entry{tls_version::ssl2, "SSLv2"},    Entry{tls_version::ssl3, "SSLv3"},
    Entry{tls_version::tls10, "TLSv1.0"}, Entry{tls_version::tls11, "TLSv1.1"},
    Entry{tls_version::tls12, "TLSv1.2"}, Entry{tls_version::tls13, "TLSv1.3"},
};
static_assert(sorted(versions));

constexpr std::array ciphers{
    Entry{0x0000, "TLS_NULL_WITH_NULL_NULL"},
    Entry{0x0001, "TLS_RSA_WITH_NULL_MD5"},
    Entry{0x0002, "TLS_RSA_WITH_NULL_SHA"},
    Entry{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
    Entry{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
    Entry{0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
    Entry{0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"},
    Entry{0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA"},
    Entry{0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    Entry{0x0009, "TLS_RSA_WITH_DES_CBC_SHA"},
    Entry{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    Entry{0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"},
    Entry{0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
    Entry{0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    Entry{0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"},
    Entry{0x002c, "TLS_PSK_WITH_NULL_SHA"},
    Entry{0x002d, "TLS_DHE_PSK_WITH_NULL_SHA"},
    Entry{0x002e, "TLS_RSA_PSK_WITH_NULL_SHA"},
    Entry{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    Entry{0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"},
    Entry{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    Entry{0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
    Entry{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    Entry{0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"},
    Entry{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    Entry{0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA"},
    Entry{0x003b, "TLS_RSA_WITH_NULL_SHA256"},
    Entry{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    Entry{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    Entry{0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256"},
    Entry{0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    Entry{0x0044, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA"},
    Entry{0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    Entry{0x0046, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA"},
    Entry{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    Entry{0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256"},
    Entry{0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    Entry{0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"},
    Entry{0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256"},
    Entry{0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    Entry{0x0087, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA"},
    Entry{0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    Entry{0x0089, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA"},
    Entry{0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA"},
    Entry{0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA"},
    Entry{0x0090, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA"},
    Entry{0x0091, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA"},
    Entry{0x0094, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA"},
    Entry{0x0095, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA"},
    Entry{0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"},
    Entry{0x009a, "TLS_DHE_RSA_WITH_SEED_CBC_SHA"},
    Entry{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    Entry{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    Entry{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    Entry{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    Entry{0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256"},
    Entry{0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384"},
    Entry{0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"},
    Entry{0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"},
    Entry{0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    Entry{0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    Entry{0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256"},
    Entry{0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384"},
    Entry{0x00ac, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256"},
    Entry{0x00ad, "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384"},
    Entry{0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256"},
    Entry{0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384"},
    Entry{0x00b0, "TLS_PSK_WITH_NULL_SHA256"},
    Entry{0x00b1, "TLS_PSK_WITH_NULL_SHA384"},
    Entry{0x00b2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256"},
    Entry{0x00b3, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384"},
    Entry{0x00b4, "TLS_DHE_PSK_WITH_NULL_SHA256"},
    Entry{0x00b5, "TLS_DHE_PSK_WITH_NULL_SHA384"},
    Entry{0x00b6, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256"},
    Entry{0x00b7, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384"},
    Entry{0x00b8, "TLS_RSA_PSK_WITH_NULL_SHA256"},
    Entry{0x00b9, "TLS_RSA_PSK_WITH_NULL_SHA384"},
    Entry{0x00ba, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0x00bd, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0x00be, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0x00bf, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0x00c0, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    Entry{0x00c3, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256"},
    Entry{0x00c4, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    Entry{0x00c5, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256"},
    Entry{0x00c6, "TLS_SM4_GCM_SM3"},
    Entry{0x00c7, "TLS_SM4_CCM_SM3"},
    Entry{0x1301, "TLS_AES_128_GCM_SHA256"},
    Entry{0x1302, "TLS_AES_256_GCM_SHA384"},
    Entry{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    Entry{0x1304, "TLS_AES_128_CCM_SHA256"},
    Entry{0x1305, "TLS_AES_128_CCM_8_SHA256"},
    Entry{0xc002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA"},
    Entry{0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA"},
    Entry{0xc005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA"},
    Entry{0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"},
    Entry{0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
    Entry{0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
    Entry{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    Entry{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    Entry{0xc00c, "TLS_ECDH_RSA_WITH_RC4_128_SHA"},
    Entry{0xc00e, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"},
    Entry{0xc00f, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA"},
    Entry{0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"},
    Entry{0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"},
    Entry{0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    Entry{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    Entry{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    Entry{0xc015, "TLS_ECDH_anon_WITH_NULL_SHA"},
    Entry{0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"},
    Entry{0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"},
    Entry{0xc01d, "TLS_SRP_SHA_WITH_AES_128_CBC_SHA"},
    Entry{0xc01e, "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA"},
    Entry{0xc01f, "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA"},
    Entry{0xc020, "TLS_SRP_SHA_WITH_AES_256_CBC_SHA"},
    Entry{0xc021, "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA"},
    Entry{0xc022, "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA"},
    Entry{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    Entry{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    Entry{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    Entry{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    Entry{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    Entry{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    Entry{0xc02d, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"},
    Entry{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    Entry{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    Entry{0xc031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256"},
    Entry{0xc032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384"},
    Entry{0xc035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA"},
    Entry{0xc036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA"},
    Entry{0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"},
    Entry{0xc038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384"},
    Entry{0xc039, "TLS_ECDHE_PSK_WITH_NULL_SHA"},
    Entry{0xc03a, "TLS_ECDHE_PSK_WITH_NULL_SHA256"},
    Entry{0xc03b, "TLS_ECDHE_PSK_WITH_NULL_SHA384"},
    Entry{0xc050, "TLS_RSA_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc051, "TLS_RSA_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc052, "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc053, "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc056, "TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc057, "TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc05c, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc05d, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc060, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc06a, "TLS_PSK_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc06b, "TLS_PSK_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc06c, "TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc06d, "TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc06e, "TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256"},
    Entry{0xc06f, "TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384"},
    Entry{0xc072, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc073, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc076, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc077, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc094, "TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc095, "TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc096, "TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc097, "TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc098, "TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc099, "TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc09a, "TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Entry{0xc09b, "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Entry{0xc09c, "TLS_RSA_WITH_AES_128_CCM"},
    Entry{0xc09d, "TLS_RSA_WITH_AES_256_CCM"},
    Entry{0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM"},
    Entry{0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM"},
    Entry{0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8"},
    Entry{0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8"},
    Entry{0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
    Entry{0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8"},
    Entry{0xc0a4, "TLS_PSK_WITH_AES_128_CCM"},
    Entry{0xc0a5, "TLS_PSK_WITH_AES_256_CCM"},
    Entry{0xc0a6, "TLS_DHE_PSK_WITH_AES_128_CCM"},
    Entry{0xc0a7, "TLS_DHE_PSK_WITH_AES_256_CCM"},
    Entry{0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8"},
    Entry{0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8"},
    Entry{0xc0aa, "TLS_PSK_DHE_WITH_AES_128_CCM_8"},
    Entry{0xc0ab, "TLS_PSK_DHE_WITH_AES_256_CCM_8"},
    Entry{0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    Entry{0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    Entry{0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    Entry{0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    Entry{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xccad, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Entry{0xccae, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256"},
};
static_assert(sorted(ciphers));

constexpr std::array groups{
    Entry{1, "sect163k1"},
    Entry{2, "sect163r1"},
    Entry{3, "sect163r2"},
    Entry{4, "sect193r1"},
    Entry{5, "sect193r2"},
    Entry{6, "sect233k1"},
    Entry{7, "sect233r1"},
    Entry{8, "sect239k1"},
    Entry{9, "sect283k1"},
    Entry{10, "sect283r1"},
    Entry{11, "sect409k1"},
    Entry{12, "sect409r1"},
    Entry{13, "sect571k1"},
    Entry{14, "sect571r1"},
    Entry{15, "secp160k1"},
    Entry{16, "secp160r1"},
    Entry{17, "secp160r2"},
    Entry{18, "secp192k1"},
    Entry{19, "secp192r1"},
    Entry{20, "secp224k1"},
    Entry{21, "secp224r1"},
    Entry{22, "secp256k1"},
    Entry{23, "secp256r1"},
    Entry{24, "secp384r1"},
    Entry{25, "secp521r1"},
    Entry{26, "brainpoolP256r1"},
    Entry{27, "brainpoolP384r1"},
    Entry{28, "brainpoolP512r1"},
    Entry{29, "x25519"},
    Entry{30, "x448"},
    Entry{31, "brainpoolP256r1tls13"},
    Entry{32, "brainpoolP384r1tls13"},
    Entry{33, "brainpoolP512r1tls13"},
    Entry{41, "curveSM2"},
    Entry{256, "ffdhe2048"},
    Entry{257, "ffdhe3072"},
    Entry{258, "ffdhe4096"},
    Entry{259, "ffdhe6144"},
    Entry{260, "ffdhe8192"},
    Entry{512, "MLKEM512"},
    Entry{513, "MLKEM768"},
    Entry{514, "MLKEM1024"},
    Entry{0x11eb, "SecP256r1MLKEM768"},
    Entry{0x11ec, "X25519MLKEM768"},
    Entry{0x11ed, "SecP384r1MLKEM1024"},
    Entry{0x6399, "X25519Kyber768Draft00"},
    Entry{0x639a, "SecP256r1Kyber768Draft00"},
};
static_assert(sorted(groups));

constexpr std::array alerts{
    Entry{0, "close_notify"},
    Entry{10, "unexpected_message"},
    Entry{20, "bad_record_mac"},
    Entry{21, "decryption_failed"},
    Entry{22, "record_overflow"},
    Entry{30, "decompression_failure"},
    Entry{40, "handshake_failure"},
    Entry{41, "no_certificate"},
    Entry{42, "bad_certificate"},
    Entry{43, "unsupported_certificate"},
    Entry{44, "certificate_revoked"},
    Entry{45, "certificate_expired"},
    Entry{46, "certificate_unknown"},
    Entry{47, "illegal_parameter"},
    Entry{48, "unknown_ca"},
    Entry{49, "access_denied"},
    Entry{50, "decode_error"},
    Entry{51, "decrypt_error"},
    Entry{60, "export_restriction"},
    Entry{70, "protocol_version"},
    Entry{71, "insufficient_security"},
    Entry{80, "internal_error"},
    Entry{86, "inappropriate_fallback"},
    Entry{90, "user_canceled"},
    Entry{100, "no_renegotiation"},
    Entry{109, "missing_extension"},
    Entry{110, "unsupported_extension"},
    Entry{111, "certificate_unobtainable"},
    Entry{112, "unrecognized_name"},
    Entry{113, "bad_certificate_status_response"},
    Entry{114, "bad_certificate_hash_value"},
    Entry{115, "unknown_psk_identity"},
    Entry{116, "certificate_required"},
    Entry{120, "no_application_protocol"},
    Entry{121, "ech_required"},
};
static_assert(sorted(alerts));

std::string_view find(std::span<const Entry> entries, std::uint16_t value) noexcept {
  const auto at = std::ranges::lower_bound(entries, value, {}, &Entry::value);
  return at != entries.end() && at->value == value ? at->name : std::string_view{};
}

/// `CIPHER_0x1399`
TlsName numbered(std::string_view registry, std::uint16_t value) noexcept {
  TlsName name{registry};
  char* end = name.octets.data() + name.size;
  for (const char c : {'_', '0', 'x'}) *end++ = c;
  end = append_upper_hex(end, value, 4);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

TlsName named(std::span<const Entry> entries, std::string_view registry,
              std::uint16_t value) noexcept {
  const std::string_view known = find(entries, value);
  return known.empty() ? numbered(registry, value) : TlsName{known};
}

/// RFC 8446 B.3, RFC 5246 A.4.
constexpr std::array handshakes{
    Entry{1, "client_hello"},         Entry{2, "server_hello"},
    Entry{4, "new_session_ticket"},   Entry{11, "certificate"},
    Entry{12, "server_key_exchange"}, Entry{13, "certificate_request"},
    Entry{14, "server_hello_done"},   Entry{15, "certificate_verify"},
    Entry{16, "client_key_exchange"}, Entry{20, "finished"},
    Entry{22, "certificate_status"},
};
static_assert(sorted(handshakes));

}  // namespace

TlsName tls_version_name(std::uint16_t version) noexcept {
  return named(versions, "VERSION", version);
}

TlsName tls_cipher_name(std::uint16_t cipher) noexcept {
  return named(ciphers, "CIPHER", cipher);
}

TlsName tls_group_name(std::uint16_t group) noexcept {
  return named(groups, "GROUP", group);
}

TlsName tls_alert_name(std::uint8_t alert) noexcept {
  if (const std::string_view known = find(alerts, alert); !known.empty()) return TlsName{known};
  TlsName name{std::string_view{"ALERT"}};
  char* const end = append_unsigned(name.octets.data() + name.size, alert);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

std::string_view tls_handshake_name(std::uint8_t type) noexcept {
  return find(handshakes, type);
}

bool has_ephemeral_curve(std::uint16_t cipher) noexcept {
  const std::string_view name = find(ciphers, cipher);
  return name.starts_with("TLS_ECDHE_") || name.starts_with("TLS_ECDH_anon_");
}

}  // namespace ntan::app

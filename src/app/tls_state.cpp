#include "app/tls_state.h"

#include <algorithm>
#include <string>

#include "app/observed.h"
#include "app/tls_event.h"
#include "app/tls_names.h"
#include "base/digest.h"

namespace ntan::app {
namespace {

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_list = 16;

/// The first entries of a ProtocolNameList, whole.
Bytes first_names(Bytes list, std::size_t count) noexcept {
  Reader names{list};
  for (std::size_t i = 0; i < count && !names.done(); ++i) names.skip(names.u8());
  return list.first(list.size() - names.left());
}

/// Texts of a list in which each stands behind its size.
class Names {
 public:
  enum class SizeOctets : std::uint8_t { one, two };

  Names(std::string_view list, SizeOctets octets) noexcept {
    Reader names{as_bytes(list)};
    while (!names.done() && size_ < max_list) {
      const std::size_t size = octets == SizeOctets::one ? names.u8() : names.be16();
      const Bytes name = names.take(size);
      if (!name.empty()) names_[size_++] = as_text(name);
    }
  }

  [[nodiscard]] std::span<const std::string_view> view() const noexcept {
    return std::span{names_}.first(size_);
  }

 private:
  std::array<std::string_view, max_list> names_;
  std::size_t size_ = 0;
};

constexpr std::string_view ellipsis = "…";

/// Octets that a text takes once it is shortened.
std::size_t kept_size(std::string_view text) noexcept {
  return text.size() <= max_text ? text.size() : max_text + ellipsis.size();
}

}  // namespace

TlsState::Piece TlsState::keep(std::string_view text) {
  const std::size_t start = texts_.size();
  if (text.empty() || !texts_.append(as_bytes(text))) return {};
  return {static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(text.size())};
}

/// At most max_text octets; what was cut off shows as an ellipsis.
TlsState::Piece TlsState::keep_shortened(std::string_view text) {
  if (text.size() <= max_text) return keep(text);
  const auto start = static_cast<std::uint16_t>(texts_.size());
  const std::size_t size = kept_size(text);
  if (!texts_.reserve(size) || !append_shortened(text)) return {};
  return {start, static_cast<std::uint16_t>(size)};
}

bool TlsState::append_shortened(std::string_view text) {
  if (!texts_.append(as_bytes(text.substr(0, max_text)))) return false;
  return text.size() <= max_text || texts_.append(as_bytes(ellipsis));
}

/// Each behind its size, or none without memory.
TlsState::Piece TlsState::keep_list(std::span<const std::string> texts) {
  const std::size_t start = texts_.size();
  std::size_t size = 0;
  for (const std::string_view text : texts) size += 2 + kept_size(text);
  if (size == 0 || !texts_.reserve(size)) return {};
  for (const std::string_view text : texts) {
    const std::size_t kept = kept_size(text);
    const std::array<std::uint8_t, 2> head{static_cast<std::uint8_t>(kept >> 8U),
                                           static_cast<std::uint8_t>(kept)};
    if (!texts_.append(head) || !append_shortened(text)) return {};
  }
  return {static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(size)};
}

std::string_view TlsState::view(Piece piece) const noexcept {
  return as_text(texts_.view().subspan(piece.start, piece.size));
}

void TlsState::on_client_hello(const ClientHello& hello, Timestamp time, TlsTexts texts) {
  on_sslv2_client_hello(hello, time);
  early_data_ = hello.early_data;
  ech_ = hello.ech;
  if (texts == TlsTexts::skipped) return;
  sni_ = keep_shortened(as_text(hello.server_name));
  alpn_offered_ = keep(as_text(first_names(hello.alpn, max_list)));
  ja3_ = keep(ja3(hello).view());
  ja4_ = keep(ja4(hello, transport_).view());
}

void TlsState::on_sslv2_client_hello(const ClientHello& hello, Timestamp time) {
  client_time_ = time;
  client_version_ = hello.version();
  session_id_size_ =
      static_cast<std::uint8_t>(std::min(hello.session_id.size(), session_id_.size()));
  std::copy_n(hello.session_id.begin(), session_id_size_, session_id_.begin());
}

void TlsState::on_second_client_hello(Timestamp time) noexcept {
  if (!second_client_time_) second_client_time_ = time;
}

void TlsState::on_retry_request(const ServerHello& hello) noexcept {
  retried_ = true;
  group_ = hello.group;
}

void TlsState::on_server_hello(const ServerHello& hello, Timestamp time, TlsTexts texts) {
  server_time_ = time;
  server_version_ = hello.version;
  cipher_ = hello.cipher;
  if (hello.group) group_ = hello.group;
  if (texts == TlsTexts::kept) {
    alpn_ = keep(as_text(hello.alpn));
    ja3s_ = keep(ja3s(hello).view());
  }
  if (is_tls13(hello.version)) {
    resumed_ = hello.psk;
  } else {
    resumed_ = session_id_size_ != 0 &&
               std::ranges::equal(hello.session_id, Bytes{session_id_}.first(session_id_size_));
  }
}

void TlsState::on_sslv2_server_hello(Timestamp time) noexcept {
  server_time_ = time;
  server_version_ = tls_version::ssl2;
}

void TlsState::on_full_handshake() noexcept {
  full_ = true;
  resumed_ = false;
}

void TlsState::on_server_key_exchange(Bytes body) noexcept {
  on_full_handshake();
  Reader reader{body};
  const std::uint8_t curve_type = reader.u8();
  const std::uint16_t group = reader.be16();
  // RFC 8422 5.4: named_curve is 3.
  if (reader.ok() && curve_type == 3 && cipher_ && has_ephemeral_curve(*cipher_)) group_ = group;
}

bool TlsState::on_certificates(Bytes body, Output& out) {
  if (full_) return true;  // the first chain counts
  on_full_handshake();
  Reader message{body};
  Reader chain{message.take(message.be24())};
  if (!message.ok() || !message.done()) return false;
  const Bytes first = chain.done() ? Bytes{} : chain.take(chain.be24());
  if (first.empty()) return chain.ok() && chain.done();
  certificates_ = 1;
  for (; chain.ok() && !chain.done(); ++certificates_) chain.skip(chain.be24());
  if (!chain.ok()) {
    certificates_ = 0;
    return false;
  }
  const bool wanted = out.wants<Tls>();
  if (wanted) keep_fingerprint(first);
  const auto certificate = parse_certificate(first);
  if (wanted && certificate) keep_certificate(*certificate);
  return certificate && !certificate->flawed;
}

void TlsState::keep_fingerprint(Bytes certificate) {
  std::array<char, 2 * max_digest_size> text{};
  const char* const end = append_hex(text.data(), digest(DigestKind::sha256, certificate).bytes());
  fingerprint_ = keep({text.data(), end});
}

void TlsState::keep_certificate(const Certificate& certificate) {
  subject_ = keep_shortened(certificate.subject);
  issuer_ = keep_shortened(certificate.issuer);
  serial_ = keep(certificate.serial);
  if (certificate.not_before) not_before_ = keep(to_text(*certificate.not_before).view());
  if (certificate.not_after) not_after_ = keep(to_text(*certificate.not_after).view());
  key_type_ = keep_shortened(certificate.key_type);
  key_bits_ = certificate.key_bits;
  alt_names_ = keep_list(certificate.alt_names);
}

void TlsState::on_server_cipher_change() noexcept {
  if (has_server_hello() && !is_tls13(server_version_)) resumed_ = !full_;
}

void TlsState::report(TlsOutcome outcome, std::optional<Timestamp> done, Output& out) const {
  // QUIC has packets of its own for early data.
  const bool ambiguous = expects_early_data() && transport_ != Ja4Transport::quic;
  const Times times{
      .ch_sh = elapsed_us(retried_ ? second_client_time_ : client_time_, server_time_),
      .handshake = ambiguous ? std::nullopt : elapsed_us(client_time_, done)};
  if (out.wants<Tls>()) emit(outcome, times, out);
  if (times.ch_sh) {
    out.note({.kind = event::Note::Kind::tls_ch_sh_us,
              .value = static_cast<std::uint64_t>(*times.ch_sh)});
  }
  if (outcome == TlsOutcome::failed) out.note({.kind = event::Note::Kind::tls_failed});
  if (outcome != TlsOutcome::established) return;
  out.note({.kind = event::Note::Kind::tls_handshake});
  if (times.handshake && !resumed_.value_or(true)) {
    out.note({.kind = event::Note::Kind::tls_handshake_us,
              .value = static_cast<std::uint64_t>(*times.handshake)});
  }
}

void TlsState::emit(TlsOutcome outcome, const Times& times, Output& out) const {
  const Names alpn_offered{view(alpn_offered_), Names::SizeOctets::one};
  const Names alt_names{view(alt_names_), Names::SizeOctets::two};
  const TlsName version = server_version_ != 0 ? tls_version_name(server_version_) : TlsName{};
  const TlsName client_version =
      client_version_ != 0 ? tls_version_name(client_version_) : TlsName{};
  const TlsName cipher = cipher_ ? tls_cipher_name(*cipher_) : TlsName{};
  const TlsName group = group_ ? tls_group_name(*group_) : TlsName{};
  const TlsName alert = alert_ ? tls_alert_name(*alert_) : TlsName{};
  out.emit(Tls{.sni = view(sni_),
               .version = version.view(),
               .cipher = cipher.view(),
               .alpn = view(alpn_),
               .alpn_offered = alpn_offered.view(),
               .ja3 = view(ja3_),
               .ja3s = view(ja3s_),
               .ja4 = view(ja4_),
               .group = group.view(),
               .resumed = resumed_,
               .hrr = if_true(retried_),
               .early_data = if_true(early_data_),
               .ech = if_true(ech_),
               .client_version = client_version.view(),
               .alert = alert.view(),
               .established = outcome == TlsOutcome::established,
               .handshake_us = times.handshake,
               .ch_sh_us = times.ch_sh,
               .client_cert_requested = if_true(client_cert_requested_),
               .subject = view(subject_),
               .issuer = view(issuer_),
               .serial = view(serial_),
               .sans = alt_names.view(),
               .not_before = view(not_before_),
               .not_after = view(not_after_),
               .key_type = view(key_type_),
               .key_bits = key_bits_,
               .cert_sha256 = view(fingerprint_),
               .certs = certificates_ != 0 ? std::optional{certificates_} : std::nullopt});
}

}  // namespace ntan::app

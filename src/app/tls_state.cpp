#include "app/tls_state.h"

#include <algorithm>
#include <string_view>

#include "app/tls_event.h"
#include "app/tls_names.h"

namespace ntan::app {
namespace {

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_list = 16;
constexpr std::string_view ellipsis = "…";

/// Elapsed time, unless a clock went backwards.
std::optional<std::int64_t> elapsed_us(std::optional<Timestamp> from, std::optional<Timestamp> to) {
  if (!from || !to || *to < *from) return std::nullopt;
  return to_us(*to - *from);
}

std::optional<bool> if_true(bool value) noexcept {
  return value ? std::optional{true} : std::nullopt;
}

/// The first entries of a ProtocolNameList, whole.
Bytes first_names(Bytes list, std::size_t count) noexcept {
  Reader names{list};
  for (std::size_t i = 0; i < count && !names.done(); ++i)
    names.skip(names.u8());
  return list.first(list.size() - names.left());
}

/// Texts of a list in which each stands behind its octet count.
class Names {
 public:
  explicit Names(Bytes list) noexcept {
    Reader names{list};
    while (!names.done() && size_ < max_list) {
      const Bytes name = names.take(names.u8());
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

}  // namespace

TlsState::Piece TlsState::keep(Bytes text) {
  const std::size_t start = texts_.size();
  if (text.empty() || !texts_.append(text)) return {};
  return {static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(text.size())};
}

TlsState::Piece TlsState::keep_text(Bytes text) {
  if (text.size() <= max_text) return keep(text);
  Piece piece = keep(text.first(max_text));
  if (piece.size != 0 && texts_.append(as_bytes(ellipsis))) {
    piece.size = static_cast<std::uint16_t>(piece.size + ellipsis.size());
  }
  return piece;
}

Bytes TlsState::view(Piece piece) const noexcept {
  return texts_.view().subspan(piece.start, piece.size);
}

void TlsState::on_client_hello(const ClientHello& hello, Timestamp time) {
  on_sslv2_client_hello(hello, time);
  sni_ = keep_text(hello.server_name);
  alpn_offered_ = keep(first_names(hello.alpn, max_list));
  ja3_ = ja3(hello);
  ja4_ = ja4(hello, Ja4Transport::tcp);
  early_data_ = hello.early_data;
  ech_ = hello.ech;
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

void TlsState::on_server_hello(const ServerHello& hello, Timestamp time) {
  server_time_ = time;
  server_version_ = hello.version;
  cipher_ = hello.cipher;
  if (hello.group) group_ = hello.group;
  alpn_ = keep(hello.alpn);
  ja3s_ = ja3s(hello);
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

void TlsState::on_server_key_exchange(Bytes body) noexcept {
  full_ = true;
  Reader reader{body};
  const std::uint8_t curve_type = reader.u8();
  const std::uint16_t group = reader.be16();
  // RFC 8422 5.4: named_curve is 3.
  if (reader.ok() && curve_type == 3 && cipher_ && has_ephemeral_curve(*cipher_)) group_ = group;
}

void TlsState::on_server_cipher_change() noexcept {
  if (has_server_hello() && !is_tls13(server_version_)) resumed_ = !full_;
}

void TlsState::report(TlsOutcome outcome, std::optional<Timestamp> done, Output& out) const {
  const Names alpn_offered{view(alpn_offered_)};
  const TlsName version = server_version_ != 0 ? tls_version_name(server_version_) : TlsName{};
  const TlsName client_version =
      client_version_ != 0 ? tls_version_name(client_version_) : TlsName{};
  const TlsName cipher = cipher_ ? tls_cipher_name(*cipher_) : TlsName{};
  const TlsName group = group_ ? tls_group_name(*group_) : TlsName{};
  const TlsName alert = alert_ ? tls_alert_name(*alert_) : TlsName{};
  const auto handshake_us = expects_early_data() ? std::nullopt : elapsed_us(client_time_, done);
  out.emit(Tls{.sni = as_text(view(sni_)),
               .version = version.view(),
               .cipher = cipher.view(),
               .alpn = as_text(view(alpn_)),
               .alpn_offered = alpn_offered.view(),
               .ja3 = ja3_.view(),
               .ja3s = ja3s_.view(),
               .ja4 = ja4_.view(),
               .group = group.view(),
               .resumed = resumed_,
               .hrr = if_true(retried_),
               .early_data = if_true(early_data_),
               .ech = if_true(ech_),
               .client_version = client_version.view(),
               .alert = alert.view(),
               .established = outcome == TlsOutcome::established,
               .handshake_us = handshake_us,
               .ch_sh_us = elapsed_us(retried_ ? second_client_time_ : client_time_, server_time_),
               .client_cert_requested = if_true(client_cert_requested_)});
  if (outcome == TlsOutcome::failed) out.note({.kind = event::Note::Kind::tls_failed});
  if (outcome != TlsOutcome::established) return;
  out.note({.kind = event::Note::Kind::tls_handshake});
  if (handshake_us && !resumed_.value_or(true)) {
    out.note({.kind = event::Note::Kind::tls_handshake_us,
              .value = static_cast<std::uint64_t>(*handshake_us)});
  }
}

}  // namespace ntan::app

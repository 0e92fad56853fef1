#include "app/tls_fingerprint.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "app/tls_names.h"
#include "base/digest.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

constexpr std::size_t max_ciphers = 1024;
constexpr std::size_t max_extensions = 512;

using Codes = std::vector<std::uint16_t>;

Codes without_grease(Bytes list) {
  Codes codes;
  codes.reserve(list.size() / 2);
  for_each_be16(list, [&codes](std::uint16_t code) {
    if (!is_grease(code)) codes.push_back(code);
  });
  return codes;
}

/// Types in wire order.
Codes extension_types(Bytes extensions) {
  Codes types;
  types.reserve(32);
  Reader block{extensions};
  while (!block.done()) types.push_back(next_extension(block).type);
  return types;
}

void drop_grease(Codes& codes) {
  std::erase_if(codes, is_grease);
}

bool fits(const Codes& ciphers, const Codes& extensions) noexcept {
  return ciphers.size() <= max_ciphers && extensions.size() <= max_extensions;
}

void append_decimal(std::string& text, std::uint16_t value) {
  std::array<char, max_integer_text> digits{};
  text.append(digits.data(), append_unsigned(digits.data(), value));
}

/// `4865-4866-4867`
void append_joined(std::string& text, std::span<const std::uint16_t> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i != 0) text += '-';
    append_decimal(text, codes[i]);
  }
}

Ja3 md5_text(std::string_view text) noexcept {
  const DigestValue hash = digest(DigestKind::md5, as_bytes(text));
  Ja3 value;
  value.size = static_cast<std::uint8_t>(2 * hash.size);
  append_hex(value.octets.data(), hash.bytes());
  return value;
}

/// `002f,0035,1301`
void append_hex_list(std::string& text, std::span<const std::uint16_t> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i != 0) text += ',';
    std::array<char, 4> digits{};
    append_hex_octet(digits.data(), static_cast<std::uint8_t>(codes[i] >> 8U));
    append_hex_octet(digits.data() + 2, static_cast<std::uint8_t>(codes[i]));
    text.append(digits.data(), digits.size());
  }
}

/// The first 12 hex digits of the SHA-256; twelve zeros for an empty list.
char* append_hash(char* out, std::string_view text) noexcept {
  if (text.empty()) return std::fill_n(out, 12, '0');
  const DigestValue hash = digest(DigestKind::sha256, as_bytes(text));
  return append_hex(out, Bytes{hash.octets}.first(6));
}

std::array<char, 2> version_code(std::uint16_t version) noexcept {
  switch (version) {
    case tls_version::tls13: return {'1', '3'};
    case tls_version::tls12: return {'1', '2'};
    case tls_version::tls11: return {'1', '1'};
    case tls_version::tls10: return {'1', '0'};
    case tls_version::ssl3: return {'s', '3'};
    case tls_version::ssl2: return {'s', '2'};
    case 0xfeff: return {'d', '1'};
    case 0xfefd: return {'d', '2'};
    case 0xfefc: return {'d', '3'};
    default: return {'0', '0'};
  }
}

bool is_alphanumeric(std::uint8_t octet) noexcept {
  return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
         (octet >= 'a' && octet <= 'z');
}

/// First and last character of the first protocol offered; of its hex text where one of the two is
/// not alphanumeric.
std::array<char, 2> alpn_code(Bytes alpn) noexcept {
  Reader names{alpn};
  const Bytes name = names.take(names.u8());
  if (name.empty()) return {'0', '0'};
  const std::uint8_t first = name.front();
  const std::uint8_t last = name.back();
  if (is_alphanumeric(first) && is_alphanumeric(last)) {
    return {static_cast<char>(first), static_cast<char>(last)};
  }
  return {hex_digits[first >> 4U], hex_digits[last & 15U]};
}

char* append_pair(char* out, std::array<char, 2> pair) noexcept {
  return std::copy(pair.begin(), pair.end(), out);
}

char* append_count(char* out, std::size_t count) noexcept {
  return append_two(out, static_cast<unsigned>(std::min<std::size_t>(count, 99)));
}

/// A DTLS version counts down: 0xfefd is newer than 0xfeff.
std::uint16_t highest_version(const ClientHello& hello, Ja4Transport transport) noexcept {
  if (transport != Ja4Transport::dtls || hello.versions.empty()) return hello.version();
  std::uint16_t newest = 0xffff;
  for_each_be16(hello.versions, [&newest](std::uint16_t version) {
    if (!is_grease(version)) newest = std::min(newest, version);
  });
  return newest;
}

}  // namespace

Ja3 ja3(const ClientHello& hello) {
  const Codes ciphers = without_grease(hello.ciphers);
  Codes extensions = extension_types(hello.extensions);
  if (!fits(ciphers, extensions) || hello.groups.size() > 2 * max_ciphers) return {};
  drop_grease(extensions);

  std::string text;
  append_decimal(text, hello.legacy_version);
  text += ',';
  append_joined(text, ciphers);
  text += ',';
  append_joined(text, extensions);
  text += ',';
  append_joined(text, without_grease(hello.groups));
  text += ',';
  append_joined(text, Codes(hello.point_formats.begin(), hello.point_formats.end()));
  return md5_text(text);
}

Ja3 ja3s(const ServerHello& hello) {
  const Codes extensions = extension_types(hello.extensions);
  if (!fits({}, extensions)) return {};
  std::string text;
  append_decimal(text, hello.legacy_version);
  text += ',';
  append_decimal(text, hello.cipher);
  text += ',';
  append_joined(text, extensions);
  return md5_text(text);
}

Ja4 ja4(const ClientHello& hello, Ja4Transport transport) {
  Codes ciphers = without_grease(hello.ciphers);
  Codes extensions = extension_types(hello.extensions);
  if (!fits(ciphers, extensions) || hello.signature_algorithms.size() > 2 * max_ciphers) return {};
  drop_grease(extensions);

  Ja4 value;
  char* out = value.octets.data();
  *out++ = static_cast<char>(transport);
  out = append_pair(out, version_code(highest_version(hello, transport)));
  *out++ = hello.has_server_name ? 'd' : 'i';
  out = append_count(out, ciphers.size());
  out = append_count(out, extensions.size());
  out = append_pair(out, alpn_code(hello.alpn));

  std::string text;
  std::ranges::sort(ciphers);
  append_hex_list(text, ciphers);
  *out++ = '_';
  out = append_hash(out, text);

  text.clear();
  std::erase(extensions, tls_extension::server_name);
  std::erase(extensions, tls_extension::alpn);
  std::ranges::sort(extensions);
  append_hex_list(text, extensions);
  const Codes algorithms = without_grease(hello.signature_algorithms);
  if (!algorithms.empty()) text += '_';
  append_hex_list(text, algorithms);
  *out++ = '_';
  append_hash(out, text);
  value.size = 36;
  return value;
}

}  // namespace ntan::app

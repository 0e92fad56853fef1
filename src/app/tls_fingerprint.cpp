#include "app/tls_fingerprint.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <string_view>

#include "app/tls_names.h"
#include "base/digest.h"
#include "base/digits.h"

namespace ntan::app {
namespace {

constexpr std::size_t max_ciphers = 1024;
constexpr std::size_t max_extensions = 512;

/// Code points of a list, on the stack. Nothing is initialised: most hellos have thirty, not the
/// thousand that there is room for.
template <std::size_t capacity>
class Codes {
 public:
  Codes() noexcept {}  // NOLINT(*-use-equals-default): that would zero the array

  /// False when there is no room.
  bool add(std::uint16_t code) noexcept {
    if (size_ == capacity) return false;
    codes_[size_++] = code;
    return true;
  }

  /// Adds those of a list for which `wanted` holds, without a branch for each. Requires: room for
  /// all of them.
  template <class Wanted>
  void add_some(Bytes list, Wanted wanted) noexcept {
    std::size_t size = size_;
    for (std::size_t at = 0; at + 1 < list.size(); at += 2) {
      const auto code = load_be<std::uint16_t>(list.data() + at);
      codes_[size] = code;
      size += wanted(code) ? 1 : 0;
    }
    size_ = static_cast<std::uint16_t>(size);
  }

  void sort() noexcept { std::sort(codes_.begin(), codes_.begin() + size_); }

  /// Leaves out one place, which add_some() may write to.
  [[nodiscard]] std::size_t room() const noexcept { return capacity - size_ - 1; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::span<const std::uint16_t> view() const noexcept {
    return std::span{codes_}.first(size_);
  }

 private:
  std::array<std::uint16_t, capacity> codes_;
  std::uint16_t size_ = 0;
};

using CipherCodes = Codes<max_ciphers>;
using ExtensionCodes = Codes<max_extensions>;

/// Adds what is no GREASE; false when there are too many.
bool add_without_grease(CipherCodes& codes, Bytes list) noexcept {
  if (list.size() / 2 <= codes.room()) {
    codes.add_some(list, [](std::uint16_t code) { return !is_grease(code); });
    return true;
  }
  bool fits = true;
  for_each_be16(list, [&](std::uint16_t code) {
    if (!is_grease(code)) fits = codes.add(code) && fits;
  });
  return fits;
}

/// Calls `use` with each type in wire order; false when there are more than 512.
template <class Use>
bool for_each_extension(Bytes extensions, Use use) noexcept {
  std::size_t count = 0;
  Reader block{extensions};
  while (!block.done()) {
    if (++count > max_extensions) return false;
    use(next_extension(block).type);
  }
  return true;
}

/// What is hashed, on the stack as well.
template <std::size_t capacity>
class Text {
 public:
  Text() noexcept {}  // NOLINT(*-use-equals-default): that would zero the array

  [[nodiscard]] char* end() noexcept { return octets_.data() + size_; }

  void set_end(const char* end) noexcept { size_ = static_cast<std::size_t>(end - octets_.data()); }

  void clear() noexcept { size_ = 0; }

  [[nodiscard]] std::string_view view() const noexcept { return {octets_.data(), size_}; }

 private:
  std::array<char, capacity> octets_;
  std::size_t size_ = 0;
};

/// Digits of a code point and its separator.
constexpr std::size_t code_text = 6;

/// `4865-4866-4867`. Requires: code_text octets at `out` for each code.
template <std::unsigned_integral Code>
char* append_joined(char* out, std::span<const Code> codes) noexcept {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i != 0) *out++ = '-';
    out = append_unsigned(out, codes[i]);
  }
  return out;
}

Ja3 md5_text(std::string_view text) noexcept {
  const DigestValue hash = digest(DigestKind::md5, as_bytes(text));
  Ja3 value;
  value.size = static_cast<std::uint8_t>(2 * hash.size);
  append_hex(value.octets.data(), hash.bytes());
  return value;
}

/// `002f,0035,1301`. Requires: code_text octets at `out` for each code.
char* append_hex_list(char* out, std::span<const std::uint16_t> codes) noexcept {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i != 0) *out++ = ',';
    out = append_hex_octet(out, static_cast<std::uint8_t>(codes[i] >> 8U));
    out = append_hex_octet(out, static_cast<std::uint8_t>(codes[i]));
  }
  return out;
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

/// A list of code points that is hashed whole: past the most it is not looked at.
bool fits(Bytes list) noexcept {
  return list.size() <= 2 * max_ciphers;
}

constexpr std::size_t max_ja3_text = code_text * (1 + 2 * max_ciphers + max_extensions + 255) + 4;
constexpr std::size_t max_ja4_text = code_text * (max_extensions + max_ciphers);

}  // namespace

Ja3 ja3(const ClientHello& hello) {
  __attribute__((uninitialized)) CipherCodes ciphers;
  __attribute__((uninitialized)) CipherCodes groups;
  __attribute__((uninitialized)) ExtensionCodes extensions;
  const bool whole = add_without_grease(ciphers, hello.ciphers) && fits(hello.groups) &&
                     add_without_grease(groups, hello.groups) &&
                     for_each_extension(hello.extensions, [&](std::uint16_t type) {
                       if (!is_grease(type)) extensions.add(type);
                     });
  if (!whole) return {};

  __attribute__((uninitialized)) Text<max_ja3_text> text;
  char* out = append_unsigned(text.end(), hello.legacy_version);
  *out++ = ',';
  out = append_joined(out, ciphers.view());
  *out++ = ',';
  out = append_joined(out, extensions.view());
  *out++ = ',';
  out = append_joined(out, groups.view());
  *out++ = ',';
  text.set_end(append_joined(out, hello.point_formats));
  return md5_text(text.view());
}

Ja3 ja3s(const ServerHello& hello) {
  __attribute__((uninitialized)) ExtensionCodes extensions;
  if (!for_each_extension(hello.extensions, [&](std::uint16_t type) { extensions.add(type); })) {
    return {};
  }
  __attribute__((uninitialized)) Text<code_text*(max_extensions + 2)> text;
  char* out = append_unsigned(text.end(), hello.legacy_version);
  *out++ = ',';
  out = append_unsigned(out, hello.cipher);
  *out++ = ',';
  text.set_end(append_joined(out, extensions.view()));
  return md5_text(text.view());
}

Ja4 ja4(const ClientHello& hello, Ja4Transport transport) {
  __attribute__((uninitialized)) CipherCodes ciphers;
  __attribute__((uninitialized)) CipherCodes algorithms;
  __attribute__((uninitialized)) ExtensionCodes extensions;
  std::size_t extension_count = 0;  // the two that are not hashed count as well
  const bool whole = add_without_grease(ciphers, hello.ciphers) &&
                     fits(hello.signature_algorithms) &&
                     add_without_grease(algorithms, hello.signature_algorithms) &&
                     for_each_extension(hello.extensions, [&](std::uint16_t type) {
                       if (is_grease(type)) return;
                       ++extension_count;
                       if (type != tls_extension::server_name && type != tls_extension::alpn)
                         extensions.add(type);
                     });
  if (!whole) return {};

  Ja4 value;
  char* out = value.octets.data();
  *out++ = static_cast<char>(transport);
  out = append_pair(out, version_code(highest_version(hello, transport)));
  *out++ = hello.has_server_name ? 'd' : 'i';
  out = append_count(out, ciphers.size());
  out = append_count(out, extension_count);
  out = append_pair(out, alpn_code(hello.alpn));

  __attribute__((uninitialized)) Text<max_ja4_text> text;
  ciphers.sort();
  text.set_end(append_hex_list(text.end(), ciphers.view()));
  *out++ = '_';
  out = append_hash(out, text.view());

  text.clear();
  extensions.sort();
  char* end = append_hex_list(text.end(), extensions.view());
  if (algorithms.size() != 0) *end++ = '_';
  text.set_end(append_hex_list(end, algorithms.view()));
  *out++ = '_';
  append_hash(out, text.view());
  value.size = 36;
  return value;
}

}  // namespace ntan::app

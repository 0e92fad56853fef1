#include "base/address.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>

#include "base/digits.h"

namespace ntan {
namespace {

/// An octet in decimal, in one piece that is always copied whole.
struct OctetText {
  std::array<char, 4> digits{};  ///< the text, then a dot
  std::uint8_t size = 0;         ///< of the text and its dot
};

constexpr auto octet_texts = [] {
  std::array<OctetText, 256> texts{};
  for (std::size_t value = 0; value < texts.size(); ++value) {
    OctetText& text = texts[value];
    if (value >= 100) text.digits[text.size++] = static_cast<char>('0' + value / 100);
    if (value >= 10) text.digits[text.size++] = static_cast<char>('0' + value / 10 % 10);
    text.digits[text.size++] = static_cast<char>('0' + value % 10);
    text.digits[text.size++] = '.';
  }
  return texts;
}();

// Writes up to three octets past the text, which max_address_text has room for.
char* append_v4(char* out, const std::uint8_t* octets) noexcept {
  for (std::size_t i = 0; i < 4; ++i) {
    const OctetText& text = octet_texts[octets[i]];
    std::memcpy(out, text.digits.data(), text.digits.size());
    out += text.size;
  }
  return out - 1;
}

char* append_group(char* out, std::uint16_t group) noexcept {
  if (group < 0x10) {
    *out = hex_digits[group];
    return out + 1;
  }
  if (group < 0x100) return append_hex_octet(out, static_cast<std::uint8_t>(group));
  if (group < 0x1000) {
    *out++ = hex_digits[static_cast<std::size_t>(group >> 8U)];
  } else {
    out = append_hex_octet(out, static_cast<std::uint8_t>(group >> 8U));
  }
  return append_hex_octet(out, static_cast<std::uint8_t>(group));
}

struct Run {
  std::size_t start = 8;
  std::size_t length = 0;
};

// RFC 5952 4.2: the first of the longest runs of zero groups, and never a single one.
Run longest_zero_run(const std::array<std::uint16_t, 8>& groups) noexcept {
  Run best;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best.length >= 2 ? best : Run{};
}

char* append_v6(char* out, const IpAddress& address) noexcept {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = load_be<std::uint16_t>(&address.octets[2 * i]);
  }
  const Run zeros = longest_zero_run(groups);
  // RFC 5952 5: v4-mapped addresses show their IPv4 part.
  const bool mapped = zeros.start == 0 && zeros.length == 5 && groups[5] == 0xffff;
  const std::size_t end = mapped ? 6 : 8;
  for (std::size_t i = 0; i < end; ++i) {
    if (i == zeros.start) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.length - 1;
      continue;
    }
    if (i != 0 && i != zeros.start + zeros.length) *out++ = ':';
    out = append_group(out, groups[i]);
  }
  if (!mapped) return out;
  *out++ = ':';
  return append_v4(out, &address.octets[12]);
}

}  // namespace

bool IpAddress::is_multicast() const noexcept {
  if (version == IpVersion::v4) return (octets[0] & 0xf0U) == 0xe0U;
  return version == IpVersion::v6 && octets[0] == 0xff;
}

bool IpAddress::is_broadcast() const noexcept {
  return version == IpVersion::v4 && load_be<std::uint32_t>(octets.data()) == 0xffffffffU;
}

char* append_address(char* out, const IpAddress& address) noexcept {
  if (address.version == IpVersion::v4) return append_v4(out, address.octets.data());
  if (address.version == IpVersion::v6) return append_v6(out, address);
  return out;
}

char* append_mac(char* out, const MacAddress& address) noexcept {
  for (std::size_t i = 0; i < address.octets.size(); ++i) {
    if (i != 0) *out++ = ':';
    out = append_hex_octet(out, address.octets[i]);
  }
  return out;
}

std::string to_string(const IpAddress& address) {
  std::array<char, max_address_text> text{};
  return {text.data(), append_address(text.data(), address)};
}

std::string to_string(const MacAddress& address) {
  std::array<char, max_mac_text> text{};
  return {text.data(), append_mac(text.data(), address)};
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string terminated{text};
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) {
    return IpAddress::v4(octets.data());
  }
  if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) {
    return IpAddress::v6(octets.data());
  }
  return std::nullopt;
}

}  // namespace ntan

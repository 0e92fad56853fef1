#include "base/address.h"

#include <arpa/inet.h>
#include <array>
#include <bit>
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

// Bit i for group i if it is zero. Requires: 16 octets.
unsigned zero_groups(const std::uint8_t* octets) noexcept {
  constexpr std::uint64_t tops = 0x8000800080008000U;
  // Of each group, the top bit where any bit is set. No sum carries into the next group.
  const auto set_tops = [](std::uint64_t groups) {
    return (((groups & ~tops) + ~tops) | groups) & tops;
  };
  const auto zeros = [&](std::size_t at) {
    const std::uint64_t top = ~set_tops(load_be<std::uint64_t>(octets + at)) & tops;
    return static_cast<unsigned>(top >> 63U | (top >> 46U & 2U) | (top >> 29U & 4U) |
                                 (top >> 12U & 8U));
  };
  return zeros(0) | zeros(8) << 4U;
}

// RFC 5952 4.2: the first of the longest runs of zero groups, and never a single one.
Run longest_zero_run(unsigned zeros) noexcept {
  // Bit i stays as long as `length` zeros begin at group i.
  Run best;
  for (std::size_t length = 1; zeros != 0; ++length, zeros &= zeros >> 1U) {
    best = {static_cast<std::size_t>(std::countr_zero(zeros)), length};
  }
  return best.length >= 2 ? best : Run{};
}

char* append_v6(char* out, const IpAddress& address) noexcept {
  const std::uint8_t* const octets = address.octets.data();
  const auto group = [octets](std::size_t i) { return load_be<std::uint16_t>(octets + 2 * i); };
  const Run zeros = longest_zero_run(zero_groups(octets));
  // RFC 5952 5: v4-mapped addresses show their IPv4 part.
  const bool mapped = zeros.start == 0 && zeros.length == 5 && group(5) == 0xffff;
  const std::size_t end = mapped ? 6 : 8;
  for (std::size_t i = 0; i < end; ++i) {
    if (i == zeros.start) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.length - 1;
      continue;
    }
    if (i != 0 && i != zeros.start + zeros.length) *out++ = ':';
    out = append_group(out, group(i));
  }
  if (!mapped) return out;
  *out++ = ':';
  return append_v4(out, octets + 12);
}

}  // namespace

bool IpAddress::is_multicast() const noexcept {
  if (version == IpVersion::v4) return (octets[0] & 0xf0U) == 0xe0U;
  return version == IpVersion::v6 && octets[0] == 0xff;
}

bool IpAddress::is_broadcast() const noexcept {
  return version == IpVersion::v4 && load_be<std::uint32_t>(octets.data()) == 0xffffffffU;
}

bool Network::contains(const IpAddress& other) const noexcept {
  if (other.version != address.version) return false;
  for (std::size_t bit = 0; bit < bits; bit += 8) {
    const auto mask = static_cast<std::uint8_t>(bits - bit >= 8 ? 0xff : 0xff00U >> (bits - bit));
    if (((address.octets[bit / 8] ^ other.octets[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool any_contains(std::span<const Network> networks, const IpAddress& address) noexcept {
  return std::ranges::any_of(networks, [&](const Network& one) { return one.contains(address); });
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

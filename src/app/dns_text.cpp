#include "app/dns_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/digits.h"

namespace ntan::app::dns {
namespace {

constexpr std::string_view ellipsis = "\xe2\x80\xa6";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto plain_in_label = [] {
  std::array<bool, 256> plain{};
  for (std::size_t octet = 0x21; octet < 0x7f; ++octet)
    plain[octet] = octet != '.' && octet != '\\';
  return plain;
}();

}  // namespace

void TextArena::begin() noexcept {
  start_ = used_;
  limit_ = std::min(used_ + item_limit, storage_.size());
  overflow_ = false;
}

std::optional<std::string_view> TextArena::finish() noexcept {
  if (overflow_) {
    if (limit_ - start_ < item_limit) {
      undo();
      return std::nullopt;
    }
    used_ = std::min(used_, limit_ - ellipsis.size());
    std::memcpy(storage_.data() + used_, ellipsis.data(), ellipsis.size());
    used_ += ellipsis.size();
  }
  return std::string_view{storage_.data() + start_, used_ - start_};
}

void TextArena::undo() noexcept {
  used_ = start_;
  overflow_ = false;
}

char* TextArena::claim(std::size_t size) noexcept {
  if (overflow_ || size > limit_ - used_) return nullptr;
  char* const at = storage_.data() + used_;
  used_ += size;
  return at;
}

void TextArena::add(std::string_view text) noexcept {
  if (text.empty()) return;
  if (char* const at = claim(text.size())) {
    std::memcpy(at, text.data(), text.size());
  } else {
    overflow_ = true;
  }
}

void TextArena::add_number(std::uint64_t value) noexcept {
  std::array<char, max_integer_text> text{};
  const char* end = append_unsigned(text.data(), value);
  add(std::string_view{text.data(), end});
}

void TextArena::add_padded(std::uint32_t value, std::size_t width) noexcept {
  std::array<char, 10> text{};
  const char* end = append_padded(text.data(), value, width);
  add(std::string_view{text.data(), end});
}

void TextArena::add_address(const IpAddress& address) noexcept {
  std::array<char, max_address_text> text{};
  const char* end = append_address(text.data(), address);
  add(std::string_view{text.data(), end});
}

void TextArena::add_hex(Bytes octets) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const std::uint8_t octet : octets) {
    if (overflow_) return;
    add(digits[octet >> 4U]);
    add(digits[octet & 15U]);
  }
}

void TextArena::add_base64(Bytes octets) noexcept {
  while (octets.size() >= 3) {
    std::array<char, 4> group{};
    const std::uint32_t bits = static_cast<std::uint32_t>(octets[0]) << 16U |
                               static_cast<std::uint32_t>(octets[1]) << 8U | octets[2];
    for (std::size_t i = 0; i < group.size(); ++i)
      group[i] = base64_digits[bits >> (18 - 6 * i) & 63U];
    octets = octets.subspan(group.size() - 1);
    if (char* const at = claim(group.size())) {
      std::memcpy(at, group.data(), group.size());
      continue;
    }
    for (const char c : group) add(c);
    return;
  }
  if (octets.empty()) return;
  const std::uint32_t bits = static_cast<std::uint32_t>(octets[0]) << 16U |
                             (octets.size() > 1 ? static_cast<std::uint32_t>(octets[1]) << 8U : 0U);
  add(base64_digits[bits >> 18U]);
  add(base64_digits[bits >> 12U & 63U]);
  add(octets.size() > 1 ? base64_digits[bits >> 6U & 63U] : '=');
  add('=');
}

void TextArena::add_base32hex(Bytes octets) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : octets) {
    if (overflow_) return;
    pending = (pending << 8U | octet) & 0xfffU;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      add(digits[pending >> bits & 31U]);
    }
  }
  if (bits > 0) add(digits[pending << (5 - bits) & 31U]);
}

void TextArena::add_octet(std::uint8_t octet, char special) noexcept {
  const auto c = static_cast<char>(octet);
  if (octet < 0x20 || octet > 0x7e) {
    add('\\');
    add_padded(octet, 3);
  } else {
    if (c == special || c == '\\') add('\\');
    add(c);
  }
}

void TextArena::add_label(Bytes label) noexcept {
  // Nearly every label is letters, digits and hyphens: those go over as one piece.
  if (std::ranges::all_of(label, [](std::uint8_t octet) { return plain_in_label[octet]; })) {
    add(as_text(label));
    return;
  }
  for (const std::uint8_t octet : label) {
    if (octet == ' ') {
      add("\\032");
    } else {
      add_octet(octet, '.');
    }
  }
}

void TextArena::add_escaped(Bytes text) noexcept {
  for (const std::uint8_t octet : text) {
    if (overflow_) return;
    add_octet(octet, '"');
  }
}

void TextArena::add_quoted(Bytes text) noexcept {
  add('"');
  add_escaped(text);
  add('"');
}

}  // namespace ntan::app::dns

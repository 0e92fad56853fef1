#include "app/dns_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/digits.h"

namespace ntan::app::dns {
namespace {

constexpr std::string_view ellipsis = "\xe2\x80\xa6";

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

void TextArena::add(char c) noexcept {
  if (used_ == limit_ || overflow_) {
    overflow_ = true;
    return;
  }
  storage_[used_++] = c;
}

void TextArena::add(std::string_view text) noexcept {
  if (text.empty()) return;
  if (overflow_ || text.size() > limit_ - used_) {
    overflow_ = true;
    return;
  }
  std::memcpy(storage_.data() + used_, text.data(), text.size());
  used_ += text.size();
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
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Reader reader{octets};
  while (!reader.done() && !overflow_) {
    const std::size_t have = std::min<std::size_t>(reader.left(), 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8U | (i < have ? reader.u8() : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      add(i <= have ? digits[group >> (18 - 6 * i) & 63U] : '=');
  }
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

void TextArena::add_octet(std::uint8_t octet, std::string_view special) noexcept {
  const auto c = static_cast<char>(octet);
  if (octet < 0x20 || octet > 0x7e) {
    add('\\');
    add_padded(octet, 3);
  } else {
    if (special.find(c) != std::string_view::npos) add('\\');
    add(c);
  }
}

void TextArena::add_label(Bytes label) noexcept {
  // Nearly every label is letters, digits and hyphens: those go over as one piece.
  const auto plain = [](std::uint8_t octet) {
    return octet > 0x20 && octet < 0x7f && octet != '.' && octet != '\\';
  };
  if (std::ranges::all_of(label, plain)) {
    add(as_text(label));
    return;
  }
  for (const std::uint8_t octet : label) {
    if (octet == ' ') {
      add("\\032");
    } else {
      add_octet(octet, ".\\");
    }
  }
}

void TextArena::add_escaped(Bytes text) noexcept {
  for (const std::uint8_t octet : text) {
    if (overflow_) return;
    add_octet(octet, "\"\\");
  }
}

void TextArena::add_quoted(Bytes text) noexcept {
  add('"');
  add_escaped(text);
  add('"');
}

}  // namespace ntan::app::dns

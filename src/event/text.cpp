#include "event/text.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/digits.h"

namespace ntan::event {
namespace {

// Octets that stand for themselves in both forms: printable ASCII but for the quote and the
// backslash.
constexpr auto plain_octet = [] {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0x20; i < 0x7f; ++i) plain[i] = true;
  plain['"'] = false;
  plain['\\'] = false;
  return plain;
}();

// Whether all eight octets are plain. No sum carries into the next octet unless an octet is above
// 0x7f, and then the answer is no already.
bool all_plain(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const std::uint64_t below_del = ~(word + ones);
  const std::uint64_t above_control = word + ones * 0x60;
  const std::uint64_t no_quote = (word ^ (ones * std::uint64_t{'"'})) + ones * 0x7f;
  const std::uint64_t no_backslash = (word ^ (ones * std::uint64_t{'\\'})) + ones * 0x7f;
  return (~word & below_del & above_control & no_quote & no_backslash & tops) == tops;
}

// Appends the longest plain beginning, a word at a time; the last word overlaps the one before.
// Requires: text.size() >= 8.
std::size_t append_plain_words(char* out, std::string_view text) noexcept {
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (!all_plain(word)) return at;
    std::memcpy(out + at, &word, sizeof word);
  }
  if (at == text.size()) return at;
  const std::size_t last = text.size() - sizeof word;
  std::memcpy(&word, text.data() + last, sizeof word);
  if (!all_plain(word)) return at;
  std::memcpy(out + last, &word, sizeof word);
  return text.size();
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // octets; 0: not valid UTF-8 (RFC 3629 4)
};

CodePoint decode_utf8(std::string_view text) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (octet(i) & 0xc0U) == 0x80;
  };
  const std::uint8_t lead = octet(0);
  if (lead >= 0xc2 && lead <= 0xdf && continues(1)) {
    return {(lead & 0x1fU) << 6U | (octet(1) & 0x3fU), 2};
  }
  if ((lead & 0xf0U) == 0xe0 && continues(1) && continues(2)) {
    const std::uint32_t value =
        (lead & 0x0fU) << 12U | (octet(1) & 0x3fU) << 6U | (octet(2) & 0x3fU);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < 0x800 || surrogate ? CodePoint{} : CodePoint{value, 3};
  }
  if (lead >= 0xf0 && lead <= 0xf4 && continues(1) && continues(2) && continues(3)) {
    const std::uint32_t value = (lead & 0x07U) << 18U | (octet(1) & 0x3fU) << 12U |
                                (octet(2) & 0x3fU) << 6U | (octet(3) & 0x3fU);
    return value < 0x10000 || value > 0x10ffff ? CodePoint{} : CodePoint{value, 4};
  }
  return {};
}

// Code points that reorder or hide text, or end lines for some readers.
bool is_invisible(std::uint32_t value) noexcept {
  return (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2060 && value <= 0x206f) || value == 0xfeff || value == 0x061c ||
         value == 0x180e || value == 0x00ad;
}

char* append_octet_escape(char* out, std::uint8_t octet, TextForm form) noexcept {
  if (form == TextForm::json) *out++ = '\\';
  *out++ = '\\';
  *out++ = 'x';
  return append_hex_octet(out, octet);
}

char* append_invisible(char* out, std::uint32_t value, TextForm form) noexcept {
  *out++ = '\\';
  *out++ = 'u';
  if (form == TextForm::plain) *out++ = '{';
  out = append_hex_octet(out, static_cast<std::uint8_t>(value >> 8U));
  out = append_hex_octet(out, static_cast<std::uint8_t>(value));
  if (form == TextForm::plain) *out++ = '}';
  return out;
}

char* append_ascii(char* out, std::uint8_t octet, TextForm form) noexcept {
  if (octet == '\\') {
    *out++ = '\\';
    *out++ = '\\';
    if (form == TextForm::json) {
      *out++ = '\\';
      *out++ = '\\';
    }
    return out;
  }
  if (octet == '"') {
    if (form == TextForm::json) *out++ = '\\';
    *out++ = '"';
    return out;
  }
  if (octet < 0x20 || octet == 0x7f) return append_octet_escape(out, octet, form);
  *out++ = static_cast<char>(octet);
  return out;
}

}  // namespace

char* append_text(char* out, std::string_view text, TextForm form) noexcept {
  while (!text.empty()) {
    if (text.size() >= sizeof(std::uint64_t)) {
      const std::size_t plain = append_plain_words(out, text);
      out += plain;
      text.remove_prefix(plain);
      if (text.empty()) break;
    }
    const auto octet = static_cast<std::uint8_t>(text.front());
    if (plain_octet[octet]) {
      *out++ = text.front();
      text.remove_prefix(1);
      continue;
    }
    if (octet < 0x80) {
      out = append_ascii(out, octet, form);
      text.remove_prefix(1);
      continue;
    }
    const CodePoint point = decode_utf8(text);
    if (point.size == 0) {
      out = append_octet_escape(out, octet, form);
      text.remove_prefix(1);
      continue;
    }
    if (is_invisible(point.value)) {
      out = append_invisible(out, point.value, form);
    } else if (point.value < 0xa0) {  // C1
      for (std::size_t i = 0; i < point.size; ++i) {
        out = append_octet_escape(out, static_cast<std::uint8_t>(text[i]), form);
      }
    } else {
      std::memcpy(out, text.data(), point.size);
      out += point.size;
    }
    text.remove_prefix(point.size);
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out(max_text_growth * text.size(), '\0');
  out.resize(static_cast<std::size_t>(append_text(out.data(), text, TextForm::plain) - out.data()));
  return out;
}

}  // namespace ntan::event

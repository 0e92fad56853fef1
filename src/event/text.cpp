#include "event/text.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/digits.h"

namespace ntan::event {
namespace {

template <class T>
T load(const char* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Octets that stand for themselves in both forms: printable ASCII but for the quote and the
// backslash.
constexpr auto plain_octet = [] {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0x20; i < 0x7f; ++i) plain[i] = true;
  plain['"'] = false;
  plain['\\'] = false;
  return plain;
}();

// Sixteen octets at a time, as a vector of the compiler: g++ and clang have it on every machine.
using Block = signed char __attribute__((vector_size(16)));

// Marks the octets that are not plain. Those above 0x7f are negative; flipping bit 1 takes the
// quote to 0x20, next to the controls, and none of those away.
Block mark_special(Block block) noexcept {
  return ((block ^ 2) < 0x21) | (block == 0x7f) | (block == '\\');
}

bool is_zero(Block block) noexcept {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(block);
  return (halves[0] | halves[1]) == 0;
}

bool all_plain(Block block) noexcept {
  return is_zero(mark_special(block));
}

// The first and the last octets of a text of one to two words as one block: they may overlap.
template <class Word>
Block both_ends(std::string_view text) noexcept {
  const char* const from = text.data();
  std::array<Word, 16 / sizeof(Word)> words{};
  words.fill(load<Word>(from));
  words.back() = load<Word>(from + text.size() - sizeof(Word));
  return std::bit_cast<Block>(words);
}

// Appends a text of one to two words if all of it is plain.
template <class Word>
bool append_plain_ends(char* out, std::string_view text) noexcept {
  const char* const from = text.data();
  const std::size_t last = text.size() - sizeof(Word);
  if (!all_plain(both_ends<Word>(text))) return false;
  const auto first_word = load<Word>(from);
  const auto last_word = load<Word>(from + last);
  std::memcpy(out, &first_word, sizeof(Word));
  std::memcpy(out + last, &last_word, sizeof(Word));
  return true;
}

// Appends one to three octets if all are plain: the first, the middle and the last are all.
bool append_plain_few(char* out, std::string_view text) noexcept {
  const std::size_t middle = text.size() / 2;
  const std::size_t last = text.size() - 1;
  const auto plain = [&text](std::size_t i) {
    return plain_octet[static_cast<std::uint8_t>(text[i])];
  };
  if (!(plain(0) && plain(middle) && plain(last))) return false;
  out[0] = text[0];
  out[middle] = text[middle];
  out[last] = text[last];
  return true;
}

// Appends the longest plain beginning, a block at a time; the last block overlaps the one before.
// What is left begins with less than a block of plain octets. Requires: 16 octets or more.
[[gnu::always_inline]] inline std::size_t append_plain_blocks(char* out,
                                                              std::string_view text) noexcept {
  std::size_t at = 0;
  for (; at + 2 * sizeof(Block) <= text.size(); at += 2 * sizeof(Block)) {
    const auto one = load<Block>(text.data() + at);
    const auto other = load<Block>(text.data() + at + sizeof(Block));
    if (!is_zero(mark_special(one) | mark_special(other))) break;
    std::memcpy(out + at, &one, sizeof one);
    std::memcpy(out + at + sizeof(Block), &other, sizeof other);
  }
  for (; at + sizeof(Block) <= text.size(); at += sizeof(Block)) {
    const auto block = load<Block>(text.data() + at);
    if (!all_plain(block)) return at;
    std::memcpy(out + at, &block, sizeof block);
  }
  const std::size_t last = text.size() - sizeof(Block);
  const auto block = load<Block>(text.data() + last);
  if (!all_plain(block)) return at;
  std::memcpy(out + last, &block, sizeof block);
  return text.size();
}

// Appends plain octets from the front of `text`: all of them, or as many as whole blocks have.
// Inlined by force, as what it calls: nearly every text ends here.
[[gnu::always_inline]] inline std::size_t append_plain(char* out, std::string_view text) noexcept {
  const std::size_t size = text.size();
  if (size >= sizeof(Block)) return append_plain_blocks(out, text);
  if (size >= sizeof(std::uint64_t)) return append_plain_ends<std::uint64_t>(out, text) ? size : 0;
  if (size >= sizeof(std::uint32_t)) return append_plain_ends<std::uint32_t>(out, text) ? size : 0;
  return size != 0 && append_plain_few(out, text) ? size : 0;
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

// Appends the code point, or the stray octet, at the front and says how many octets it took.
std::size_t append_special(char*& out, std::string_view text, TextForm form) noexcept {
  const auto octet = static_cast<std::uint8_t>(text.front());
  if (octet < 0x80) {
    out = append_ascii(out, octet, form);
    return 1;
  }
  const CodePoint point = decode_utf8(text);
  if (point.size == 0) {
    out = append_octet_escape(out, octet, form);
    return 1;
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
  return point.size;
}

// Appends a text of which `done` octets are at `out` already. Apart, so that the few texts that
// come here do not make the others save registers.
[[gnu::noinline]] char* append_from(char* out, std::string_view text, std::size_t done,
                                    TextForm form) noexcept {
  for (;;) {
    out += done;
    while (done < text.size() && plain_octet[static_cast<std::uint8_t>(text[done])])
      *out++ = text[done++];
    if (done == text.size()) return out;
    text.remove_prefix(done);
    text.remove_prefix(append_special(out, text, form));
    done = append_plain(out, text);
  }
}

}  // namespace

char* append_text(char* out, std::string_view text, TextForm form) noexcept {
  const std::size_t done = append_plain(out, text);
  if (done == text.size()) [[likely]]
    return out + done;
  return append_from(out, text, done, form);
}

std::string printable(std::string_view text) {
  std::string out(max_text_growth * text.size(), '\0');
  out.resize(static_cast<std::size_t>(append_text(out.data(), text, TextForm::plain) - out.data()));
  return out;
}

}  // namespace ntan::event

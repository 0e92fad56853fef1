#include "app/dns_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/base64.h"
#include "base/digits.h"

namespace ntan::app::dns {
namespace {

constexpr std::string_view ellipsis = "\xe2\x80\xa6";

constexpr auto plain_in_label = [] {
  std::array<bool, 256> plain{};
  for (std::size_t octet = 0x21; octet < 0x7f; ++octet)
    plain[octet] = octet != '.' && octet != '\\';
  return plain;
}();

// Sixteen octets at a time, as a vector of the compiler: g++ and clang have it on every machine.
using Block = signed char __attribute__((vector_size(16)));

// Whether all sixteen are plain. Octets above 0x7f are negative.
bool all_plain(Block octets) noexcept {
  const Block special = (octets < 0x21) | (octets == 0x7f) | (octets == '.') | (octets == '\\');
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(special);
  return (halves[0] | halves[1]) == 0;
}

// Copies a label whose first and last octets, a Word each, are all that it has; false if not all
// are plain.
template <class Word>
bool copy_ends(char* out, Bytes label) noexcept {
  std::array<Word, 16 / sizeof(Word)> words{};
  const std::size_t last = label.size() - sizeof(Word);
  std::memcpy(&words.front(), label.data(), sizeof(Word));
  std::memcpy(&words.back(), label.data() + last, sizeof(Word));
  std::memcpy(out, &words.front(), sizeof(Word));
  std::memcpy(out + last, &words.back(), sizeof(Word));
  // The words between the two are copies of the first.
  for (std::size_t i = 1; i + 1 < words.size(); ++i) words[i] = words.front();
  return all_plain(std::bit_cast<Block>(words));
}

// Copies a label and tells whether all of it is plain: nearly every one is letters, digits and
// hyphens.
bool copy_plain(char* out, Bytes label) noexcept {
  const std::size_t size = label.size();
  if (size >= sizeof(std::uint64_t) && size <= 2 * sizeof(std::uint64_t))
    return copy_ends<std::uint64_t>(out, label);
  if (size >= sizeof(std::uint32_t) && size < sizeof(std::uint64_t))
    return copy_ends<std::uint32_t>(out, label);
  bool plain = true;
  for (const std::uint8_t octet : label) {
    *out++ = static_cast<char>(octet);
    plain &= plain_in_label[octet];
  }
  return plain;
}

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

void TextArena::add_number(std::uint64_t value) noexcept {
  if (has_room(max_integer_text)) return close_at(append_unsigned(end(), value));
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
  if (has_room(max_address_text)) return close_at(append_address(end(), address));
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
  constexpr std::size_t from = 3;
  constexpr std::size_t to = 4;
  const std::size_t room = overflow_ ? 0 : limit_ - used_;
  const std::size_t groups = std::min(octets.size() / from, room / to);
  char* out = end();
  for (std::size_t i = 0; i < groups; ++i) out = append_base64_group(out, octets.data() + from * i);
  used_ += to * groups;
  octets = octets.subspan(from * groups);
  if (octets.empty()) return;
  std::array<char, to> group{};  // the last one, or the first there is no room for
  append_base64(group.data(), octets.first(std::min(octets.size(), from)));
  for (const char c : group) add(c);
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

void TextArena::add_label(Bytes label, std::string_view before) noexcept {
  const std::size_t size = before.size() + label.size();
  if (has_room(size)) {
    if (!before.empty()) *end() = before.front();
    if (copy_plain(end() + before.size(), label)) {
      used_ += size;
      return;
    }
  }
  add(before);
  add_unusual_label(label);
}

// One with octets to escape, or one that there is no room for.
void TextArena::add_unusual_label(Bytes label) noexcept {
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

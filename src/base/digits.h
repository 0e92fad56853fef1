// Integers as text, two digits at a time: the writers of records and addresses need nothing more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ntan {

/// "00".."99" back to back.
inline constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Longest text of a 64-bit integer, sign included.
inline constexpr std::size_t max_integer_text = 20;

/// Appends 00 to 99. Requires: value < 100.
inline char* append_two(char* out, unsigned value) noexcept {
  out[0] = digit_pairs[2 * value];
  out[1] = digit_pairs[2 * value + 1];
  return out + 2;
}

/// Appends with leading zeros to at least `width` digits.
inline char* append_padded(char* out, std::uint32_t value, std::size_t width) noexcept {
  std::array<char, 10> text{};
  std::size_t at = text.size();
  do {
    text[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0 || text.size() - at < width);
  while (at < text.size()) *out++ = text[at++];
  return out;
}

inline char* append_unsigned(char* out, std::uint64_t value) noexcept {
  std::array<char, max_integer_text> text{};
  std::size_t at = text.size();
  while (value >= 100) {
    const std::size_t pair = value % 100;
    value /= 100;
    text[--at] = digit_pairs[2 * pair + 1];
    text[--at] = digit_pairs[2 * pair];
  }
  if (value >= 10) {
    text[--at] = digit_pairs[2 * value + 1];
    text[--at] = digit_pairs[2 * value];
  } else {
    text[--at] = static_cast<char>('0' + value);
  }
  while (at < text.size()) *out++ = text[at++];
  return out;
}

inline char* append_signed(char* out, std::int64_t value) noexcept {
  if (value >= 0) return append_unsigned(out, static_cast<std::uint64_t>(value));
  *out++ = '-';
  return append_unsigned(out, ~static_cast<std::uint64_t>(value) + 1);
}

inline constexpr std::array<char, 16> hex_digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                                 '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

inline char* append_hex_octet(char* out, std::uint8_t value) noexcept {
  out[0] = hex_digits[value >> 4U];
  out[1] = hex_digits[value & 15U];
  return out + 2;
}

/// Appends exactly 16 lower-case hex digits.
inline char* append_hex64(char* out, std::uint64_t value) noexcept {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out = append_hex_octet(out, static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
  }
  return out;
}

}  // namespace ntan

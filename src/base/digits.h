// Integers as text, two digits at a time: the writers of records and addresses need nothing more.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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
  std::memcpy(out, digit_pairs.data() + std::size_t{2} * value, 2);
  return out + 2;
}

/// 10^0 .. 10^19.
inline constexpr auto powers_of_ten = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

/// 1 to 20; zero has one digit.
[[nodiscard]] constexpr std::size_t count_digits(std::uint64_t value) noexcept {
  // 1233 / 4096 is just above log10(2): exact, or one too few, for every width up to 64.
  const std::uint64_t least_one = value | 1U;
  const std::size_t guess = (static_cast<std::size_t>(std::bit_width(least_one)) * 1233U) >> 12U;
  return guess + (least_one >= powers_of_ten[guess] ? 1 : 0);
}

/// Appends the last `width` digits, leading zeros included.
inline char* append_digits(char* out, std::uint64_t value, std::size_t width) noexcept {
  std::size_t at = width;
  for (; at >= 2; at -= 2) {
    std::memcpy(out + at - 2, digit_pairs.data() + 2 * (value % 100), 2);
    value /= 100;
  }
  if (at == 1) out[0] = static_cast<char>('0' + value % 10);
  return out + width;
}

/// Appends with leading zeros to at least `width` digits.
inline char* append_padded(char* out, std::uint32_t value, std::size_t width) noexcept {
  return append_digits(out, value, std::max(width, count_digits(value)));
}

/// Appends one to four digits. Requires: value < 10,000.
inline char* append_small(char* out, unsigned value) noexcept {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  if (value < 100) return append_two(out, value);
  if (value < 1'000) {
    *out++ = static_cast<char>('0' + value / 100);
  } else {
    out = append_two(out, value / 100);
  }
  return append_two(out, value % 100);
}

inline char* append_unsigned(char* out, std::uint64_t value) noexcept {
  if (value < 10'000) return append_small(out, static_cast<unsigned>(value));
  if (value < 100'000'000) {
    const auto eight = static_cast<unsigned>(value);
    out = append_small(out, eight / 10'000);
    out = append_two(out, eight / 100 % 100);
    return append_two(out, eight % 100);
  }
  return append_digits(out, value, count_digits(value));
}

inline char* append_signed(char* out, std::int64_t value) noexcept {
  if (value >= 0) return append_unsigned(out, static_cast<std::uint64_t>(value));
  *out++ = '-';
  return append_unsigned(out, ~static_cast<std::uint64_t>(value) + 1);
}

inline constexpr std::array<char, 16> hex_digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                                 '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

/// "00".."ff" back to back.
inline constexpr auto hex_pairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = hex_digits[i >> 4U];
    pairs[2 * i + 1] = hex_digits[i & 15U];
  }
  return pairs;
}();

inline char* append_hex_octet(char* out, std::uint8_t value) noexcept {
  std::memcpy(out, hex_pairs.data() + std::size_t{2} * value, 2);
  return out + 2;
}

/// Appends exactly 8 lower-case hex digits: all eight at once, an octet of a word for each.
inline char* append_hex32(char* out, std::uint32_t value) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  std::uint64_t nibbles = value;
  nibbles = (nibbles << 16U | nibbles) & 0x0000ffff0000ffffU;
  nibbles = (nibbles << 8U | nibbles) & 0x00ff00ff00ff00ffU;
  nibbles = (nibbles << 4U | nibbles) & 0x0f0f0f0f0f0f0f0fU;
  const std::uint64_t letters = (nibbles + 6 * ones) >> 4U & ones;  // one where a letter is due
  std::uint64_t text = nibbles + '0' * ones + ('a' - '0' - 10) * letters;
  if constexpr (std::endian::native == std::endian::little) text = __builtin_bswap64(text);
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text;
}

/// Appends exactly 16 lower-case hex digits.
/// Appends so many upper-case digits, as numbers of registries are written. Requires: digits <= 16.
inline char* append_upper_hex(char* out, std::uint64_t value, unsigned digits) noexcept {
  for (unsigned shift = 4 * digits; shift != 0; shift -= 4)
    *out++ = "0123456789ABCDEF"[value >> (shift - 4U) & 15U];
  return out;
}

inline char* append_hex64(char* out, std::uint64_t value) noexcept {
  out = append_hex32(out, static_cast<std::uint32_t>(value >> 32U));
  return append_hex32(out, static_cast<std::uint32_t>(value));
}

}  // namespace ntan

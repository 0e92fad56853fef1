// Test bytes written as hex in sight: "45 00 | 00 1c"_hex. Blanks and bars are for the reader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ntan::test {

template <std::size_t size>
struct HexText {
  std::array<char, size> text{};

  consteval HexText(const char (&literal)[size]) {  // NOLINT(*-explicit-*, *-c-arrays)
    for (std::size_t i = 0; i < size; ++i) text[i] = literal[i];
  }
};

consteval int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c == ' ' || c == '|' || c == '\n' || c == '\0') return -1;
  throw "not a hex digit";  // a compile error: the function is consteval
}

template <HexText hex>
consteval std::size_t hex_size() {
  std::size_t digits = 0;
  for (const char c : hex.text) digits += hex_value(c) >= 0 ? 1U : 0U;
  if (digits % 2 != 0) throw "odd number of hex digits";
  return digits / 2;
}

template <HexText hex>
consteval auto hex_array() {
  std::array<std::uint8_t, hex_size<hex>()> octets{};
  std::size_t digit = 0;
  for (const char c : hex.text) {
    const int value = hex_value(c);
    if (value < 0) continue;
    octets[digit / 2] = static_cast<std::uint8_t>((octets[digit / 2] << 4U) | value);
    ++digit;
  }
  return octets;
}

/// Octets with static storage; convertible to Bytes, appendable to a vector.
template <HexText hex>
inline constexpr auto hex_storage = hex_array<hex>();

inline namespace literals {
template <HexText hex>
consteval Bytes operator""_hex() {
  return Bytes{hex_storage<hex>};
}
}  // namespace literals

/// Pieces joined into one message.
template <class... Piece>
std::vector<std::uint8_t> join(const Piece&... pieces) {
  std::vector<std::uint8_t> all;
  const auto add = [&all](Bytes piece) { all.insert(all.end(), piece.begin(), piece.end()); };
  (add(Bytes{pieces}), ...);
  return all;
}

inline std::vector<std::uint8_t> octets(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace ntan::test

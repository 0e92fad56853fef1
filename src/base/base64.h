// Base64 (RFC 4648 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace ntan {

/// Characters of the text of so many octets, padding included.
[[nodiscard]] constexpr std::size_t base64_size(std::size_t octets) noexcept {
  return (octets + 2) / 3 * 4;
}

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends three octets as four characters.
inline char* append_base64_group(char* out, const std::uint8_t* octets) noexcept {
  const std::uint32_t bits = static_cast<std::uint32_t>(octets[0]) << 16U |
                             static_cast<std::uint32_t>(octets[1]) << 8U | octets[2];
  out[0] = base64_digits[bits >> 18U & 63U];
  out[1] = base64_digits[bits >> 12U & 63U];
  out[2] = base64_digits[bits >> 6U & 63U];
  out[3] = base64_digits[bits & 63U];
  return out + 4;
}

/// Appends base64_size(octets.size()) characters.
inline char* append_base64(char* out, Bytes octets) noexcept {
  for (; octets.size() >= 3; octets = octets.subspan(3))
    out = append_base64_group(out, octets.data());
  if (octets.empty()) return out;
  const std::uint32_t bits = static_cast<std::uint32_t>(octets[0]) << 16U |
                             (octets.size() > 1 ? static_cast<std::uint32_t>(octets[1]) << 8U : 0U);
  out[0] = base64_digits[bits >> 18U & 63U];
  out[1] = base64_digits[bits >> 12U & 63U];
  out[2] = octets.size() > 1 ? base64_digits[bits >> 6U & 63U] : '=';
  out[3] = '=';
  return out + 4;
}

}  // namespace ntan

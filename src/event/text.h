// Untrusted text made printable, in one place. Network text is any octets; what is written is
// always valid UTF-8 without control characters, and the octets can be had back from it.
//
//   valid UTF-8            as it is, a backslash doubled
//   any other octet        the four characters \xHH; so is each octet of a C0, DEL or C1 control
//   bidi and zero-width    \uXXXX in JSON, \u{XXXX} elsewhere (a reader would not see them)
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace ntan::event {

/// Where the text goes: a JSON string escapes `"` and `\` once more.
enum class TextForm { json, plain };

/// Most octets one octet of input can become.
inline constexpr std::size_t max_text_growth = 5;

/// Appends `text` without quotes and returns the new end.
/// Requires: max_text_growth * text.size() octets at `out`.
char* append_text(char* out, std::string_view text, TextForm form) noexcept;

/// Appends words of our own: printable ASCII, nothing to escape. Short ones without a call.
/// Requires: text.size() octets at `out`.
inline char* append_own(char* out, std::string_view text) noexcept {
  const auto copy_ends = [&]<std::size_t size>(std::integral_constant<std::size_t, size>) {
    const char* const from = text.data();
    const std::size_t rest = text.size() - size;  // the two ends may overlap
    std::array<char, size> first{};
    std::array<char, size> last{};
    std::memcpy(first.data(), from, size);
    std::memcpy(last.data(), from + rest, size);
    std::memcpy(out, first.data(), size);
    std::memcpy(out + rest, last.data(), size);
  };
  if (text.size() > 32) [[unlikely]] {
    std::memcpy(out, text.data(), text.size());
  } else if (text.size() >= 16) {
    copy_ends(std::integral_constant<std::size_t, 16>{});
  } else if (text.size() >= 8) {
    copy_ends(std::integral_constant<std::size_t, 8>{});
  } else if (text.size() >= 4) {
    copy_ends(std::integral_constant<std::size_t, 4>{});
  } else {
    for (std::size_t i = 0; i < text.size(); ++i) out[i] = text[i];
  }
  return out + text.size();
}

/// The plain form as a string; for messages and tables.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace ntan::event

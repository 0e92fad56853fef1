// Untrusted text made printable, in one place. Network text is any octets; what is written is
// always valid UTF-8 without control characters, and the octets can be had back from it.
//
//   valid UTF-8            as it is, a backslash doubled
//   any other octet        the four characters \xHH; so is each octet of a C0, DEL or C1 control
//   bidi and zero-width    \uXXXX in JSON, \u{XXXX} elsewhere (a reader would not see them)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ntan::event {

/// Where the text goes: a JSON string escapes `"` and `\` once more.
enum class TextForm { json, plain };

/// Most octets one octet of input can become.
inline constexpr std::size_t max_text_growth = 5;

/// Appends `text` without quotes and returns the new end.
/// Requires: max_text_growth * text.size() octets at `out`.
char* append_text(char* out, std::string_view text, TextForm form) noexcept;

/// The plain form as a string; for messages and tables.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace ntan::event

// Text as a whole number.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace ntan {

/// The number that the whole text is: digits of `base`, and for a signed type a minus before them.
/// Nothing for any other octet, for empty text and for what T cannot hold.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text, int base = 10) noexcept {
  T number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool whole = failed == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional{number} : std::nullopt;
}

}  // namespace ntan

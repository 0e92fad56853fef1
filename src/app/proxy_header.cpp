#include "app/proxy_header.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ntan::app {
namespace {

using namespace std::string_view_literals;

constexpr auto text_begin = "PROXY "sv;
constexpr std::array families{"TCP4 "sv, "TCP6 "sv, "UNKNOWN "sv, "UNKNOWN\r\n"sv};
constexpr std::size_t longest_line = 107;  // its line end included
constexpr auto binary_begin = "\r\n\r\n\0\r\nQUIT\n"sv;

/// Whether the text begins with `wanted`, or may once there is more of it.
bool may_begin_with(std::string_view text, std::string_view wanted) noexcept {
  const std::size_t size = std::min(text.size(), wanted.size());
  return text.substr(0, size) == wanted.substr(0, size);
}

/// Version 1: a line of text.
std::optional<std::size_t> text_header_size(std::string_view text) noexcept {
  const std::string_view family = text.substr(std::min(text.size(), text_begin.size()));
  const bool possible = std::ranges::any_of(
      families, [family](std::string_view one) { return may_begin_with(family, one); });
  if (!possible) return 0;
  const std::size_t end = text.substr(0, longest_line).find("\r\n");
  if (end != std::string_view::npos) return end + 2;
  return text.size() < longest_line ? std::nullopt : std::optional<std::size_t>{0};
}

/// Version 2: a signature, the version with a command, the family, and a length.
std::optional<std::size_t> binary_header_size(Bytes start) noexcept {
  Reader reader{start};
  reader.skip(binary_begin.size());
  const std::uint8_t version_and_command = reader.u8();
  if (reader.ok() && (version_and_command & 0xfeU) != 0x20) return 0;
  reader.skip(1);
  const std::size_t size = reader.be16();
  if (!reader.ok() || reader.left() < size) return std::nullopt;
  const std::size_t fixed_size = start.size() - reader.left();
  return fixed_size + size;
}

}  // namespace

std::optional<std::size_t> proxy_header_size(Bytes start) noexcept {
  const std::string_view text = as_text(start);
  if (may_begin_with(text, text_begin)) return text_header_size(text);
  if (may_begin_with(text, binary_begin)) return binary_header_size(start);
  return 0;
}

}  // namespace ntan::app

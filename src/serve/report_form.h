// The forms of a report, by the names of files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ntan::serve {

enum class ReportForm : std::uint8_t { html, markdown, json };

/// What the end of a file's name asks for; nothing where it names no form.
[[nodiscard]] constexpr std::optional<ReportForm> report_form(std::string_view file) noexcept {
  if (file.ends_with(".html") || file.ends_with(".htm")) return ReportForm::html;
  if (file.ends_with(".md")) return ReportForm::markdown;
  if (file.ends_with(".json")) return ReportForm::json;
  return std::nullopt;
}

}  // namespace ntan::serve

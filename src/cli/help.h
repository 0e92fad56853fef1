#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/flags.h"

namespace ntan::cli {

/// A command by the word that calls it.
struct CommandWord {
  std::string_view word;
  run::Command command{};
  std::string_view arguments;
  std::string_view doc;
};

/// In the order of the help; `replay` is another word for `read`.
[[nodiscard]] std::span<const CommandWord> command_words() noexcept;
[[nodiscard]] const CommandWord* find_command(std::string_view word) noexcept;

/// Help for one command; for the program as a whole without one. Lines have at most 79 columns, and
/// every option's line begins with its names.
[[nodiscard]] std::string help(std::optional<run::Command> command, Draft::Help length);

[[nodiscard]] std::string version_text();

}  // namespace ntan::cli

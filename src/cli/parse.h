// The command line: words in, run::Options or one clear complaint out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/usage_error.h"
#include "run/options.h"

namespace ntan::cli {

enum class Stream : std::uint8_t { terminal, other };

/// What the defaults depend on besides the words.
struct Surroundings {
  std::span<const std::string_view> events;     ///< names of a run's events, in schema order
  std::span<const std::string_view> described;  ///< names that `schema` knows
  Stream input = Stream::other;
  Stream output = Stream::other;
  bool color = false;     ///< what `--color auto` means on a terminal
  std::size_t width = 0;  ///< columns of the terminal that the output is; 0: none
};

/// Asks the process for its streams and for NO_COLOR, CLICOLOR_FORCE, TERM and COLUMNS.
[[nodiscard]] Surroundings look_around(std::span<const std::string_view> events,
                                       std::span<const std::string_view> described);

/// Reads the arguments, the program's own name left out. Throws UsageError.
/// Requires: the names in `around` outlive the call.
[[nodiscard]] run::Options parse(std::span<const std::string> arguments,
                                 const Surroundings& around);

}  // namespace ntan::cli

// Every option, declared once: from this table follow the parser, both helps, "did you mean" and
// the check of the manual.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/options.h"

namespace ntan::cli {

/// What was typed, before options are weighed against each other (see settle.h).
struct Draft {
  enum class Help : std::uint8_t { none, brief, full };

  run::Options options;
  Help help = Help::none;
  bool version = false;
  bool list_interfaces = false;
  std::vector<std::string> words;         ///< arguments that are no options
  std::vector<std::string> after_dashes;  ///< arguments after `--`
  std::optional<std::string> filter;
  std::vector<run::Format> formats;
  bool no_events = false;  ///< --format none
  std::vector<std::string> patterns;
  std::optional<std::string> events;
  std::optional<Duration> summary_every;
  std::string color = "auto";
  std::size_t verbose = 0;
  bool quiet = false;
};

enum class Group : std::uint8_t { input, filter, output, stop, analysis, diagnostics };

/// Commands as a set of bits.
using Commands = std::uint16_t;

[[nodiscard]] constexpr Commands bit(run::Command command) noexcept {
  return static_cast<Commands>(1U << static_cast<unsigned>(command));
}

enum class Rank : std::uint8_t {
  common,  ///< in the short help too
  rare,
};

struct Flag {
  char letter = 0;         ///< 0: none
  std::string_view name;   ///< long, without dashes; may be empty
  std::string_view value;  ///< what the value is called; empty: takes none
  std::string_view doc;
  Group group{};
  Commands commands = 0;
  Rank rank = Rank::rare;
  bool once = false;  ///< of two values one would be lost without a word
  /// Called once per occurrence, in their order. Returns what would have been accepted, or nothing
  /// if the value was.
  std::string_view (*apply)(Draft& draft, std::string_view value) = nullptr;
};

[[nodiscard]] std::span<const Flag> flags() noexcept;

/// `-c` or, for flags without a letter, `--pace`; both as `-c, --count`.
[[nodiscard]] std::string short_label(const Flag& flag);
[[nodiscard]] std::string label(const Flag& flag);

}  // namespace ntan::cli

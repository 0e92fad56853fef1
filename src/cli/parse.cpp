#include "cli/parse.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <ranges>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "base/parse_number.h"
#include "base/similar.h"
#include "cli/help.h"
#include "cli/settle.h"
#include "cli/values.h"

namespace ntan::cli {
namespace {

using run::Command;

constexpr Commands bare = bit(Command::capture) | bit(Command::read);

/// The arguments in the three parts that have rules of their own.
struct Arguments {
  const CommandWord* command = nullptr;  ///< absent: a bare form
  std::vector<std::string> before;       ///< options and words
  std::vector<std::string> after;        ///< what follows `--`
};

/// Of the environment; empty: not set, or to nothing.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view{} : value;
}

/// Columns of standard output; 0: not known.
std::size_t terminal_width() {
  if (const auto width = parse_number<std::uint16_t>(variable("COLUMNS")); width && *width != 0)
    return *width;
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

[[noreturn]] void reject_command(std::string_view word) {
  std::vector<std::string_view> known;
  for (const CommandWord& each : command_words()) known.push_back(each.word);
  throw UsageError(fmt::format("no command is called '{}'{}", word, did_you_mean(word, known)),
                   {fmt::format("commands: {}", fmt::join(known, ", "))});
}

Arguments divide(std::span<const std::string> arguments) {
  Arguments parts;
  if (arguments.empty()) {
    throw UsageError("say what to do", {"ntan read FILE", "sudo ntan capture -i eth0", "ntan -h"});
  }
  if (!arguments.front().starts_with('-')) {
    parts.command = find_command(arguments.front());
    if (parts.command == nullptr) reject_command(arguments.front());
    arguments = arguments.subspan(1);
  }
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  for (auto at = arguments.begin(); at != dashes; ++at) {
    // CLI11 would take the next argument for the value of `--name=`.
    if (at->starts_with("--") && at->find('=') == at->size() - 1) {
      parts.before.emplace_back(at->substr(0, at->size() - 1));
      parts.before.emplace_back();
    } else {
      parts.before.push_back(*at);
    }
  }
  if (dashes != arguments.end()) parts.after.assign(dashes + 1, arguments.end());
  return parts;
}

struct Bound {
  const Flag* flag = nullptr;
  const CLI::Option* option = nullptr;
  std::size_t applied = 0;  ///< occurrences taken so far
};

std::string names_for_parser(const Flag& flag) {
  std::string names;
  if (flag.letter != 0) names = std::string{'-', flag.letter};
  if (!flag.name.empty()) names += (names.empty() ? "--" : ",--") + std::string{flag.name};
  return names;
}

std::vector<Bound> declare(CLI::App& app, Commands commands) {
  app.set_help_flag();
  app.allow_extras();
  std::vector<Bound> bound;
  for (const Flag& flag : flags()) {
    if ((flag.commands & commands) == 0) continue;
    CLI::Option* option = flag.value.empty() ? app.add_flag(names_for_parser(flag))
                                             : app.add_option(names_for_parser(flag));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!flag.value.empty()) option->expected(1);
    bound.push_back({.flag = &flag, .option = option});
  }
  return bound;
}

/// The commands for which an argument like `-x` or `--name` is an option.
Commands commands_with(std::string_view argument) noexcept {
  Commands commands = 0;
  for (const Flag& flag : flags()) {
    const bool by_letter = flag.letter != 0 && argument.size() >= 2 && argument[1] == flag.letter;
    const bool by_name = argument.starts_with("--") && argument.substr(2) == flag.name;
    if (by_letter || by_name) commands |= flag.commands;
  }
  return commands;
}

/// A second word for a command.
bool is_other_word(const CommandWord& word) noexcept {
  return &*std::ranges::find(command_words(), word.command, &CommandWord::command) != &word;
}

[[noreturn]] void reject_option(std::string_view argument, Commands commands) {
  const std::string_view typed =
      argument.starts_with("--") ? argument.substr(0, argument.find('=')) : argument.substr(0, 2);
  const Commands elsewhere = commands_with(typed);
  std::string owners;
  for (const CommandWord& each : command_words()) {
    if ((elsewhere & bit(each.command)) == 0 || is_other_word(each)) continue;
    owners += fmt::format("{}{}", owners.empty() ? "" : ", ", each.word);
  }
  if (!owners.empty()) throw UsageError(fmt::format("{} is an option of ntan {}", typed, owners));
  std::vector<std::string> names;
  for (const Flag& flag : flags()) {
    if ((flag.commands & commands) != 0 && !flag.name.empty()) {
      names.push_back(fmt::format("--{}", flag.name));
    }
  }
  const std::vector<std::string_view> candidates{names.begin(), names.end()};
  const bool is_long = typed.starts_with("--");
  throw UsageError(fmt::format("unknown option {}{}", typed,
                               is_long ? did_you_mean(typed, candidates) : std::string{}));
}

void apply(const Flag& flag, const std::string& value, Draft& draft) {
  // A flag's own result reads "true"; anything else was typed behind `=`.
  if (flag.value.empty() && value != "true") {
    throw UsageError(fmt::format("{} takes no value", short_label(flag)));
  }
  const std::string_view expected = flag.apply(draft, value);
  if (expected.empty()) return;
  throw UsageError(fmt::format("{} '{}': expected {}", short_label(flag), value, expected));
}

/// Runs CLI11 over the arguments. Its own words never reach the user.
Draft read_options(const Arguments& arguments, Commands commands) {
  CLI::App app;
  std::vector<Bound> bound = declare(app, commands);
  std::vector<std::string> reversed{arguments.before.rbegin(), arguments.before.rend()};
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch&) {
    // The one value that can be missing is that of the last option.
    throw UsageError(fmt::format("{} needs a value", arguments.before.back()));
  } catch (const CLI::ParseError&) {
    throw UsageError("the arguments cannot be understood");
  }
  Draft draft;
  for (const std::string& rest : app.remaining()) {
    if (rest.size() > 1 && rest.front() == '-') reject_option(rest, commands);
    draft.words.push_back(rest);
  }
  for (const CLI::Option* option : app.parse_order()) {
    const auto each = std::find_if(bound.begin(), bound.end(), [option](const Bound& candidate) {
      return candidate.option == option;
    });
    if (each->flag->once && each->applied != 0)
      throw UsageError(fmt::format("{} is given twice", short_label(*each->flag)));
    apply(*each->flag, option->results().at(each->applied++), draft);
  }
  draft.after_dashes = arguments.after;
  return draft;
}

void append(std::vector<std::string>& to, std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
  from.clear();
}

run::Options print(std::string text, Command command) {
  run::Options options;
  options.command = command;
  options.text = std::move(text);
  return options;
}

run::Options parse_help(const Arguments& arguments) {
  const Draft draft = read_options(arguments, bit(Command::schema));
  if (draft.words.empty()) return print(help(std::nullopt, Draft::Help::full), Command::help);
  if (draft.words.size() > 1) throw UsageError("help takes one command, or none");
  const CommandWord* word = find_command(draft.words.front());
  if (word == nullptr) reject_command(draft.words.front());
  return print(help(word->command, Draft::Help::full), Command::help);
}

/// Which command a bare form stands for.
Command bare_command(const Draft& draft) {
  const bool live = !draft.options.interfaces.empty();
  const bool saved = !draft.options.files.empty();
  if (live && saved) throw UsageError("-i and -r exclude each other: live packets or saved ones");
  for (const std::string& word : draft.words) {
    if (find_command(word) != nullptr && !live && !saved) {
      throw UsageError(fmt::format("the command comes first: ntan {} ...", word));
    }
  }
  if (saved) return Command::read;
  if (live || draft.list_interfaces) return Command::capture;
  throw UsageError("say what to read", {"-i IF for live packets, -r FILE for saved ones"});
}

/// Options of a bare form that its command does not have.
void check_belongs(const Arguments& arguments, Command command) {
  (void)read_options(arguments, bit(command));
}

}  // namespace

run::Options parse(std::span<const std::string> arguments, const Surroundings& around) {
  Arguments parts = divide(arguments);
  if (parts.command != nullptr && parts.command->command == Command::help) return parse_help(parts);

  Draft draft = read_options(parts, parts.command == nullptr ? bare : bit(parts.command->command));
  if (draft.version) return print(version_text(), Command::version);
  if (draft.help != Draft::Help::none) {
    const auto topic =
        parts.command == nullptr ? std::nullopt : std::optional{parts.command->command};
    return print(help(topic, draft.help), Command::help);
  }

  const Command command = parts.command == nullptr ? bare_command(draft) : parts.command->command;
  if (parts.command == nullptr) check_belongs(parts, command);
  if (parts.command != nullptr &&
      (command == Command::read || command == Command::extract || command == Command::report))
    append(draft.options.files, draft.words);
  if (command == Command::explain && !draft.words.empty()) {
    for (const std::string& word : draft.words | std::views::drop(1)) {
      if (parse_id(word)) {
        throw UsageError(fmt::format("explain takes one id: '{}' is another", word),
                         {fmt::format("a file of that name: -r {}", word)});
      }
    }
    draft.options.files.insert(draft.options.files.end(), draft.words.begin() + 1,
                               draft.words.end());
    draft.words.resize(1);
  }
  append(draft.words, draft.after_dashes);
  return settle(std::move(draft), command, around);
}

Surroundings look_around(std::span<const std::string_view> events,
                         std::span<const std::string_view> described) {
  const auto stream = [](int descriptor) {
    return isatty(descriptor) != 0 ? Stream::terminal : Stream::other;
  };
  Surroundings around{.events = events,
                      .described = described,
                      .input = stream(STDIN_FILENO),
                      .output = stream(STDOUT_FILENO)};
  const bool on_terminal = around.output == Stream::terminal;
  if (on_terminal) around.width = terminal_width();
  const std::string_view terminal = variable("TERM");
  const bool dumb = terminal.empty() || terminal == "dumb";
  const std::string_view forced = variable("CLICOLOR_FORCE");
  const bool is_forced = !forced.empty() && forced != "0";
  around.color = variable("NO_COLOR").empty() && (is_forced || (on_terminal && !dumb));
  return around;
}

}  // namespace ntan::cli

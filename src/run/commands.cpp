#include "run/commands.h"

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/core.h>

#include "event/json_schema.h"
#include "event/markdown.h"
#include "run/command_text.h"
#include "run/console.h"
#include "run/explain.h"
#include "run/extract.h"
#include "run/interface_list.h"
#include "run/pipeline.h"
#include "run/print.h"
#include "run/schemas.h"
#include "run/serve.h"
#include "run/signals.h"
#include "run/write_report.h"
#include "source/interfaces.h"
#include "source/source.h"

namespace ntan::run {
namespace {

ExitCode code_of(source::Error::Kind kind) noexcept {
  switch (kind) {
    case source::Error::Kind::not_a_capture: return ExitCode::not_a_capture;
    case source::Error::Kind::permission: return ExitCode::permission;
    case source::Error::Kind::not_found: return ExitCode::not_found;
    case source::Error::Kind::usage: return ExitCode::usage;
    case source::Error::Kind::runtime: return ExitCode::runtime;
  }
  return ExitCode::runtime;
}

ExitCode run_pipeline(const Options& options) {
  source::Interrupt interrupt;
  const SignalGuard guard(interrupt);
  Pipeline pipeline(options, interrupt);
  pipeline.open();
  return pipeline.run();
}

using Run = ExitCode (*)(const Options&, source::Interrupt&);

ExitCode run_command(const Options& options, Run command) {
  source::Interrupt interrupt;
  const SignalGuard guard(interrupt);
  return command(options, interrupt);
}

/// A command that reads its input several times: a pipe has nothing left the second time.
ExitCode run_on_files(const Options& options, std::string_view name, Run command) {
  for (const std::string& file : options.files) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) continue;  // told when it is opened
    if (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode)) continue;
    throw source::Error(
        source::Error::Kind::usage,
        fmt::format("{} reads its input several times: {}, a pipe, will not do", name, file),
        {"save what comes from it in a file first"});
  }
  return run_command(options, command);
}

ExitCode show_schema(const Options& options) {
  const bool markdown = options.schema_format == SchemaFormat::markdown;
  if (options.schema_event.empty()) {
    return print(markdown ? event::markdown(described_schemas())
                          : event::json_schema(described_schemas()));
  }
  for (const event::Schema* schema : described_schemas()) {
    if (schema->name != options.schema_event) continue;
    return print(markdown ? event::markdown(std::span{&schema, 1}) : event::json_schema(*schema));
  }
  say_error(fmt::format("there is no event '{}'", options.schema_event));
  return ExitCode::usage;
}

}  // namespace

ExitCode execute(const Options& options, std::span<const std::string> arguments) {
  const bool is_root = ::geteuid() == 0;
  for (const std::string& warning : options.warnings) say_warning(warning);
  try {
    switch (options.command) {
      case Command::capture:
      case Command::read: return run_pipeline(options);
      case Command::extract: return run_on_files(options, "extract", extract);
      case Command::explain: return run_on_files(options, "explain", explain);
      case Command::serve: return run_command(options, serve);
      case Command::report: return run_on_files(options, "report", write_report);
      case Command::interfaces:
        return print(interface_list(options.as_json ? ListForm::json : ListForm::table));
      case Command::schema: return show_schema(options);
      case Command::help:
      case Command::version: return print(options.text);
    }
  } catch (const source::Error& error) {
    std::vector<std::string> hints = error.hints();
    if (error.kind() == source::Error::Kind::permission && options.command == Command::capture &&
        !is_root) {
      hints.insert(hints.begin(), "hint: sudo " + command_line(arguments));
    }
    say_error(error.what(), hints);
    return code_of(error.kind());
  } catch (const std::system_error& error) {
    say_error(error.what());
    return code_of(source::kind_of(error.code()));
  } catch (const std::runtime_error& error) {
    say_error(error.what());
    return ExitCode::runtime;
  }
  return ExitCode::runtime;
}

}  // namespace ntan::run

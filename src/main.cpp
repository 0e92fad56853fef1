#include <string>
#include <vector>

#include "cli/parse.h"
#include "run/commands.h"
#include "run/console.h"
#include "run/schemas.h"
#include "run/standard_streams.h"

int main(int argc, char** argv) {
  ntan::run::keep_standard_streams();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  ntan::run::Options options;
  try {
    options = ntan::cli::parse(
        arguments, ntan::cli::look_around(ntan::run::event_names(), ntan::run::described_names()));
  } catch (const ntan::cli::UsageError& error) {
    ntan::run::say_error(error.what(), error.hints());
    return static_cast<int>(ntan::run::ExitCode::usage);
  }
  return static_cast<int>(ntan::run::execute(options, arguments));
}

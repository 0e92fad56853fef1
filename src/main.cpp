#include <cstdio>
#include <string>
#include <vector>

#include "cli/parse.h"
#include "run/commands.h"
#include "run/schemas.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  ntan::run::Options options;
  try {
    options = ntan::cli::parse(arguments, ntan::cli::look_around(ntan::run::event_names()));
  } catch (const ntan::cli::UsageError& error) {
    std::fputs(ntan::cli::describe(error).c_str(), stderr);
    return static_cast<int>(ntan::run::ExitCode::usage);
  }
  return static_cast<int>(ntan::run::execute(options, arguments));
}

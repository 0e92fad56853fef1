#include "run/print.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include <fmt/core.h>

#include "run/console.h"

namespace ntan::run {

ExitCode print(const std::string& text) {
  // A reader that has gone is told by EPIPE: what prints all at once has no SignalGuard.
  (void)std::signal(SIGPIPE, SIG_IGN);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written || errno == EPIPE) return ExitCode::done;
  say_error(
      fmt::format("cannot write standard output: {}", std::generic_category().message(errno)));
  return ExitCode::runtime;
}

}  // namespace ntan::run

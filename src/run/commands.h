// What each command of the command line does.
#pragma once

#include <span>
#include <string>

#include "run/exit_code.h"
#include "run/options.h"

namespace ntan::run {

/// Runs the command that the options name; every failure is said on stderr and is in the exit code.
/// `arguments` are the words of the command line, for hints that repeat them.
ExitCode execute(const Options& options, std::span<const std::string> arguments);

}  // namespace ntan::run

#pragma once

#include <string>

#include "run/exit_code.h"

namespace ntan::run {

/// Text to standard output, whole or with a complaint on standard error. A reader that went away is
/// no failure.
ExitCode print(const std::string& text);

}  // namespace ntan::run

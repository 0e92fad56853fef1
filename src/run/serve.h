// `ntan serve`: the live page. A run is a process of its own that writes events and packets to us;
// here nothing reads packets.
#pragma once

#include "run/exit_code.h"
#include "run/options.h"
#include "source/interrupt.h"

namespace ntan::run {

/// Until the user stops it. Throws source::Error, std::system_error, std::runtime_error.
[[nodiscard]] ExitCode serve(const Options& options, source::Interrupt& interrupt);

}  // namespace ntan::run

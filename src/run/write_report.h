// `ntan report`: a run over saved packets, or saved events, as one file to keep.
#pragma once

#include "run/exit_code.h"
#include "run/options.h"
#include "source/interrupt.h"

namespace ntan::run {

/// Throws source::Error, std::system_error.
[[nodiscard]] ExitCode write_report(const Options& options, source::Interrupt& interrupt);

}  // namespace ntan::run

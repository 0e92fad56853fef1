// `ntan explain`: how the scan detector came to its verdict, step by step.
#pragma once

#include "run/exit_code.h"
#include "run/options.h"
#include "source/interrupt.h"

namespace ntan::run {

/// Reads the input twice, to learn what made the scan and to tell it on standard output. An id that
/// nothing has is not_found. Requires: scan_id, and files that can be read again. Throws
/// source::Error, std::system_error.
[[nodiscard]] ExitCode explain(const Options& options, source::Interrupt& interrupt);

}  // namespace ntan::run

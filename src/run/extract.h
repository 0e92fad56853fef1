// `ntan extract`: the packets behind one scan or one flow, into a capture file.
#pragma once

#include "run/exit_code.h"
#include "run/options.h"
#include "source/interrupt.h"

namespace ntan::run {

/// Reads the input three times: to learn what the id names, to choose packets, to copy them as they
/// came. An id that nothing has is not_found; nothing is written then. Requires: exactly one of
/// scan_id and flow_id, write_packets, and files that can be read again. Throws source::Error,
/// std::system_error.
[[nodiscard]] ExitCode extract(const Options& options, source::Interrupt& interrupt);

}  // namespace ntan::run

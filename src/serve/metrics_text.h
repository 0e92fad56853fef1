// The figures of a run for Prometheus (text format 0.0.4).
#pragma once

#include <cstddef>
#include <string>

#include "serve/control.h"
#include "serve/digest.h"

namespace ntan::serve {

/// `listeners`: pages that are open.
[[nodiscard]] std::string metrics_text(const Digest& digest, const RunState& run,
                                       std::size_t listeners);

}  // namespace ntan::serve

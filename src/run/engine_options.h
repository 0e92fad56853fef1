#pragma once

#include "run/engine.h"
#include "run/options.h"

namespace ntan::run {

/// What the command line says of the analysis. Live, the hash seed is new in every run. `read` has
/// two threads for files of 256 MiB and more together, if there are two CPUs. Throws
/// std::system_error.
[[nodiscard]] EngineOptions engine_options(const Options& options);

}  // namespace ntan::run

#pragma once

#include "run/engine.h"
#include "run/options.h"

namespace ntan::run {

/// What the command line says of the analysis. Live, the hash seed is new in every run. Throws
/// std::system_error.
[[nodiscard]] EngineOptions engine_options(const Options& options);

}  // namespace ntan::run

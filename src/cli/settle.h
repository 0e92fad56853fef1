#pragma once

#include "cli/flags.h"
#include "cli/parse.h"

namespace ntan::cli {

/// Turns what was typed into options that fit together. Throws UsageError where they cannot.
/// Requires: no help and no version asked for.
[[nodiscard]] run::Options settle(Draft draft, run::Command command, const Surroundings& around);

}  // namespace ntan::cli

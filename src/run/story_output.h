// A scan's story in the two forms that `ntan explain` has.
#pragma once

#include <string>

#include "run/story_records.h"

namespace ntan::run {

/// For people: a page with a line for each step.
[[nodiscard]] std::string text_of(const Story& story);

/// The same as NDJSON: a `scan_step` for each step, then one `scan_verdict`.
[[nodiscard]] std::string json_of(const Story& story);

}  // namespace ntan::run

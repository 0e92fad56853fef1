// When a frame came.
#pragma once

#include "base/time.h"

namespace ntan {

/// By the trace clock, which never goes back, and by the frame's own time.
struct Arrival {
  Timestamp clock{};
  Timestamp own{};
};

}  // namespace ntan

// Ids of scans and flows, for commands that are given one.
#pragma once

#include <set>
#include <string>

#include "event/value.h"

namespace ntan::run {

struct IdOrder {
  bool operator()(event::Id a, event::Id b) const noexcept { return a.value < b.value; }
};
using IdSet = std::set<event::Id, IdOrder>;

/// An id as events have it: 16 hex digits.
[[nodiscard]] std::string id_text(event::Id id);

}  // namespace ntan::run

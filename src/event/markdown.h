// What the events are, as tables for people.
#pragma once

#include <span>
#include <string>

#include "event/event.h"

namespace ntan::event {

/// One section with a table of its fields per event; the envelope comes first.
[[nodiscard]] std::string markdown(std::span<const Schema* const> schemas);

}  // namespace ntan::event

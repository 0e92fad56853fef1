// What the events are, as JSON Schema 2020-12. Closed: unknown members are errors, so that a test
// which checks every line against it finds each undeclared one.
#pragma once

#include <span>
#include <string>

#include "event/event.h"

namespace ntan::event {

/// The schema of one event.
[[nodiscard]] std::string json_schema(const Schema& schema);

/// One schema for a stream of any of these events, each in `$defs` under its name.
[[nodiscard]] std::string json_schema(std::span<const Schema* const> schemas);

}  // namespace ntan::event

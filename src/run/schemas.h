// Every event there is, in the order in which the manual and the schema list them.
#pragma once

#include <span>
#include <string_view>

#include "event/record.h"

namespace ntan::run {

[[nodiscard]] std::span<const event::Schema* const> schemas();
/// Their names, in the same order.
[[nodiscard]] std::span<const std::string_view> event_names();

}  // namespace ntan::run

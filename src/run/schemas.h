// Every event there is, in the order in which the manual and the schema list them.
#pragma once

#include <span>
#include <string_view>

#include "event/record.h"

namespace ntan::run {

/// What a run writes.
[[nodiscard]] std::span<const event::Schema* const> schemas();
/// Their names, in the same order.
[[nodiscard]] std::span<const std::string_view> event_names();

/// Those, and behind them what `explain` writes.
[[nodiscard]] std::span<const event::Schema* const> described_schemas();
[[nodiscard]] std::span<const std::string_view> described_names();

}  // namespace ntan::run

// The summary at a terminal: how much, of what, how fast, how late, how lossy, who, what was not
// decoded. One screen, whatever the run held.
#pragma once

#include <string>

#include "event/table.h"
#include "stats/summary_record.h"

namespace ntan::run {

void append_summary_screen(std::string& out, const stats::SummaryRecord& summary,
                           event::Color color);

}  // namespace ntan::run

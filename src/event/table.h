// Events for people at a terminal: aligned, never parsed back, never promised.
#pragma once

#include <string>

#include "event/event.h"

namespace ntan::event {

enum class Color : std::uint8_t { off, on };

struct TableStyle {
  Style values;
  Color color = Color::off;
  std::size_t width = 0;  ///< columns of the terminal; 0: as long as it takes
};

/// Appends one line: time of day, event, the two ends, what the record says. What is beyond the
/// width goes on below, indented: nothing is cut, no detail is torn unless it is wider by itself.
/// Text from the network cannot move the cursor or hide itself (event/text.h).
void append_table(std::string& out, const Event& event, const TableStyle& style);

/// Appends the event as a block: one `name value` line per field, then each list of records as an
/// aligned table of its own. For the summary at the end of a run.
void append_table_block(std::string& out, const Event& event, const TableStyle& style);

}  // namespace ntan::event

// Events as CSV (RFC 4180, lines end with \n): one event type per file, one line per event.
//
//   columns   v, event, the envelope, then `<event>_<field>`; a list of records has one column per
//             member, `<event>_<field>_<member>`
//   lists     joined by `;`; a `;` or `\` inside an element is escaped by `\`. Columns of one list
//             of records have the same number of elements
//   text      by event/text.h, so a cell never holds a line end or a control character
//   absent    an empty cell
#pragma once

#include <string>

#include "event/event.h"

namespace ntan::event {

/// What to do with text that a spreadsheet would take for a formula.
enum class Formulas : std::uint8_t {
  keep,
  guard,  ///< put an apostrophe before it
};

struct CsvStyle {
  Style values;
  Formulas formulas = Formulas::keep;
};

/// A summary is a set of tables, which one line cannot hold: its lists of records have no columns.
/// True for a schema that loses lists this way.
[[nodiscard]] bool csv_omits_lists(const Schema& schema) noexcept;

/// Appends the header line.
void append_csv_header(std::string& out, const Schema& schema);

/// Appends one event as a line with as many cells as the header of its schema.
void append_csv(std::string& out, const Event& event, const CsvStyle& style);

}  // namespace ntan::event

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
#include <string_view>

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

/// Builds one line cell by cell, for those who have texts in place of a record.
class CsvLine {
 public:
  CsvLine(std::string& out, Formulas formulas) noexcept : out_(out), formulas_(formulas) {}

  /// A number, a time, an address, a word of our own: never a formula.
  void cell(std::string_view text) { put(text, Formulas::keep); }

  /// What may come from a packet.
  void text(std::string_view text) { put(text, formulas_); }

  /// One cell for all elements of a list: begin_list(), element()…, end_list().
  void begin_list() noexcept {
    list_.clear();
    first_element_ = true;
  }

  void element(std::string_view text);

  void end_list(bool of_text) { put(list_, of_text ? formulas_ : Formulas::keep); }

  void end() { out_ += '\n'; }

 private:
  void put(std::string_view cell, Formulas formulas);

  std::string& out_;
  Formulas formulas_;
  std::string list_;
  bool first_element_ = true;
  bool first_ = true;
};

/// A summary is a set of tables, which one line cannot hold: its lists of records have no columns.
/// True for a schema that loses lists this way.
[[nodiscard]] bool csv_omits_lists(const Schema& schema) noexcept;

/// Those lists.
[[nodiscard]] bool csv_omits(const Schema& schema, const Field& field) noexcept;

/// Appends the header line.
void append_csv_header(std::string& out, const Schema& schema);

/// Appends one event as a line with as many cells as the header of its schema.
void append_csv(std::string& out, const Event& event, const CsvStyle& style);

}  // namespace ntan::event

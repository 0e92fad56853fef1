// The three ways in which an event can be written as text.
#pragma once

#include <string>

#include "event/csv.h"
#include "event/event.h"
#include "event/table.h"

namespace ntan::event {

enum class Format : std::uint8_t { json, csv, table };

/// How lines read, for all formats. A sink of another width or colour has another style.
struct LineStyle {
  Style values;
  Formulas formulas = Formulas::keep;
  Color color = Color::off;
  std::size_t width = 0;
};

/// Appends what a file for this event begins with: the header of CSV, nothing otherwise.
void append_head(std::string& out, const Schema& schema, Format format);

/// Appends one event, line end included.
void append_line(std::string& out, const Event& event, Format format, const LineStyle& style);

}  // namespace ntan::event

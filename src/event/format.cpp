#include "event/format.h"

namespace ntan::event {

void append_head(std::string& out, const Schema& schema, Format format) {
  if (format == Format::csv) append_csv_header(out, schema);
}

void append_line(std::string& out, const Event& event, Format format, const LineStyle& style) {
  switch (format) {
    case Format::json: {
      const std::size_t start = out.size();
      out.resize(start + json_bound(event));
      const char* end = append_json(out.data() + start, event, style.values);
      out.resize(static_cast<std::size_t>(end - out.data()));
      return;
    }
    case Format::csv:
      return append_csv(out, event, {.values = style.values, .formulas = style.formulas});
    case Format::table: {
      const TableStyle table{.values = style.values, .color = style.color, .width = style.width};
      // A summary is a screen of its own, not a line among lines.
      if (event.schema.order == Order::summary) return append_table_block(out, event, table);
      return append_table(out, event, table);
    }
  }
}

}  // namespace ntan::event

#include "event/csv.h"

#include <algorithm>
#include <array>

#include "event/plain.h"

namespace ntan::event {
namespace {

bool is_text(Kind kind) noexcept {
  return kind == Kind::text;
}

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view no_break_space = "\xc2\xa0";
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
    } else if (text.starts_with(no_break_space)) {
      text.remove_prefix(no_break_space.size());
    } else {
      break;
    }
  }
  return text;
}

// Spreadsheets skip leading blanks and take the full-width forms too. TAB and CR, which they also
// react to, never get this far: event/text.h has escaped them.
bool looks_like_formula(std::string_view cell) noexcept {
  constexpr std::array<std::string_view, 8> starts{
      "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
  const std::string_view text = without_blanks(cell);
  return std::any_of(starts.begin(), starts.end(),
                     [text](std::string_view start) { return text.starts_with(start); });
}

bool needs_quotes(std::string_view cell) noexcept {
  return cell.find_first_of(",\"\r\n") != std::string_view::npos ||
         (!cell.empty() && (cell.front() == ' ' || cell.back() == ' '));
}

/// Writes one line of a record; every cell is built in one reused string.
class Row {
 public:
  Row(std::string& out, const CsvStyle& style) : line_(out, style.formulas), style_(style) {}

  void text(std::string_view text) { line_.cell(text); }

  void field(const Field& field, const void* record) {
    const Value value = field.get(record);
    if (field.kind == Kind::records) {
      for (const Field& member : field.members) {
        if (is_flat(member.kind)) list(std::get_if<List>(&value), member);
      }
    } else if (const List* items = std::get_if<List>(&value)) {
      list(items, *items->element);
    } else {
      cell_.clear();
      append_plain(cell_, value, style_.values);
      if (is_text(field.kind)) {
        line_.text(cell_);
      } else {
        line_.cell(cell_);
      }
    }
  }

  void end() { line_.end(); }

 private:
  void list(const List* items, const Field& element) {
    line_.begin_list();
    for (std::size_t i = 0; items != nullptr && i < items->size; ++i) {
      cell_.clear();
      append_plain(cell_, element.get(items->at(items->items, i)), style_.values);
      line_.element(cell_);
    }
    line_.end_list(is_text(element.kind));
  }

  CsvLine line_;
  const CsvStyle& style_;
  std::string cell_;
};

}  // namespace

void CsvLine::element(std::string_view text) {
  if (!first_element_) list_ += ';';
  first_element_ = false;
  for (const char c : text) {
    if (c == ';' || c == '\\') list_ += '\\';
    list_ += c;
  }
}

void CsvLine::put(std::string_view cell, Formulas formulas) {
  if (!first_) out_ += ',';
  first_ = false;
  const bool guard = formulas == Formulas::guard && looks_like_formula(cell);
  if (!needs_quotes(cell)) {
    if (guard) out_ += '\'';
    out_ += cell;
    return;
  }
  out_ += '"';
  if (guard) out_ += '\'';
  for (const char c : cell) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  out_ += '"';
}

bool csv_omits(const Schema& schema, const Field& field) noexcept {
  return schema.tables && field.kind == Kind::records;
}

bool csv_omits_lists(const Schema& schema) noexcept {
  return std::any_of(schema.fields.begin(), schema.fields.end(),
                     [&schema](const Field& field) { return csv_omits(schema, field); });
}

void append_csv_header(std::string& out, const Schema& schema) {
  out += "v,event";
  for (const Field& field : schema_of<Common>.fields) {
    out += ',';
    out += field.name;
  }
  const auto column = [&](const Field& field) {
    out += ',';
    out += schema.name;
    out += '_';
    out += field.name;
  };
  for (const Field& field : schema.fields) {
    if (csv_omits(schema, field)) continue;
    if (field.kind != Kind::records) {
      column(field);
      continue;
    }
    for (const Field& member : field.members) {
      if (!is_flat(member.kind)) continue;
      column(field);
      out += '_';
      out += member.name;
    }
  }
  out += '\n';
}

void append_csv(std::string& out, const Event& event, const CsvStyle& style) {
  static_assert(format_version < 10);
  constexpr std::array version{static_cast<char>('0' + format_version)};
  Row row(out, style);
  row.text({version.data(), version.size()});
  row.text(event.schema.name);
  for (const Field& field : schema_of<Common>.fields) row.field(field, &event.common);
  for (const Field& field : event.schema.fields) {
    if (!csv_omits(event.schema, field)) row.field(field, event.record);
  }
  row.end();
}

}  // namespace ntan::event

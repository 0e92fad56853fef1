#include "event/table.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "event/plain.h"
#include "event/units.h"

namespace ntan::event {
namespace {

constexpr std::size_t time_width = 12;
constexpr std::size_t event_width = 9;
constexpr std::size_t ends_width = 38;
constexpr std::size_t shown_elements = 4;  // of a list on one line

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

void pad(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  const std::size_t used = code_points(text);
  if (used < width) out.append(width - used, ' ');
}

std::optional<double> as_number(const Value& value) noexcept {
  if (const auto* v = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*v);
  if (const auto* v = std::get_if<double>(&value)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&value)) {
    if (*v >= 0) return static_cast<double>(*v);
  }
  return std::nullopt;
}

/// Units stand in the names of fields; for people they stand with the number.
struct Unit {
  std::string_view suffix;
  std::string (*text)(double value);
  std::size_t cut;  ///< octets that the label loses
};

constexpr std::array<Unit, 5> units{{
    {"_us", duration_text, 3},
    {"_bps", [](double value) { return size_text(value, "bit/s"); }, 4},
    {"_pps", [](double value) { return size_text(value, "pkt/s"); }, 4},
    {"_ratio", percent_text, 6},
    {"bytes", [](double value) { return size_text(value, "B"); }, 0},
}};

const Unit* unit_of(const Field& field) noexcept {
  if (field.kind != Kind::integer && field.kind != Kind::number) return nullptr;
  const auto* found = std::find_if(units.begin(), units.end(), [&field](const Unit& unit) {
    return field.name.ends_with(unit.suffix);
  });
  return found == units.end() ? nullptr : found;
}

std::string_view label_of(const Field& field) noexcept {
  const Unit* unit = unit_of(field);
  return field.name.substr(0, field.name.size() - (unit == nullptr ? 0 : unit->cut));
}

std::string text_of(const Field& field, const Value& value, const Style& style) {
  const Unit* unit = unit_of(field);
  const auto number = as_number(value);
  if (unit != nullptr && number) return unit->text(*number);
  std::string text;
  append_plain(text, value, style);
  return text;
}

std::string first_elements(const List& list, const Style& style) {
  std::string text;
  const std::size_t count = std::min(list.size, shown_elements);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += ',';
    const void* item = list.at(list.items, i);
    // A record shows its last text or address: an answer's data rather than its owner.
    const Field* chosen = list.element;
    for (std::size_t f = 1; f < list.element_fields; ++f) {
      const Kind kind = list.element[f].kind;
      if (kind == Kind::text || kind == Kind::address) chosen = &list.element[f];
    }
    append_plain(text, chosen->get(item), style);
  }
  if (count < list.size) text += fmt::format(",+{}", list.size - count);
  return text;
}

/// Words speak for themselves; numbers need their name. Empty: nothing to show.
std::string detail_of(const Field& field, const Value& value, const Style& style) {
  if (std::holds_alternative<std::monostate>(value)) return {};
  // Times and ids belong to machines: the line has the time of day, and nobody reads a hash.
  if (field.kind == Kind::time || field.kind == Kind::id) return {};
  std::string piece;
  if (const auto* flag = std::get_if<bool>(&value)) {
    if (*flag) piece = field.name;
  } else if (const auto* list = std::get_if<List>(&value)) {
    piece = fmt::format("{}={}", field.name, first_elements(*list, style));
  } else if (field.kind == Kind::text) {
    append_plain(piece, value, style);
  } else {
    piece = fmt::format("{} {}", label_of(field), text_of(field, value, style));
  }
  return piece;
}

/// Appends to a line of which `used` code points stand there.
void append_detail(std::string& out, std::size_t& used, std::string_view piece, std::size_t width) {
  constexpr std::size_t indent = time_width + 2 + event_width + 1;
  const std::size_t more = 2 + code_points(piece);
  if (width > indent && used > indent && used + more > width) {
    out.resize(out.find_last_not_of(' ') + 1);
    out += '\n';
    out.append(indent, ' ');
    used = indent;
  }
  out += "  ";
  out += piece;
  used += more;
}

bool shows(const Schema& schema, const Field& field) noexcept {
  return schema.line.empty() || std::ranges::find(schema.line, field.name) != schema.line.end();
}

std::string time_of_day(Timestamp time) {
  const std::string whole = to_string(time, TimeDigits::micro);
  return whole.substr(whole.find('T') + 1, time_width);  // 22:13:20.123
}

std::string end_text(const IpAddress& address, std::optional<std::uint16_t> port) {
  std::string text = to_string(address);
  if (!port) return text;
  return address.version == IpVersion::v6 ? fmt::format("[{}]:{}", text, *port)
                                          : fmt::format("{}:{}", text, *port);
}

std::string ends_text(const Common& common) {
  if (!common.src_ip.known() && !common.dst_ip.known()) return {};
  if (!common.dst_ip.known()) return end_text(common.src_ip, common.src_port);
  return fmt::format("{} > {}", end_text(common.src_ip, common.src_port),
                     end_text(common.dst_ip, common.dst_port));
}

/// A scan is a word in capitals first: never colour alone.
std::string word_of(const Schema& schema) {
  std::string label{schema.name};
  if (schema.order == Order::scan) {
    std::transform(label.begin(), label.end(), label.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  }
  return label;
}

std::string_view color_of(Order order) noexcept {
  switch (order) {
    case Order::scan: return "\x1b[1;31m";
    case Order::anomaly: return "\x1b[33m";
    case Order::protocol: return "\x1b[36m";
    case Order::summary:
    case Order::timer: return "\x1b[1m";
    case Order::packet:
    case Order::flow: return "\x1b[32m";
  }
  return {};
}

using Cells = std::vector<std::string>;

std::vector<Cells> cells_of(const List& list, const Style& style) {
  const std::span columns{list.element, list.element_fields};
  std::vector<Cells> rows(1);
  for (const Field& column : columns) rows.front().emplace_back(label_of(column));
  for (std::size_t i = 0; i < list.size; ++i) {
    Cells& row = rows.emplace_back();
    for (const Field& column : columns)
      row.push_back(text_of(column, column.get(list.at(list.items, i)), style));
  }
  return rows;
}

void append_cells(std::string& out, const List& list, const Style& style) {
  const std::vector<Cells> rows = cells_of(list, style);
  std::vector<std::size_t> widths(list.element_fields);
  for (const Cells& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], code_points(row[c]));
  }
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const Kind kind = list.element[c].kind;
      const bool is_number = kind == Kind::integer || kind == Kind::number;
      line += "  ";
      if (is_number) line.append(widths[c] - code_points(row[c]), ' ');
      pad(line, row[c], is_number ? 0 : widths[c]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line;
    out += '\n';
  }
}

}  // namespace

void append_table(std::string& out, const Event& event, const TableStyle& style) {
  std::string line = time_of_day(event.common.ts) + "  ";
  const bool colored = style.color == Color::on;
  if (colored) line += color_of(event.schema.order);
  pad(line, word_of(event.schema), event_width);
  if (colored) line += "\x1b[0m";
  line += ' ';
  std::size_t used = time_width + 2 + event_width + 1;
  const std::string ends = ends_text(event.common);
  if (!ends.empty()) {
    pad(line, ends, ends_width);
    used += std::max(code_points(ends), ends_width);
  }
  for (const Field& field : event.schema.fields) {
    if (!shows(event.schema, field)) continue;
    const std::string piece = detail_of(field, field.get(event.record), style.values);
    if (!piece.empty()) append_detail(line, used, piece, style.width);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out += line;
  out += '\n';
}

void append_table_block(std::string& out, const Event& event, const TableStyle& style) {
  std::size_t name_width = 0;
  for (const Field& field : event.schema.fields)
    name_width = std::max(name_width, label_of(field).size());
  for (const Field& field : event.schema.fields) {
    const Value value = field.get(event.record);
    if (field.kind == Kind::records || std::holds_alternative<std::monostate>(value)) continue;
    const auto* list = std::get_if<List>(&value);
    std::string line;
    pad(line, label_of(field), name_width + 2);
    line +=
        list == nullptr ? text_of(field, value, style.values) : first_elements(*list, style.values);
    out += line;
    out += '\n';
  }
  for (const Field& field : event.schema.fields) {
    const Value value = field.get(event.record);
    if (field.kind != Kind::records || !std::holds_alternative<List>(value)) continue;
    out += fmt::format("\n{}\n", field.name);
    append_cells(out, std::get<List>(value), style.values);
  }
}

}  // namespace ntan::event

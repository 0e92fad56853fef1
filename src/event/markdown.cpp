#include "event/markdown.h"

#include <fmt/format.h>

namespace ntan::event {
namespace {

std::string_view type_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::number: return "number";
    case Kind::text: return "text";
    case Kind::time: return "time";
    case Kind::address: return "address";
    case Kind::mac: return "MAC address";
    case Kind::id: return "id";
    case Kind::list: return "list";
    case Kind::records: return "list of records";
  }
  return {};
}

std::string type_of(const Field& field) {
  if (field.kind == Kind::list) return fmt::format("list of {}", type_name(field.element_kind));
  return std::string{type_name(field.kind)};
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void append_row(std::string& out, std::string_view prefix, const Field& field) {
  out += fmt::format("| `{}{}` | {} | {} | {} |\n", prefix, field.name, type_of(field),
                     field.optional ? "where known" : "always", cell(field.doc));
}

void append_fields(std::string& out, std::string_view prefix, std::span<const Field> fields) {
  out += "\n| field | type | present | meaning |\n|---|---|---|---|\n";
  for (const Field& field : fields) {
    append_row(out, prefix, field);
    const std::string inside = fmt::format("{}{}[].", prefix, field.name);
    for (const Field& member : field.members) append_row(out, inside, member);
  }
}

}  // namespace

std::string markdown(std::span<const Schema* const> schemas) {
  std::string out = "## All events\n\nEvery line begins with `v` (";
  out += fmt::format("{}) and `event`, its type; then come\n", format_version);
  append_fields(out, "", schema_of<Common>.fields);
  for (const Schema* schema : schemas) {
    out += fmt::format("\n## {}\n\n{}.\n", schema->name, schema->doc);
    append_fields(out, fmt::format("{}.", schema->name), schema->fields);
  }
  return out;
}

}  // namespace ntan::event

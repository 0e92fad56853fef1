#include "event/json_schema.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "event/plain.h"

namespace ntan::event {
namespace {

constexpr std::string_view dialect = "https://json-schema.org/draft/2020-12/schema";

/// Writes indented JSON. All text is ours: names and descriptions from the declarations.
class Writer {
 public:
  void begin(std::string_view key = {}) { open(key, '{'); }

  void end() { close('}'); }

  void begin_array(std::string_view key) { open(key, '['); }

  void end_array() { close(']'); }

  void text(std::string_view key, std::string_view value) {
    start(key);
    quote(value);
  }

  void item(std::string_view value) { text({}, value); }

  /// `json` stands as it is: a number, true or false.
  void literal(std::string_view key, std::string_view json) {
    start(key);
    out_ += json;
  }

  [[nodiscard]] std::string take() && {
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void start(std::string_view key) {
    if (!first_) out_ += ',';
    if (depth_ != 0) {
      out_ += '\n';
      out_.append(2 * depth_, ' ');
    }
    first_ = false;
    if (key.empty()) return;
    quote(key);
    out_ += ": ";
  }

  void open(std::string_view key, char bracket) {
    start(key);
    out_ += bracket;
    ++depth_;
    first_ = true;
  }

  void close(char bracket) {
    --depth_;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
    out_ += bracket;
    first_ = false;
  }

  void quote(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

void write_string(Writer& out, std::string_view constraint, std::string_view value) {
  out.text("type", "string");
  out.text(constraint, value);
}

void write_scalar(Writer& out, Kind kind) {
  switch (kind) {
    case Kind::boolean: return out.text("type", "boolean");
    case Kind::integer: return out.text("type", "integer");
    case Kind::number: return out.text("type", "number");
    case Kind::time:
      return write_string(
          out, "pattern",
          R"(^([0-9]{4}|[+-][0-9]{4,})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.([0-9]{6}|[0-9]{9})Z$)");
    case Kind::address: return write_string(out, "pattern", "^[0-9a-f:.]+$");
    case Kind::mac: return write_string(out, "pattern", "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$");
    case Kind::id: return write_string(out, "pattern", "^[0-9a-f]{16}$");
    case Kind::text:
    case Kind::list:
    case Kind::records: return out.text("type", "string");
  }
}

void write_members(Writer& out, std::span<const Field> fields);

void write_required(Writer& out, std::span<const Field> fields,
                    std::span<const std::string_view> more = {}) {
  out.begin_array("required");
  for (const std::string_view name : more) out.item(name);
  for (const Field& field : fields) {
    if (!field.optional) out.item(field.name);
  }
  out.end_array();
}

bool any_required(std::span<const Field> fields) noexcept {
  return std::ranges::any_of(fields, [](const Field& field) { return !field.optional; });
}

// Lists are as deep as the declarations, not as any input.
// NOLINTBEGIN(misc-no-recursion)
void write_object(Writer& out, std::span<const Field> fields) {
  out.text("type", "object");
  out.literal("additionalProperties", "false");
  if (any_required(fields)) write_required(out, fields);
  out.begin("properties");
  write_members(out, fields);
  out.end();
}

void write_members(Writer& out, std::span<const Field> fields) {
  for (const Field& field : fields) {
    out.begin(field.name);
    out.text("description", field.doc);
    if (!is_flat(field.kind)) {
      out.text("type", "array");
      out.literal("minItems", "1");
      out.begin("items");
      if (field.kind == Kind::records) {
        write_object(out, field.members);
      } else {
        write_scalar(out, field.element_kind);
      }
      out.end();
    } else {
      write_scalar(out, field.kind);
    }
    out.end();
  }
}

// NOLINTEND(misc-no-recursion)

void write_event(Writer& out, const Schema& schema) {
  out.text("title", schema.name);
  out.text("description", schema.doc);
  out.text("type", "object");
  out.literal("additionalProperties", "false");
  write_required(out, schema_of<Common>.fields,
                 std::array{std::string_view{"v"}, std::string_view{"event"}, schema.name});
  out.begin("properties");
  out.begin("v");
  out.text("description", "Version of the event format; members are only ever added within one");
  out.literal("const", fmt::format("{}", format_version));
  out.end();
  out.begin("event");
  out.text("description", "What this line is, and the name of its object");
  out.text("const", schema.name);
  out.end();
  write_members(out, schema_of<Common>.fields);
  out.begin(schema.name);
  out.text("description", schema.doc);
  write_object(out, schema.fields);
  out.end();
  out.end();
}

}  // namespace

std::string json_schema(const Schema& schema) {
  Writer out;
  out.begin();
  out.text("$schema", dialect);
  write_event(out, schema);
  out.end();
  return std::move(out).take();
}

std::string json_schema(std::span<const Schema* const> schemas) {
  Writer out;
  out.begin();
  out.text("$schema", dialect);
  out.text("title", "ntan events");
  out.begin_array("oneOf");
  for (const Schema* schema : schemas) {
    out.begin();
    out.text("$ref", fmt::format("#/$defs/{}", schema->name));
    out.end();
  }
  out.end_array();
  out.begin("$defs");
  for (const Schema* schema : schemas) {
    out.begin(schema->name);
    write_event(out, *schema);
    out.end();
  }
  out.end();
  out.end();
  return std::move(out).take();
}

}  // namespace ntan::event

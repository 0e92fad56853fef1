#include "serve/event_export.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/digits.h"
#include "event/csv.h"
#include "event/plain.h"
#include "event/text.h"
#include "serve/json_read.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t block_size = std::size_t{64} << 10U;

/// Text of a JSON line is escaped already but for what a reader would not see, which JSON has
/// another form for.
void append_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\\'), text.size());
    const std::size_t begin = out.size();
    out.resize(begin + event::max_text_growth * size);
    const char* end =
        event::append_text(out.data() + begin, text.substr(0, size), event::TextForm::plain);
    out.resize(static_cast<std::size_t>(end - out.data()));
    text.remove_prefix(size);
    const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
    out.append(text.substr(0, slashes));
    text.remove_prefix(slashes);
  }
}

/// One value as the text of a cell; nothing for an absent one.
void append_value(std::string& out, const simdjson::simdjson_result<dom::element>& found) {
  dom::element element;
  if (found.get(element) != simdjson::SUCCESS) return;
  std::array<char, event::max_number_text> digits{};
  switch (element.type()) {
    case dom::element_type::STRING: append_text(out, std::string_view{element}); break;
    case dom::element_type::BOOL: out += bool{element} ? "true" : "false"; break;
    case dom::element_type::INT64:
      out.append(digits.data(), append_signed(digits.data(), std::int64_t{element}));
      break;
    case dom::element_type::UINT64:
      out.append(digits.data(), append_unsigned(digits.data(), std::uint64_t{element}));
      break;
    case dom::element_type::DOUBLE:
      out.append(digits.data(), event::append_number(digits.data(), double{element}));
      break;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
    case dom::element_type::NULL_VALUE: break;
  }
}

/// The cells of one member. What is text in the line is text, whatever the schema has there:
/// somebody else may have written it, and no text of ours but what packets bring begins a formula.
class Cells {
 public:
  explicit Cells(std::string& out) : line_(out, event::Formulas::guard) {}

  void plain(std::string_view text) { line_.cell(text); }

  void field(const dom::object& object, const event::Field& field) {
    if (event::is_flat(field.kind)) {
      const auto value = object[field.name];
      cell_.clear();
      append_value(cell_, value);
      is_text(value) ? line_.text(cell_) : line_.cell(cell_);
      return;
    }
    dom::array items;
    const bool there = object[field.name].get(items) == simdjson::SUCCESS;
    if (field.kind == event::Kind::list) {
      list(there ? &items : nullptr, {});
      return;
    }
    for (const event::Field& member : field.members) {
      if (event::is_flat(member.kind)) list(there ? &items : nullptr, member.name);
    }
  }

  void end() { line_.end(); }

 private:
  /// `member`: of each element; empty for a list of plain values. An absent list is an empty cell.
  void list(const dom::array* items, std::string_view member) {
    line_.begin_list();
    bool of_text = false;
    if (items != nullptr) {
      for (dom::element item : *items) {
        const auto value = member.empty() ? simdjson::simdjson_result<dom::element>(std::move(item))
                                          : item[member];
        cell_.clear();
        append_value(cell_, value);
        line_.element(cell_);
        of_text = of_text || is_text(value);
      }
    }
    line_.end_list(of_text);
  }

  [[nodiscard]] static bool is_text(const simdjson::simdjson_result<dom::element>& value) {
    dom::element_type type{};
    return value.type().get(type) == simdjson::SUCCESS && type == dom::element_type::STRING;
  }

  event::CsvLine line_;
  std::string cell_;
};

}  // namespace

void append_csv(std::string& out, const dom::object& event, const event::Schema& schema) {
  dom::object record;
  if (event[schema.name].get(record) != simdjson::SUCCESS) return;
  Cells cells(out);
  std::string version;
  append_value(version, event["v"]);
  cells.plain(version);
  cells.plain(schema.name);
  for (const event::Field& field : event::schema_of<event::Common>.fields)
    cells.field(event, field);
  for (const event::Field& field : schema.fields) {
    if (!event::csv_omits(schema, field)) cells.field(record, field);
  }
  cells.end();
}

EventExport::EventExport(const KeptEvents& kept, EventChoice choice, const event::Schema* schema)
    : kept_(&kept), choice_(std::move(choice)), schema_(schema), next_(0), end_(kept.next()) {
  fill();
  if (schema_ == nullptr || buffer_.empty()) return;
  std::string header;
  event::append_csv_header(header, *schema_);
  buffer_.insert(0, header);
}

BodySource::Part EventExport::read(std::span<char> out) {
  if (sent_ == buffer_.size()) {
    buffer_.clear();
    sent_ = 0;
    fill();
  }
  if (buffer_.empty()) return {.size = 0, .next = Next::end};
  const std::size_t size = std::min(out.size(), buffer_.size() - sent_);
  std::memcpy(out.data(), buffer_.data() + sent_, size);
  sent_ += size;
  return {.size = size, .next = Next::more};
}

void EventExport::fill() {
  while (buffer_.size() < block_size) {
    const KeptEvent* event = kept_->from(next_);
    if (event == nullptr || event->sequence >= end_) return;
    next_ = event->sequence + 1;
    if (!chosen(*event)) continue;
    if (schema_ == nullptr) {
      buffer_ += event->line;
      buffer_ += '\n';
      continue;
    }
    dom::object parsed;
    if (parser_.parse(event->line).get(parsed) == simdjson::SUCCESS)
      append_csv(buffer_, parsed, *schema_);
  }
}

bool EventExport::chosen(const KeptEvent& event) {
  if (choice_.from && event.time < *choice_.from) return false;
  if (choice_.to && event.time > *choice_.to) return false;
  if (!choice_.event.empty() && kept_->kinds()[event.kind].name != choice_.event) return false;
  if (choice_.scan.empty() && choice_.flow.empty()) return true;
  dom::object parsed;
  if (parser_.parse(event.line).get(parsed) != simdjson::SUCCESS) return false;
  if (!choice_.flow.empty() && text_of(parsed, "flow_id") != choice_.flow) return false;
  if (choice_.scan.empty()) return true;
  dom::object scan;
  return parsed["scan"].get(scan) == simdjson::SUCCESS && text_of(scan, "id") == choice_.scan;
}

}  // namespace ntan::serve

// Kept event lines as a file to save: NDJSON, or CSV of one event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/time.h"
#include "event/event.h"
#include "serve/http_server.h"
#include "serve/kept_events.h"

namespace ntan::serve {

/// Which lines; all without any.
struct EventChoice {
  std::string event;
  std::string scan;  ///< scan.id
  std::string flow;  ///< flow_id
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;  ///< inclusive
};

/// The lines that were kept when this was made, as far as they still are when they are sent.
class EventExport final : public BodySource {
 public:
  /// `schema`: CSV of this event; null: NDJSON. `kept` outlives the export.
  EventExport(const KeptEvents& kept, EventChoice choice, const event::Schema* schema);

  /// No line matches.
  [[nodiscard]] bool empty() const noexcept { return buffer_.empty(); }

  Part read(std::span<char> out) override;

 private:
  void fill();
  [[nodiscard]] bool chosen(const KeptEvent& event);

  const KeptEvents* kept_;
  EventChoice choice_;
  const event::Schema* schema_;
  std::uint64_t next_;  // sequence
  std::uint64_t end_;
  std::string buffer_;
  std::size_t sent_ = 0;
  simdjson::dom::parser parser_;
};

/// Appends the line of a CSV file with the columns of append_csv_header(schema). `event` is a line
/// of NDJSON as ntan writes it; nothing is appended for one that is not of this schema.
void append_csv(std::string& out, const simdjson::dom::object& event, const event::Schema& schema);

}  // namespace ntan::serve

// Puts events in their final order and renders each once per format in use.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "event/format.h"

namespace ntan::run {

using event::Format;

inline constexpr std::size_t format_count = 3;

/// Takes finished lines in their final order. One call per line and format.
class LineSink {
 public:
  LineSink() = default;
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;
  virtual ~LineSink() = default;
  /// `line` ends with its line end and lives for the call.
  virtual void write(const event::Schema& schema, Timestamp time, Format format,
                     std::string_view line) = 0;
};

/// Where an event stands among those of the same trace time: by (order, sequence), then as
/// recorded.
struct Place {
  event::Order order{};
  std::uint64_t sequence = 0;
};

/// Holds the events of one trace time until the clock moves on, then hands them over by (order,
/// sequence).
class Recorder {
 public:
  /// Which formats want which event; asked once per schema.
  using Wanted = bool (*)(const void* context, const event::Schema& schema, Format format);

  Recorder(LineSink& sink, Wanted wanted, const void* context, const event::LineStyle& style)
      : sink_(&sink), wanted_(wanted), context_(context), style_(style) {}

  /// Records an event at its own time, which never lies before that of an earlier one.
  void record(const event::Event& event, Place place);

  /// The trace clock has reached `now`: everything before it is final.
  void advance(Timestamp now) {
    if (!entries_.empty() && entries_.front().time < now) release(event::Order::summary);
  }

  /// At the end of the input, where everything is decided at one time: hands over what is pending
  /// up to `order`, and from now on events of that order are handed over as they come.
  void enter(event::Order order);

  /// Hands over all that is pending.
  void finish() { release(event::Order::summary); }

  /// Whether anybody wants this event; lets callers skip making it.
  [[nodiscard]] bool wants(const event::Schema& schema) { return formats_of(schema) != 0; }
  /// Events recorded that somebody wants, by any format.
  [[nodiscard]] std::uint64_t recorded() const noexcept { return recorded_; }

 private:
  struct Piece {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  struct Entry {
    Timestamp time;
    Place place;
    const event::Schema* schema = nullptr;
    std::array<Piece, format_count> pieces;
  };
  struct Known {
    const event::Schema* schema = nullptr;
    std::uint8_t formats = 0;
  };

  [[nodiscard]] std::uint8_t formats_of(const event::Schema& schema);
  void release(event::Order last);
  void hand_over(const Entry& entry);
  [[nodiscard]] Piece render(const event::Event& event, Format format);
  char* reserve(std::size_t size);

  LineSink* sink_;
  Wanted wanted_;
  const void* context_;
  event::LineStyle style_;
  std::string scratch_;  // a line of the slow formats
  std::vector<Known> known_;
  std::vector<Entry> entries_;
  std::unique_ptr<char[]> text_;  // NOLINT(*-c-arrays)
  std::size_t text_capacity_ = 0;
  std::size_t text_size_ = 0;
  int direct_order_ = -1;
  std::uint64_t recorded_ = 0;
};

}  // namespace ntan::run

// Puts the lines of events in their final order.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "run/renderer.h"

namespace ntan::run {

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
/// sequence). Of a time with more than `most_held` octets of them they go in several such parts.
class Recorder {
 public:
  using Wanted = Renderer::Wanted;

  static constexpr std::size_t usual_held = std::size_t{16} << 20U;

  Recorder(LineSink& sink, Wanted wanted, const void* context, const event::LineStyle& style,
           std::size_t most_held = usual_held)
      : sink_(&sink), renderer_(wanted, context, style), most_held_(most_held) {}

  /// Records an event at its own time, which never lies before that of an earlier one.
  void record(const event::Event& event, Place place);
  /// The same of one that another renderer has rendered.
  void record(const event::Schema& schema, Timestamp time, Place place, const Renderer& renderer,
              const Renderer::Lines& lines);

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
  [[nodiscard]] bool wants(const event::Schema& schema) { return renderer_.wants(schema); }
  [[nodiscard]] const Renderer& renderer() const noexcept { return renderer_; }
  /// Events recorded that somebody wants, by any format.
  [[nodiscard]] std::uint64_t recorded() const noexcept { return recorded_; }
  /// How often events went before their time was over.
  [[nodiscard]] std::uint64_t hurried() const noexcept { return hurried_; }

 private:
  struct Entry {
    Timestamp time;
    Place place;
    const event::Schema* schema = nullptr;
    Renderer::Lines lines;
  };

  /// `before`: of the renderer, without the entry's lines.
  void keep(const Entry& entry, std::size_t before);
  void release(event::Order last);
  void hand_over(const Entry& entry);

  LineSink* sink_;
  Renderer renderer_;
  std::vector<Entry> entries_;
  int direct_order_ = -1;
  std::uint64_t recorded_ = 0;
  std::size_t most_held_;
  std::uint64_t hurried_ = 0;
};

}  // namespace ntan::run

// Where rendered events go. Whoever runs the analysis renders each event once per format in use
// and hands the line to every sink of that format; nothing here knows what an event means.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "event/format.h"
#include "sink/output_file.h"

namespace ntan::sink {

/// What became of one file.
struct Written {
  std::string name;
  std::uint64_t lines = 0;  ///< events; a header does not count
  std::uint64_t lost = 0;
};

class Sink {
 public:
  explicit Sink(event::Format format) noexcept : format_(format) {}

  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  [[nodiscard]] event::Format format() const noexcept { return format_; }

  /// Takes one event: a whole line (or several) with its end.
  virtual void write(std::string_view event, Timestamp time, std::string_view line) = 0;
  /// See OutputFile::flush().
  virtual void flush() = 0;
  /// The input has ended: a slow reader is waited for, see OutputFile.
  virtual void wait_for_reader() noexcept {}
  /// Writes what is left and closes. Nothing may be written afterwards.
  virtual void finish() = 0;

  [[nodiscard]] virtual State state() const noexcept = 0;
  /// Live: whether state() may be good again though it is not, as the next file may be had.
  [[nodiscard]] virtual bool may_recover() const noexcept { return false; }
  /// What failed last, in words that tell it from what failed before; empty: nothing so far.
  [[nodiscard]] virtual std::string message() const = 0;
  /// Every file so far, in the order in which they were opened.
  [[nodiscard]] virtual std::vector<Written> written() const = 0;

 private:
  event::Format format_;
};

using Schemas = std::span<const event::Schema* const>;

/// All events into one stream. A header is due at once, if the format has one.
[[nodiscard]] std::unique_ptr<Sink> make_stream_sink(OutputFile file, event::Format format,
                                                     Schemas events);

/// Events into files named by a pattern: `{event}` stands for the event's name, and strftime
/// conversions for its trace time in UTC. Nothing else, so that no packet names a file.
/// Files whose names are known at once are created at once, with their header; a name with a time
/// in it begins with the first event of that time. If that file cannot be had, the events that come
/// are lost and counted until one can. Throws as OutputFile::create.
/// Requires: `events` and their schemas outlive the sink.
[[nodiscard]] std::unique_ptr<Sink> make_pattern_sink(std::string pattern, event::Format format,
                                                      Schemas events, const Writing& writing);

/// Whether names of this pattern depend on the time, and so come after privileges are dropped.
[[nodiscard]] bool depends_on_time(std::string_view pattern) noexcept;

/// The name of the file for this event and time.
[[nodiscard]] std::string expand(std::string_view pattern, std::string_view event, Timestamp time);

}  // namespace ntan::sink

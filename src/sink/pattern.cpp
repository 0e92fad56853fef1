#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>

#include "sink/sink.h"

namespace ntan::sink {
namespace {

constexpr std::string_view event_mark = "{event}";

/// With `seconds` in place of %s, which strftime would take for a time of the machine's zone.
std::string with_seconds(std::string_view pattern, std::int64_t seconds) {
  constexpr std::string_view modifiers = "_-0^#+EO123456789";
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const std::size_t end =
        pattern[at] == '%' ? pattern.find_first_not_of(modifiers, at + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += pattern[at];
      continue;
    }
    out += pattern[end] == 's' ? std::to_string(seconds)
                               : std::string{pattern.substr(at, end + 1 - at)};
    at = end;
  }
  return out;
}

/// strftime of the part that has no marks. UTC: the output knows nothing of the machine.
std::string expand_time(std::string_view pattern, Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const std::string words = with_seconds(pattern, seconds);
  if (words.empty()) return {};
  const std::time_t clock{seconds};
  std::tm parts{};
  gmtime_r(&clock, &parts);
  std::array<char, 4096> name{};
  const std::size_t size = std::strftime(name.data(), name.size(), words.c_str(), &parts);
  return {name.data(), size};
}

class PatternSink final : public Sink {
 public:
  PatternSink(std::string pattern, event::Format format, Schemas events, const Writing& writing)
      : Sink(format),
        pattern_(std::move(pattern)),
        events_(events),
        writing_(writing),
        timed_(depends_on_time(pattern_)),
        per_event_(pattern_.find(event_mark) != std::string::npos),
        open_(per_event_ ? events.size() : 1) {
    writing_.midway = timed_ && live();
    if (timed_) return;
    for (std::size_t i = 0; i < open_.size(); ++i)
      open(i, expand(pattern_, per_event_ ? events_[i]->name : std::string_view{}, {}));
  }

  void write(std::string_view event, Timestamp time, std::string_view line) override {
    const std::size_t index = index_of(event);
    if (index == open_.size()) return;
    if (timed_) turn_to(index, event, time);
    Open& target = open_[index];
    if (!target.file) return;
    target.file->append(line);
    ++target.lines;
  }

  void flush() override {
    for (Open& each : open_) {
      if (each.file) each.file->flush();
    }
  }

  void wait_for_reader() noexcept override {
    for (Open& each : open_) {
      if (each.file) each.file->wait_for_reader();
    }
  }

  void finish() override {
    for (Open& each : open_) close(each, Rest::awaits_reader);
  }

  [[nodiscard]] State state() const noexcept override {
    const bool failed = std::any_of(open_.begin(), open_.end(), [](const Open& each) {
      return !each.refused.empty() || (each.file && has_failed(*each.file));
    });
    return failed || (!timed_ && !message_.empty()) ? State::failed : State::good;
  }

  [[nodiscard]] bool may_recover() const noexcept override { return timed_ && live(); }

  [[nodiscard]] std::string message() const override {
    for (const Open& each : open_) {
      if (each.file && has_failed(*each.file)) return each.file->problem();
    }
    return message_;
  }

  [[nodiscard]] std::vector<Written> written() const override {
    std::vector<Written> all = closed_;
    if (earlier_.lines != 0 || earlier_.lost != 0) all.push_back(earlier_);
    for (const Open& each : open_) {
      if (each.file) all.push_back(summary_of(*each.file, each.lines));
    }
    return all;
  }

 private:
  struct Open {
    std::optional<OutputFile> file;
    std::uint64_t lines = 0;
    std::string refused{};  ///< the file that could not be opened, if that was the last
  };

  /// Packets do not wait for a reader.
  [[nodiscard]] bool live() const noexcept { return writing_.backlog != 0; }

  /// A reader that went away is a failure here: whoever named a pipe wanted all of it.
  static bool has_failed(const OutputFile& file) noexcept { return file.state() != State::good; }

  static Written summary_of(const OutputFile& file, std::uint64_t lines) {
    // A header is no event; where it was lost, all were.
    return {.name = file.name(), .lines = lines, .lost = std::min(file.lost(), lines)};
  }

  [[nodiscard]] std::size_t index_of(std::string_view event) const noexcept {
    if (!per_event_) return 0;
    const auto found =
        std::find_if(events_.begin(), events_.end(),
                     [event](const event::Schema* schema) { return schema->name == event; });
    return static_cast<std::size_t>(found - events_.begin());
  }

  void open(std::size_t index, const std::string& path) {
    OutputFile& file = open_[index].file.emplace(OutputFile::create(path, writing_));
    open_[index].lines = 0;
    std::string head;
    if (per_event_) {
      event::append_head(head, *events_[index], format());
    } else {
      for (const event::Schema* schema : events_) event::append_head(head, *schema, format());
    }
    if (!head.empty()) file.append(head);
  }

  void close(Open& each, Rest rest) {
    if (!each.file) return;
    each.file->close(rest);
    if (has_failed(*each.file)) message_ = each.file->problem();
    if (timed_) {  // there may be any number of them
      earlier_.name = pattern_;
      earlier_.lines += each.lines;
      earlier_.lost += summary_of(*each.file, each.lines).lost;
    } else {
      closed_.push_back(summary_of(*each.file, each.lines));
    }
    each.file.reset();
  }

  /// Makes the file for this time the open one; none is open if that is impossible.
  void turn_to(std::size_t index, std::string_view event, Timestamp time) {
    Open& target = open_[index];
    const std::string path = expand(pattern_, event, time);
    if (target.file && target.file->name() == path) return;
    close(target, live() ? Rest::is_lost : Rest::awaits_reader);
    try {
      open(index, path);
      target.refused.clear();
    } catch (const std::system_error& error) {
      if (target.refused != path) message_ = error.what();
      target.refused = path;
      earlier_.name = pattern_;
      ++earlier_.lost;
    }
  }

  std::string pattern_;
  Schemas events_;
  Writing writing_;
  bool timed_;
  bool per_event_;
  std::vector<Open> open_;       ///< by index of the event, or one for all
  std::vector<Written> closed_;  ///< of names without time
  Written earlier_;              ///< of all others together
  std::string message_;          ///< of what failed last and is not open
};

}  // namespace

std::unique_ptr<Sink> make_pattern_sink(std::string pattern, event::Format format, Schemas events,
                                        const Writing& writing) {
  return std::make_unique<PatternSink>(std::move(pattern), format, events, writing);
}

bool depends_on_time(std::string_view pattern) noexcept {
  return pattern.find('%') != std::string_view::npos;
}

std::string expand(std::string_view pattern, std::string_view event, Timestamp time) {
  std::string name = depends_on_time(pattern) ? expand_time(pattern, time) : std::string{pattern};
  for (std::size_t at = 0; (at = name.find(event_mark, at)) != std::string::npos;) {
    name.replace(at, event_mark.size(), event);
    at += event.size();
  }
  return name;
}

}  // namespace ntan::sink

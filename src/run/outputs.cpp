#include "run/outputs.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/core.h>

#include "base/descriptor.h"
#include "base/parse_number.h"
#include "run/schemas.h"

namespace ntan::run {
namespace {

/// What may wait for a slow reader of a descriptor that somebody else has opened.
constexpr std::size_t inherited_backlog = std::size_t{16} << 20U;

/// Live, packets must not wait for a reader; files can.
sink::Writing writing(const Options& options) noexcept {
  constexpr std::size_t most = std::size_t{64} << 20U;
  constexpr std::size_t share = 10;
  return {.flushing = options.buffering == Buffering::line ? sink::Flushing::records
                                                           : sink::Flushing::blocks,
          .backlog = options.command == Command::capture ? std::min(most, options.mem_limit / share)
                                                         : std::size_t{0}};
}

std::vector<const event::Schema*> selection(const Options& options) {
  std::vector<const event::Schema*> selected;
  for (const event::Schema* schema : schemas()) {
    if (std::find(options.events.begin(), options.events.end(), schema->name) !=
        options.events.end())
      selected.push_back(schema);
  }
  return selected;
}

// What a person at a terminal is shown line by line; the summary follows as a block. Flows and
// packets would drown the rest: who wants to see them names them.
bool in_table(const event::Schema& schema, const Options& options) noexcept {
  if (schema.order == event::Order::summary) return schema.name == "summary";
  if (options.verbosity == Verbosity::quiet) return false;
  if (schema.order != event::Order::flow && schema.order != event::Order::packet) return true;
  return std::ranges::find(options.named_events, schema.name) != options.named_events.end();
}

/// Every file that is named by now.
std::vector<std::string> known_files(const Options& options) {
  std::vector<std::string> files;
  for (const Output& output : options.outputs) {
    if (sink::depends_on_time(output.pattern)) continue;
    for (const std::string& event : options.events)
      files.push_back(sink::expand(output.pattern, event, {}));
  }
  if (options.write_packets && *options.write_packets != "-")
    files.push_back(*options.write_packets);
  return files;
}

// What a shell or a parent process has opened for us is written as it is. By its path it could not
// be opened any more: privileges have been given up.
sink::OutputFile open_file(const std::string& path, const sink::Writing& writing) {
  constexpr std::string_view open_ones = "/dev/fd/";
  if (!path.starts_with(open_ones)) return sink::OutputFile::create(path, writing);
  const auto number = parse_number<int>(std::string_view{path}.substr(open_ones.size()));
  Descriptor copy{number && *number >= 0 ? ::fcntl(*number, F_DUPFD_CLOEXEC, 0) : -1};
  if (!copy.open())
    throw std::system_error(EBADF, std::generic_category(), fmt::format("cannot write {}", path));
  sink::OutputFile file(std::move(copy), path, writing.flushing);
  file.drop_when_slow(inherited_backlog);
  return file;
}

/// Nothing is written through a symbolic link, and everybody knows where this one leads.
void refuse_link(const Options& options) {
  constexpr std::string_view link = "/dev/stdout";
  if (options.write_packets != link) return;
  throw source::Error(source::Error::Kind::usage,
                      fmt::format("cannot write {} through a symbolic link", link),
                      {"-w - writes to standard output"});
}

}  // namespace

// A capture may have several names; emptied is emptied by any of them.
void keep_inputs(const Options& options, std::span<const std::string> written) {
  for (const std::string& file : written) {
    for (const std::string& input : options.files) {
      if (sink::same_file(file, input)) {
        throw source::Error(source::Error::Kind::usage,
                            fmt::format("'{}' is read: it cannot be written to", file));
      }
    }
  }
}

Outputs::Outputs(const Options& options) : options_(&options) {}

void Outputs::open() {
  refuse_link(*options_);
  keep_inputs(*options_, known_files(*options_));
  selected_ = selection(*options_);
  if (options_->format) {
    entries_.push_back(
        {sink::make_stream_sink(standard_output(), *options_->format, selected_), true});
  }
  for (const Output& output : options_->outputs) {
    entries_.push_back(
        {sink::make_pattern_sink(output.pattern, output.format, selected_, writing(*options_))});
  }
  if (!options_->write_packets) return;
  const std::string& path = *options_->write_packets;
  auto file = path == "-" ? standard_output() : open_file(path, writing(*options_));
  packets_.emplace(std::move(file), sink::capture_format(path));
}

void Outputs::stand_above(StatusLine& status) noexcept {
  if (::isatty(STDOUT_FILENO) != 0) status_ = &status;
}

sink::OutputFile Outputs::standard_output() const {
  const sink::Writing how = writing(*options_);
  auto file = sink::OutputFile::standard_output(how.flushing);
  if (how.backlog != 0) file.drop_when_slow(how.backlog);
  return file;
}

bool Outputs::selected(std::string_view event) const {
  return std::find(options_->events.begin(), options_->events.end(), event) !=
         options_->events.end();
}

bool Outputs::wanted(const void* outputs, const event::Schema& schema, Format format) {
  const auto& self = *static_cast<const Outputs*>(outputs);
  if (!self.selected(schema.name)) return false;
  if (format == Format::table && !in_table(schema, *self.options_)) return false;
  return std::any_of(self.entries_.begin(), self.entries_.end(),
                     [format](const Entry& entry) { return entry.sink->format() == format; });
}

void Outputs::write(const event::Schema& schema, Timestamp time, Format format,
                    std::string_view line) {
  bool written = false;
  for (Entry& entry : entries_) {
    // One that has failed counts what it cannot write; one without a reader has nothing to lose.
    if (entry.sink->format() != format || entry.sink->state() == sink::State::closed) continue;
    if (entry.standard_output && status_ != nullptr) status_->erase();
    entry.sink->write(schema.name, time, line);
    written |= entry.sink->state() == sink::State::good;
  }
  if (written) ++events_;
}

void Outputs::write_packets(const Batch& batch, const std::vector<source::Interface>& interfaces) {
  if (!packets_) return;
  tell_interfaces(interfaces);
  packets_->write(batch);
}

void Outputs::tell_interfaces(const std::vector<source::Interface>& interfaces) {
  if (!packets_) return;
  for (; interfaces_told_ < interfaces.size(); ++interfaces_told_) {
    const source::Interface& one = interfaces[interfaces_told_];
    packets_->add_interface({.name = one.name, .link = one.link, .snaplen = one.snaplen});
  }
}

void Outputs::flush() {
  for (Entry& entry : entries_) entry.sink->flush();
  if (packets_) packets_->flush();
}

void Outputs::wait_for_readers() {
  for (Entry& entry : entries_) entry.sink->wait_for_reader();
  if (packets_) packets_->wait_for_reader();
}

void Outputs::finish() {
  for (Entry& entry : entries_) entry.sink->finish();
  if (packets_) packets_->finish();
}

bool Outputs::closed() const {
  if (packets_ && packets_->state() == sink::State::closed && packets_to_standard_output())
    return true;
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.sink->state() == sink::State::closed; });
}

bool Outputs::useless() const {
  const bool any = !entries_.empty() || packets_;
  const bool good = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.sink->state() == sink::State::good || entry.sink->may_recover();
  });
  return any && !good && !(packets_ && packets_->state() == sink::State::good);
}

std::vector<std::string> Outputs::take_failures() {
  std::vector<std::string> messages;
  for (Entry& entry : entries_) {
    std::string message = entry.sink->message();
    if (message.empty() || message == entry.reported) continue;
    messages.push_back(message);
    entry.reported = std::move(message);
  }
  if (packets_ && !packets_reported_) {
    const sink::State state = packets_->state();
    // Whoever named a pipe wanted all of it.
    const bool unread = state == sink::State::closed && !packets_to_standard_output();
    packets_reported_ = unread || state == sink::State::failed;
    if (packets_reported_) messages.push_back(packets_->problem());
  }
  failed_ = failed_ || !messages.empty();
  return messages;
}

std::uint64_t Outputs::lost() const {
  std::uint64_t lost = packets_ ? packets_->lost() : 0;
  for (const Entry& entry : entries_) {
    for (const sink::Written& file : entry.sink->written()) lost += file.lost;
  }
  return lost;
}

std::vector<std::string> Outputs::empty_files() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.standard_output) continue;
    for (const sink::Written& file : entry.sink->written()) {
      if (file.lines == 0 && file.lost == 0) names.push_back(file.name);
    }
  }
  return names;
}

std::uint64_t Outputs::other_links() const {
  return packets_ ? packets_->other_links() : 0;
}

std::uint64_t Outputs::other_times() const {
  return packets_ ? packets_->other_times() : 0;
}

std::vector<std::string> Outputs::changes() const {
  std::vector<std::string> texts;
  if (const std::uint64_t others = other_links(); others != 0) {
    texts.push_back(fmt::format(
        "{} packets of other link types are not in the pcap file: name it .pcapng to keep them",
        others));
  }
  if (const std::uint64_t others = other_times(); others != 0) {
    texts.push_back(fmt::format(
        "{} packets have the nearest time that the file can hold instead of their own: pcap has "
        "those from 1970 to 2106, pcapng those since 1970",
        others));
  }
  return texts;
}

}  // namespace ntan::run

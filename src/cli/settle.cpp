#include "cli/settle.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/similar.h"
#include "cli/values.h"

namespace ntan::cli {
namespace {

using run::Command;
using run::Format;

constexpr std::uint32_t short_snaplen = 128;

std::string_view option_of(Format format) noexcept {
  switch (format) {
    case Format::json: return "--json";
    case Format::csv: return "--csv";
    case Format::table: return "--table";
  }
  return {};
}

void settle_input(Draft& draft, Command command, const Surroundings& around) {
  run::Options& options = draft.options;
  if (command != Command::read) return;
  if (options.files.empty()) {
    if (around.input == Stream::terminal) {
      throw UsageError("read needs a file", {"ntan read FILE, or ntan read - for standard input"});
    }
    options.files.emplace_back("-");
  }
  if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
}

void settle_filter(Draft& draft) {
  run::Options& options = draft.options;
  std::vector<std::string_view> given;
  if (draft.filter) given.emplace_back("-f");
  if (options.filter_file) given.emplace_back("-F");
  if (!draft.words.empty()) given.emplace_back("the words after the options");
  if (given.size() > 1) {
    throw UsageError(fmt::format("the filter is given twice: by {} and by {}", given[0], given[1]));
  }
  options.filter = draft.filter ? *draft.filter : fmt::format("{}", fmt::join(draft.words, " "));
}

UsageError unknown_event(std::string_view name, std::span<const std::string_view> known,
                         std::string_view groups) {
  return UsageError(fmt::format("no event is called '{}'{}", name, did_you_mean(name, known)),
                    {fmt::format("events: {}{}", fmt::join(known, ", "), groups)});
}

/// One name of --events, without its minus; `run` and `all` stand for several.
std::vector<std::string_view> events_named(std::string_view name, const Surroundings& around) {
  if (name == "all") return {around.events.begin(), around.events.end()};
  if (name == "run") return {"run_start", "run_end"};
  if (std::find(around.events.begin(), around.events.end(), name) != around.events.end()) {
    return {name};
  }
  throw unknown_event(name, around.events, ", run, all");
}

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> all_but_packet(const Surroundings& around) {
  std::vector<std::string_view> names{around.events.begin(), around.events.end()};
  std::erase(names, "packet");
  return names;
}

struct Chosen {
  std::vector<std::string_view> events;
  std::vector<std::string_view> named;  ///< of these, one by one
};

/// The list from left to right; one that begins by taking away starts from the default.
Chosen chosen_events(std::string_view list, const Surroundings& around) {
  Chosen chosen;
  if (list.starts_with('-')) chosen.events = all_but_packet(around);
  while (true) {
    const std::size_t end = list.find(',');
    std::string_view name = list.substr(0, end);
    const bool less = name.starts_with('-');
    if (less) name.remove_prefix(1);
    for (const std::string_view each : events_named(name, around)) {
      std::erase(chosen.events, each);
      std::erase(chosen.named, each);
      if (less) continue;
      chosen.events.push_back(each);
      if (each == name) chosen.named.push_back(each);
    }
    if (end == std::string_view::npos) return chosen;
    list.remove_prefix(end + 1);
  }
}

void settle_events(Draft& draft, const Surroundings& around) {
  const Chosen chosen = draft.events ? chosen_events(*draft.events, around)
                                     : Chosen{.events = all_but_packet(around)};
  if (chosen.events.empty()) throw UsageError("--events leaves no event to write");
  for (const std::string_view name : around.events) {
    if (contains(chosen.events, name)) draft.options.events.emplace_back(name);
    if (contains(chosen.named, name)) draft.options.named_events.emplace_back(name);
  }
}

void settle_stdout_packets(const Draft& draft, const Surroundings& around) {
  if (draft.options.write_packets != "-" || around.output != Stream::terminal) return;
  throw UsageError("packets are not written to a terminal",
                   {"use -w FILE, or pipe them: ... -w - | tcpdump -r -"});
}

/// What standard output is for, if for events at all.
void settle_format(Draft& draft, const Surroundings& around) {
  run::Options& options = draft.options;
  std::vector<Format>& formats = draft.formats;
  for (const Format format : formats) {
    if (format != formats.front()) {
      throw UsageError(fmt::format("{} and {} exclude each other", option_of(formats.front()),
                                   option_of(format)));
    }
  }
  settle_stdout_packets(draft, around);
  if (draft.no_events) {
    if (formats.empty()) return;
    throw UsageError(
        fmt::format("{} and --format none exclude each other", option_of(formats.front())));
  }
  if (options.write_packets == "-") {
    if (!formats.empty() || (draft.events && draft.patterns.empty())) {
      throw UsageError("standard output carries the packets (-w -): events need a file",
                       {"add -o events.ndjson"});
    }
    return;
  }
  if (!formats.empty()) {
    options.format = formats.front();
  } else if (draft.patterns.empty()) {
    options.format = around.output == Stream::terminal ? Format::table : Format::json;
  }
  if (options.format == Format::csv && options.events.size() != 1) {
    throw UsageError(
        fmt::format("CSV on standard output holds one event, not {}", options.events.size()),
        {"name it: --events dns --csv", "or write one file per event: -o '{event}.csv'"});
  }
}

/// The format that the end of a file's name stands for.
Format format_of(std::string_view pattern) {
  static constexpr std::array<std::pair<std::string_view, Format>, 5> suffixes{{
      {".ndjson", Format::json},
      {".jsonl", Format::json},
      {".json", Format::json},
      {".csv", Format::csv},
      {".txt", Format::table},
  }};
  for (const auto& [suffix, format] : suffixes) {
    if (pattern.ends_with(suffix)) return format;
  }
  if (pattern == "-") {
    throw UsageError("-o writes to files; for standard output use --json, --csv or --table");
  }
  throw UsageError(fmt::format("cannot tell the format of '{}' from its name", pattern),
                   {"end it in .ndjson, .jsonl, .json, .csv or .txt"});
}

void check_placeholders(std::string_view pattern) {
  for (std::size_t at = 0; (at = pattern.find_first_of("{}", at)) != std::string_view::npos;) {
    constexpr std::string_view event = "{event}";
    if (!pattern.substr(at).starts_with(event)) {
      throw UsageError(fmt::format("'{}': only {} can stand in braces", pattern, event));
    }
    at += event.size();
  }
}

/// However they are spelled; what links do is found out when files are opened.
bool same_path(const std::string& a, const std::string& b) {
  using std::filesystem::path;
  return path{a}.lexically_normal() == path{b}.lexically_normal();
}

void settle_outputs(Draft& draft) {
  run::Options& options = draft.options;
  for (std::string& pattern : draft.patterns) {
    check_placeholders(pattern);
    const Format format = format_of(pattern);
    const bool per_event = pattern.find("{event}") != std::string::npos;
    if (format == Format::csv && !per_event && options.events.size() != 1) {
      throw UsageError(fmt::format("'{}' holds one event, not {}", pattern, options.events.size()),
                       {"one file per event: -o '{event}.csv'", "or one event: --events dns"});
    }
    for (const run::Output& other : options.outputs) {
      if (same_path(other.pattern, pattern))
        throw UsageError(fmt::format("-o '{}' is given twice", pattern));
    }
    if (options.write_packets && same_path(*options.write_packets, pattern)) {
      throw UsageError(fmt::format("events and packets cannot share '{}'", pattern));
    }
    options.outputs.push_back({.pattern = std::move(pattern), .format = format});
  }
}

void settle_packets(const run::Options& options) {
  if (!options.write_packets || *options.write_packets == "-") return;
  const auto& files = options.files;
  if (std::find(files.begin(), files.end(), *options.write_packets) != files.end()) {
    throw UsageError(
        fmt::format("'{}' is read: packets cannot be written to it", *options.write_packets));
  }
}

void settle_verbosity(Draft& draft) {
  if (draft.quiet && draft.verbose != 0) throw UsageError("-q and -v exclude each other");
  draft.options.verbosity = draft.quiet          ? run::Verbosity::quiet
                            : draft.verbose == 0 ? run::Verbosity::normal
                                                 : run::Verbosity::more;
}

void settle_rest(Draft& draft, Command command, const Surroundings& around) {
  run::Options& options = draft.options;
  options.command = command;
  options.summary_every = draft.summary_every.value_or(
      command == Command::capture ? std::chrono::seconds{10} : std::chrono::seconds{0});
  // Whoever reads along, and has asked for no windows, wants to know what it was in all.
  if (command == Command::capture && !draft.summary_every && options.format == Format::table)
    options.summary_total = true;
  // What a terminal shows in colour would stand in a file beside it as control characters, and its
  // width means nothing there.
  const bool in_file = std::ranges::any_of(
      options.outputs, [](const run::Output& output) { return output.format == Format::table; });
  options.color = draft.color == "always" || (draft.color == "auto" && around.color && !in_file);
  options.width = in_file ? 0 : around.width;
  settle_verbosity(draft);
  if (options.snaplen < short_snaplen) {
    options.warnings.push_back(
        fmt::format("-s {}: most headers above TCP and UDP will be missing", options.snaplen));
  }
}

/// Of a command that reads its input more than once.
void settle_files(const run::Options& options, std::string_view command) {
  if (options.files.empty()) throw UsageError(fmt::format("{} needs a file", command), {"-r FILE"});
  if (std::count(options.files.begin(), options.files.end(), "-") != 0) {
    throw UsageError(
        fmt::format("{} reads its input several times: standard input will not do", command));
  }
}

run::Options settle_explain(Draft& draft) {
  run::Options& options = draft.options;
  options.command = Command::explain;
  if (draft.words.empty()) {
    throw UsageError("explain needs the id of a scan",
                     {"ntan explain ID -r FILE: scan.id of an event"});
  }
  options.scan_id = parse_id(draft.words.front());
  if (!options.scan_id) {
    throw UsageError(
        fmt::format("'{}': expected 16 hex digits, as events have them", draft.words.front()));
  }
  draft.words.erase(draft.words.begin());
  settle_files(options, "explain");
  settle_filter(draft);
  return std::move(options);
}

run::Options settle_extract(Draft& draft, const Surroundings& around) {
  run::Options& options = draft.options;
  options.command = Command::extract;
  settle_files(options, "extract");
  if (options.scan_id.has_value() == options.flow_id.has_value()) {
    throw UsageError(options.scan_id ? "--scan and --flow exclude each other"
                                     : "extract needs the id of a scan or a flow",
                     {"--scan ID or --flow ID: scan.id and flow_id of the events"});
  }
  if (!options.write_packets) throw UsageError("extract needs a file to write", {"-w FILE"});
  settle_filter(draft);
  settle_stdout_packets(draft, around);
  settle_packets(options);
  settle_verbosity(draft);
  return std::move(options);
}

/// What the page is to show: one of packets to come, saved ones, and somebody's events.
run::Options settle_serve(Draft& draft) {
  run::Options& options = draft.options;
  options.command = Command::serve;
  std::vector<std::string_view> given;
  if (!options.interfaces.empty()) given.emplace_back("-i");
  if (!options.files.empty()) given.emplace_back("-r");
  if (options.event_stream) given.emplace_back("--events");
  if (given.size() > 1)
    throw UsageError(fmt::format("{} and {} exclude each other", given[0], given[1]));
  if (options.interfaces.size() > 1) {
    throw UsageError("the page shows one interface at a time",
                     {"-i any captures on all interfaces"});
  }
  if (std::count(options.files.begin(), options.files.end(), "-") != 0) {
    throw UsageError("the page may start a replay again: standard input will not do",
                     {"ntan read - --json | ntan serve --events -"});
  }
  if (options.pace == run::Pace::recorded && options.files.empty())
    throw UsageError("--pace is for saved packets: -r FILE");
  settle_filter(draft);
  if ((!options.filter.empty() || options.filter_file) && options.event_stream)
    throw UsageError("a filter is for packets: --events has none");
  return std::move(options);
}

run::Options settle_report(Draft& draft) {
  run::Options& options = draft.options;
  options.command = Command::report;
  settle_files(options, "report");
  if (draft.patterns.size() > 1) {
    throw UsageError("report writes one file", {"run it once for each form"});
  }
  options.report_file = draft.patterns.empty() ? "-" : std::move(draft.patterns.front());
  if (options.report_file != "-") {
    const auto form = serve::report_form(options.report_file);
    if (!form) {
      throw UsageError(
          fmt::format("'{}': the end of a report's name tells its form", options.report_file),
          {".html for a page, .md for Markdown, .json for programs"});
    }
    options.report_form = *form;
  }
  settle_filter(draft);
  return std::move(options);
}

run::Options settle_schema(Draft& draft, const Surroundings& around) {
  if (draft.words.size() > 1) throw UsageError("schema takes one event, or none for all");
  if (!draft.words.empty()) {
    const std::string& name = draft.words.front();
    if (!contains(around.described, name)) throw unknown_event(name, around.described, "");
    draft.options.schema_event = name;
  }
  draft.options.command = Command::schema;
  return std::move(draft.options);
}

/// By its own command or, with the options of capture, by -D.
run::Options settle_interfaces(Draft& draft) {
  for (const Format format : draft.formats) {
    if (format == Format::csv) throw UsageError("interfaces are listed as text or as JSON");
    draft.options.as_json = format == Format::json;
  }
  draft.options.command = Command::interfaces;
  return std::move(draft.options);
}

}  // namespace

run::Options settle(Draft draft, Command command, const Surroundings& around) {
  if (command == Command::schema) return settle_schema(draft, around);
  if (command == Command::extract) return settle_extract(draft, around);
  if (command == Command::explain) return settle_explain(draft);
  if (command == Command::serve) return settle_serve(draft);
  if (command == Command::report) return settle_report(draft);
  if (command == Command::interfaces || draft.list_interfaces) {
    if (!draft.words.empty()) {
      throw UsageError(fmt::format("interfaces takes no argument '{}'", draft.words.front()));
    }
    return settle_interfaces(draft);
  }
  settle_input(draft, command, around);
  settle_filter(draft);
  settle_events(draft, around);
  settle_format(draft, around);
  settle_outputs(draft);
  settle_packets(draft.options);
  settle_rest(draft, command, around);
  return std::move(draft.options);
}

}  // namespace ntan::cli

#include "cli/flags.h"

#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "cli/values.h"

namespace ntan::cli {
namespace {

using run::Command;

constexpr Commands capture = bit(Command::capture);
constexpr Commands read = bit(Command::read);
constexpr Commands extract = bit(Command::extract);
constexpr Commands explain = bit(Command::explain);
constexpr Commands serve = bit(Command::serve);
constexpr Commands report = bit(Command::report);
constexpr Commands both = capture | read;
/// Those that read again what another run has read, and no more of it.
constexpr Commands again = extract | explain;
/// Those that read files, and those that decide what is a flow or a scan.
constexpr Commands files = read | extract | explain | serve | report;
constexpr Commands analysis = both | extract | explain | serve | report;
constexpr Commands everywhere = analysis | bit(Command::interfaces) | bit(Command::schema);

constexpr std::string_view accepted{};
constexpr std::uint64_t kib = 1ULL << 10U;
constexpr std::uint64_t mib = 1ULL << 20U;
constexpr std::uint32_t max_snaplen = 262'144;

template <auto member, auto value>
std::string_view set(Draft& draft, std::string_view) {
  draft.options.*member = value;
  return accepted;
}

template <auto member, auto value>
std::string_view set_draft(Draft& draft, std::string_view) {
  draft.*member = value;
  return accepted;
}

std::string_view set_number(std::optional<std::uint64_t>& target, std::string_view value,
                            std::string_view expected) {
  const auto number = parse_number<std::uint64_t>(value);
  if (!number || *number == 0) return expected;
  target = number;
  return accepted;
}

std::string_view set_size(std::size_t& target, std::string_view value, std::uint64_t unit,
                          std::uint64_t least, std::string_view expected) {
  const auto size = parse_size(value, unit);
  if (!size || *size < least) return expected;
  target = *size;
  return accepted;
}

std::string_view set_snaplen(Draft& draft, std::string_view value) {
  const auto number = parse_number<std::uint64_t>(value);
  if (!number || *number > max_snaplen) return "0 to 262144 octets; 0 means 262144";
  draft.options.snaplen = *number == 0 ? max_snaplen : static_cast<std::uint32_t>(*number);
  return accepted;
}

std::string_view set_format(Draft& draft, std::string_view value) {
  if (value == "json") {
    draft.formats.push_back(run::Format::json);
  } else if (value == "csv") {
    draft.formats.push_back(run::Format::csv);
  } else if (value == "table") {
    draft.formats.push_back(run::Format::table);
  } else if (value == "none") {
    draft.no_events = true;
  } else {
    return "json, csv, table or none";
  }
  return accepted;
}

std::string_view set_schema_format(Draft& draft, std::string_view value) {
  if (value == "jsonschema") {
    draft.options.schema_format = run::SchemaFormat::json_schema;
  } else if (value == "markdown") {
    draft.options.schema_format = run::SchemaFormat::markdown;
  } else {
    return "jsonschema or markdown";
  }
  return accepted;
}

std::string_view set_sensitivity(Draft& draft, std::string_view value) {
  if (value == "low") {
    draft.options.scan.sensitivity = run::Sensitivity::low;
  } else if (value == "medium") {
    draft.options.scan.sensitivity = run::Sensitivity::medium;
  } else if (value == "high") {
    draft.options.scan.sensitivity = run::Sensitivity::high;
  } else {
    return "low, medium or high";
  }
  return accepted;
}

std::string_view set_fail_on(Draft& draft, std::string_view value) {
  using detect::Severity;
  constexpr std::string_view event = "scan";
  if (!value.starts_with(event)) return "scan, or scan:high";
  value.remove_prefix(event.size());
  for (const Severity severity : {Severity::low, Severity::medium, Severity::high}) {
    if (value.empty() || (value.front() == ':' && value.substr(1) == to_text(severity))) {
      draft.options.fail_on_scan = severity;
      return accepted;
    }
  }
  return "scan, or scan: with low, medium or high";
}

std::string_view add_networks(std::vector<Network>& target, std::string_view value) {
  const auto networks = parse_networks(value);
  if (!networks) return "networks such as 192.0.2.0/24,2001:db8::/32";
  target.insert(target.end(), networks->begin(), networks->end());
  return accepted;
}

std::string_view set_id(std::optional<std::uint64_t>& target, std::string_view value) {
  target = parse_id(value);
  return target ? accepted : std::string_view{"16 hex digits, as events have them"};
}

std::string_view set_text(std::string& target, std::string_view value, std::string_view expected) {
  if (value.empty()) return expected;
  target = value;
  return accepted;
}

constexpr std::string_view a_duration = "a time such as 500ms, 30s, 5m or 1h";

constexpr auto all = std::to_array<Flag>({
    {.letter = 'i',
     .name = "interface",
     .value = "IF",
     .doc = "Capture on IF; `any` is all of them. Default: the interface of the "
            "default route",
     .group = Group::input,
     .commands = capture | serve,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.interfaces.emplace_back(), value, "an interface's name");
         }},
    {.letter = 'r',
     .name = "read",
     .value = "FILE",
     .doc = "Read FILE (repeatable): pcap or pcapng, also compressed by gzip, zstd or lz4. `read` "
            "takes - for standard input, `report` also saved events",
     .group = Group::input,
     .commands = files,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.files.emplace_back(), value, "a file's name");
         }},
    {.name = "pace",
     .doc = "Wait between packets as long as the recording did",
     .group = Group::input,
     .commands = read | serve,
     .apply = set<&run::Options::pace, run::Pace::recorded>},
    {.letter = 's',
     .name = "snaplen",
     .value = "N",
     .doc = "Capture N octets of each packet; 0 means 262144, the default",
     .group = Group::input,
     .commands = capture | serve,
     .apply = set_snaplen},
    {.letter = 'p',
     .name = "no-promiscuous-mode",
     .doc = "Leave the interface out of promiscuous mode",
     .group = Group::input,
     .commands = capture | serve,
     .apply = set<&run::Options::promiscuous, run::Promiscuous::off>},
    {.letter = 'B',
     .name = "buffer-size",
     .value = "SIZE",
     .doc = "Size of the kernel's capture buffer, in KiB or with k, M, G. Default: 64M",
     .group = Group::input,
     .commands = capture,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.buffer_size, value, kib, 64 * kib,
                           "a size of 64k or more, such as 16M");
         }},
    {.letter = 'Z',
     .name = "user",
     .value = "NAME",
     .doc =
         "Run as NAME once the input is open. Default: who called sudo, else nobody (read: root)",
     .group = Group::input,
     .commands = both | serve,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.user, value, "a user's name");
         }},
    {.letter = 'n',
     .doc = "Accepted for habit's sake: names are never looked up",
     .group = Group::input,
     .commands = both,
     .apply = [](Draft&, std::string_view) { return accepted; }},
    {.letter = 'D',
     .name = "list-interfaces",
     .doc = "List the interfaces, as the command interfaces does",
     .group = Group::input,
     .commands = capture,
     .apply = set_draft<&Draft::list_interfaces, true>},

    {.name = "events",
     .value = "FILE",
     .doc = "Show events that somebody else's ntan has written, in place of packets; - is standard "
            "input",
     .group = Group::input,
     .commands = serve,
     .rank = Rank::common,
     .once = true,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.event_stream.emplace(), value, "a file's name");
         }},
    {.name = "listen",
     .value = "ADDR",
     .doc = "Where the page is to be had: PORT, :PORT or ADDRESS:PORT. Default: localhost:8080. To "
            "other machines nothing is encrypted",
     .group = Group::input,
     .commands = serve,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           const auto listen = parse_listen(value);
           if (!listen) return std::string_view{"PORT, :PORT or ADDRESS:PORT, as 127.0.0.1:8080"};
           draft.options.listen = *listen;
           return accepted;
         }},
    {.name = "allow-host",
     .value = "NAME",
     .doc = "Answer requests for this host name too (repeatable): that of a proxy before the page",
     .group = Group::input,
     .commands = serve,
     .apply =
         [](Draft& draft, std::string_view value) {
           auto host = parse_host(value);
           if (!host) return std::string_view{"a host name without port, such as ntan.example"};
           draft.options.allowed_hosts.push_back(*std::move(host));
           return accepted;
         }},

    {.name = "scan",
     .value = "ID",
     .doc = "The packets of the scan with this scan.id: of its sources and the hosts they probed",
     .group = Group::filter,
     .commands = extract,
     .rank = Rank::common,
     .apply = [](Draft& draft,
                 std::string_view value) { return set_id(draft.options.scan_id, value); }},
    {.name = "flow",
     .value = "ID",
     .doc = "The packets of the flow with this flow_id",
     .group = Group::filter,
     .commands = extract,
     .rank = Rank::common,
     .apply = [](Draft& draft,
                 std::string_view value) { return set_id(draft.options.flow_id, value); }},
    {.letter = 'f',
     .name = "filter",
     .value = "BPF",
     .doc = "Keep only packets that match, as pcap-filter(7) has it: 'udp port 53'",
     .group = Group::filter,
     .commands = analysis,
     .rank = Rank::common,
     .once = true,
     .apply =
         [](Draft& draft, std::string_view value) {
           draft.filter = value;
           return accepted;
         }},
    {.letter = 'F',
     .name = "filter-file",
     .value = "FILE",
     .doc = "Take the filter from FILE",
     .group = Group::filter,
     .commands = analysis,
     .once = true,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.filter_file.emplace(), value, "a file's name");
         }},

    {.name = "json",
     .doc = "Events as one JSON object a line; the default unless standard output is a terminal",
     .group = Group::output,
     .commands = both,
     .rank = Rank::common,
     .apply = [](Draft& draft, std::string_view) { return set_format(draft, "json"); }},
    {.name = "csv",
     .doc = "Events as CSV; needs --events with one event",
     .group = Group::output,
     .commands = both,
     .rank = Rank::common,
     .apply = [](Draft& draft, std::string_view) { return set_format(draft, "csv"); }},
    {.name = "table",
     .doc = "Events as aligned lines for people; the default on a terminal",
     .group = Group::output,
     .commands = both,
     .rank = Rank::common,
     .apply = [](Draft& draft, std::string_view) { return set_format(draft, "table"); }},
    {.name = "format",
     .value = "FORMAT",
     .doc = "The same by name: json, csv or table; none writes no events there",
     .group = Group::output,
     .commands = both,
     .apply = set_format},
    {.letter = 'o',
     .name = "output",
     .value = "PATTERN",
     .doc = "Write events to a file (repeatable), not to standard output: .ndjson, .csv or .txt. "
            "{event} and strftime conversions expand: 'log/{event}-%Y%m%d.csv'",
     .group = Group::output,
     .commands = both,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.patterns.emplace_back(), value, "a file's name");
         }},
    {.name = "events",
     .value = "LIST",
     .doc = "Write these events only: dns,tls or all,-http; run means run_start,run_end. Default: "
            "all but packet",
     .group = Group::output,
     .commands = both,
     .rank = Rank::common,
     .once = true,
     .apply =
         [](Draft& draft, std::string_view value) {
           draft.events = value;
           return accepted;
         }},
    {.letter = 'w',
     .name = "write",
     .value = "FILE",
     .doc = "Write the packets that match, as pcap or, named .pcapng, as pcapng; - is standard "
            "output",
     .group = Group::output,
     .commands = both | extract,
     .rank = Rank::common,
     .once = true,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.write_packets.emplace(), value, "a file's name");
         }},
    {.letter = 'o',
     .name = "output",
     .value = "FILE",
     .doc = "Write the report to FILE: a page (.html), Markdown (.md) or JSON (.json). Default: "
            "Markdown on standard output",
     .group = Group::output,
     .commands = report,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.patterns.emplace_back(), value, "a file's name");
         }},
    {.name = "ring",
     .value = "SIZE",
     .doc = "Packets kept for export, the latest, in MiB or with k, M, G. Default: 64M",
     .group = Group::output,
     .commands = serve,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.ring_size, value, mib, mib,
                           "a size of 1M or more, such as 64M");
         }},
    {.name = "keep",
     .value = "SIZE",
     .doc = "Events kept for tables and exports, the latest, in MiB or with k, M, G. Default: 64M",
     .group = Group::output,
     .commands = serve | report,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.keep_size, value, mib, mib,
                           "a size of 1M or more, such as 64M");
         }},
    {.letter = 'l',
     .name = "line-buffered",
     .doc = "Flush after every event; live output is never late by more than 100 ms without it",
     .group = Group::output,
     .commands = both,
     .apply = set<&run::Options::buffering, run::Buffering::line>},
    {.name = "nano",
     .doc = "Times with nine decimal digits",
     .group = Group::output,
     .commands = both,
     .apply = set<&run::Options::time_digits, TimeDigits::nano>},
    {.name = "micro",
     .doc = "Times with six decimal digits; the default",
     .group = Group::output,
     .commands = both,
     .apply = set<&run::Options::time_digits, TimeDigits::micro>},
    {.name = "sensor",
     .value = "NAME",
     .doc = "Put this name into every event",
     .group = Group::output,
     .commands = both,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_text(draft.options.sensor, value, "a name");
         }},
    {.name = "csv-safe",
     .doc = "In CSV, put an apostrophe before text that a spreadsheet takes for a formula",
     .group = Group::output,
     .commands = both,
     .apply = set<&run::Options::csv_safe, true>},
    {.name = "color",
     .value = "WHEN",
     .doc = "Colour in tables: auto, always or never",
     .group = Group::output,
     .commands = both,
     .apply =
         [](Draft& draft, std::string_view value) {
           const bool known = value == "auto" || value == "always" || value == "never";
           return set_text(draft.color, known ? value : "", "auto, always or never");
         }},
    {.name = "json",
     .doc = "As one JSON object a line",
     .group = Group::output,
     .commands = explain | bit(Command::interfaces),
     .rank = Rank::common,
     .apply = set<&run::Options::as_json, true>},
    {.name = "format",
     .value = "FORMAT",
     .doc = "jsonschema, the default, or markdown",
     .group = Group::output,
     .commands = bit(Command::schema),
     .rank = Rank::common,
     .apply = set_schema_format},

    {.letter = 'c',
     .name = "count",
     .value = "N",
     .doc = "Stop after reading N packets",
     .group = Group::stop,
     .commands = both | again,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_number(draft.options.count, value, "a number of packets, 1 or more");
         }},
    {.name = "duration",
     .value = "TIME",
     .doc = "Stop when the packets' clock has advanced by TIME: 30s, 5m, 1h",
     .group = Group::stop,
     .commands = both | again,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view value) {
           draft.options.duration = parse_duration(value);
           const auto& time = draft.options.duration;
           return time && *time > Duration::zero() ? accepted : a_duration;
         }},
    {.name = "filesize",
     .value = "SIZE",
     .doc = "Stop after reading SIZE of packet data, in octets or with k, M, G",
     .group = Group::stop,
     .commands = both | again,
     .apply =
         [](Draft& draft, std::string_view value) {
           const auto size = parse_size(value, 1);
           if (!size || *size == 0) return std::string_view{"a size such as 100M"};
           draft.options.file_size = size;
           return accepted;
         }},

    {.name = "summary-every",
     .value = "TIME",
     .doc = "A summary every TIME; 0 means only at the end. Default: 10s live, 0 for files",
     .group = Group::analysis,
     .commands = both,
     .apply =
         [](Draft& draft, std::string_view value) {
           draft.summary_every = parse_duration(value);
           const auto& time = draft.summary_every;
           const bool good =
               time && (*time == Duration::zero() || *time >= std::chrono::seconds{1});
           return good ? accepted : std::string_view{"0, or a time of 1s or more"};
         }},
    {.name = "summary-total",
     .doc = "With --summary-every: a summary of the whole run too, at the end",
     .group = Group::analysis,
     .commands = both,
     .apply = set<&run::Options::summary_total, true>},
    {.name = "top",
     .value = "N",
     .doc = "Entries of each list in a summary. Default: 10",
     .group = Group::analysis,
     .commands = both,
     .apply =
         [](Draft& draft, std::string_view value) {
           const auto number = parse_number<std::uint64_t>(value);
           if (!number || *number == 0 || *number > 1000) return std::string_view{"1 to 1000"};
           draft.options.top = *number;
           return accepted;
         }},
    {.name = "mem-limit",
     .value = "SIZE",
     .doc = "Memory for all state, in MiB or with k, M, G. Default: 512M",
     .group = Group::analysis,
     .commands = analysis,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.mem_limit, value, mib, 32 * mib,
                           "a size of 32M or more, such as 512M");
         }},
    {.name = "max-flows",
     .value = "N",
     .doc = "Flows kept at a time, within --mem-limit. Default: 1000000",
     .group = Group::analysis,
     .commands = analysis,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.max_flows, value, 1, 16, "a number of 16 or more");
         }},
    {.name = "threads",
     .value = "N",
     .doc = "Threads that analyse files; the output is the same with any number. Default: 2 for "
            "256 MiB and more, else 1",
     .group = Group::analysis,
     .commands = read,
     .apply = [](Draft& draft, std::string_view value) -> std::string_view {
       constexpr std::uint64_t most = 16;
       const auto threads = parse_number<std::uint64_t>(value);
       if (!threads || *threads < 1 || *threads > most) return "a number from 1 to 16";
       draft.options.threads = threads;
       return accepted;
     }},
    {.name = "checksums",
     .doc = "Check TCP and UDP checksums too; a packet with a bad one moves no connection",
     .group = Group::analysis,
     .commands = analysis,
     .apply = set<&run::Options::checksums, run::Checksums::all>},
    {.name = "ignore-vlan",
     .doc = "Packets of one flow may have different VLAN ids",
     .group = Group::analysis,
     .commands = analysis,
     .apply = set<&run::Options::vlan_key, run::VlanKey::ignored>},
    {.name = "home",
     .value = "CIDR,...",
     .doc =
         "Our own networks: scans from them are graver, and summaries tell inbound from outbound",
     .group = Group::analysis,
     .commands = both | serve | report,
     .apply = [](Draft& draft,
                 std::string_view value) { return add_networks(draft.options.scan.home, value); }},
    {.name = "scan-sense",
     .value = "LEVEL",
     .doc = "How much evidence makes a scan: low, medium (the default) or high",
     .group = Group::analysis,
     .commands = analysis,
     .apply = set_sensitivity},
    {.name = "scan-allow",
     .value = "CIDR,...",
     .doc = "Sources that are never reported as scanners",
     .group = Group::analysis,
     .commands = analysis,
     .apply =
         [](Draft& draft, std::string_view value) {
           return add_networks(draft.options.scan.allowed, value);
         }},
    {.name = "scan-timeout",
     .value = "TIME",
     .doc = "Silence for this long means that nobody answers. Default: 1.5s",
     .group = Group::analysis,
     .commands = analysis,
     .apply =
         [](Draft& draft, std::string_view value) {
           const auto time = parse_duration(value);
           if (!time || *time <= Duration::zero()) return a_duration;
           draft.options.scan.timeout = *time;
           return accepted;
         }},
    {.name = "scan-memory",
     .value = "SIZE",
     .doc = "Memory of the scan detector, in MiB or with k, M, G. Default: 50M",
     .group = Group::analysis,
     .commands = analysis,
     .apply =
         [](Draft& draft, std::string_view value) {
           return set_size(draft.options.scan.memory, value, mib, mib,
                           "a size of 1M or more, such as 50M");
         }},

    {.letter = 'q',
     .name = "quiet",
     .doc = "Only warnings and errors on standard error; with --table, only summaries",
     .group = Group::diagnostics,
     .commands = both | extract,
     .rank = Rank::common,
     .apply = set_draft<&Draft::quiet, true>},
    {.letter = 'v',
     .name = "verbose",
     .doc = "Totals on standard error at the end; capture gives them anyway",
     .group = Group::diagnostics,
     .commands = both,
     .apply =
         [](Draft& draft, std::string_view) {
           ++draft.verbose;
           return accepted;
         }},
    {.name = "no-progress",
     .doc = "No status line on standard error",
     .group = Group::diagnostics,
     .commands = both,
     .apply = set<&run::Options::progress, false>},
    {.name = "strict",
     .doc = "Exit 3 if the input is cut off or damaged",
     .group = Group::diagnostics,
     .commands = both,
     .apply = set<&run::Options::strict, true>},
    {.name = "fail-empty",
     .doc = "Exit 3 if no event but those of the run was written",
     .group = Group::diagnostics,
     .commands = both,
     .apply = set<&run::Options::fail_empty, true>},
    {.name = "fail-on",
     .value = "WHAT",
     .doc = "Exit 10 if a scan was found: scan, or scan:SEVERITY for one that is low, medium or "
            "high at least",
     .group = Group::diagnostics,
     .commands = both,
     .apply = set_fail_on},
    {.letter = 'h',
     .doc = "Show the options used most",
     .group = Group::diagnostics,
     .commands = everywhere,
     .rank = Rank::common,
     .apply =
         [](Draft& draft, std::string_view) {
           draft.help = std::max(draft.help, Draft::Help::brief);
           return accepted;
         }},
    {.name = "help",
     .doc = "Show all options",
     .group = Group::diagnostics,
     .commands = everywhere,
     .rank = Rank::common,
     .apply = set_draft<&Draft::help, Draft::Help::full>},
    {.name = "version",
     .doc = "Show the version",
     .group = Group::diagnostics,
     .commands = everywhere,
     .apply = set_draft<&Draft::version, true>},
});

}  // namespace

std::span<const Flag> flags() noexcept {
  return all;
}

std::string short_label(const Flag& flag) {
  return flag.letter != 0 ? std::string{'-', flag.letter} : "--" + std::string{flag.name};
}

std::string label(const Flag& flag) {
  if (flag.letter == 0) return "    --" + std::string{flag.name};
  if (flag.name.empty()) return short_label(flag);
  return short_label(flag) + ", --" + std::string{flag.name};
}

}  // namespace ntan::cli

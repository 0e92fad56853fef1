#include "cli/help.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ntan::cli {
namespace {

using run::Command;

constexpr std::size_t line_width = 79;
constexpr std::size_t doc_column = 28;

constexpr std::array<CommandWord, 10> words{{
    {"capture", Command::capture, "[-i IF] [-f BPF | BPF ...] [OPTION ...]",
     "Turn live packets into events"},
    {"read", Command::read, "FILE ... | - [-f BPF] [OPTION ...] [-- BPF ...]",
     "Turn pcap and pcapng files into events"},
    {"replay", Command::read, "FILE ... | - [-f BPF] [OPTION ...] [-- BPF ...]",
     "The same as read"},
    {"extract", Command::extract, "-r FILE (--scan ID | --flow ID) -w FILE [OPTION ...]",
     "Cut the packets of one scan or flow out of files"},
    {"explain", Command::explain, "ID -r FILE [--json] [OPTION ...]",
     "Tell step by step why a scan was reported"},
    {"serve", Command::serve, "[-i IF | -r FILE [--pace] | --events FILE] [OPTION ...]",
     "Show a live page on http://localhost:8080"},
    {"report", Command::report, "FILE ... [-o FILE.html | FILE.md | FILE.json] [OPTION ...]",
     "Make one file of saved packets or events, to read or to send"},
    {"interfaces", Command::interfaces, "[--json]", "List what can be captured on"},
    {"schema", Command::schema, "[EVENT] [--format FORMAT]", "Describe the events"},
    {"help", Command::help, "[COMMAND]", "Show the help of a command"},
}};

constexpr std::string_view sentence =
    "Turns packets, live or saved, into events: flows, DNS, HTTP, TLS, port scans,\nsummaries.";

struct Example {
  Command command;
  std::string_view line;
  std::string_view doc;
};

constexpr std::array<Example, 25> examples{{
    {Command::capture, "sudo ntan capture -i eth0", "everything on eth0, as a table"},
    {Command::capture, "sudo ntan capture -i eth0 -f 'udp port 53' --json | jq .", "DNS, as JSON"},
    {Command::capture, "sudo ntan capture -i eth0 -c 1000 -w sample.pcap",
     "a thousand packets, kept"},
    {Command::capture, "sudo ntan capture -i any --duration 1h -o 'log/{event}.csv'",
     "an hour, one CSV file per event"},
    {Command::read, "ntan read day.pcap.zst > events.ndjson", "every event, one a line"},
    {Command::read, "ntan read day.pcap --events scan", "port scans only"},
    {Command::read, "ntan read day.pcap --events dns --csv > dns.csv", "DNS for a spreadsheet"},
    {Command::read, "ntan read day.pcap -f 'host 192.0.2.7' -w host.pcap",
     "the packets of one host, kept"},
    {Command::extract, "ntan extract -r day.pcap --scan 8d1f3a5c7e902b46 -w scan.pcap",
     "a scan's packets: the line is in the event, as scan.extract"},
    {Command::extract, "ntan extract -r day.pcap --flow 0c1d2e3f40516273 -w flow.pcap",
     "a flow's packets, by its flow_id"},
    {Command::extract, "ntan extract -r day.pcap --flow 0c1d2e3f40516273 -w - | tshark -r -",
     "the same for another program"},
    {Command::explain, "ntan explain 8d1f3a5c7e902b46 -r day.pcap",
     "the walk to one scan, by its scan.id"},
    {Command::explain, "ntan explain 8d1f3a5c7e902b46 -r day.pcap --json | tail -n 1",
     "the verdict alone, for a program"},
    {Command::serve, "sudo ntan serve", "choose the interface and start on the page"},
    {Command::serve, "ntan serve -r day.pcap --pace", "replay a capture as it was recorded"},
    {Command::serve, "ssh host 'sudo ntan capture --json' | ntan serve --events -",
     "another machine's traffic; nothing listens there"},
    {Command::report, "ntan report day.pcap -o day.html", "a page that opens from disk"},
    {Command::report, "ntan report events.ndjson -o day.html", "the same from saved events"},
    {Command::report, "ntan report day.pcap > day.md", "Markdown, for a ticket"},
    {Command::interfaces, "ntan interfaces", "names, states and addresses"},
    {Command::interfaces, "ntan interfaces --json | jq -r .name", "names only"},
    {Command::schema, "ntan schema", "JSON Schema of all events"},
    {Command::schema, "ntan schema dns", "JSON Schema of one"},
    {Command::schema, "ntan schema --format markdown", "tables of all fields"},
    {Command::help, "ntan help capture", "all options of a command"},
}};

constexpr std::array<std::pair<Group, std::string_view>, 6> groups{{
    {Group::input, "Input"},
    {Group::filter, "Filter"},
    {Group::output, "Output"},
    {Group::stop, "Stop"},
    {Group::analysis, "Analysis"},
    {Group::diagnostics, "Diagnostics"},
}};

/// `head`, then `doc` from its column on, wrapped between words.
void append_entry(std::string& out, std::string_view head, std::string_view doc) {
  std::string line{head};
  if (line.size() + 2 > doc_column) {
    out += line + '\n';
    line.clear();
  }
  line.resize(doc_column, ' ');
  bool fresh = true;
  while (!doc.empty()) {
    const std::size_t end = std::min(doc.find(' '), doc.size());
    if (!fresh && line.size() + 1 + end > line_width) {
      out += line + '\n';
      line.assign(doc_column, ' ');
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += doc.substr(0, end);
    fresh = false;
    doc.remove_prefix(std::min(end + 1, doc.size()));
  }
  out += line + '\n';
}

void append_flag(std::string& out, const Flag& flag) {
  std::string head = "  " + label(flag);
  if (!flag.value.empty()) {
    head += ' ';
    head += flag.value;
  }
  append_entry(out, head, flag.doc);
}

void append_flags(std::string& out, Commands commands, Group group, std::string_view title,
                  Draft::Help length) {
  bool first = true;
  for (const Flag& flag : flags()) {
    if (flag.group != group || (flag.commands & commands) == 0) continue;
    if (length == Draft::Help::brief && flag.rank == Rank::rare) continue;
    if (first) out += fmt::format("\n{}:\n", title);
    first = false;
    append_flag(out, flag);
  }
}

void append_examples(std::string& out, Command command) {
  out += "\nExamples:\n";
  for (const Example& example : examples) {
    if (example.command != command) continue;
    out += fmt::format("  {}\n      {}\n", example.line, example.doc);
  }
}

std::string program_help(Draft::Help length) {
  std::string out =
      "Usage: ntan COMMAND [ARGUMENT ...]\n"
      "       ntan -i IF [OPTION ...] [BPF ...]     as ntan capture\n"
      "       ntan -r FILE [OPTION ...] [BPF ...]   as ntan read\n\n";
  out += sentence;
  out += "\n\nCommands:\n";
  for (const CommandWord& word : words) append_entry(out, fmt::format("  {}", word.word), word.doc);
  out +=
      "\nExamples:\n"
      "  ntan read day.pcap\n"
      "  ntan read day.pcap --events dns --csv > dns.csv\n"
      "  sudo ntan capture -i eth0 -f 'udp port 53' --json\n"
      "  sudo ntan capture -i eth0 --duration 1m -w minute.pcap\n"
      "\nOptions:\n";
  for (const Flag& flag : flags()) {
    if ((flag.commands & bit(Command::schema)) != 0 && flag.group == Group::diagnostics) {
      append_flag(out, flag);
    }
  }
  if (length == Draft::Help::full) {
    out += "\nEach command has options of its own: ntan COMMAND --help. Manual: ntan(1).\n";
  } else {
    out += "\nMore: ntan COMMAND --help.\n";
  }
  return out;
}

}  // namespace

std::span<const CommandWord> command_words() noexcept {
  return words;
}

const CommandWord* find_command(std::string_view word) noexcept {
  const auto* found = std::find_if(words.begin(), words.end(),
                                   [word](const CommandWord& each) { return each.word == word; });
  return found == words.end() ? nullptr : found;
}

std::string help(std::optional<Command> command, Draft::Help length) {
  if (!command || *command == Command::help) return program_help(length);
  const auto* word = std::find_if(words.begin(), words.end(), [command](const CommandWord& each) {
    return each.command == *command;
  });
  std::string out =
      fmt::format("Usage: ntan {} {}\n\n{}.\n", word->word, word->arguments, word->doc);
  append_examples(out, *command);
  for (const auto& [group, title] : groups) append_flags(out, bit(*command), group, title, length);
  out += length == Draft::Help::full ? "\nManual: ntan(1).\n"
                                     : fmt::format("\nAll options: ntan {} --help.\n", word->word);
  return out;
}

std::string version_text() {
  return "ntan " NTAN_VERSION "\n";
}

}  // namespace ntan::cli

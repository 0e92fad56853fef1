#include "serve/report.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/time.h"
#include "event/text.h"
#include "serve/event_table.h"
#include "serve/json_read.h"
#include "serve/json_text.h"
#include "serve/page_assets.h"
#include "serve/snapshot.h"

namespace ntan::serve {
namespace {

constexpr std::size_t report_talkers = 50;

struct Table {
  std::string_view name;
  std::string_view event;
  std::string_view sort;
  std::string_view once = {};
};

/// The largest flows, of each its last record; the slowest answers; the others as they came.
constexpr auto report_tables = std::to_array<Table>({
    {"flows", "flow", "-flow.src_bytes+flow.dst_bytes", "flow_id"},
    {"dns", "dns", "-dns.rtt_us"},
    {"http", "http", "-http.ttfb_us"},
    {"tls", "tls", ""},
    {"anomalies", "anomaly", ""},
});

std::string report_json(const Digest& digest, const RunState& run, const ReportOptions& options) {
  std::string out;
  JsonText json(out);
  json.begin_object();
  json.member("report", true);
  json.member("title", options.title);
  json.key("state");
  json.begin_object();
  json.member("version", options.version);
  RunState told = run;
  told.started.reset();  // the clock of the machine is not of the trace
  told.elapsed_us = 0;
  const auto first = digest.first();
  const auto last = digest.last();
  if (first && last) told.elapsed_us = static_cast<std::uint64_t>(to_us(*last - *first));
  append_run(json, told);
  append_figures(json, told, digest);
  std::string history;
  append_shortened(history, digest.history(), report_windows);
  json.key("history");
  json.raw(history);
  if (!digest.summary().empty() && octets_in_html(digest.summary()) <= report_summary_octets) {
    json.key("summary");
    json.raw(digest.summary());
  }
  append_talkers(json, "talkers", digest, report_talkers);
  append_protocols(json, digest, Digest::most_protocols);
  append_scans(json, digest, report_scan_octets);
  json.end_object();
  json.key("tables");
  json.begin_object();
  for (const Table& table : report_tables) {
    std::string rows;
    (void)append_table(rows, digest,
                       {.event = table.event,
                        .words = {},
                        .sort = table.sort,
                        .once = table.once,
                        .limit = report_rows,
                        .octets = report_table_octets});
    json.key(table.name);
    json.raw(rows);
  }
  json.end_object();
  json.end_object();
  return out;
}

/// Inside a script element nothing may look like its end.
std::string without_markup(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view octets_of(const PageAsset* asset) noexcept {
  if (asset == nullptr) return {};
  return as_text(asset->body);
}

const PageAsset* find_asset(std::string_view path) noexcept {
  const auto assets = page_assets();
  const auto found = std::find_if(assets.begin(), assets.end(),
                                  [path](const PageAsset& one) { return one.path == path; });
  return found == assets.end() ? nullptr : &*found;
}

std::string hash_source(std::string_view text) {
  const DigestValue hash = digest(DigestKind::sha256, as_bytes(text));
  std::string base64(base64_size(hash.bytes().size()), '\0');
  append_base64(base64.data(), hash.bytes());
  return fmt::format("'sha256-{}'", base64);
}

/// Takes the element that begins with `tag` and holds `mark` out of a page.
void remove_element(std::string& page, std::string_view tag, std::string_view mark,
                    std::string_view end) {
  for (std::size_t at = page.find(tag); at != std::string::npos; at = page.find(tag, at + 1)) {
    const std::size_t stop = page.find(end, at);
    if (stop == std::string::npos) return;
    if (std::string_view{page}.substr(at, stop - at).find(mark) == std::string_view::npos) continue;
    page.erase(at, stop + end.size() - at);
    return;
  }
}

void insert_before(std::string& page, std::string_view mark, std::string_view text) {
  const std::size_t at = page.find(mark);
  page.insert(at == std::string::npos ? page.size() : at, text);
}

std::string report_html(const std::string& data) {
  const std::string_view script = octets_of(find_asset("/app.js"));
  const std::string_view style = octets_of(find_asset("/app.css"));
  std::string page{octets_of(find_asset("/"))};
  if (page.empty() || script.empty()) {
    return "<!doctype html><meta charset=\"utf-8\"><title>ntan</title><p>This ntan was built "
           "without its page; a report in Markdown or JSON has the figures.</p>\n";
  }
  remove_element(page, "<link", "app.css", ">");
  remove_element(page, "<script", "app.js", "</script>");
  const std::string policy = fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action "
      "'none'\">\n<style>{}</style>\n",
      hash_source(script), hash_source(style), style);
  insert_before(page, "</head>", policy);
  insert_before(page, "</body>",
                fmt::format("<script type=\"application/json\" id=\"ntan-data\">{}</script>\n"
                            "<script>{}</script>\n",
                            without_markup(data), script));
  return page;
}

// --- Markdown

/// Of a table cell: nothing ends it, nothing is markup. ntan's own lines have no control characters
/// in them, somebody else's may.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      out += ' ';
      continue;
    }
    if (c == '|' || c == '<' || c == '>' || c == '*' || c == '_' || c == '`' || c == '[' ||
        c == ']' || c == '\\' || c == '#' || c == '&')
      out += '\\';
    out += c;
  }
  return out;
}

/// Figures of the whole run; nothing where only windows are known.
std::optional<simdjson::dom::object> summary_of_run(const Digest& digest,
                                                    simdjson::dom::parser& parser) {
  simdjson::dom::object summary;
  if (digest.figures_of() != FiguresOf::run ||
      parser.parse(digest.summary()).get(summary) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return summary;
}

void append_run_figures(std::string& out, const Digest& digest) {
  simdjson::dom::parser parser;
  const auto summary = summary_of_run(digest, parser);
  if (!summary) return;
  if (const auto bps = number_of(*summary, "bps")) out += fmt::format("| bit/s | {} |\n", *bps);
  if (const auto words = text_of(*summary, "loss_in_words"); !words.empty())
    out += fmt::format("| TCP | {} |\n", cell(words));
}

void append_totals(std::string& out, const Digest& digest, const RunState& run) {
  const Totals& totals = digest.totals();
  out += "| | |\n|---|---|\n";
  // Without a packet a run has no time of its own.
  const bool known_totals = knows_totals(run, digest);
  const bool timeless = known_totals && totals.packets == 0;
  const auto moment = [&out, timeless](std::string_view name, std::optional<Timestamp> time) {
    if (time && !timeless)
      out += fmt::format("| {} | {} |\n", name, to_string(*time, TimeDigits::micro));
  };
  moment("first event", digest.first());
  moment("last event", digest.last());
  const auto total = [&out](std::string_view name, std::uint64_t value, bool known) {
    if (known) {
      out += fmt::format("| {} | {} |\n", name, value);
    } else {
      out += fmt::format("| {} | not observed |\n", name);
    }
  };
  total("packets", totals.packets, known_totals);
  total("bytes on the wire", totals.bytes, known_totals);
  total("flows", totals.flows, known_totals);
  total("scans", totals.scans, knows_scans(run, digest));
  append_run_figures(out, digest);
  out += fmt::format("| events | {} |\n", digest.kept().seen());
  const auto known = [&out](std::string_view name, const std::optional<std::uint64_t>& value) {
    if (value) out += fmt::format("| {} | {} |\n", name, *value);
  };
  known("dropped by the kernel", totals.dropped_by_kernel);
  known("dropped by the interface", totals.dropped_by_interface);
  if (totals.input_truncated.value_or(false)) {
    out += "| input | cut off in the middle of a packet |\n";
  } else if (totals.input_damaged.value_or(false)) {
    out += "| input | damaged, and not read to its end |\n";
  }
  if (digest.malformed() != 0)
    out += fmt::format("| lines that are no events | {} |\n", digest.malformed());
}

void append_latency_rows(std::string& out, const Digest& digest) {
  simdjson::dom::parser parser;
  const auto summary = summary_of_run(digest, parser);
  simdjson::dom::array rows;
  if (!summary || (*summary)["latency"].get(rows) != simdjson::SUCCESS) return;
  out +=
      "\n## Latency\n\n| metric | n | p50 us | p95 us | p99 us | max us |\n"
      "|---|---|---|---|---|---|\n";
  for (const simdjson::dom::element each : rows) {
    simdjson::dom::object row;
    if (each.get(row) != simdjson::SUCCESS) continue;
    out += fmt::format("| {} ", cell(text_of(row, "metric")));
    for (const char* member : {"n", "p50_us", "p95_us", "p99_us", "max_us"})
      out += fmt::format("| {} ", number_of(row, member).value_or(0));
    out += "|\n";
  }
}

/// Where the lists of windows had no place, the sums are too small.
void append_note_of_windows(std::string& out, const Digest& digest, std::string_view note) {
  if (digest.figures_of() == FiguresOf::windows && !digest.summary().empty())
    out += fmt::format("\n{}\n", note);
}

void append_protocol_rows(std::string& out, const Digest& digest) {
  out +=
      "\n## Protocols\n\n| level | protocol | packets | bytes | flows |\n|---|---|---|---|---|\n";
  for (const ProtocolShare& share : digest.protocols()) {
    out += fmt::format("| {} | {} | {} | {} | {} |\n", cell(share.level), cell(share.name),
                       share.packets, share.bytes,
                       share.flows ? fmt::format("{}", *share.flows) : std::string{});
  }
  append_note_of_windows(out, digest,
                         "Sums over windows: what was small in one of them counts as other, and "
                         "what was not recognised yet as unknown.");
}

void append_talker_rows(std::string& out, const Digest& digest) {
  constexpr std::size_t most = 20;
  out += "\n## Talkers\n\n| address | packets | bytes |\n|---|---|---|\n";
  for (const Talker& talker : digest.talkers(most))
    out += fmt::format("| {} | {} | {} |\n", cell(talker.ip), talker.packets, talker.bytes);
  append_note_of_windows(
      out, digest, "Sums of the largest of each window: who was never among them is missing.");
}

/// A distributed scan has none that is its source.
std::string source_of(const simdjson::dom::object& event, const simdjson::dom::object& scan) {
  const std::string_view ip = text_of(event, "src_ip");
  if (!ip.empty()) return std::string{ip};
  const auto members = number_of(scan, "members_total");
  return members ? fmt::format("{} sources", *members) : "several sources";
}

void append_scan_rows(std::string& out, const Digest& digest, const RunState& run) {
  out += "\n## Scans\n\n";
  if (digest.totals().scans == 0) {
    out += knows_scans(run, digest) ? "None was found.\n" : "The events do not tell of any.\n";
    return;
  }
  out +=
      "| severity | kind | technique | source | hosts | ports | probes | first | id |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  simdjson::dom::parser parser;
  for (const ScanLine* line : digest.scans(report_rows)) {
    simdjson::dom::object event;
    simdjson::dom::object scan;
    if (parser.parse(line->line).get(event) != simdjson::SUCCESS ||
        event["scan"].get(scan) != simdjson::SUCCESS) {
      continue;
    }
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", cell(text_of(scan, "severity")),
        cell(text_of(scan, "kind")), cell(text_of(scan, "technique")), cell(source_of(event, scan)),
        number_of(scan, "hosts").value_or(0), number_of(scan, "ports").value_or(0),
        number_of(scan, "probes").value_or(0), cell(text_of(scan, "first_ts")), cell(line->id));
  }
  if (digest.totals().scans > report_rows)
    out += fmt::format("\nand {} more.\n", digest.totals().scans - report_rows);
}

void append_event_counts(std::string& out, const Digest& digest) {
  out += "\n## Events\n\n| event | seen | kept for tables |\n|---|---|---|\n";
  for (const EventKind& kind : digest.kept().kinds())
    out += fmt::format("| {} | {} | {} |\n", cell(kind.name), kind.seen, kind.held.size());
}

std::string report_markdown(const Digest& digest, const RunState& run,
                            const ReportOptions& options) {
  std::string out = fmt::format("# {}\n\n", cell(event::printable(options.title)));
  append_totals(out, digest, run);
  append_scan_rows(out, digest, run);
  append_latency_rows(out, digest);
  append_protocol_rows(out, digest);
  append_talker_rows(out, digest);
  append_event_counts(out, digest);
  out += fmt::format("\nMade by ntan {}.\n", options.version);
  return out;
}

}  // namespace

std::string report(const Digest& digest, const RunState& run, ReportForm form,
                   const ReportOptions& options) {
  switch (form) {
    case ReportForm::html: return report_html(report_json(digest, run, options));
    case ReportForm::markdown: return report_markdown(digest, run, options);
    case ReportForm::json: return report_json(digest, run, options) + '\n';
  }
  return {};
}

}  // namespace ntan::serve

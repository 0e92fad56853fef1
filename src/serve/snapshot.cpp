#include "serve/snapshot.h"

#include <simdjson.h>

#include "base/time.h"
#include "serve/event_table.h"

namespace ntan::serve {
namespace {

void append_texts(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

void append_known(JsonText& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void append_load(JsonText& json, std::string_view name, const std::optional<Load>& load) {
  if (!load) return;
  json.key(name);
  json.begin_object();
  json.member("cpu_ratio", load->cpu_ratio);
  json.member("resident_bytes", load->resident_bytes);
  json.end_object();
}

/// The page sends it back: a backslash must not become two.
void append_filter(JsonText& json, std::string_view name, const std::string& filter) {
  if (filter.empty()) return;
  if (!simdjson::validate_utf8(filter)) return json.member(name, filter);
  json.key(name);
  json.exact(filter);
}

}  // namespace

std::string_view to_text(Mode mode) noexcept {
  switch (mode) {
    case Mode::live: return "live";
    case Mode::replay: return "replay";
    case Mode::events: return "events";
  }
  return {};
}

std::string_view to_text(Status status) noexcept {
  switch (status) {
    case Status::idle: return "idle";
    case Status::running: return "running";
    case Status::stopped: return "stopped";
    case Status::failed: return "failed";
    case Status::ended: return "ended";
  }
  return {};
}

void append_run(JsonText& json, const RunState& run) {
  json.member("mode", to_text(run.mode));
  json.member("status", to_text(run.status));
  append_known(json, "interface", run.interface);
  append_known(json, "file", run.file);
  append_filter(json, "filter", run.filter);
  append_filter(json, "filter_effective", run.filter_effective);
  if (run.mode == Mode::live) {
    json.member("own_traffic_excluded", run.own_traffic_excluded);
    json.member("promisc", run.promiscuous);
  }
  if (run.started) json.member("started_ts", to_string(*run.started, TimeDigits::micro));
  if (run.failure) {
    json.key("failure");
    json.begin_object();
    json.member("error", run.failure->error);
    append_texts(json, "hints", run.failure->hints);
    json.member("exit_code", static_cast<std::uint64_t>(run.failure->exit_code));
    json.end_object();
  }
  append_texts(json, "notes", run.notes);
}

bool knows_totals(const RunState& run, const Digest& digest) noexcept {
  const bool counting = run.mode != Mode::events && run.status != Status::ended;
  return counting || digest.has_totals();
}

bool knows_scans(const RunState& run, const Digest& digest) noexcept {
  if (digest.totals().scans != 0) return true;
  return run.mode != Mode::events && knows_totals(run, digest);
}

void append_figures(JsonText& json, const RunState& run, const Digest& digest) {
  const Totals& totals = digest.totals();
  const bool known = knows_totals(run, digest);
  const auto if_known = [known](std::uint64_t value) {
    return known ? std::optional{value} : std::nullopt;
  };
  json.member("elapsed_us", run.elapsed_us);
  json.key("totals");
  json.begin_object();
  json.member("packets", if_known(totals.packets));
  json.member("bytes", if_known(totals.bytes));
  json.member("events", digest.kept().seen());
  json.member("malformed_lines", digest.malformed());
  json.member("flows", if_known(totals.flows));
  json.member("flows_active", if_known(totals.flows_active));
  const bool scans = knows_scans(run, digest);
  json.member("scans", scans ? std::optional{totals.scans} : std::nullopt);
  json.member("scans_open", scans ? std::optional{digest.scans_open()} : std::nullopt);
  json.member("received", totals.received);
  json.member("dropped_by_kernel", totals.dropped_by_kernel);
  json.member("dropped_by_interface", totals.dropped_by_interface);
  json.member("dropped_by_ntan", if_known(totals.dropped_by_ntan));
  json.member("input_truncated", totals.input_truncated);
  json.member("input_damaged", totals.input_damaged);
  json.end_object();
  if (!digest.summary().empty())
    json.member("figures_of", digest.figures_of() == FiguresOf::run ? "run" : "windows");
  json.key("kept");
  json.begin_object();
  json.member("events", std::uint64_t{digest.kept().held()});
  json.member("bytes", std::uint64_t{digest.kept().octets()});
  json.member("capacity", std::uint64_t{digest.kept().capacity()});
  json.member("given_up", digest.kept().given_up());
  json.end_object();
  if (run.packets) {
    json.key("ring");
    json.begin_object();
    json.member("packets", run.packets->packets);
    json.member("bytes", run.packets->bytes);
    json.member("capacity", run.packets->capacity);
    json.member("given_up", run.packets->given_up);
    json.end_object();
  }
  if (run.progress) {
    json.key("progress");
    json.begin_object();
    json.member("bytes", run.progress->bytes);
    json.member("size", run.progress->size);
    json.end_object();
  }
  append_load(json, "run_load", run.run_load);
  append_load(json, "page_load", run.page_load);
}

void append_talker(JsonText& json, const Talker& talker) {
  json.begin_object();
  json.member("ip", talker.ip);
  json.member("bytes", talker.bytes);
  json.member("pkts", talker.packets);
  json.end_object();
}

void append_talkers(JsonText& json, std::string_view name, const Digest& digest, std::size_t most) {
  json.key(name);
  json.begin_array();
  for (const Talker& talker : digest.talkers(most)) append_talker(json, talker);
  json.end_array();
}

void append_protocols(JsonText& json, const Digest& digest, std::size_t most) {
  json.key("protocols");
  json.begin_array();
  std::string level;
  std::size_t of_level = 0;
  for (const ProtocolShare& share : digest.protocols()) {
    if (share.level != level) of_level = 0;
    level = share.level;
    if (++of_level > most) continue;
    json.begin_object();
    json.member("level", share.level);
    json.member("name", share.name);
    json.member("pkts", share.packets);
    json.member("bytes", share.bytes);
    json.member("flows", share.flows);
    json.end_object();
  }
  json.end_array();
}

void append_scans(JsonText& json, const Digest& digest, std::size_t most_octets) {
  std::size_t octets = 0;
  std::uint64_t left_out = digest.scans_given_up();
  json.key("scans");
  json.begin_array();
  for (const ScanLine* scan : digest.scans(Digest::most_scans)) {
    octets += octets_in_html(scan->line);
    if (octets > most_octets) {
      ++left_out;
      continue;
    }
    json.raw(scan->line);
  }
  json.end_array();
  json.member("scans_left_out", left_out);
}

}  // namespace ntan::serve

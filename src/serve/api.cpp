#include "serve/api.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/parse_number.h"
#include "base/similar.h"
#include "base/time.h"
#include "serve/event_export.h"
#include "serve/event_table.h"
#include "serve/json_read.h"
#include "serve/json_text.h"
#include "serve/metrics_text.h"
#include "serve/page_assets.h"
#include "serve/report.h"
#include "serve/snapshot.h"

namespace ntan::serve {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view prefix = "/api/v1/";
/// Octets: longer ones libpcap compiles for seconds, in which nobody else is answered.
constexpr std::size_t max_filter = 2'048;
constexpr std::size_t most_rows = 1'000;
constexpr std::size_t first_talkers = 50;
constexpr std::size_t tick_talkers = 20;
constexpr std::size_t tick_protocols = 15;
constexpr std::size_t first_scan_octets = std::size_t{1} << 20U;
/// Alerts of one second; who wants the others asks for the table.
constexpr std::size_t alert_octets = std::size_t{64} << 10U;
/// A tick stays below this; what does not fit is left to the next snapshot.
constexpr std::size_t tick_octets = std::size_t{15} << 10U;

/// Tables by the name in their address.
constexpr auto tables = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"flows", "flow"},
    {"dns", "dns"},
    {"http", "http"},
    {"tls", "tls"},
    {"scans", "scan"},
    {"anomalies", "anomaly"},
    {"events", ""},
});

/// As ids stand in events.
bool is_id(std::string_view text) noexcept {
  constexpr std::size_t digits = 16;
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Reply nothing_yet() {
  return error_reply(409, "there are no events yet: start a capture first");
}

Reply json_reply(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

Reply refusal(const Refused& refused) {
  return error_reply(refused.status, refused.error, refused.hints);
}

Reply asset_reply(const PageAsset& asset, bool accepts_gzip) {
  Reply reply;
  reply.type = asset.type;
  reply.compressed = accepts_gzip && !asset.gzip.empty();
  reply.fixed = reply.compressed ? asset.gzip : asset.body;
  reply.lasting = true;
  return reply;
}

Reply page(const Request& request) {
  for (const PageAsset& asset : page_assets()) {
    if (asset.path == request.path) return asset_reply(asset, request.accepts_gzip);
  }
  if (request.path == "/" && page_assets().empty()) {
    return error_reply(501, "this ntan was built without its page",
                       std::array{std::string{"build it with npm installed: the interface below "
                                              "/api/v1/ works all the same"}});
  }
  return error_reply(404, "there is nothing here");
}

/// A member that says nothing, for who has mistaken its name.
std::optional<Reply> unknown_member(const simdjson::dom::object& body,
                                    std::span<const std::string_view> known) {
  constexpr std::size_t most_said = 64;
  for (const auto& [name, value] : body) {
    if (std::ranges::find(known, name) == known.end()) {
      return error_reply(400, fmt::format("'{}' is no member of this; these are: {}",
                                          name.substr(0, most_said), fmt::join(known, ", ")));
    }
  }
  return std::nullopt;
}

/// A filter that nobody should compile. libpcap reads it to its first NUL.
std::optional<Reply> unfit_filter(std::string_view filter) {
  if (filter.size() > max_filter)
    return error_reply(400, fmt::format("the filter has more than {} octets", max_filter));
  if (filter.find('\0') != std::string_view::npos)
    return error_reply(400, "the filter has a NUL in it");
  return std::nullopt;
}

std::uint64_t rows_after(const History& history, double since) {
  std::uint64_t rows = 0;
  history.each([&](const HistoryRow& row) { rows += row[column("t")] > since ? 1U : 0U; });
  return rows;
}

}  // namespace

/// What is asked for by one method at one path.
struct Api::Route {
  std::string_view method;
  std::string_view path;  ///< behind the prefix; with a slash at its end, all below it
  std::optional<Reply> (Api::*answer)(const Asked& asked);

  /// What follows the route's path; nothing where it is another's.
  [[nodiscard]] std::optional<std::string_view> rest_of(std::string_view asked) const noexcept {
    if (path.ends_with('/') ? !asked.starts_with(path) : asked != path) return std::nullopt;
    return asked.substr(path.size());
  }

  static const std::array<Route, 8> all;
};

constexpr std::array<Api::Route, 8> Api::Route::all{{
    {"GET", "state", &Api::state},
    {"GET", "stream", &Api::stream},
    {"GET", "interfaces", &Api::interfaces},
    {"GET", "table/", &Api::table},
    {"GET", "export/", &Api::exported},
    {"POST", "capture/start", &Api::started},
    {"POST", "capture/stop", &Api::stopped},
    {"POST", "filter/check", &Api::checked},
}};

Api::Api(const ApiOptions& options, const Digest& digest, Control& control)
    : options_(options), digest_(&digest), control_(&control) {}

std::optional<Reply> Api::answer(const Request& request,
                                 const std::shared_ptr<PendingReply>& later) {
  const bool get = request.method == "GET";
  if (request.path == "/metrics" && get) return metrics();
  if (!request.path.starts_with(prefix)) {
    if (!get) return error_reply(405, "there is nothing here to change");
    return page(request);
  }
  const std::string_view path = request.path.substr(prefix.size());
  const Route* by_another_method = nullptr;
  for (const Route& route : Route::all) {
    const auto rest = route.rest_of(path);
    if (!rest) continue;
    if (route.method == request.method)
      return (this->*route.answer)({.request = request, .rest = *rest, .later = later});
    by_another_method = &route;
  }
  if (by_another_method == nullptr) return error_reply(404, "there is nothing here");
  return error_reply(405, fmt::format("this is asked for by {}", by_another_method->method));
}

std::string Api::state_object(const RunState& run) const {
  std::string out;
  JsonText json(out);
  json.begin_object();
  json.member("version", options_.version);
  append_run(json, run);
  append_figures(json, run, *digest_);
  json.member("tick", tick_);
  json.end_object();
  return out;
}

std::optional<Reply> Api::state(const Asked& /*asked*/) {
  std::string out;
  JsonText json(out);
  const RunState run = control_->state();
  json.begin_object();
  json.member("version", options_.version);
  append_run(json, run);
  append_figures(json, run, *digest_);
  json.member("tick", tick_);
  json.key("history");
  std::string history;
  append_history(history, digest_->history(), 0);
  json.raw(history);
  if (!digest_->summary().empty()) {
    json.key("summary");
    json.raw(digest_->summary());
  }
  append_talkers(json, "talkers", *digest_, first_talkers);
  append_protocols(json, *digest_, Digest::most_protocols);
  append_scans(json, *digest_, first_scan_octets);
  json.end_object();
  return json_reply(std::move(out));
}

// A client that comes back is told the rows it has missed. Live, ticks are seconds, so their number
// tells how many at most; what is saved comes as fast as it is read.
std::optional<Reply> Api::stream(const Asked& asked) {
  std::string first = "retry: 2000\n\n";
  append_message(first, "state", state_object(control_->state()));
  const std::string_view seen = asked.request.last_event_id;
  const auto last = parse_number<std::uint64_t>(
      seen.empty() ? asked.request.parameter("last").value_or("") : seen);
  if (last && *last < tick_ && digest_->history().latest() != nullptr) {
    const double end = (*digest_->history().latest())[column("t")];
    const bool live = control_->state().mode == Mode::live;
    std::string rows;
    append_history(rows, digest_->history(),
                   live ? end - static_cast<double>(tick_ - *last) - 1 : 0);
    append_message(first, "refill", rows, tick_);
  }
  Reply reply;
  reply.type = "text/event-stream";
  reply.source = hub_.subscribe(std::move(first));
  return reply;
}

void Api::tick() {
  ++tick_;
  if (hub_.clients() == 0) {
    alerts_.clear();
    alerts_left_out_ = 0;
    if (const HistoryRow* row = digest_->history().latest()) told_until_ = (*row)[column("t")];
    return;
  }
  const RunState run = control_->state();
  std::string data;
  JsonText json(data);
  json.begin_object();
  json.member("tick", tick_);
  json.member("status", to_text(run.status));
  append_figures(json, run, *digest_);
  const HistoryRow* row = digest_->history().latest();
  const bool news = row != nullptr && (*row)[column("t")] != told_until_;
  if (const std::uint64_t newer = rows_after(digest_->history(), told_until_); newer > 1)
    json.member("rows_left_out", newer - 1);
  json.key("row");
  if (news) {
    std::string text;
    append_row(text, *row);
    json.raw(text);
    told_until_ = (*row)[column("t")];
  } else {
    json.raw("null");
  }
  append_talkers(json, "talkers", *digest_, tick_talkers);
  append_protocols(json, *digest_, tick_protocols);
  if (alerts_left_out_ != 0) json.member("alerts_left_out", std::exchange(alerts_left_out_, 0));
  // That of the whole run comes without a row.
  const bool of_run = digest_->figures_of() == FiguresOf::run;
  if ((news || of_run != told_of_run_) && !digest_->summary().empty() &&
      data.size() + digest_->summary().size() < tick_octets) {
    told_of_run_ = of_run;
    json.key("summary");
    json.raw(digest_->summary());
  }
  json.end_object();
  std::string messages = std::exchange(alerts_, {});
  append_message(messages, "tick", data, tick_);
  hub_.publish(std::move(messages));
}

void Api::state_changed() {
  if (hub_.clients() == 0) return;
  std::string message;
  append_message(message, "state", state_object(control_->state()));
  hub_.publish(std::move(message));
}

void Api::scan_told(std::string_view line) {
  if (alerts_.size() + line.size() > alert_octets) {
    ++alerts_left_out_;
    return;
  }
  append_message(alerts_, "alert", line);
}

void Api::run_begins() noexcept {
  alerts_.clear();
  alerts_left_out_ = 0;
  told_until_ = 0;
}

std::optional<Reply> Api::table(const Asked& asked) {
  TableQuery query{.event = {},
                   .words = asked.request.parameter("q").value_or(""),
                   .sort = asked.request.parameter("sort").value_or(""),
                   .look_at = server_look_at};
  if (const auto text = asked.request.parameter("limit")) {
    const auto limit = parse_number<std::uint64_t>(*text);
    if (!limit) return error_reply(422, "limit: a whole number");
    query.limit = std::min<std::size_t>(*limit, most_rows);
  }
  if (asked.rest == "talkers") return talkers(query);
  const auto* const found = std::find_if(
      tables.begin(), tables.end(), [&asked](const auto& one) { return one.first == asked.rest; });
  if (found == tables.end()) return error_reply(404, "there is no such table");
  query.event = found->second;
  Reply reply;
  const std::string wrong = append_table(reply.body, *digest_, query);
  return wrong.empty() ? std::move(reply) : error_reply(422, wrong);
}

Reply Api::talkers(const TableQuery& query) const {
  std::vector<std::string> rows;
  for (const Talker& talker : digest_->talkers(Digest::most_talkers)) {
    JsonText json(rows.emplace_back());
    append_talker(json, talker);
  }
  const std::vector<std::string_view> lines(rows.begin(), rows.end());
  Reply reply;
  const std::string wrong =
      append_rows(reply.body, lines, query, {.held = lines.size(), .seen = lines.size()});
  return wrong.empty() ? std::move(reply) : error_reply(422, wrong);
}

std::optional<Reply> Api::exported(const Asked& asked) {
  const std::string_view form = asked.rest;
  const Request& request = asked.request;
  if (form == "json") return exported_events(request, false);
  if (form == "csv") return exported_events(request, true);
  if (form == "report") {
    if (digest_->kept().seen() == 0) return nothing_yet();
    Reply reply;
    const RunState run = control_->state();
    reply.type = "text/html; charset=utf-8";
    reply.file_name = file_name("html");
    reply.body = report(*digest_, run, ReportForm::html,
                        {.title = run.mode == Mode::live ? run.interface : run.file,
                         .version = std::string{options_.version}});
    return reply;
  }
  if (form != "pcap") return error_reply(404, "exports are json, csv, pcap and report");
  PacketChoice choice;
  for (const auto& [name, target] :
       {std::pair{"scan", &choice.scan}, std::pair{"flow", &choice.flow}}) {
    const auto id = request.parameter(name);
    if (id && !is_id(*id)) return error_reply(422, fmt::format("{}: sixteen hex digits", name));
    if (id) *target = *id;
  }
  control_->packets(choice, asked.later);
  return std::nullopt;
}

Reply Api::unknown_event(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const event::Schema* one : options_.schemas) known.push_back(one->name);
  return error_reply(422,
                     fmt::format("no event is called '{}'{}", name, did_you_mean(name, known)));
}

Reply Api::exported_events(const Request& request, bool csv) {
  EventChoice choice{.event = std::string{request.parameter("event").value_or("")},
                     .scan = std::string{request.parameter("scan").value_or("")},
                     .flow = std::string{request.parameter("flow").value_or("")}};
  for (const auto& [name, target] :
       {std::pair{"from", &choice.from}, std::pair{"to", &choice.to}}) {
    const auto text = request.parameter(name);
    if (!text) continue;
    *target = parse_time(*text);
    if (!*target)
      return error_reply(422, fmt::format("{}: a time such as 2026-01-31T08:00:00Z", name));
  }
  if (csv && choice.event.empty())
    return error_reply(422, "CSV holds one event: name it, as in ?event=flow");
  const auto found =
      std::ranges::find(options_.schemas, std::string_view{choice.event}, &event::Schema::name);
  const bool unknown = !choice.event.empty() && found == options_.schemas.end();
  if (csv && unknown) return unknown_event(choice.event);
  const std::string event = choice.event;
  auto source =
      std::make_unique<EventExport>(digest_->kept(), std::move(choice), csv ? *found : nullptr);
  if (source->empty()) {
    // What is kept may be of another version, which has others.
    if (unknown) return unknown_event(event);
    return digest_->kept().seen() == 0
               ? nothing_yet()
               : error_reply(409,
                             "no kept event matches; what is older than the kept ones is gone");
  }
  Reply reply;
  reply.type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  reply.file_name = file_name(csv ? "csv" : "ndjson");
  reply.source = std::move(source);
  return reply;
}

// Named by the trace, so that the same export has the same name.
std::string Api::file_name(std::string_view end) const {
  std::string name = "ntan";
  if (const auto first = digest_->first()) {
    constexpr std::size_t to_seconds = 19;
    std::string time = to_string(*first, TimeDigits::micro).substr(0, to_seconds);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    name += '-' + time;
  }
  return fmt::format("{}.{}", name, end);
}

Reply Api::state_reply() {
  return json_reply(state_object(control_->state()));
}

std::optional<Reply> Api::started(const Asked& asked) {
  simdjson::dom::object body;
  if (parser_.parse(asked.request.body.data(), asked.request.body.size()).get(body) !=
      simdjson::SUCCESS)
    return error_reply(400, "the body is no JSON object");
  if (auto unknown = unknown_member(
          body, std::array{"interface"sv, "filter"sv, "snaplen"sv, "duration_s"sv, "promisc"sv}))
    return unknown;
  for (const std::string_view text : {"interface", "filter"}) {
    if (!is_or_absent<std::string_view>(body, text))
      return error_reply(400, fmt::format("{} is no text", text));
  }
  for (const std::string_view number : {"snaplen", "duration_s"}) {
    if (!is_or_absent<std::uint64_t>(body, number))
      return error_reply(400, fmt::format("{} is no whole number of 0 or more", number));
  }
  constexpr std::uint64_t max_snaplen = 262'144, max_duration_s = 31'536'000;
  for (const auto& [number, most] :
       {std::pair{"snaplen", max_snaplen}, std::pair{"duration_s", max_duration_s}}) {
    if (number_of(body, number).value_or(0) > most)
      return error_reply(422, fmt::format("{}: at most {}", number, most));
  }
  if (number_of(body, "duration_s") == 0) return error_reply(422, "duration_s: at least 1");
  if (!is_or_absent<bool>(body, "promisc"))
    return error_reply(400, "promisc is neither true nor false");
  if (auto unfit = unfit_filter(text_of(body, "filter"))) return unfit;
  StartRequest wanted{.interface = std::string{text_of(body, "interface")},
                      .filter = std::string{text_of(body, "filter")},
                      .snaplen = number_of(body, "snaplen"),
                      .duration_s = number_of(body, "duration_s")};
  bool promiscuous = true;
  if (body["promisc"].get(promiscuous) == simdjson::SUCCESS) wanted.promiscuous = promiscuous;
  if (const auto refused = control_->start(wanted)) return refusal(*refused);
  return state_reply();
}

std::optional<Reply> Api::stopped(const Asked& /*asked*/) {
  if (const auto refused = control_->stop()) return refusal(*refused);
  return state_reply();
}

std::optional<Reply> Api::checked(const Asked& asked) {
  simdjson::dom::object body;
  if (parser_.parse(asked.request.body.data(), asked.request.body.size()).get(body) !=
      simdjson::SUCCESS)
    return error_reply(400, "the body is no JSON object");
  if (auto unknown = unknown_member(body, std::array{"filter"sv, "interface"sv})) return unknown;
  if (!is_or_absent<std::string_view>(body, "filter")) return error_reply(400, "filter is no text");
  if (auto unfit = unfit_filter(text_of(body, "filter"))) return unfit;
  const FilterVerdict verdict = control_->check(std::string{text_of(body, "filter")});
  Reply reply;
  JsonText json(reply.body);
  json.begin_object();
  json.member("ok", verdict.good);
  if (verdict.good) {
    json.member("instructions", std::uint64_t{verdict.instructions});
  } else {
    json.member("error", verdict.error);
    if (!verdict.word.empty()) {
      json.member("word", verdict.word);
      json.member("offset", std::uint64_t{verdict.offset});
    }
    json.key("suggestions");
    json.begin_array();
    for (const std::string& suggestion : verdict.suggestions) json.text(suggestion);
    json.end_array();
  }
  json.end_object();
  return reply;
}

std::optional<Reply> Api::interfaces(const Asked& /*asked*/) {
  Reply reply;
  JsonText json(reply.body);
  json.begin_object();
  json.key("interfaces");
  json.begin_array();
  for (const InterfaceState& one : control_->interfaces()) {
    json.begin_object();
    json.member("name", one.name);
    json.member("up", one.up);
    json.member("loopback", one.loopback);
    json.member("default", one.default_route);
    json.key("addresses");
    json.begin_array();
    for (const std::string& address : one.addresses) json.text(address);
    json.end_array();
    if (!one.bps.empty()) json.member("bps", one.bps.back());
    json.key("bps_history");
    json.begin_array();
    for (const double bps : one.bps) json.number(bps);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return reply;
}

Reply Api::metrics() {
  Reply reply;
  reply.type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = metrics_text(*digest_, control_->state(), hub_.clients());
  return reply;
}

}  // namespace ntan::serve

#include "serve/digest.h"

#include <algorithm>

#include "serve/json_read.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

std::uint64_t number(const dom::object& object, std::string_view member) noexcept {
  return number_of(object, member).value_or(0);
}

/// Adds a sum to one that is unknown until it was known once.
void add_known(std::optional<std::uint64_t>& sum,
               const std::optional<std::uint64_t>& value) noexcept {
  if (value) sum = sum.value_or(0) + *value;
}

void add_sums(Totals& to, const Totals& more) noexcept {
  to.packets += more.packets;
  to.bytes += more.bytes;
  to.flows += more.flows;
  add_known(to.received, more.received);
  add_known(to.dropped_by_kernel, more.dropped_by_kernel);
  add_known(to.dropped_by_interface, more.dropped_by_interface);
  to.dropped_by_ntan += more.dropped_by_ntan;
}

Totals sums_of_summary(const dom::object& summary) noexcept {
  return {.packets = number(summary, "packets"),
          .bytes = number(summary, "bytes"),
          .flows = number(summary, "flows_new"),
          .received = number_of(summary, "quality_received"),
          .dropped_by_kernel = number_of(summary, "quality_dropped_by_kernel"),
          .dropped_by_interface = number_of(summary, "quality_dropped_by_interface"),
          .dropped_by_ntan = number(summary, "quality_dropped_by_ntan")};
}

Totals sums_of_end(const dom::object& end) noexcept {
  return {.packets = number(end, "packets"),
          .bytes = number(end, "bytes"),
          .flows = number(end, "flows"),
          .received = number_of(end, "received"),
          .dropped_by_kernel = number_of(end, "dropped_by_kernel"),
          .dropped_by_interface = number_of(end, "dropped_by_interface"),
          .dropped_by_ntan = number(end, "dropped_by_ntan")};
}

bool holds_same(const Totals& a, const Totals& b) noexcept {
  return a.packets == b.packets && a.bytes == b.bytes;
}

/// True once it was true of one run.
void add_truth(std::optional<bool>& sum, const dom::object& object,
               std::string_view member) noexcept {
  bool value = false;
  if (object[member].get(value) == simdjson::SUCCESS) sum = sum.value_or(false) || value;
}

template <class Visit>
void each_object(const dom::object& object, std::string_view member, Visit&& visit) {
  dom::array all;
  if (object[member].get(all) != simdjson::SUCCESS) return;
  for (const dom::element each : all) {
    dom::object one;
    if (each.get(one) == simdjson::SUCCESS) visit(one);
  }
}

// Every window names its largest talkers, so one that is forgotten here comes back if it goes on.
void forget_small(std::map<std::string, Talker, std::less<>>& talkers) {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(talkers.size());
  for (const auto& [ip, talker] : talkers) sizes.push_back(talker.bytes);
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const std::uint64_t least = *middle;
  std::erase_if(talkers, [least](const auto& each) { return each.second.bytes <= least; });
}

int rank_of(std::string_view level) noexcept {
  constexpr std::array<std::string_view, 4> order{"link", "network", "transport", "application"};
  return static_cast<int>(std::find(order.begin(), order.end(), level) - order.begin());
}

}  // namespace

Digest::Line Digest::take(std::string_view line) {
  // Somebody else's editor may have put it there; inside of an array it would be no JSON.
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  dom::object event;
  std::string_view name;
  std::string_view time_text;
  if (parser_.parse(line.data(), line.size()).get(event) != simdjson::SUCCESS ||
      event["event"].get(name) != simdjson::SUCCESS ||
      event["ts"].get(time_text) != simdjson::SUCCESS) {
    ++malformed_;
    return Line::malformed;
  }
  const auto time = parse_time(time_text);
  dom::object record;
  if (!time || event[name].get(record) != simdjson::SUCCESS) {
    ++malformed_;
    return Line::malformed;
  }
  kept_.add(name, *time, line);
  ++counted_.events;
  first_ = std::min(first_.value_or(*time), *time);
  last_ = std::max(last_.value_or(*time), *time);
  if (name == "summary") return take_summary(*time, record);
  if (name == "scan") {
    take_scan(record, line);
    return Line::scan;
  }
  if (name == "flow") take_flow(record);
  if (name == "run_start") take_start(record);
  if (name == "run_end") take_end(record);
  return Line::event;
}

bool Digest::has_totals() const noexcept {
  return std::ranges::any_of(kept_.kinds(), [](const EventKind& kind) {
    return kind.seen != 0 && (kind.name == "summary" || kind.name == "run_end");
  });
}

void Digest::clear() {
  kept_.clear();
  history_.clear();
  totals_ = {};
  run_ = {};
  runs_.clear();
  folded_ = {};
  any_folded_ = false;
  figures_of_ = FiguresOf::windows;
  counted_ = {};
  summary_.clear();
  shares_ = {};
  earlier_shares_ = {};
  scans_.clear();
  scan_octets_ = 0;
  scans_given_up_ = 0;
  scans_open_ = 0;
  malformed_ = 0;
  first_.reset();
  last_.reset();
}

Digest::Line Digest::take_summary(Timestamp time, const dom::object& summary) {
  if (run_.ended || run_.whole) end_input();
  summary_ = simdjson::minify(summary);
  totals_.flows_active = number(summary, "flows_active");
  bool whole = false;
  if (summary["whole_run"].get(whole) == simdjson::SUCCESS && whole) {
    // What its windows came to, but exactly.
    run_.windows = sums_of_summary(summary);
    run_.summaries = std::max<std::uint64_t>(run_.summaries, 1);
    run_.whole = true;
    shares_ = {};
  } else {
    history_.add(history_row(time, summary, counted_));
    counted_ = {};
    add_sums(run_.windows, sums_of_summary(summary));
    ++run_.summaries;
  }
  add_talkers(shares_, summary);
  add_protocols(shares_, summary);
  settle();
  return run_.whole ? Line::event : Line::summary;
}

// --- runs

void Digest::end_input() {
  if (run_.summaries != 0 || run_.ended) {
    if (runs_.size() == most_runs) {
      add_sums(folded_, totals_of(runs_.front()));
      any_folded_ = true;
      runs_.erase(runs_.begin());
    }
    runs_.push_back(run_);
  }
  run_ = {};
  add(earlier_shares_, shares_);
  shares_ = {};
}

void Digest::take_start(const dom::object& start) {
  end_input();
  run_.windowed = number(start, "summary_every_us") != 0;
  settle();
}

void Digest::take_end(const dom::object& end) {
  if (run_.ended) end_input();
  run_.ended = true;
  run_.end = sums_of_end(end);
  add_truth(totals_.input_truncated, end, "input_truncated");
  add_truth(totals_.input_damaged, end, "input_damaged");
  settle();
}

// A run may be saved as a file of summaries and a file of ends, in any order: its end knows what
// the windows add up to.
std::vector<Digest::Run> Digest::joined_runs() const {
  std::vector<Run> runs = runs_;
  if (run_.summaries != 0 || run_.ended) runs.push_back(run_);
  for (std::size_t i = 0; i < runs.size();) {
    const Run& end = runs[i];
    const auto windows = std::find_if(runs.begin(), runs.end(), [&end](const Run& one) {
      return one.summaries != 0 && !one.ended && holds_same(one.windows, end.end);
    });
    if (!end.ended || end.summaries != 0 || windows == runs.end()) {
      ++i;
      continue;
    }
    windows->ended = true;
    windows->end = end.end;
    runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return runs;
}

/// One of its summaries is of all of it.
bool Digest::is_covered(const Run& run) noexcept {
  if (run.whole) return true;
  return run.summaries == 1 && (run.ended ? holds_same(run.windows, run.end) : !run.windowed);
}

Totals Digest::totals_of(const Run& run) noexcept {
  if (!run.ended) return run.windows;
  Totals totals = run.end;
  const auto fill = [](std::optional<std::uint64_t>& to, const std::optional<std::uint64_t>& from) {
    if (!to) to = from;
  };
  fill(totals.received, run.windows.received);
  fill(totals.dropped_by_kernel, run.windows.dropped_by_kernel);
  fill(totals.dropped_by_interface, run.windows.dropped_by_interface);
  return totals;
}

void Digest::settle() {
  const std::vector<Run> runs = joined_runs();
  Totals sum = folded_;
  for (const Run& run : runs) add_sums(sum, totals_of(run));
  sum.flows_active = totals_.flows_active;
  sum.scans = totals_.scans;
  sum.input_truncated = totals_.input_truncated;
  sum.input_damaged = totals_.input_damaged;
  totals_ = sum;
  const bool one_run = runs.size() == 1 && !any_folded_;
  figures_of_ = one_run && is_covered(runs.front()) ? FiguresOf::run : FiguresOf::windows;
}

// --- talkers and protocols

void Digest::add_talkers(Shares& to, const dom::object& summary) {
  each_object(summary, "talkers", [&to](const dom::object& one) {
    const std::string_view ip = text_of(one, "ip");
    if (ip.empty() || ip.size() > longest_name) return;
    add(to,
        Talker{
            .ip = std::string{ip}, .packets = number(one, "pkts"), .bytes = number(one, "bytes")});
  });
}

void Digest::add(Shares& to, const Talker& talker) {
  auto found = to.talkers.find(talker.ip);
  if (found == to.talkers.end()) {
    if (to.talkers.size() == most_talkers) forget_small(to.talkers);
    found = to.talkers.emplace(talker.ip, Talker{.ip = talker.ip}).first;
  }
  found->second.packets += talker.packets;
  found->second.bytes += talker.bytes;
}

void Digest::add_protocols(Shares& to, const dom::object& summary) {
  each_object(summary, "protocols", [&to](const dom::object& one) {
    const std::string_view level = text_of(one, "level");
    const std::string_view name = text_of(one, "name");
    if (level.size() > longest_name || name.size() > longest_name) return;
    add(to, ProtocolShare{.level = std::string{level},
                          .name = std::string{name},
                          .packets = number(one, "pkts"),
                          .bytes = number(one, "bytes"),
                          .flows = number_of(one, "flows")});
  });
}

void Digest::add(Shares& to, const ProtocolShare& share) {
  auto found =
      std::find_if(to.protocols.begin(), to.protocols.end(), [&share](const ProtocolShare& one) {
        return one.level == share.level && one.name == share.name;
      });
  if (found == to.protocols.end()) {
    if (to.protocols.size() == most_protocols) return;
    to.protocols.push_back({.level = share.level, .name = share.name});
    found = to.protocols.end() - 1;
  }
  found->packets += share.packets;
  found->bytes += share.bytes;
  add_known(found->flows, share.flows);
}

void Digest::add(Shares& to, const Shares& more) {
  for (const auto& [ip, talker] : more.talkers) add(to, talker);
  for (const ProtocolShare& share : more.protocols) add(to, share);
}

void Digest::take_flow(const dom::object& flow) noexcept {
  if (text_of(flow, "end_reason") == "rst") ++counted_.resets;
}

void Digest::take_scan(const dom::object& scan, std::string_view line) {
  const std::string_view id = text_of(scan, "id");
  const bool open = text_of(scan, "phase") != "close";
  const auto found = std::find_if(scans_.rbegin(), scans_.rend(),
                                  [id](const ScanLine& one) { return one.id == id; });
  scan_octets_ += line.size();
  if (found != scans_.rend()) {
    scan_octets_ -= found->line.size();
    scans_open_ -= found->open ? 1U : 0U;
    found->line = line;
    found->open = open;
  } else {
    ++totals_.scans;
    ++counted_.scans;
    scans_.push_back(
        {.id = std::string{id}, .line = std::string{line}, .number = totals_.scans, .open = open});
  }
  scans_open_ += open ? 1U : 0U;
  while (scans_.size() > most_scans || scan_octets_ > most_scan_octets) {
    scan_octets_ -= scans_.front().line.size();
    scans_open_ -= scans_.front().open ? 1U : 0U;
    scans_.pop_front();
    ++scans_given_up_;
  }
}

std::vector<ProtocolShare> Digest::protocols() const {
  Shares sum;
  sum.protocols = earlier_shares_.protocols;
  for (const ProtocolShare& share : shares_.protocols) add(sum, share);
  std::vector<ProtocolShare> all = std::move(sum.protocols);
  std::stable_sort(all.begin(), all.end(), [](const ProtocolShare& a, const ProtocolShare& b) {
    const int first = rank_of(a.level);
    const int second = rank_of(b.level);
    return first != second ? first < second : a.bytes > b.bytes;
  });
  return all;
}

std::vector<Talker> Digest::talkers(std::size_t most) const {
  Shares sum;
  if (!earlier_shares_.talkers.empty()) {
    sum.talkers = earlier_shares_.talkers;
    for (const auto& [ip, talker] : shares_.talkers) add(sum, talker);
  }
  std::vector<Talker> all;
  for (const auto& [ip, talker] : earlier_shares_.talkers.empty() ? shares_.talkers : sum.talkers)
    all.push_back(talker);
  const std::size_t size = std::min(most, all.size());
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(size);
  std::partial_sort(all.begin(), end, all.end(), [](const Talker& a, const Talker& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.ip < b.ip;
  });
  all.resize(size);
  return all;
}

std::vector<const ScanLine*> Digest::scans(std::size_t most) const {
  std::vector<const ScanLine*> newest;
  for (auto at = scans_.rbegin(); at != scans_.rend() && newest.size() < most; ++at)
    newest.push_back(&*at);
  return newest;
}

}  // namespace ntan::serve

#include "serve/digest.h"

#include <algorithm>

#include "serve/json_read.h"

namespace ntan::serve {
namespace {

namespace dom = simdjson::dom;

std::uint64_t number(const dom::object& object, std::string_view member) noexcept {
  return number_of(object, member).value_or(0);
}

/// Adds a member to a sum that is unknown until it was there once.
void add_known(std::optional<std::uint64_t>& sum, const dom::object& object,
               std::string_view member) noexcept {
  if (const auto value = number_of(object, member)) sum = sum.value_or(0) + *value;
}

/// A run's own total in place of the sum over its windows, on top of the runs before.
void take_known(std::optional<std::uint64_t>& total, std::optional<std::uint64_t> before,
                const dom::object& object, std::string_view member) noexcept {
  if (const auto value = number_of(object, member)) total = before.value_or(0) + *value;
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
  if (name == "summary") {
    take_summary(*time, record);
    return Line::summary;
  }
  if (name == "scan") {
    take_scan(record, line);
    return Line::scan;
  }
  if (name == "flow") take_flow(record);
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
  ended_ = {};
  counted_ = {};
  summary_.clear();
  talkers_.clear();
  protocols_.clear();
  scans_.clear();
  scan_octets_ = 0;
  scans_given_up_ = 0;
  malformed_ = 0;
  first_.reset();
  last_.reset();
}

void Digest::take_summary(Timestamp time, const dom::object& summary) {
  history_.add(history_row(time, summary, counted_));
  counted_ = {};
  summary_ = simdjson::minify(summary);
  totals_.packets += number(summary, "packets");
  totals_.bytes += number(summary, "bytes");
  totals_.flows += number(summary, "flows_new");
  totals_.flows_active = number(summary, "flows_active");
  add_known(totals_.received, summary, "quality_received");
  add_known(totals_.dropped_by_kernel, summary, "quality_dropped_by_kernel");
  add_known(totals_.dropped_by_interface, summary, "quality_dropped_by_interface");
  totals_.dropped_by_ntan += number(summary, "quality_dropped_by_ntan");
  take_talkers(summary);
  take_protocols(summary);
}

void Digest::take_talkers(const dom::object& summary) {
  each_object(summary, "talkers", [this](const dom::object& one) {
    const std::string_view ip = text_of(one, "ip");
    if (ip.empty() || ip.size() > longest_name) return;
    auto found = talkers_.find(ip);
    if (found == talkers_.end()) {
      if (talkers_.size() == most_talkers) forget_small_talkers();
      found = talkers_.emplace(std::string{ip}, Talker{.ip = std::string{ip}}).first;
    }
    found->second.packets += number(one, "pkts");
    found->second.bytes += number(one, "bytes");
  });
}

// Every window names its largest talkers, so one that is forgotten here comes back if it goes on.
void Digest::forget_small_talkers() {
  std::vector<std::uint64_t> sizes;
  sizes.reserve(talkers_.size());
  for (const auto& [ip, talker] : talkers_) sizes.push_back(talker.bytes);
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const std::uint64_t least = *middle;
  std::erase_if(talkers_, [least](const auto& each) { return each.second.bytes <= least; });
}

void Digest::take_protocols(const dom::object& summary) {
  each_object(summary, "protocols", [this](const dom::object& one) {
    const std::string_view level = text_of(one, "level");
    const std::string_view name = text_of(one, "name");
    if (level.size() > longest_name || name.size() > longest_name) return;
    auto found = std::find_if(
        protocols_.begin(), protocols_.end(),
        [&](const ProtocolShare& share) { return share.level == level && share.name == name; });
    if (found == protocols_.end()) {
      if (protocols_.size() == most_protocols) return;
      protocols_.push_back({.level = std::string{level}, .name = std::string{name}});
      found = protocols_.end() - 1;
    }
    found->packets += number(one, "pkts");
    found->bytes += number(one, "bytes");
    found->flows += number(one, "flows");
  });
}

void Digest::take_flow(const dom::object& flow) noexcept {
  if (text_of(flow, "end_reason") == "rst") ++counted_.resets;
}

void Digest::take_scan(const dom::object& scan, std::string_view line) {
  const std::string_view id = text_of(scan, "id");
  const auto found = std::find_if(scans_.rbegin(), scans_.rend(),
                                  [id](const ScanLine& one) { return one.id == id; });
  scan_octets_ += line.size();
  if (found != scans_.rend()) {
    scan_octets_ -= found->line.size();
    found->line = line;
  } else {
    ++totals_.scans;
    ++counted_.scans;
    scans_.push_back({.id = std::string{id}, .line = std::string{line}, .number = totals_.scans});
  }
  while (scans_.size() > most_scans || scan_octets_ > most_scan_octets) {
    scan_octets_ -= scans_.front().line.size();
    scans_.pop_front();
    ++scans_given_up_;
  }
}

void Digest::take_end(const dom::object& end) noexcept {
  totals_.packets = ended_.packets + number(end, "packets");
  totals_.bytes = ended_.bytes + number(end, "bytes");
  totals_.flows = ended_.flows + number(end, "flows");
  take_known(totals_.received, ended_.received, end, "received");
  take_known(totals_.dropped_by_kernel, ended_.dropped_by_kernel, end, "dropped_by_kernel");
  take_known(totals_.dropped_by_interface, ended_.dropped_by_interface, end,
             "dropped_by_interface");
  totals_.dropped_by_ntan = ended_.dropped_by_ntan + number(end, "dropped_by_ntan");
  add_truth(totals_.input_truncated, end, "input_truncated");
  add_truth(totals_.input_damaged, end, "input_damaged");
  ended_ = totals_;
}

std::vector<ProtocolShare> Digest::protocols() const {
  std::vector<ProtocolShare> all = protocols_;
  std::stable_sort(all.begin(), all.end(), [](const ProtocolShare& a, const ProtocolShare& b) {
    const int first = rank_of(a.level);
    const int second = rank_of(b.level);
    return first != second ? first < second : a.bytes > b.bytes;
  });
  return all;
}

std::vector<Talker> Digest::talkers(std::size_t most) const {
  std::vector<Talker> all;
  all.reserve(talkers_.size());
  for (const auto& [ip, talker] : talkers_) all.push_back(talker);
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

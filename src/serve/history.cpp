#include "serve/history.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "event/value.h"

namespace ntan::serve {
namespace {

std::optional<double> number(const simdjson::dom::object& object, std::string_view member,
                             Merge merge) {
  double value = 0;
  // ntan writes no such numbers, and their sums would be no JSON any more.
  constexpr double most = 9'007'199'254'740'992;  // up to here every whole number is a double
  const double least = merge == Merge::signed_sum ? -most : 0;
  if (object[member].get(value) != simdjson::SUCCESS || value < least || value > most)
    return std::nullopt;
  return value;
}

std::optional<simdjson::dom::object> latency(const simdjson::dom::object& summary,
                                             std::string_view metric) {
  simdjson::dom::array all;
  if (summary["latency"].get(all) != simdjson::SUCCESS) return std::nullopt;
  for (const simdjson::dom::element each : all) {
    simdjson::dom::object one;
    std::string_view name;
    if (each.get(one) == simdjson::SUCCESS && one["metric"].get(name) == simdjson::SUCCESS &&
        name == metric) {
      return one;
    }
  }
  return std::nullopt;
}

double merge_values(Merge rule, double earlier, double later) noexcept {
  if (std::isnan(earlier)) return later;
  if (std::isnan(later)) return rule == Merge::last ? later : earlier;
  switch (rule) {
    case Merge::sum:
    case Merge::signed_sum: return earlier + later;
    // Of quantiles too: those of parts say nothing exact of the whole, but that it is no worse.
    case Merge::greatest: return std::max(earlier, later);
    case Merge::last:
    case Merge::per_second: return later;
  }
  return later;
}

std::size_t place_of(std::string_view name) noexcept {
  const auto* const found = std::find_if(history_columns.begin(), history_columns.end(),
                                         [name](const Column& one) { return one.name == name; });
  return static_cast<std::size_t>(found - history_columns.begin());
}

void append_rows(std::string& out, const std::vector<const HistoryRow*>& rows) {
  out += R"({"columns":[)";
  for (const Column& one : history_columns) {
    if (out.back() != '[') out += ',';
    out += '"';
    out += one.name;
    out += '"';
  }
  out += R"(],"rows":[)";
  for (const HistoryRow* row : rows) {
    if (row != rows.front()) out += ',';
    append_row(out, *row);
  }
  out += "]}";
}

}  // namespace

HistoryRow history_row(Timestamp end, const simdjson::dom::object& summary,
                       const Counted& counted) {
  HistoryRow row{};
  for (std::size_t at = 0; at < row.size(); ++at) {
    const Column& one = history_columns[at];
    std::optional<double> value;
    if (one.metric.empty()) {
      if (!one.member.empty()) value = number(summary, one.member, one.merge);
    } else if (const auto of_metric = latency(summary, one.metric)) {
      value = number(*of_metric, one.member, one.merge);
    }
    row[at] = value.value_or(not_observed);
  }
  constexpr double ns_per_second = 1e9;
  row[column("t")] = static_cast<double>(to_ns(end)) / ns_per_second;
  row[column("resets")] = static_cast<double>(counted.resets);
  row[column("scans")] = static_cast<double>(counted.scans);
  row[column("events")] = static_cast<double>(counted.events);
  return row;
}

HistoryRow merged(const HistoryRow& earlier, const HistoryRow& later) noexcept {
  HistoryRow row{};
  for (std::size_t at = 0; at < row.size(); ++at)
    row[at] = merge_values(history_columns[at].merge, earlier[at], later[at]);
  constexpr double us_per_second = 1e6;
  const double seconds = row[column("interval_us")] / us_per_second;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const Column& one = history_columns[at];
    if (one.merge == Merge::per_second && seconds > 0)
      row[at] = row[place_of(one.of)] * one.factor / seconds;
  }
  return row;
}

void History::add(const HistoryRow& row) {
  std::optional<HistoryRow> next = row;
  for (std::size_t tier = 0; next && tier < tiers; ++tier) next = push(tier, *next);
}

void History::clear() noexcept {
  for (auto& rows : rows_) rows.clear();
  seconds_ = History{}.seconds_;
}

std::size_t History::size() const noexcept {
  std::size_t sum = 0;
  for (const auto& rows : rows_) sum += rows.size();
  return sum;
}

// What a tier has no place for goes to the next, into its last row while that is short of the
// tier's time.
std::optional<HistoryRow> History::push(std::size_t tier, const HistoryRow& row) {
  std::deque<HistoryRow>& rows = rows_[tier];
  constexpr double us_per_second = 1e6;
  const bool joins =
      !rows.empty() && rows.back()[column("interval_us")] + row[column("interval_us")] <=
                           seconds_[tier] * us_per_second;
  if (joins) {
    rows.back() = merged(rows.back(), row);
    return std::nullopt;
  }
  rows.push_back(row);
  if (rows.size() <= capacity[tier]) return std::nullopt;
  if (tier + 1 == tiers) {
    halve_last();
    return std::nullopt;
  }
  const HistoryRow oldest = rows.front();
  rows.pop_front();
  return oldest;
}

void History::halve_last() {
  seconds_.back() *= 2;
  std::deque<HistoryRow> halved;
  const std::deque<HistoryRow>& rows = rows_.back();
  for (std::size_t i = 0; i + 1 < rows.size(); i += 2)
    halved.push_back(merged(rows[i], rows[i + 1]));
  if (rows.size() % 2 != 0) halved.push_back(rows.back());
  rows_.back() = std::move(halved);
}

void append_row(std::string& out, const HistoryRow& row) {
  out += '[';
  for (const double value : row) {
    if (out.back() != '[') out += ',';
    if (std::isnan(value)) {
      out += "null";
      continue;
    }
    std::array<char, event::max_number_text> text{};
    out.append(text.data(), event::append_number(text.data(), value));
  }
  out += ']';
}

void append_history(std::string& out, const History& history, double since) {
  std::vector<const HistoryRow*> rows;
  history.each([&](const HistoryRow& row) {
    if (row[column("t")] > since) rows.push_back(&row);
  });
  append_rows(out, rows);
}

void append_shortened(std::string& out, const History& history, std::size_t most) {
  std::vector<HistoryRow> rows;
  const std::size_t together = history.size() / most + 1;
  std::size_t in_last = together;
  history.each([&](const HistoryRow& row) {
    if (in_last == together) {
      rows.push_back(row);
      in_last = 1;
    } else {
      rows.back() = merged(rows.back(), row);
      ++in_last;
    }
  });
  std::vector<const HistoryRow*> views;
  views.reserve(rows.size());
  for (const HistoryRow& row : rows) views.push_back(&row);
  append_rows(out, views);
}

}  // namespace ntan::serve

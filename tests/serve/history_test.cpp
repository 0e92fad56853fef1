#include "serve/history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/serve/lines.h"

using namespace ntan;
using namespace ntan::serve;
using test::Json;

namespace {

constexpr std::size_t t = column("t");
constexpr std::size_t interval_us = column("interval_us");
constexpr std::size_t packets = column("packets");
constexpr std::size_t octets = column("bytes");
constexpr double second_us = 1e6;

/// A window of `seconds` that ends at `end`.
HistoryRow window(double end, double seconds = 1, double count = 1) {
  HistoryRow row{};
  row.fill(not_observed);
  row[t] = end;
  row[interval_us] = seconds * second_us;
  row[packets] = count;
  row[octets] = count * 100;
  row[column("bps")] = count * 800 / seconds;
  row[column("pps")] = count / seconds;
  return row;
}

std::vector<HistoryRow> rows_of(const History& history) {
  std::vector<HistoryRow> rows;
  history.each([&rows](const HistoryRow& row) { rows.push_back(row); });
  return rows;
}

double sum(const std::vector<HistoryRow>& rows, std::size_t of) {
  double total = 0;
  for (const HistoryRow& row : rows) total += std::isnan(row[of]) ? 0 : row[of];
  return total;
}

HistoryRow row_of(std::string_view summary, const Counted& counted = {}) {
  const Json json(summary);
  return history_row(from_ns(1'500'000'000), json.object(), counted);
}

}  // namespace

TEST_CASE("history: no time and no packet is lost, however long it goes on") {
  const int windows = GENERATE(0, 1, 899, 900, 901, 910, 5'000, 22'501, 110'000, 400'000);
  History history;
  for (int i = 1; i <= windows; ++i) history.add(window(i, 1, i % 7));
  double expected = 0;
  for (int i = 1; i <= windows; ++i) expected += i % 7;
  const auto rows = rows_of(history);
  CAPTURE(windows, rows.size());
  CHECK(rows.size() == history.size());
  CHECK(rows.size() <= 900 + 2'160 + 1'440);
  CHECK(sum(rows, interval_us) == windows * second_us);
  CHECK(sum(rows, packets) == expected);
  CHECK(sum(rows, octets) == expected * 100);
  // Each row begins where the one before has ended.
  double before = 0;
  for (const HistoryRow& row : rows) {
    REQUIRE(row[t] - row[interval_us] / second_us == before);
    before = row[t];
  }
  CHECK(before == windows);
}

TEST_CASE("history: the last quarter of an hour has every second, what is older is coarser") {
  History history;
  for (int i = 1; i <= 100'000; ++i) history.add(window(i));
  const auto rows = rows_of(history);
  for (std::size_t back = 1; back <= 900; ++back)
    REQUIRE(rows[rows.size() - back][interval_us] == second_us);
  for (std::size_t back = 902; back <= 900 + 2'000; ++back)
    REQUIRE(rows[rows.size() - back][interval_us] == 10 * second_us);
  for (std::size_t at = 1; at < rows.size(); ++at)
    REQUIRE(rows[at][interval_us] <= rows[at - 1][interval_us] + second_us);
}

TEST_CASE("history: rows of a long run grow twice as long, not more in number") {
  History history;
  for (int i = 1; i <= 300; ++i) history.add(window(i * 3'600, 3'600));
  CHECK(rows_of(history).size() == 300);
  for (int i = 301; i <= 20'000; ++i) {
    history.add(window(i * 3'600, 3'600));
    REQUIRE(history.size() <= 900 + 2'160 + 1'441);
  }
  CHECK(sum(rows_of(history), interval_us) == 20'000 * 3'600 * second_us);
}

TEST_CASE("history: windows of any length keep their sums") {
  History history;
  std::uint64_t state = 5;
  double time = 0;
  for (int i = 0; i < 50'000; ++i) {
    state = state * 6364136223846793005ULL + 1;
    const double seconds = static_cast<double>(state >> 40U) / 1'048'576;
    time += seconds;
    history.add(window(time, seconds, 3));
  }
  CHECK(sum(rows_of(history), interval_us) == Approx(time * second_us));
  CHECK(sum(rows_of(history), packets) == 150'000);
  CHECK((*history.latest())[t] == time);
}

TEST_CASE("history: a merged row has sums, greatest and latest values, and rates of its time") {
  HistoryRow first = window(10, 1, 5);
  HistoryRow second = window(12, 3, 7);
  first[column("peak_1s_bps")] = 9;
  second[column("peak_1s_bps")] = 4;
  first[column("flows_active")] = 100;
  second[column("flows_active")] = 3;
  first[column("rtt_p50_us")] = 10;
  second[column("rtt_p50_us")] = 20;
  first[column("rtt_p95_us")] = 90;
  second[column("rtt_p95_us")] = 30;
  first[column("events")] = 1;
  second[column("events")] = 2;
  const HistoryRow both = merged(first, second);
  CHECK(both[t] == 12);
  CHECK(both[interval_us] == 4 * second_us);
  CHECK(both[packets] == 12);
  CHECK(both[column("pps")] == 3);
  CHECK(both[column("bps")] == 2'400);
  CHECK(both[column("peak_1s_bps")] == 9);
  CHECK(both[column("flows_active")] == 3);
  CHECK(both[column("rtt_p50_us")] == 20);
  CHECK(both[column("rtt_p95_us")] == 90);
  CHECK(both[column("events")] == 3);
}

TEST_CASE("history: latencies of merged rows are those of the worst window, in any order") {
  std::array<double, 4> medians{10, 400, 30, 20};
  std::ranges::sort(medians);
  do {
    HistoryRow all = window(0);
    for (std::size_t i = 0; i < medians.size(); ++i) {
      HistoryRow row = window(static_cast<double>(i + 1));
      row[column("dns_p50_us")] = row[column("hs_rtt_p50_us")] = medians[i];
      all = merged(all, row);
    }
    CHECK(all[column("dns_p50_us")] == 400);
    CHECK(all[column("hs_rtt_p50_us")] == 400);
  } while (std::ranges::next_permutation(medians).found);
}

TEST_CASE("history: octets that the capture missed are less what came late after all") {
  const auto missed = [](std::string_view octets) {
    return row_of(
        fmt::format(R"({{"packets":1,"interval_us":1000000,"quality_unseen_bytes":{}}})", octets));
  };
  constexpr auto at = column("capture_missed_bytes");
  CHECK(missed("-700")[at] == -700);
  CHECK(merged(missed("1000"), missed("-700"))[at] == 300);
  CHECK(std::isnan(missed("-1e300")[at]));
}

TEST_CASE("history: what was observed in one half only is not lost in the other") {
  HistoryRow seen = window(1);
  for (const Column& one : history_columns) {
    const auto at = static_cast<std::size_t>(&one - history_columns.data());
    seen[at] = std::isnan(seen[at]) ? 42 : seen[at];
  }
  const HistoryRow unseen = window(2);
  const HistoryRow before = merged(seen, unseen);
  const HistoryRow after = merged(unseen, seen);
  for (std::size_t at = 0; at < seen.size(); ++at) {
    CAPTURE(history_columns[at].name);
    CHECK_FALSE(std::isnan(after[at]));
    // A level that was not seen at the end is not known then.
    CHECK(std::isnan(before[at]) == (history_columns[at].merge == Merge::last && at != t));
  }
}

TEST_CASE("history: windows without any length are neither lost nor kept for ever") {
  History history;
  for (int i = 0; i < 10'000; ++i) history.add(window(5, 0, 1));
  CHECK(history.size() == 1);
  CHECK(sum(rows_of(history), packets) == 10'000);
}

TEST_CASE("history: rows whose time is not known take no more place than others") {
  History history;
  HistoryRow row{};
  row.fill(not_observed);
  row[packets] = 1;
  for (int i = 0; i < 30'000; ++i) {
    row[t] = i;
    history.add(row);
  }
  CHECK(history.size() <= 900 + 2'160 + 1'440);
  CHECK(sum(rows_of(history), packets) == 30'000);
}

TEST_CASE("history: clear() forgets the rows, and how long they had become") {
  History history;
  for (int i = 1; i <= 200'000; ++i) history.add(window(i));
  history.clear();
  CHECK(history.size() == 0);
  CHECK(history.latest() == nullptr);
  History fresh;
  for (int i = 1; i <= 30'000; ++i) {
    history.add(window(i));
    fresh.add(window(i));
  }
  CHECK(history.size() == fresh.size());
}

TEST_CASE("history: a row has the members of a summary and the quantiles of its latencies") {
  const HistoryRow row = row_of(
      R"({"interval_us":1000000,"packets":5,"bps":1.5,"tcp_rtx":2,"quality_unseen_bytes":7,
          "latency":[{"metric":"dns_rtt","p50_us":3,"p95_us":4},{"metric":"tcp_hs_rtt","p50_us":8}]})",
      {.resets = 1, .scans = 2, .events = 3});
  CHECK(row[t] == 1.5);
  CHECK(row[interval_us] == 1e6);
  CHECK(row[packets] == 5);
  CHECK(row[column("bps")] == 1.5);
  CHECK(row[column("rtx")] == 2);
  CHECK(row[column("capture_missed_bytes")] == 7);
  CHECK(row[column("dns_p50_us")] == 3);
  CHECK(row[column("dns_p95_us")] == 4);
  CHECK(row[column("hs_rtt_p50_us")] == 8);
  CHECK(std::isnan(row[column("hs_rtt_p95_us")]));
  CHECK(std::isnan(row[column("ttfb_p50_us")]));
  CHECK(std::isnan(row[octets]));
  CHECK(row[column("resets")] == 1);
  CHECK(row[column("scans")] == 2);
  CHECK(row[column("events")] == 3);
}

TEST_CASE("history: members of another type or of impossible size are not observed") {
  const std::string_view value =
      GENERATE(R"("5")", "null", "true", "[5]", "{}", "-1", "-1e300", "1e300", "2e19");
  CAPTURE(value);
  const HistoryRow row = row_of(fmt::format(
      R"({{"packets":{},"interval_us":{},"latency":[{{"metric":"dns_rtt","p50_us":{}}}]}})", value,
      value, value));
  CHECK(std::isnan(row[packets]));
  CHECK(std::isnan(row[interval_us]));
  CHECK(std::isnan(row[column("dns_p50_us")]));
}

TEST_CASE("history: latencies of any shape are looked through") {
  for (const char* latency : {"5", "\"dns_rtt\"", "{}", "[]", "[5,null,[],{}]",
                              R"([{"metric":5,"p50_us":1}])", R"([{"p50_us":1}])"})
    CHECK(std::isnan(row_of(fmt::format(R"({{"latency":{}}})", latency))[column("dns_p50_us")]));
}

TEST_CASE("history: as JSON it has a cell per column, null where nothing was observed") {
  History history;
  history.add(window(100.5, 1, 3));
  history.add(window(101.5, 1, 4));
  std::string out;
  append_history(out, history, 100.5);
  const Json json(out);
  CHECK(json.size("/columns") == history_columns.size());
  REQUIRE(json.size("/rows") == 1);
  CHECK(json.size("/rows/0") == history_columns.size());
  CHECK(json.text("/columns/0") == "t");
  CHECK(json.root().at_pointer("/rows/0/0").get_double().value() == 101.5);
  CHECK(json.root().at_pointer(fmt::format("/rows/0/{}", column("rtx"))).is_null());
}

TEST_CASE("history: shortened, it still is the whole time") {
  History history;
  for (int i = 1; i <= 5'000; ++i) history.add(window(i));
  for (const std::size_t most : {1UL, 2UL, 3UL, 100UL, 1'200UL, 1'000'000UL}) {
    std::string out;
    append_shortened(out, history, most);
    const Json json(out);
    CAPTURE(most);
    CHECK(json.size("/rows") <= most);
    double time = 0;
    for (const auto row : json.root().at_pointer("/rows").get_array())
      time += row.at(interval_us).get_double().value();
    CHECK(time == 5'000 * second_us);
  }
  std::string none;
  append_shortened(none, History{}, 10);
  CHECK(Json(none).size("/rows") == 0);
}

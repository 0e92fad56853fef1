// How a run went: a row of figures per window, fine for the last quarter of an hour and coarser
// before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "base/time.h"

namespace ntan::serve {

/// What becomes of a figure when rows are merged to a coarser one.
enum class Merge : std::uint8_t { sum, signed_sum, greatest, last, per_second };

struct Column {
  std::string_view name;
  std::string_view member;       ///< of the `summary` object, or the quantile of `metric`
  std::string_view metric = {};  ///< of `summary.latency`
  Merge merge = Merge::sum;
  std::string_view of = {};  ///< per_second: the column that is divided by the time
  double factor = 1;         ///< per_second: and multiplied by this
};

/// `t` is the end of a window in seconds since the epoch; the others are members of `summary` or
/// quantiles of its latencies. `scans` and `events` are counted here.
inline constexpr auto history_columns = std::to_array<Column>({
    {.name = "t", .member = "", .merge = Merge::last},
    {.name = "interval_us", .member = "interval_us"},
    {.name = "packets", .member = "packets"},
    {.name = "bytes", .member = "bytes"},
    {.name = "bps", .member = "bps", .merge = Merge::per_second, .of = "bytes", .factor = 8},
    {.name = "pps", .member = "pps", .merge = Merge::per_second, .of = "packets"},
    {.name = "inbound_pkts", .member = "inbound_pkts"},
    {.name = "inbound_bytes", .member = "inbound_bytes"},
    {.name = "outbound_pkts", .member = "outbound_pkts"},
    {.name = "outbound_bytes", .member = "outbound_bytes"},
    {.name = "peak_1s_bps", .member = "peak_1s_bps", .merge = Merge::greatest},
    {.name = "flows_new", .member = "flows_new"},
    {.name = "flows_active", .member = "flows_active", .merge = Merge::last},
    {.name = "hs_rtt_p50_us", .member = "p50_us", .metric = "tcp_hs_rtt", .merge = Merge::greatest},
    {.name = "hs_rtt_p95_us", .member = "p95_us", .metric = "tcp_hs_rtt", .merge = Merge::greatest},
    {.name = "rtt_p50_us",
     .member = "p50_us",
     .metric = "tcp_rtt_server",
     .merge = Merge::greatest},
    {.name = "rtt_p95_us",
     .member = "p95_us",
     .metric = "tcp_rtt_server",
     .merge = Merge::greatest},
    {.name = "dns_p50_us", .member = "p50_us", .metric = "dns_rtt", .merge = Merge::greatest},
    {.name = "dns_p95_us", .member = "p95_us", .metric = "dns_rtt", .merge = Merge::greatest},
    {.name = "ttfb_p50_us", .member = "p50_us", .metric = "http_ttfb", .merge = Merge::greatest},
    {.name = "ttfb_p95_us", .member = "p95_us", .metric = "http_ttfb", .merge = Merge::greatest},
    {.name = "data_segs", .member = "tcp_data_segs"},
    {.name = "rtx", .member = "tcp_rtx"},
    {.name = "rtx_control", .member = "tcp_rtx_control"},
    {.name = "ooo", .member = "tcp_reorder"},
    {.name = "zero_win", .member = "tcp_zero_win"},
    {.name = "capture_missed_bytes",
     .member = "quality_unseen_bytes",
     .merge = Merge::signed_sum},  // less what earlier windows had missed and came late
    {.name = "dns_queries", .member = "dns_queries"},
    {.name = "dns_unanswered", .member = "dns_unanswered"},
    {.name = "http_requests", .member = "http_requests"},
    {.name = "tls_handshakes", .member = "tls_handshakes"},
    {.name = "dropped_by_kernel", .member = "quality_dropped_by_kernel"},
    {.name = "dropped_by_interface", .member = "quality_dropped_by_interface"},
    {.name = "resets", .member = ""},
    {.name = "scans", .member = ""},
    {.name = "events", .member = ""},
});

/// The place of a column. Requires: there is one of this name.
[[nodiscard]] consteval std::size_t column(std::string_view name) {
  for (std::size_t at = 0; at < history_columns.size(); ++at) {
    if (history_columns[at].name == name) return at;
  }
  throw "no column of this name";  // NOLINT(hicpp-exception-baseclass): stops the compiler
}

/// NaN where nothing was observed.
using HistoryRow = std::array<double, history_columns.size()>;
inline constexpr double not_observed = std::numeric_limits<double>::quiet_NaN();

/// What is counted beside the summaries, for the window that ends.
struct Counted {
  std::uint64_t resets = 0;  ///< flows that ended by a reset
  std::uint64_t scans = 0;   ///< scans found
  std::uint64_t events = 0;
};

/// The row of a window that ended at `end`.
[[nodiscard]] HistoryRow history_row(Timestamp end, const simdjson::dom::object& summary,
                                     const Counted& counted);

/// One row for two that follow each other.
[[nodiscard]] HistoryRow merged(const HistoryRow& earlier, const HistoryRow& later) noexcept;

class History {
 public:
  /// Rows of each tier: 15 minutes of seconds, 6 hours of 10 s, a day of minutes. When the last is
  /// full its rows become twice as long, so that no time is ever lost.
  static constexpr std::size_t tiers = 3;
  static constexpr std::array<std::size_t, tiers> capacity{900, 2160, 1440};

  void add(const HistoryRow& row);
  void clear() noexcept;

  /// Calls `visit` with every row, oldest first.
  template <class Visit>
  void each(Visit&& visit) const {
    for (std::size_t tier = tiers; tier-- > 0;) {
      for (const HistoryRow& row : rows_[tier]) visit(row);
    }
  }
  [[nodiscard]] std::size_t size() const noexcept;
  /// Null before the first.
  [[nodiscard]] const HistoryRow* latest() const noexcept {
    return rows_[0].empty() ? nullptr : &rows_[0].back();
  }

 private:
  /// Returns what has no place in the tier any more.
  [[nodiscard]] std::optional<HistoryRow> push(std::size_t tier, const HistoryRow& row);
  void halve_last();

  std::array<std::deque<HistoryRow>, tiers> rows_;
  std::array<double, tiers> seconds_{0, 10, 60};  // of a row, at most
};

/// Appends `[…]`.
void append_row(std::string& out, const HistoryRow& row);
/// Appends `{"columns":[…],"rows":[…]}` with the rows that end after `since` (seconds).
void append_history(std::string& out, const History& history, double since);
/// The same of at most `most` rows of all, neighbours merged.
void append_shortened(std::string& out, const History& history, std::size_t most);

}  // namespace ntan::serve

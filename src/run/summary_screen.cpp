#include "run/summary_screen.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "base/segment_counts.h"
#include "base/time.h"
#include "event/units.h"

namespace ntan::run {
namespace {

using event::duration_text;
using event::percent_text;
using event::size_text;
using stats::SummaryRecord;

constexpr std::size_t most_rows = 5;  // of a list whose rest is in the events

/// Lines under a heading.
class Screen {
 public:
  Screen(std::string& out, event::Color color) : out_(&out), color_(color) {}

  void heading(std::string_view text) {
    *out_ += '\n';
    if (color_ == event::Color::on) {
      *out_ += fmt::format("\x1b[1m{}\x1b[0m\n", text);
    } else {
      line(text);
    }
  }
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    line(fmt::format(format, std::forward<Args>(args)...));
  }
  void line(std::string_view text) {
    *out_ += text;
    *out_ += '\n';
  }

 private:
  std::string* out_;
  event::Color color_;
};

std::string bps_text(double bps) {
  return size_text(bps, "bit/s");
}

std::string bytes_text(std::uint64_t bytes) {
  return size_text(static_cast<double>(bytes), "B");
}

/// Of several screens each says what it is of.
void add_time(Screen& screen, const SummaryRecord& summary) {
  if (summary.whole_run.value_or(false)) return screen.line("whole run");
  if (!summary.one_of_several) return;
  screen.line("{} to {}", to_string(summary.first_ts, TimeDigits::micro),
              to_string(summary.last_ts, TimeDigits::micro));
}

void add_volume(Screen& screen, const SummaryRecord& summary) {
  std::string rate;
  if (summary.bps && summary.pps) {
    rate = fmt::format(": {}, {}", bps_text(static_cast<double>(*summary.bps)),
                       size_text(*summary.pps, "pkt/s"));
  }
  screen.line("{} packets, {} in {}{}", summary.packets, bytes_text(summary.bytes),
              duration_text(static_cast<double>(summary.interval_us)), rate);
  if (summary.inbound_bytes) {
    screen.line("{} inbound, {} outbound, {} internal", bytes_text(*summary.inbound_bytes),
                bytes_text(summary.outbound_bytes.value_or(0)),
                bytes_text(summary.internal_bytes.value_or(0)));
  }
  screen.line("fullest second {}, fullest millisecond {}",
              bps_text(static_cast<double>(summary.peak_1s_bps)),
              bps_text(static_cast<double>(summary.burst_1ms_peak_bps)));
  screen.line("{} flows began, {} ended, {} open", summary.flows_new, summary.flows_ended,
              summary.flows_active);
}

void add_protocols(Screen& screen, const SummaryRecord& summary) {
  if (summary.protocols.empty()) return;
  screen.heading("of what");
  for (const stats::Level level : {stats::Level::link, stats::Level::network,
                                   stats::Level::transport, stats::Level::application}) {
    std::string names;
    std::size_t shown = 0;
    for (const stats::ProtocolRow& row : summary.protocols) {
      if (row.level != level || shown == most_rows) continue;
      ++shown;
      fmt::format_to(std::back_inserter(names), "{}{} {}", names.empty() ? "" : ", ", row.name,
                     percent_text(ratio(row.bytes, summary.bytes).value_or(0)));
    }
    if (!names.empty()) screen.line("  {:<12} {}", to_text(level), names);
  }
}

void add_latency(Screen& screen, const SummaryRecord& summary) {
  if (summary.latency.empty()) return;
  screen.heading(fmt::format("{:<20} {:>8} {:>8} {:>8} {:>8} {:>8}", "how late", "n", "min", "p50",
                             "p95", "max"));
  const auto us = [](std::uint64_t value) { return duration_text(static_cast<double>(value)); };
  for (const stats::LatencyRow& row : summary.latency) {
    screen.line("  {:<18} {:>8} {:>8} {:>8} {:>8} {:>8}", row.metric, row.n, us(row.min_us),
                us(row.p50_us), us(row.p95_us), us(row.max_us));
  }
}

void add_servers(Screen& screen, const SummaryRecord& summary) {
  if (summary.servers.empty()) return;
  screen.heading(fmt::format("{:<38} {:<18} {:>6} {:>7} {:>7}", "servers measured most", "metric",
                             "n", "p50", "p95"));
  const auto us = [](std::uint64_t value) { return duration_text(static_cast<double>(value)); };
  const std::size_t shown = std::min(most_rows, summary.servers.size());
  for (const stats::ServerRow& row : summary.servers.first(shown)) {
    screen.line("  {:<36} {:<18} {:>6} {:>7} {:>7}", to_string(row.ip), row.metric, row.n,
                us(row.p50_us), us(row.p95_us));
  }
}

void add_tcp_loss(Screen& screen, const SummaryRecord& summary) {
  if (!summary.tcp_data_segs) return;
  if (!summary.loss_in_words.empty()) screen.line("  TCP: {}", summary.loss_in_words);
  screen.line(
      "  {} repeats ({} SYN or FIN) in {} segments with data: {} fast, {} by time-out, {} "
      "spurious, "
      "{} upstream, {} other; {} reordered",
      summary.tcp_rtx.value_or(0), summary.tcp_rtx_control.value_or(0), *summary.tcp_data_segs,
      summary.tcp_rtx_fast.value_or(0), summary.tcp_rtx_rto.value_or(0),
      summary.tcp_rtx_spurious.value_or(0), summary.tcp_rtx_upstream.value_or(0),
      summary.tcp_rtx_other.value_or(0), summary.tcp_reorder.value_or(0));
}

void add_loss(Screen& screen, const SummaryRecord& summary) {
  const bool queried = summary.dns_queries.value_or(0) != 0;
  const bool echoed = summary.icmp_echoes.value_or(0) != 0;
  if (!summary.tcp_data_segs && !queried && !echoed) return;
  screen.heading("how lossy");
  add_tcp_loss(screen, summary);
  if (queried) {
    // All copies of a query wait for one answer.
    const std::uint64_t copies = std::min(summary.dns_retries.value_or(0), *summary.dns_queries);
    screen.line("  DNS: {} of {} queries unanswered, {} retries",
                summary.dns_unanswered.value_or(0), *summary.dns_queries - copies,
                summary.dns_retries.value_or(0) + summary.dns_soft_retries.value_or(0));
  }
  if (echoed) {
    screen.line("  ICMP: {} of {} echoes unanswered", summary.icmp_lost.value_or(0),
                *summary.icmp_echoes);
  }
}

void add_talkers(Screen& screen, const SummaryRecord& summary) {
  if (summary.talkers.empty()) return;
  screen.heading("who sent most");
  const std::size_t shown = std::min(most_rows, summary.talkers.size());
  for (const stats::TalkerRow& row : summary.talkers.first(shown)) {
    screen.line("  {:<40} {:>8} {:>10} packets", to_string(row.ip), bytes_text(row.bytes),
                row.pkts);
  }
}

void add_quality(Screen& screen, const SummaryRecord& summary) {
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(summary.quality_undecodable_packets, "packets made no sense");
  add(summary.unknown_link_packets, "packets of an unknown link type");
  add(summary.incomplete_fragments, "fragments without the rest");
  add(summary.quality_truncated_packets, "packets captured in part");
  add(summary.quality_dropped_by_kernel.value_or(0), "packets dropped by the kernel");
  add(summary.quality_dropped_by_interface.value_or(0), "packets dropped by the interface");
  add(summary.quality_dropped_by_ntan, "records not written");
  add(summary.quality_flows_evicted, "flows given up early");
  add(summary.quality_memory_refused, "times without memory");
  screen.heading("not decoded or lost");
  screen.line("  {}", text.empty() ? "nothing" : text);
}

}  // namespace

void append_summary_screen(std::string& out, const SummaryRecord& summary, event::Color color) {
  Screen screen(out, color);
  add_time(screen, summary);
  add_volume(screen, summary);
  add_protocols(screen, summary);
  add_latency(screen, summary);
  add_servers(screen, summary);
  add_loss(screen, summary);
  add_talkers(screen, summary);
  add_quality(screen, summary);
}

}  // namespace ntan::run

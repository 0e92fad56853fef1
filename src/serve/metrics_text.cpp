#include "serve/metrics_text.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace ntan::serve {
namespace {

class Metrics {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    text += fmt::format("# HELP ntan_{} {}\n# TYPE ntan_{} {}\n", name, help, name, type);
  }

  void sample(std::string_view name, std::uint64_t value, std::string_view labels = {}) {
    text += fmt::format("ntan_{}{} {}\n", name, labels, value);
  }

  void counter(std::string_view name, std::string_view help, std::optional<std::uint64_t> value) {
    if (!value) return;
    head(name, "counter", help);
    sample(name, *value);
  }

  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, "gauge", help);
    sample(name, value);
  }

  std::string text;
};

/// Between quotes: backslash, quote and line end are escaped.
std::string label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

void add_latency(Metrics& metrics, const HistoryRow& row) {
  struct Quantile {
    std::size_t column;
    std::string_view metric;
    std::string_view quantile;
  };
  constexpr auto quantiles = std::to_array<Quantile>({
      {column("hs_rtt_p50_us"), "tcp_handshake", "0.5"},
      {column("hs_rtt_p95_us"), "tcp_handshake", "0.95"},
      {column("rtt_p50_us"), "tcp_server", "0.5"},
      {column("rtt_p95_us"), "tcp_server", "0.95"},
      {column("dns_p50_us"), "dns", "0.5"},
      {column("dns_p95_us"), "dns", "0.95"},
      {column("ttfb_p50_us"), "http_ttfb", "0.5"},
      {column("ttfb_p95_us"), "http_ttfb", "0.95"},
  });
  constexpr std::string_view name = "latency_seconds";
  constexpr double us_per_second = 1e6;
  metrics.head(name, "gauge", "Quantiles of the latencies measured in the last window");
  for (const Quantile& one : quantiles) {
    if (std::isnan(row[one.column])) continue;
    metrics.text += fmt::format("ntan_{}{{metric=\"{}\",quantile=\"{}\"}} {}\n", name, one.metric,
                                one.quantile, row[one.column] / us_per_second);
  }
}

}  // namespace

std::string metrics_text(const Digest& digest, const RunState& run, std::size_t listeners) {
  Metrics metrics;
  const Totals& totals = digest.totals();
  metrics.gauge("running", "1 while a run goes on", run.status == Status::running ? 1 : 0);
  metrics.counter("packets_total", "Packets read", totals.packets);
  metrics.counter("bytes_total", "Octets on the wire", totals.bytes);
  metrics.counter("flows_total", "Flows that began", totals.flows);
  metrics.gauge("flows_active", "Flows open at the end of the last window", totals.flows_active);
  metrics.counter("scans_total", "Scans found", totals.scans);
  metrics.counter("received_packets_total", "Packets the kernel has counted", totals.received);
  metrics.counter("kernel_dropped_packets_total", "Packets the kernel had no room for",
                  totals.dropped_by_kernel);
  metrics.counter("interface_dropped_packets_total", "Packets the interface has lost",
                  totals.dropped_by_interface);
  metrics.counter("output_dropped_records_total",
                  "Lines and packets that an output, slow or failed, did not take",
                  totals.dropped_by_ntan);
  metrics.counter("malformed_lines_total", "Lines that were no events", digest.malformed());
  metrics.head("events_total", "counter", "Events by name");
  for (const EventKind& kind : digest.kept().kinds())
    metrics.sample("events_total", kind.seen, fmt::format("{{event=\"{}\"}}", label(kind.name)));
  metrics.head("protocol_bytes_total", "counter", "Octets on the wire by protocol");
  for (const ProtocolShare& share : digest.protocols()) {
    metrics.sample(
        "protocol_bytes_total", share.bytes,
        fmt::format("{{level=\"{}\",name=\"{}\"}}", label(share.level), label(share.name)));
  }
  if (const HistoryRow* row = digest.history().latest()) add_latency(metrics, *row);
  metrics.gauge("kept_event_bytes", "Octets of event lines held for tables and exports",
                digest.kept().octets());
  if (run.packets)
    metrics.gauge("kept_packet_bytes", "Octets of packets held for exports", run.packets->bytes);
  if (run.run_load) {
    metrics.gauge("run_resident_bytes", "Memory of the process that reads packets",
                  run.run_load->resident_bytes);
  }
  if (run.page_load) {
    metrics.gauge("page_resident_bytes", "Memory of the process that serves the page",
                  run.page_load->resident_bytes);
  }
  metrics.gauge("page_streams", "Pages that listen", listeners);
  return metrics.text;
}

}  // namespace ntan::serve

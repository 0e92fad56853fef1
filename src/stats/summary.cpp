#include "stats/summary.h"

#include <algorithm>
#include <array>

#include "event/rcode_name.h"

namespace ntan::stats {
namespace {

using Kind = event::Note::Kind;

std::uint64_t grown(std::uint64_t before, std::uint64_t now) noexcept {
  return now > before ? now - before : 0;
}

std::optional<std::uint64_t> grown(std::optional<std::uint64_t> before,
                                   std::optional<std::uint64_t> now) noexcept {
  if (!now) return std::nullopt;
  return grown(before.value_or(0), *now);
}

constexpr std::uint64_t rounded_us(std::uint64_t ns) noexcept {
  return (ns + 500) / 1000;
}

std::string_view name_of(event::Note::Kind kind) noexcept {
  const auto* const found =
      std::find_if(latency_metrics.begin(), latency_metrics.end(),
                   [kind](const LatencyMetric& metric) { return metric.kind == kind; });
  return found == latency_metrics.end() ? std::string_view{} : found->name;
}

LatencyRow latency_row(std::string_view metric, const Histogram& histogram) noexcept {
  const auto us = [&histogram](std::uint32_t per_mille) {
    return rounded_us(histogram.quantile(per_mille));
  };
  return {.metric = metric,
          .n = histogram.n(),
          .min_us = rounded_us(histogram.min()),
          .p50_us = us(500),
          .p90_us = us(900),
          .p95_us = us(950),
          .p99_us = us(990),
          .max_us = rounded_us(histogram.max())};
}

constexpr std::array<std::string_view, NoteCounts::status_classes> status_names{"1xx", "2xx", "3xx",
                                                                                "4xx", "5xx"};

}  // namespace

Quality since(const Quality& before, const Quality& now) noexcept {
  return {.received = grown(before.received, now.received),
          .dropped_by_kernel = grown(before.dropped_by_kernel, now.dropped_by_kernel),
          .dropped_by_interface = grown(before.dropped_by_interface, now.dropped_by_interface),
          .dropped_by_ntan = grown(before.dropped_by_ntan, now.dropped_by_ntan),
          .truncated_packets = grown(before.truncated_packets, now.truncated_packets),
          .undecodable_packets = grown(before.undecodable_packets, now.undecodable_packets),
          .unknown_link_packets = grown(before.unknown_link_packets, now.unknown_link_packets),
          .incomplete_fragments = grown(before.incomplete_fragments, now.incomplete_fragments),
          .flows_active = now.flows_active,
          .flows_evicted = grown(before.flows_evicted, now.flows_evicted),
          .memory_refused = grown(before.memory_refused, now.memory_refused)};
}

const SummaryRecord& Summary::of(Window& window, const WindowFrame& frame, const Quality& quality,
                                 const PathCounts& path) {
  record_ = {};
  record_.first_ts = frame.begin;
  record_.last_ts = frame.end;
  if (frame.skipped != 0) record_.skipped_windows = frame.skipped;
  if (frame.whole_run) record_.whole_run = true;
  record_.one_of_several = frame.window;
  fill_traffic(window, frame.end - frame.begin);
  if (directed_) fill_directions(window.directions());
  fill_interfaces(window, frame.end - frame.begin);
  fill_quality(quality);
  fill_path(path);
  fill_protocols(window);
  fill_talkers(window.talkers());
  const NoteCounts& notes = window.notes();
  if (notes.empty()) return record_;
  fill_latency(notes);
  fill_servers(window.servers());
  fill_dns(notes);
  fill_http(notes);
  const std::uint64_t handshakes = notes.of(Kind::tls_handshake);
  const std::uint64_t failed = notes.of(Kind::tls_failed);
  if (handshakes + failed != 0) record_.tls_handshakes = handshakes, record_.tls_failed = failed;
  const std::uint64_t echoes = notes.of(Kind::icmp_echo);
  const std::uint64_t lost = notes.of(Kind::icmp_lost);
  const std::uint64_t answered = notes.of(Kind::icmp_answered);
  if (echoes + lost + answered != 0) record_.icmp_echoes = echoes, record_.icmp_lost = lost;
  // What waits at the border of a window, or gave way to others, is neither lost nor answered.
  record_.icmp_lost_ratio = ratio(lost, lost + answered);
  return record_;
}

void Summary::fill_traffic(const Window& window, Duration length) {
  const Rate& rate = window.rate();
  record_.interval_us = to_us(length);
  record_.packets = rate.frames();
  record_.bytes = rate.wire_bytes();
  record_.captured_bytes = rate.captured_bytes();
  record_.bps = rate.bps(length);
  record_.pps = rate.pps(length);
  record_.peak_1s_bps = rate.peak_1s_bps();
  record_.peak_100ms_bps = rate.peak_100ms_bps();
  record_.burst_1ms_peak_bps = rate.peak_1ms_bps();
  const BurstCounts bursts = rate.bursts();
  record_.peak_to_mean = bursts.peak_to_mean;
  record_.bursts = bursts.bursts;
  record_.burst_longest_us = bursts.longest_ms * 1000;
  record_.burst_bytes = bursts.octets;
  record_.flows_new = window.flows().began;
  record_.flows_ended = window.flows().ended;
}

void Summary::fill_directions(const DirectionCounts& directions) noexcept {
  record_.inbound_pkts = directions.inbound.packets;
  record_.inbound_bytes = directions.inbound.bytes;
  record_.outbound_pkts = directions.outbound.packets;
  record_.outbound_bytes = directions.outbound.bytes;
  record_.internal_pkts = directions.internal.packets;
  record_.internal_bytes = directions.internal.bytes;
}

void Summary::name_interface(std::size_t interface, std::string_view name) {
  if (interface < interface_names_.size()) {
    interface_names_[interface] = name;
  } else {
    interface_names_.back().clear();  // which is of all that come later, too
  }
}

void Summary::fill_interfaces(const Window& window, Duration length) {
  interfaces_.clear();
  const std::span<const Rate> rates = window.interfaces();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const Rate& rate = rates[i];
    if (rate.frames() == 0) continue;
    interfaces_.push_back({.id = static_cast<std::uint32_t>(i),
                           .name = interface_names_[i],
                           .pkts = rate.frames(),
                           .bytes = rate.wire_bytes(),
                           .bps = rate.bps(length),
                           .peak_1s_bps = rate.peak_1s_bps(),
                           .peak_100ms_bps = rate.peak_100ms_bps(),
                           .burst_1ms_peak_bps = rate.peak_1ms_bps(),
                           .bursts = rate.bursts().bursts});
  }
  record_.interfaces = interfaces_;
}

void Summary::fill_quality(const Quality& quality) noexcept {
  record_.flows_active = quality.flows_active;
  record_.quality_received = quality.received;
  record_.quality_dropped_by_kernel = quality.dropped_by_kernel;
  record_.quality_dropped_by_interface = quality.dropped_by_interface;
  record_.quality_dropped_by_ntan = quality.dropped_by_ntan;
  record_.quality_truncated_packets = quality.truncated_packets;
  record_.quality_undecodable_packets = quality.undecodable_packets;
  record_.unknown_link_packets = quality.unknown_link_packets;
  record_.incomplete_fragments = quality.incomplete_fragments;
  record_.quality_flows_evicted = quality.flows_evicted;
  record_.quality_memory_refused = quality.memory_refused;
}

void Summary::fill_path(const PathCounts& path) noexcept {
  record_.quality_capture_loss_ratio = path.capture_loss_ratio();
  if (path.acks != 0 || path.unseen_bytes != 0) record_.quality_unseen_bytes = path.unseen_bytes;
  if (path == PathCounts{}) return;
  const SegmentCounts& segments = path.segments;
  if (segments.data != 0) {
    loss_ = loss_in_words(path, {.by_kernel = record_.quality_dropped_by_kernel.value_or(0),
                                 .by_interface = record_.quality_dropped_by_interface.value_or(0)});
    record_.loss_in_words = loss_;
  }
  record_.tcp_data_segs = segments.data;
  record_.tcp_rtx = segments.retransmissions();
  record_.tcp_rtx_fast = segments.fast;
  record_.tcp_rtx_rto = segments.timeout;
  record_.tcp_rtx_spurious = segments.spurious;
  record_.tcp_rtx_upstream = segments.upstream;
  record_.tcp_rtx_other = segments.other;
  record_.tcp_rtx_control = segments.control();
  record_.tcp_reorder = segments.reordered;
  record_.tcp_dupacks = path.duplicate_acks;
  record_.tcp_zero_win = path.zero_windows;
  record_.tcp_keepalive = path.keep_alives;
  record_.tcp_dup_capture = path.capture_copies;
  record_.tcp_gso_frames = path.gso_packets;
  record_.tcp_loss_up_ratio = segments.loss_before_ratio();
  record_.tcp_loss_down_ratio = segments.loss_behind_ratio();
  record_.tcp_loss_ratio = segments.loss_ratio();
  record_.tcp_rtx_ratio = segments.retransmission_ratio();
  record_.tcp_reorder_ratio = ratio(segments.reordered, segments.data);
}

void Summary::fill_latency(const NoteCounts& notes) {
  latency_.clear();
  for (std::size_t i = 0; i < latency_metrics.size(); ++i) {
    const Histogram& histogram = notes.latency(i);
    if (histogram.n() != 0) latency_.push_back(latency_row(latency_metrics[i].name, histogram));
  }
  record_.latency = latency_;
}

void Summary::fill_servers(ServerTimes& servers) {
  servers_.clear();
  for (const ServerTimes::Row& row : servers.top(top_)) {
    const CoarseHistogram& times = *row.times;
    servers_.push_back({.ip = row.server,
                        .metric = name_of(row.metric),
                        .n = times.n(),
                        .min_us = rounded_us(times.min()),
                        .p50_us = rounded_us(times.quantile(500)),
                        .p95_us = rounded_us(times.quantile(950)),
                        .p99_us = rounded_us(times.quantile(990)),
                        .max_us = rounded_us(times.max()),
                        .n_missed = row.missed});
  }
  record_.servers = servers_;
}

void Summary::fill_protocols(const Window& window) {
  protocols_.clear();
  for (const Level level : {Level::link, Level::network, Level::transport, Level::application})
    fill_level(window.protocols(level), level);
  record_.protocols = protocols_;
}

// Rows past the list's end join `other`, so that each level still adds up.
void Summary::fill_level(const ProtocolTable& table, Level level) {
  std::array<ProtocolTable::Row, ProtocolTable::capacity> rows;
  const std::span<const ProtocolTable::Row> all = table.rows();
  const auto end = std::copy(all.begin(), all.end(), rows.begin());
  std::sort(rows.begin(), end, [](const ProtocolTable::Row& a, const ProtocolTable::Row& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name;
  });
  const auto add = [this, level](const ProtocolTable::Row& row) {
    ProtocolRow shown{.level = level, .name = row.name, .pkts = row.packets, .bytes = row.bytes};
    if (level != Level::link) shown.flows = row.flows;
    if (level != Level::application && row.name != ProtocolTable::other_name)
      shown.peak_1s_bps = row.second.bps(row.bytes);
    protocols_.push_back(shown);
  };
  const std::size_t shown = std::min(all.size(), top_);
  std::for_each_n(rows.begin(), shown, add);
  ProtocolTable::Row other = table.other();
  for (std::size_t i = shown; i < all.size(); ++i) {
    other.packets += rows[i].packets;
    other.bytes += rows[i].bytes;
    other.flows += rows[i].flows;
  }
  other.name = ProtocolTable::other_name;
  if (other.packets != 0 || other.flows != 0) add(other);
}

void Summary::fill_talkers(const SpaceSaving& talkers) {
  talkers_.clear();
  for (const SpaceSaving::Counter& counter : talkers.top(top_)) {
    talkers_.push_back({.ip = counter.address,
                        .bytes = counter.bytes,
                        .pkts = counter.packets,
                        .bytes_error = counter.error});
  }
  record_.talkers = talkers_;
}

void Summary::fill_dns(const NoteCounts& notes) {
  fill_rcodes(notes);
  const std::uint64_t queries = notes.of(Kind::dns_query);
  const std::uint64_t answers = notes.of(Kind::dns_answer);
  const std::uint64_t unanswered = notes.of(Kind::dns_unanswered);
  const std::uint64_t retries = notes.of(Kind::dns_retry);
  if (queries + answers + unanswered + retries == 0) return;
  record_.dns_queries = queries;
  record_.dns_answers = answers;
  record_.dns_unanswered = unanswered;
  record_.dns_retries = retries;
  record_.dns_soft_retries = notes.of(Kind::dns_soft_retry);
  record_.dns_duplicate_answers = notes.of(Kind::dns_duplicate_answer);
  record_.dns_unsolicited = notes.of(Kind::dns_unsolicited);
  const std::uint64_t unpaired =
      notes.of(Kind::dns_duplicate_answer) + notes.of(Kind::dns_unsolicited);
  record_.dns_loss_ratio = ratio(unanswered, unanswered + grown(unpaired, answers));
}

void Summary::fill_rcodes(const NoteCounts& notes) {
  std::vector<std::uint16_t> codes;
  for (std::uint16_t code = 0; code < NoteCounts::rcodes; ++code) {
    if (notes.rcode(code) != 0) codes.push_back(code);
  }
  std::sort(codes.begin(), codes.end(), [&notes](std::uint16_t a, std::uint16_t b) {
    return notes.rcode(a) != notes.rcode(b) ? notes.rcode(a) > notes.rcode(b) : a < b;
  });
  rcodes_.clear();
  const std::size_t shown = std::min(codes.size(), top_);
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i < shown) {
      rcodes_.push_back({.name = event::rcode_name(codes[i]), .n = notes.rcode(codes[i])});
    } else {
      rest += notes.rcode(codes[i]);
    }
  }
  if (rest != 0)
    rcodes_.push_back({.name = event::FixedText<10>{ProtocolTable::other_name}, .n = rest});
  record_.rcodes = rcodes_;
}

void Summary::fill_http(const NoteCounts& notes) {
  http_status_.clear();
  for (std::size_t i = 0; i < NoteCounts::status_classes; ++i) {
    if (notes.status(i) != 0) http_status_.push_back({status_names[i], notes.status(i)});
  }
  record_.http_status = http_status_;
  const std::uint64_t requests = notes.of(Kind::http_request);
  if (requests != 0 || !http_status_.empty()) record_.http_requests = requests;
}

}  // namespace ntan::stats

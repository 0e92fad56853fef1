#include "run/run_totals.h"

#include <algorithm>

#include "source/link_name.h"

namespace ntan::run {
namespace {

std::vector<std::string_view> limits_hit(const ShardCounters& shards,
                                         const detect::ScanCounters& scan, std::uint64_t fragments,
                                         std::uint64_t hurried) {
  std::vector<std::string_view> limits;
  const auto add = [&limits](std::uint64_t count, std::string_view name) {
    if (count != 0) limits.push_back(name);
  };
  add(shards.evicted, "flows");
  add(shards.without_tcp_state, "tcp_state");
  add(shards.without_stream + shards.without_dissector, "streams");
  add(shards.without_uncommon, "flow_details");
  add(shards.reassembly_refused, "reassembly");
  add(shards.crowded_out, "exchanges");
  add(shards.timers_refused, "timers");
  add(shards.decryptions_refused, "decryptions");
  add(fragments, "fragments");
  add(scan.forgotten(), "scan");
  add(hurried, "event_order");
  return limits;
}

void add_path(RunEnd& end, const stats::PathCounts& path) {
  if (path.segments.data != 0) {
    end.tcp_data_segs = path.segments.data;
    end.tcp_rtx = path.segments.retransmissions();
    end.tcp_loss_up_ratio = path.segments.loss_before_ratio();
    end.tcp_loss_down_ratio = path.segments.loss_behind_ratio();
    end.tcp_loss_ratio = path.segments.loss_ratio();
  }
  end.capture_loss_ratio = path.capture_loss_ratio();
  if (path.acks != 0 || path.unseen_bytes != 0) end.unseen_bytes = path.unseen_bytes;
}

}  // namespace

RunTotals::RunTotals(const Engine& engine, source::Source& source) {
  const Ledger& ledger = engine.ledger();
  const ShardCounters shards = engine.counters();
  const source::Counters counters = source.counters();
  for (std::size_t i = 0; i < wire::bucket_count; ++i) {
    const Tally& tally = ledger.buckets[i];
    if (tally.packets != 0)
      rows_.push_back({to_text(static_cast<wire::Bucket>(i)), tally.packets, tally.bytes});
  }
  link_names_.reserve(ledger.unknown_links.size());
  for (const auto& [link, tally] : ledger.unknown_links) {
    link_names_.push_back(source::link_name(link));
    links_.push_back({link_names_.back(), tally.packets});
  }
  limits_ = limits_hit(shards, engine.scan_counters(), engine.fragments_refused(),
                       engine.events_hurried());
  end_ = {.packets = ledger.total.packets,
          .bytes = ledger.total.bytes,
          .captured_bytes = ledger.captured_bytes,
          .flows = shards.flows,
          .input_truncated = source::has_damage(source.damage(), source::Damage::Kind::truncated),
          .input_damaged = !source.damage().empty(),
          .truncated_packets = ledger.cut_packets,
          .ts_backwards = ledger.backwards,
          .received = counters.received,
          .dropped_by_kernel = counters.dropped_by_kernel,
          .dropped_by_interface = counters.dropped_by_interface,
          .flows_evicted = shards.evicted,
          .anomalies = shards.anomalies,
          .bad_checksums = ledger.bad_checksums};
  if (const std::uint64_t forgotten = engine.scan_counters().forgotten(); forgotten != 0)
    end_.scan_forgotten = forgotten;
  if (ledger.offload_suspected()) end_.offload_suspected = true;
  add_path(end_, engine.path());
}

RunEnd RunTotals::record() const {
  RunEnd end = end_;
  end.ledger = rows_;
  end.unknown_links = links_;
  end.limits_hit = limits_;
  return end;
}

}  // namespace ntan::run

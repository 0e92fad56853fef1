#include "run/path_tally.h"

namespace ntan::run {

using flow::SegmentKind;

void PathTally::add(const wire::Decoded& segment,
                    const flow::TcpConnection::Effect& effect) noexcept {
  ++kinds_[index_of(effect.kind)];
  if (segment.payload_size != 0 && flow::is_data(effect.kind)) ++counts_.segments.data;
  if (segment.payload_size == 0) {
    if (flow::is_loss_behind(effect.kind)) ++counts_.segments.control_behind;
    if (effect.kind == SegmentKind::upstream) ++counts_.segments.control_before;
    if (effect.kind == SegmentKind::spurious) ++counts_.segments.control_spurious;
  }
  if (effect.acknowledges) {
    ++counts_.acks;
    if (effect.ack.unseen != 0) ++counts_.gap_acks;
  }
  // The ACK of what both ends agree on now was only a claim when it came.
  if (effect.missed != 0) {
    ++counts_.acks;
    ++counts_.gap_acks;
    counts_.unseen_bytes += effect.missed;
  }
  counts_.unseen_bytes += effect.ack.unseen;
  counts_.unseen_bytes -= effect.recovered;
  if (effect.ack.duplicate) ++counts_.duplicate_acks;
  if (effect.ack.needless) ++counts_.segments.needless;
  if (effect.window_closed) ++counts_.zero_windows;
}

stats::PathCounts PathTally::counts() const noexcept {
  const auto of = [this](SegmentKind kind) { return kinds_[index_of(kind)]; };
  stats::PathCounts all = counts_;
  all.segments.spurious = of(SegmentKind::spurious);
  all.segments.reordered = of(SegmentKind::reordered);
  all.segments.upstream = of(SegmentKind::upstream);
  all.segments.fast = of(SegmentKind::fast);
  all.segments.timeout = of(SegmentKind::timeout);
  all.segments.other = of(SegmentKind::other);
  all.keep_alives = of(SegmentKind::keep_alive);
  all.capture_copies = of(SegmentKind::capture_copy);
  return all;
}

}  // namespace ntan::run

#include "stats/path_counts.h"

#include "event/units.h"

namespace ntan::stats {
namespace {

SegmentCounts since(const SegmentCounts& before, const SegmentCounts& now) noexcept {
  return {.data = now.data - before.data,
          .spurious = now.spurious - before.spurious,
          .reordered = now.reordered - before.reordered,
          .upstream = now.upstream - before.upstream,
          .fast = now.fast - before.fast,
          .timeout = now.timeout - before.timeout,
          .other = now.other - before.other,
          .needless = now.needless - before.needless,
          .control_behind = now.control_behind - before.control_behind,
          .control_before = now.control_before - before.control_before,
          .control_spurious = now.control_spurious - before.control_spurious};
}

}  // namespace

PathCounts& PathCounts::operator+=(const PathCounts& more) noexcept {
  segments += more.segments;
  acks += more.acks;
  gap_acks += more.gap_acks;
  unseen_bytes += more.unseen_bytes;
  duplicate_acks += more.duplicate_acks;
  zero_windows += more.zero_windows;
  keep_alives += more.keep_alives;
  capture_copies += more.capture_copies;
  gso_packets += more.gso_packets;
  return *this;
}

std::string loss_in_words(const PathCounts& path, const Drops& drops) {
  std::string text = event::percent_text(path.segments.loss_behind_ratio().value_or(0));
  text += " lost beyond this point, ";
  text += event::percent_text(path.segments.loss_before_ratio().value_or(0));
  text += " before it; ";
  if (drops.by_kernel != 0) {
    text += "the kernel dropped " + std::to_string(drops.by_kernel) + " packets";
  } else if (drops.by_interface != 0) {
    text += "the interface dropped " + std::to_string(drops.by_interface) + " packets";
  } else if (path.unseen_bytes > 0) {
    text += "the capture missed ";
    text += event::size_text(static_cast<double>(path.unseen_bytes), "B");
    text += " that were acknowledged";
  } else {
    text += "the capture lost nothing";
  }
  return text;
}

PathCounts since(const PathCounts& before, const PathCounts& now) noexcept {
  return {.segments = since(before.segments, now.segments),
          .acks = now.acks - before.acks,
          .gap_acks = now.gap_acks - before.gap_acks,
          .unseen_bytes = now.unseen_bytes - before.unseen_bytes,
          .duplicate_acks = now.duplicate_acks - before.duplicate_acks,
          .zero_windows = now.zero_windows - before.zero_windows,
          .keep_alives = now.keep_alives - before.keep_alives,
          .capture_copies = now.capture_copies - before.capture_copies,
          .gso_packets = now.gso_packets - before.gso_packets};
}

}  // namespace ntan::stats

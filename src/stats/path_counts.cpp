#include "stats/path_counts.h"

namespace ntan::stats {
namespace {

// What came by late after all is taken off again: a total may go back.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) noexcept {
  return now > before ? now - before : 0;
}

SegmentCounts since(const SegmentCounts& before, const SegmentCounts& now) noexcept {
  return {.data = grown(before.data, now.data),
          .spurious = grown(before.spurious, now.spurious),
          .reordered = grown(before.reordered, now.reordered),
          .upstream = grown(before.upstream, now.upstream),
          .fast = grown(before.fast, now.fast),
          .timeout = grown(before.timeout, now.timeout),
          .other = grown(before.other, now.other),
          .needless = grown(before.needless, now.needless)};
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
  window_probes += more.window_probes;
  capture_copies += more.capture_copies;
  gso_packets += more.gso_packets;
  return *this;
}

PathCounts since(const PathCounts& before, const PathCounts& now) noexcept {
  return {.segments = since(before.segments, now.segments),
          .acks = grown(before.acks, now.acks),
          .gap_acks = grown(before.gap_acks, now.gap_acks),
          .unseen_bytes = grown(before.unseen_bytes, now.unseen_bytes),
          .duplicate_acks = grown(before.duplicate_acks, now.duplicate_acks),
          .zero_windows = grown(before.zero_windows, now.zero_windows),
          .keep_alives = grown(before.keep_alives, now.keep_alives),
          .window_probes = grown(before.window_probes, now.window_probes),
          .capture_copies = grown(before.capture_copies, now.capture_copies),
          .gso_packets = grown(before.gso_packets, now.gso_packets)};
}

}  // namespace ntan::stats

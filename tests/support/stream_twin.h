// The slow obvious twin of flow::Stream: a map of octets, first copy wins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "flow/stream.h"

namespace ntan::test {

/// One octet of a stream: its value, or nothing where it was never seen.
using StreamOctet = std::optional<std::uint8_t>;

/// Collects what a stream hands over, octet by octet.
struct StreamRecorder {
  std::vector<StreamOctet> octets;
  std::vector<std::uint64_t> gaps;
  std::vector<std::uint64_t> conflicts;  ///< offset, size, offset, size, …
  std::vector<flow::Since> data_since;   ///< of each octet
  std::vector<flow::Since> gaps_since;   ///< of each gap
  flow::Since end_since;
  int ends = 0;

  void data(Bytes bytes, flow::Since since) {
    octets.insert(octets.end(), bytes.begin(), bytes.end());
    data_since.insert(data_since.end(), bytes.size(), since);
  }

  void cut(std::uint64_t size, flow::Since since) { gap(size, since); }

  void gap(std::uint64_t size, std::optional<Timestamp> had) {
    octets.resize(octets.size() + size);
    data_since.resize(octets.size());
    gaps.push_back(size);
    gaps_since.push_back(had);
  }

  void conflict(std::uint64_t offset, std::uint64_t size) {
    conflicts.insert(conflicts.end(), {offset, size});
  }

  void end(flow::Since since) {
    ++ends;
    end_since = since;
  }
};

/// Knows every octet by its position; does not know limits or time.
class StreamTwin {
 public:
  void segment(std::int64_t start, std::uint32_t size, Bytes captured) {
    if (size != 0 && start < fin_) give_up_awaited(start);
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::int64_t at = start + i;
      if (at < next_ || at >= fin_) continue;
      const StreamOctet octet = i < captured.size() ? StreamOctet{captured[i]} : std::nullopt;
      const auto [held, fresh] = octets_.try_emplace(at, octet);
      if (!fresh && !conflict_ && octet && held->second && *held->second != *octet) conflict_ = at;
    }
    advance();
  }

  void fin(std::int64_t at) {
    if (ended() || fin_ != none || at < next_) return;
    give_up_awaited(at);
    fin_ = at;
    octets_.erase(octets_.lower_bound(at), octets_.end());
  }

  /// Everything below `at` that was not seen will not be.
  void seal(std::int64_t at) {
    for (std::int64_t i = next_; i < std::min(at, fin_); ++i) octets_.try_emplace(i);
    advance();
  }

  /// The peer has everything below `at`, but it may not have been captured yet.
  void await(std::int64_t at) {
    const bool waits = fin_ != none || octets_.lower_bound(next_) != octets_.end();
    if (waits) return seal(at);
    awaited_ = std::max(awaited_, at);
  }

  /// What was awaited below `at` has not come.
  void give_up_awaited(std::int64_t at = none) { seal(std::min(awaited_, at)); }

  void flush() {
    give_up_awaited();
    if (fin_ != none) return seal(fin_);
    if (!octets_.empty()) seal(octets_.rbegin()->first + 1);
  }

  /// What a stream must have handed over by now.
  [[nodiscard]] std::vector<StreamOctet> handed_over() const {
    std::vector<StreamOctet> all;
    for (const auto& [at, octet] : octets_) {
      if (at < next_) all.push_back(octet);
    }
    return all;
  }

  /// Offset of the first octet that met a differing copy while it was still held.
  [[nodiscard]] std::optional<std::int64_t> conflict() const { return conflict_; }

  [[nodiscard]] bool ended() const { return next_ == fin_; }

  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

  void advance() {
    while (octets_.contains(next_) && next_ < fin_) ++next_;
  }

  std::map<std::int64_t, StreamOctet> octets_;
  std::int64_t next_ = 0;
  std::int64_t awaited_ = 0;
  std::int64_t fin_ = none;
  std::optional<std::int64_t> conflict_;
};

}  // namespace ntan::test

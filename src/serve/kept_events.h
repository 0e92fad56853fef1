// The latest event lines of a run, within a bound of octets: what tables and exports are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ntan::serve {

struct KeptEvent {
  std::uint64_t sequence = 0;  ///< goes on over runs, so that it is never used twice
  Timestamp time;
  std::uint8_t kind = 0;  ///< among KeptEvents::kinds()
  std::string line;       ///< without line end
};

/// Events of one name.
struct EventKind {
  std::string name;
  std::uint64_t seen = 0;            ///< in the run
  std::deque<std::uint64_t> held{};  ///< sequences, oldest first
};

class KeptEvents {
 public:
  /// Names beyond count under the last one: an NDJSON stream may make up any number of them.
  static constexpr std::size_t most_kinds = 64;
  static constexpr std::size_t longest_kind = 64;  ///< octets; longer names count there too

  explicit KeptEvents(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// Keeps a line and gives up the oldest ones that have no place any more. One that is larger than
  /// the bound is not kept.
  void add(std::string_view kind, Timestamp time, std::string_view line);
  void clear() noexcept;

  /// The first line of at least this sequence, or nullptr behind the last.
  [[nodiscard]] const KeptEvent* from(std::uint64_t sequence) const noexcept;
  /// Requires: it is held.
  [[nodiscard]] const KeptEvent& at(std::uint64_t sequence) const noexcept {
    return events_[sequence - events_.front().sequence];
  }

  /// Sequence of the line that comes next.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  [[nodiscard]] const std::vector<EventKind>& kinds() const noexcept { return kinds_; }
  /// Null if there was none.
  [[nodiscard]] const EventKind* kind(std::string_view name) const noexcept;

  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  [[nodiscard]] std::size_t held() const noexcept { return events_.size(); }
  [[nodiscard]] std::uint64_t given_up() const noexcept { return seen_ - events_.size(); }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  [[nodiscard]] std::uint8_t kind_number(std::string_view name);
  void drop_oldest() noexcept;

  std::size_t capacity_;
  std::size_t octets_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t next_ = 1;        // sequence
  std::deque<KeptEvent> events_;  // sequences without a gap
  std::vector<EventKind> kinds_;
};

}  // namespace ntan::serve

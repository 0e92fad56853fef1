// The alerts that are open, and their life: open, update, close, and a time in which they may
// resume.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "detect/alert.h"

namespace ntan::detect {

/// Place in the book.
using AlertIndex = std::uint32_t;
inline constexpr AlertIndex no_alert = UINT32_MAX;

/// Who an alert belongs to, told back when it is forgotten.
struct AlertOwner {
  enum class Table : std::uint8_t { source, cluster };
  Table table{};
  std::uint64_t key = 0;
  AlertIndex alert = no_alert;  ///< filled in by the book
};

/// Holds at most `max_alerts`. A closed alert stays for an hour, one of a slow scan for six times
/// the mean gap between its probes, at most a day; or until its place is needed.
class AlertBook {
 public:
  AlertBook(std::size_t max_alerts, ScanSink& sink) : max_alerts_(max_alerts), sink_(&sink) {}

  /// A place for a new alert; no_alert if all are open (counted). Silent until announce().
  AlertIndex create(const AlertOrigin& origin, AlertOwner owner);
  [[nodiscard]] Alert& at(AlertIndex index) noexcept { return *entries_[index].alert; }
  [[nodiscard]] bool is_open(AlertIndex index) const noexcept {
    return index != no_alert && entries_[index].state == State::open;
  }

  /// Sends the `open` event of a created or a closed alert.
  void announce(AlertIndex index, Timestamp now);
  /// An open alert got another probe: sends an `update` when there is enough to say.
  void on_growth(AlertIndex index, Timestamp now);

  /// An open alert's source went on at `now`, with nothing new.
  void keep_open(AlertIndex index, Timestamp now) noexcept;

  /// When the next alert closes or is forgotten; Timestamp::max() if none.
  [[nodiscard]] Timestamp next_deadline() const noexcept;
  /// Does the one thing due at next_deadline().
  void expire_next();
  /// Closes all that is open.
  void finish(Timestamp now);

  /// Owners of alerts forgotten since the last call.
  [[nodiscard]] std::vector<AlertOwner> take_forgotten();

  Conditions conditions;

  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  /// No place and none that could be had: create() will refuse.
  [[nodiscard]] bool full() const noexcept { return open_count_ >= max_alerts_; }

 private:
  enum class State : std::uint8_t { free, created, open, closed };

  struct Entry {
    std::unique_ptr<Alert> alert;
    AlertOwner owner;
    State state{};
    std::uint32_t seq = 0;
    std::uint32_t generation = 0;
    Timestamp deadline;  // close if open, forget if closed
    Timestamp sent;      // last event
    std::uint64_t sent_probes = 0;
  };

  // One per open or closed entry; stale once the entry's deadline has moved.
  struct Due {
    Timestamp time;
    AlertIndex index = 0;
    std::uint32_t generation = 0;

    friend bool operator>(const Due& a, const Due& b) noexcept {
      return a.time != b.time ? a.time > b.time : a.index > b.index;
    }
  };

  void send(Entry& entry, ScanPhase phase, Timestamp now);
  void send_group(AlertIndex index, ScanPhase phase, Timestamp now);
  void find_decoys(AlertIndex index, Timestamp now);
  void close(AlertIndex index, Timestamp now);
  void forget(AlertIndex index);
  void arm(AlertIndex index, Timestamp deadline);
  [[nodiscard]] AlertIndex free_place();

  std::size_t max_alerts_;
  ScanSink* sink_;
  std::vector<Entry> entries_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<AlertOwner> forgotten_;
  ScanTexts texts_;
  std::uint64_t refused_ = 0;
  std::size_t open_count_ = 0;
};

}  // namespace ntan::detect

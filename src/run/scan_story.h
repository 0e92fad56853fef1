// The walk that led to one scan, gathered in two passes over the input.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "run/scan_list.h"
#include "run/story_records.h"
#include "run/watch.h"

namespace ntan::run {

/// First pass: what fired, and how the scan ended.
class ScanVerdict final : public Watch {
 public:
  explicit ScanVerdict(event::Id id) : id_(id), scans_(id) {}

  void on_alarm(const detect::AlarmFacts& facts) override;
  void on_scan(const event::Common& common, const detect::ScanRecord& record) override;
  void on_flow_end(const flow::Flow& flow, Timestamp) override { scans_.add(flow); }

  /// What the last event of the scan said; the rest of it is left to the story.
  [[nodiscard]] const std::optional<VerdictRecord>& ending() const noexcept { return ending_; }
  /// When that event was decided.
  [[nodiscard]] Timestamp told() const noexcept { return told_; }
  /// Absent for distributed scans and groups.
  [[nodiscard]] const std::optional<detect::AlarmFacts>& alarm() const noexcept { return alarm_; }
  /// The members, if the id is a group's, and what else could be asked for.
  [[nodiscard]] const ScanList& scans() const noexcept { return scans_; }

 private:
  event::Id id_;
  std::optional<VerdictRecord> ending_;
  Timestamp told_{};
  std::optional<detect::AlarmFacts> alarm_;
  ScanList scans_;
};

/// Second pass: the steps on the axis that fired, up to the alarm, and the contacts that had no
/// outcome by then.
class ScanStory final : public Watch {
 public:
  /// Steps kept; of more, the last before the alarm.
  static constexpr std::size_t max_steps = 1000;
  /// Contacts kept that were waiting; of more, the first whose outcome came.
  static constexpr std::size_t max_waiting = 1000;

  /// Requires: `verdict` has an ending, and outlives the story.
  ScanStory(event::Id id, const ScanVerdict& verdict);

  void on_step(const detect::WalkStep& step) override;
  void on_alarm(const detect::AlarmFacts& facts) override;
  void on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) override;

  /// What the second pass has added up to.
  [[nodiscard]] Story story() const;

 private:
  [[nodiscard]] bool on_axis(const IpAddress& dst, detect::ContactClass contact_class,
                             std::uint16_t port) const noexcept;
  void add(StoryStep step);
  [[nodiscard]] StoryStep share_of(const IpAddress& source, const detect::Probe& probe,
                                   Timestamp fired_at) const;
  void add_waiting(StoryStep step);
  [[nodiscard]] std::vector<CheckRecord> shared_checks() const;

  using Target = std::pair<IpAddress, std::uint16_t>;

  event::Id id_;
  const ScanVerdict* verdict_;
  const detect::AlarmFacts* alarm_ = nullptr;  // of the verdict; null: it has none
  VerdictRecord ending_;
  std::vector<StoryStep> steps_;  // a ring once it is full
  std::size_t oldest_ = 0;
  std::unordered_set<std::uint64_t> told_;  // packets of steps_
  std::vector<StoryStep> waiting_;
  std::set<std::pair<IpAddress, Target>> shares_;  // of a distributed scan, up to its alarm
  bool fired_ = false;
  bool settled_ = false;  // an outcome came after the alarm
};

/// One sentence for what fired.
[[nodiscard]] std::string_view sentence(detect::ScanWhy why) noexcept;

}  // namespace ntan::run

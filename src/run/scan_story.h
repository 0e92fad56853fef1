// The walk that led to one scan, told in words and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "run/scan_list.h"
#include "run/watch.h"

namespace ntan::run {

/// First pass: what fired, and how the scan ended.
class ScanVerdict final : public Watch {
 public:
  explicit ScanVerdict(event::Id id) : id_(id), scans_(id) {}

  void on_alarm(const detect::AlarmFacts& facts) override;
  void on_scan(const event::Common& common, const detect::ScanRecord& record) override;

  /// What the last event of the scan said.
  struct Ending {
    detect::ScanKind kind{};
    detect::ScanTechnique technique{};
    detect::ScanWhy why{};
    detect::Severity severity{};
    Timestamp first;
    Timestamp detected;
    Timestamp last;
    std::uint64_t probes = 0;
    std::uint64_t hosts = 0;
    std::uint64_t ports = 0;
    std::uint64_t members = 0;
    double score = 0;
    double threshold = 0;
    double confidence = 0;
  };

  [[nodiscard]] const std::optional<Ending>& ending() const noexcept { return ending_; }
  /// Absent for distributed scans and groups.
  [[nodiscard]] const std::optional<detect::AlarmFacts>& alarm() const noexcept { return alarm_; }
  /// The members, if the id is a group's, and what else could be asked for.
  [[nodiscard]] const ScanList& scans() const noexcept { return scans_; }

 private:
  event::Id id_;
  std::optional<Ending> ending_;
  std::optional<detect::AlarmFacts> alarm_;
  ScanList scans_;
};

/// Second pass: the steps on the axis that fired, up to the alarm, and the contacts that the alarm
/// took in.
class ScanStory final : public Watch {
 public:
  /// Lines kept; of more, the last before the alarm.
  static constexpr std::size_t max_lines = 1000;

  /// Requires: `verdict` has an ending, and outlives the story.
  ScanStory(event::Id id, const ScanVerdict& verdict);

  void on_step(const detect::WalkStep& step) override;
  void on_alarm(const detect::AlarmFacts& facts) override;
  void on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) override;

  /// Everything, line by line.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] bool on_axis(const detect::WalkStep& step) const noexcept;
  void add(std::string line);
  [[nodiscard]] std::string shared_text(Timestamp detected) const;

  using Target = std::pair<IpAddress, std::uint16_t>;

  event::Id id_;
  const ScanVerdict* verdict_;
  const detect::AlarmFacts* alarm_ = nullptr;  // of the verdict; null: it has none
  ScanVerdict::Ending ending_;
  std::vector<std::string> lines_;  // a ring once it is full
  std::size_t oldest_ = 0;
  std::set<std::pair<IpAddress, Target>> shares_;  // of a distributed scan, up to its alarm
  std::uint64_t left_out_ = 0;                     // earlier steps on the axis
  std::uint64_t elsewhere_ = 0;  // steps of the source on other axes, before the alarm
  std::uint64_t later_ = 0;      // counted after the alarm
  bool fired_ = false;
};

/// One sentence for what fired.
[[nodiscard]] std::string_view sentence(detect::ScanWhy why) noexcept;

}  // namespace ntan::run

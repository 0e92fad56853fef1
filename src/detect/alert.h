// One scan that was found: what belongs to it, and what can be said about it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detect/host_count.h"
#include "detect/port_set.h"
#include "detect/probe.h"
#include "detect/scan_record.h"

namespace ntan::detect {

/// What makes an alert: who, by which test, when.
struct AlertOrigin {
  event::Id id;
  IpAddress source;  ///< unknown if the scan is distributed
  ScanWhy why{};
  std::optional<ScanKind> fixed_kind;  ///< distributed scans know theirs
  bool inside = false;                 ///< the source is one of ours
  Timestamp detected;
  Nats score = 0;
  Nats threshold = 0;
};

/// What a ScanRecord looks at: one serves all alerts, for one record at a time.
struct ScanTexts {
  std::vector<char> range_text;
  std::vector<std::string_view> ranges;
  std::vector<std::string_view> open_views;
  std::vector<std::uint16_t> ttls;
  std::vector<std::string_view> guards;
  std::vector<ScanSample> samples;
};

/// Facts of the run that colour a report.
struct Conditions {
  bool one_way = false;
  bool capture_ok = true;
};

/// Counts the first contacts of one scan. About 52 KiB at most.
class Alert {
 public:
  static constexpr std::size_t max_listed = 64;
  static constexpr std::size_t max_sample = 16;
  static constexpr std::size_t max_src_ports = 16;
  static constexpr std::size_t max_ranges = 256;
  static constexpr std::size_t worst_size = 52 * 1024;

  explicit Alert(const AlertOrigin& origin) : origin_(origin) {}

  void add(const Probe& probe);
  /// The test of a row fired at `host`, of a column at `port`; the first of each is remembered.
  void note_row(const IpAddress& host) noexcept;
  void note_column(std::uint16_t port) noexcept;
  /// The result of a probe that was added while it was pending.
  void settle(const Probe& probe);
  /// A probe that was counted as `former` got a better answer after all.
  void take_back(const Probe& probe, Result former);
  /// `key`: source_key of the member.
  void add_member(const IpAddress& member, std::uint64_t key);
  void set_score(Nats score) noexcept { origin_.score = std::max(origin_.score, score); }

  [[nodiscard]] const AlertOrigin& origin() const noexcept { return origin_; }
  [[nodiscard]] ScanKind kind() const noexcept;
  [[nodiscard]] ScanTechnique technique() const noexcept;
  [[nodiscard]] std::uint64_t probes() const noexcept { return probes_; }
  [[nodiscard]] Timestamp first() const noexcept { return first_; }
  [[nodiscard]] Timestamp last() const noexcept { return last_; }
  /// The only target, or an unknown address.
  [[nodiscard]] IpAddress only_target() const noexcept;
  /// Ports probed in both over ports probed in either.
  [[nodiscard]] double port_overlap(const Alert& other) const noexcept;
  /// Mean time between probes.
  [[nodiscard]] Duration mean_gap() const noexcept;

  std::optional<event::Id> group;

  /// Fills everything but phase, seq and reopened. Views stay valid until the alert or `texts`
  /// changes.
  [[nodiscard]] ScanRecord describe(const Conditions& conditions, ScanTexts& texts) const;

 private:
  struct Shape {
    std::uint64_t hosts = 0;
    std::uint64_t ports = 0;
    std::uint64_t probes = 0;
    bool transport_only = false;  ///< discovery that came along is left out
  };

  [[nodiscard]] std::uint32_t of(ContactClass c) const noexcept {
    return classes_[static_cast<std::size_t>(c)];
  }
  [[nodiscard]] std::uint32_t of(Result r) const noexcept {
    return results_[static_cast<std::size_t>(r)];
  }
  [[nodiscard]] std::uint64_t tcp_probes() const noexcept;
  [[nodiscard]] Shape shape() const noexcept;
  [[nodiscard]] ScanTechnique technique_of(ContactClass contact_class) const noexcept;
  [[nodiscard]] Severity severity(ScanKind kind) const noexcept;
  void note_src_port(std::uint16_t port);
  void count_result(const Probe& probe);
  [[nodiscard]] std::uint64_t port_count() const noexcept { return ports_ ? ports_->count() : 0; }
  void list_ports(ScanTexts& texts) const;
  void list_protocols(ScanTexts& texts) const;
  void list_sample(ScanTexts& texts) const;
  void list_marks(ScanTexts& texts) const;

  AlertOrigin origin_;
  std::array<std::uint32_t, contact_class_count> classes_{};
  std::array<std::uint32_t, contact_result_count> results_{};
  std::array<std::uint32_t, 3> icmp_types_{};  // echo, timestamp, mask
  std::uint64_t probes_ = 0;
  std::uint64_t transport_probes_ = 0;
  std::uint64_t raw_syns_ = 0;
  std::uint64_t bound_syns_ = 0;  // from the port that the one before came from
  std::uint16_t syn_port_ = 0;    // that the latest SYN came from
  std::uint32_t completed_ = 0;   // handshakes that SYNs began
  std::uint32_t half_open_ = 0;
  std::uint64_t open_ports_ = 0;
  std::uint64_t row_host_ = 0;  // host_key; 0: no row has fired
  std::uint64_t row_probes_ = 0;
  std::optional<std::uint16_t> column_port_;
  std::uint64_t column_probes_ = 0;  // not of the row
  Timestamp first_{};
  Timestamp last_{};
  HostCount hosts_;
  HostCount transport_hosts_;
  HostCount member_count_;
  std::unique_ptr<PortSet> ports_;
  std::bitset<256> protocols_;
  std::bitset<256> ttls_;
  std::vector<IpAddress> targets_;
  std::vector<IpAddress> members_;
  std::vector<std::string> open_;
  std::vector<Probe> sample_;
  std::vector<std::uint16_t> src_ports_;
  GuardSet guards_ = 0;  // of all results
};

}  // namespace ntan::detect

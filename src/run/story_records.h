// The walk that led to one scan, as `ntan explain` tells it: in words or as events.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "detect/evidence.h"
#include "detect/scan_record.h"
#include "event/event.h"

namespace ntan::run {

/// The source is the envelope's src_ip, the target its dst_ip.
struct StepRecord {
  event::Id id;
  std::uint64_t packet = 0;
  Timestamp first_ts;
  std::optional<std::uint16_t> port;
  detect::ContactClass contact{};
  std::optional<detect::Result> outcome;
  std::optional<double> step;
  std::optional<double> sum;
  std::optional<double> peer_sum;
  std::optional<std::uint32_t> bad;
  std::optional<std::uint32_t> results;
  std::span<const std::string_view> guards;

  static constexpr event::RecordInfo info{
      .name = "scan_step",
      .doc = "One first contact on the way to a scan; only of explain",
      .order = event::Order::scan};

  static constexpr auto fields() {
    using event::field;
    using R = StepRecord;
    return event::fields(
        field<"id", &R::id>("The scan: 16 hex digits"),
        field<"packet", &R::packet>("Number of the contact's first packet in this input"),
        field<"first_ts", &R::first_ts>("Trace time of that packet"),
        field<"port", &R::port>("Port, ICMP type or IP protocol number"),
        field<"contact", &R::contact>("What the first packet was: syn, udp, icmp, …"),
        field<"outcome", &R::outcome>("What became of it; absent if that was not known when the "
                                      "alarm was raised, as it never is "
                                      "of address resolution"),
        field<"step", &R::step>(
            "Evidence it added to the test that fired, in nats; absent without an outcome and for "
            "distributed scans, which have no sums"),
        field<"sum", &R::sum>("Sum against a client after it, in nats"),
        field<"peer_sum", &R::peer_sum>("Sum against a peer-to-peer node after it, in nats"),
        field<"bad", &R::bad>("Bad results of that test so far"),
        field<"results", &R::results>("All results of that test so far"),
        field<"guards", &R::guards>("What took weight from it (see scan.guards), or else changed "
                                    "it: probation, known_host, "
                                    "late, probation_over"));
  }
};

/// What a value is in.
enum class Unit : std::uint8_t { nats, number, percent };
[[nodiscard]] std::string_view to_text(Unit unit) noexcept;

/// A value that was held against a bound for the alarm.
struct CheckRecord {
  std::string_view what;
  double value = 0;
  std::optional<std::uint32_t> count;
  std::optional<std::uint32_t> of;
  std::string_view relation;
  double bound = 0;
  Unit unit{};

  static constexpr event::RecordInfo info{.name = "scan_check",
                                          .doc = "A value held against its bound"};

  static constexpr auto fields() {
    using event::field;
    using R = CheckRecord;
    return event::fields(field<"what", &R::what>("What is compared, in words"),
                         field<"value", &R::value>("Its value at the alarm"),
                         field<"count", &R::count>("Of a share: how many there were …"),
                         field<"of", &R::of>("… out of so many"),
                         field<"relation", &R::relation>("What value has to be to bound: >= or <="),
                         field<"bound", &R::bound>("What it is held against"),
                         field<"unit", &R::unit>("Of value and bound: nats, number or percent"));
  }
};

/// The source is the envelope's src_ip, absent if there are several.
struct VerdictRecord {
  event::Id id;
  detect::ScanKind kind{};
  detect::ScanTechnique technique{};
  detect::Severity severity{};
  detect::ScanWhy why{};
  std::string_view reason;
  Timestamp detect_ts;
  std::span<const CheckRecord> checks;
  std::span<const event::Id> scans;
  std::uint64_t steps_left_out = 0;
  std::uint64_t steps_elsewhere = 0;
  std::uint64_t probes = 0;
  std::uint64_t probes_waiting = 0;
  std::uint64_t probes_elsewhere = 0;
  std::uint64_t probes_later = 0;
  std::uint64_t hosts = 0;
  std::uint64_t ports = 0;
  std::uint64_t members_total = 0;
  Timestamp first_ts;
  Timestamp last_ts;
  double score = 0;
  double threshold = 0;
  double confidence = 0;

  static constexpr event::RecordInfo info{
      .name = "scan_verdict",
      .doc = "What the steps to a scan ended in; only of explain, its last line",
      .order = event::Order::scan};

  static constexpr auto fields() {
    using event::field;
    using R = VerdictRecord;
    return event::fields(
        field<"id", &R::id>("The scan: 16 hex digits"),
        field<"kind", &R::kind>("Shape of the targets, as scan.kind in the end"),
        field<"technique", &R::technique>("How targets were probed"),
        field<"severity", &R::severity>("low, medium or high"),
        field<"why", &R::why>("Which test fired"),
        field<"reason", &R::reason>("The same in a sentence"),
        field<"detect_ts", &R::detect_ts>("Trace time of the alarm"),
        field<"checks", &R::checks>("All that had to hold for the alarm"),
        field<"scans", &R::scans>(
            "Of a group of decoys: the scans of its sources, each with steps of its own; which "
            "sources are decoys cannot be told"),
        field<"steps_left_out", &R::steps_left_out>("Steps before the first one here"),
        field<"steps_elsewhere", &R::steps_elsewhere>(
            "Outcomes of other hosts and ports before the alarm, which the test does not look at"),
        field<"probes", &R::probes>("Targets (address and port) probed, in the end"),
        field<"probes_waiting", &R::probes_waiting>(
            "Those of them without an outcome at the alarm; the first 1000 have a step"),
        field<"probes_elsewhere", &R::probes_elsewhere>(
            "Those of them before the alarm at other hosts and ports, taken in later"),
        field<"probes_later", &R::probes_later>("Those of them after the alarm"),
        field<"hosts", &R::hosts>("Number of target addresses"),
        field<"ports", &R::ports>("Number of ports or IP protocols"),
        field<"members_total", &R::members_total>("Number of sources that take part"),
        field<"first_ts", &R::first_ts>("Trace time of the first probe counted"),
        field<"last_ts", &R::last_ts>("Trace time of the last probe counted"),
        field<"score", &R::score>("As scan.score in the end, in nats"),
        field<"threshold", &R::threshold>("What the score has to reach"),
        field<"confidence", &R::confidence>("Probability of a scan, prior 0.001"));
  }
};

/// A step with what its record borrows.
struct StoryStep {
  Timestamp decided;
  IpAddress source;
  IpAddress target;
  StepRecord record;                     ///< without guards
  std::vector<std::string_view> guards;  ///< static text
};

/// A verdict with what its record borrows.
struct Story {
  std::vector<StoryStep> steps;
  Timestamp told;                      ///< of the scan's last event
  IpAddress source;                    ///< unknown: several, and steps are shares without sums
  std::uint64_t waiting_left_out = 0;  ///< contacts that were waiting, too, and are not in steps
  VerdictRecord verdict;               ///< without checks and scans
  std::vector<CheckRecord> checks;     ///< none for a group
  std::vector<event::Id> scans;        ///< of a group
};

}  // namespace ntan::run

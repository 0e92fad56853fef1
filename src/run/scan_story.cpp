#include "run/scan_story.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "detect/cluster.h"
#include "detect/scan_detector.h"

namespace ntan::run {
namespace {

using detect::AlarmCount;
using detect::AlarmFacts;
using detect::Axis;
using detect::ColumnStep;
using detect::ContactClass;
using detect::Guard;
using detect::Nats;
using detect::ScanWhy;
using detect::Walk;
using detect::WalkStep;

// Nats of the detector are thousandths.
double nats(Nats value) noexcept {
  return value / 1000.0;
}

/// The port as records have it: some contacts have none.
std::optional<std::uint16_t> port_of(ContactClass contact_class, std::uint16_t port) noexcept {
  const detect::Group group = detect::group_of(contact_class);
  if (group == detect::Group::none || group == detect::Group::link) return std::nullopt;
  return port;
}

std::vector<std::string_view> guards_of(const WalkStep& step, Axis axis) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < detect::guard_count; ++i) {
    const auto guard = static_cast<Guard>(1U << i);
    if (step.weight.has(guard)) found.push_back(to_text(guard));
  }
  const bool row_waits = axis == Axis::row && step.weight.row == 0;
  if (step.column_step == ColumnStep::probation && (axis == Axis::column || row_waits))
    found.emplace_back("probation");
  if (axis == Axis::column && step.column_step == ColumnStep::known)
    found.emplace_back("known_host");
  if (step.cause == WalkStep::Cause::late) found.emplace_back("late");
  if (step.cause == WalkStep::Cause::probation) found.emplace_back("probation_over");
  return found;
}

/// The step that counts on an axis.
Nats step_on(const WalkStep& step, Axis axis) noexcept {
  if (axis == Axis::row) return step.weight.row;
  if (axis == Axis::source) return step.weight.source;
  return step.column_step == ColumnStep::counted ? step.weight.column : 0;
}

const Walk& walk_on(const WalkStep& step, Axis axis) noexcept {
  if (axis == Axis::row) return step.row;
  return axis == Axis::source ? step.source : step.column;
}

std::string within(std::string_view what, Duration window) {
  return fmt::format("{} within {} s", what,
                     std::chrono::duration_cast<std::chrono::seconds>(window).count());
}

std::string_view counted_name(AlarmCount counted) {
  static const std::string pinged = within("hosts", detect::echo_window);
  static const std::string resolved = within("hosts asked for", detect::sweep_window);
  switch (counted) {
    case AlarmCount::contacts: return "contacts";
    case AlarmCount::unanswered: return "refused or silent";
    case AlarmCount::handshakes: return "handshakes without use";
    case AlarmCount::bad_results: return "bad results";
    case AlarmCount::waiting_ports: return "ports waiting at once";
    case AlarmCount::waiting_hosts: return "hosts waiting at once";
    case AlarmCount::pinged_hosts: return pinged;
    case AlarmCount::resolved_hosts: return resolved;
  }
  return {};
}

CheckRecord at_least(std::string_view what, Unit unit, double value, double bound) noexcept {
  return {.what = what, .value = value, .relation = ">=", .bound = bound, .unit = unit};
}

CheckRecord at_most_percent(std::string_view what, std::size_t part, std::size_t all,
                            double bound) noexcept {
  const std::size_t percent = 100 * part / std::max<std::size_t>(all, 1);
  return {.what = what,
          .value = static_cast<double>(percent),
          .relation = "<=",
          .bound = bound,
          .unit = Unit::percent};
}

std::vector<CheckRecord> checks_of(const AlarmFacts& facts) {
  std::vector<CheckRecord> checks;
  const bool sums = facts.why != ScanWhy::burst && facts.why != ScanWhy::rate;
  if (sums) {
    checks.push_back(
        at_least("sum against \"client\"", Unit::nats, nats(facts.walk.client), nats(facts.bound)));
    checks.push_back(at_least("sum against \"peer-to-peer node\"", Unit::nats,
                              nats(facts.walk.peer),
                              nats(std::min(facts.bound, detect::peer_bound))));
  }
  if (facts.bad_permille != 0) {
    // Of a burst, what waits counts as bad until it is answered.
    const std::uint32_t bad = facts.walk.bad + (sums ? 0 : facts.compared.count);
    const std::uint32_t all = bad + facts.walk.good;
    CheckRecord& share =
        checks.emplace_back(at_least(sums ? "bad results" : "bad or waiting", Unit::percent,
                                     all != 0 ? 100.0 * bad / all : 0, facts.bad_permille / 10.0));
    share.count = bad;
    share.of = all;
  }
  const detect::Compared& compared = facts.compared;
  checks.push_back(
      at_least(counted_name(compared.counted), Unit::number, compared.count, compared.needed));
  return checks;
}

}  // namespace

std::string_view sentence(ScanWhy why) noexcept {
  switch (why) {
    case ScanWhy::row:
      return "many ports of one host were tried, and too few answered for somebody who knows it";
    case ScanWhy::column:
      return "one port of many hosts was tried, and too few answered for somebody who knows them";
    case ScanWhy::source:
      return "too little of all that the source tried answered, on no single port or host";
    case ScanWhy::burst:
      return "more was tried at once than any client does, before answers could come";
    case ScanWhy::rate:
      return "more hosts were asked for in a short time than any host needs to know";
    case ScanWhy::distributed:
      return "several sources tried targets that hardly overlap and together cover a range";
    case ScanWhy::reverse:
      return "refusals from many ports of one host went to one address; its probes are not in the "
             "capture";
  }
  return {};
}

// --- the verdict

void ScanVerdict::on_alarm(const AlarmFacts& facts) {
  if (facts.scan == id_ && !alarm_) alarm_ = facts;
}

void ScanVerdict::on_scan(const event::Common& common, const detect::ScanRecord& record) {
  scans_.add(common, record);
  if (record.id != id_) return;
  told_ = common.ts;
  ending_ = {.id = id_,
             .kind = record.kind,
             .technique = record.technique,
             .severity = record.severity,
             .why = record.why,
             .reason = sentence(record.why),
             .detect_ts = record.detect_ts,
             .probes = record.probes,
             .hosts = record.hosts,
             .ports = record.ports,
             .members_total = record.members_total,
             .first_ts = record.first_ts,
             .last_ts = record.last_ts,
             .score = record.score,
             .threshold = record.threshold,
             .confidence = record.confidence};
}

// --- the story

ScanStory::ScanStory(event::Id id, const ScanVerdict& verdict)
    : id_(id), verdict_(&verdict), ending_(verdict.ending().value_or(VerdictRecord{})) {
  if (const auto& alarm = verdict.alarm()) alarm_ = &*alarm;
}

void ScanStory::add(StoryStep step) {
  told_.insert(step.record.packet);
  if (steps_.size() < max_steps) {
    steps_.push_back(std::move(step));
    return;
  }
  told_.erase(steps_[oldest_].record.packet);
  steps_[oldest_] = std::move(step);
  oldest_ = (oldest_ + 1) % max_steps;
  ++ending_.steps_left_out;
}

void ScanStory::add_waiting(StoryStep step) {
  ++ending_.probes_waiting;
  if (waiting_.size() < max_waiting) waiting_.push_back(std::move(step));
}

bool ScanStory::on_axis(const IpAddress& dst, detect::ContactClass contact_class,
                        std::uint16_t port) const noexcept {
  const AlarmFacts& facts = *alarm_;
  switch (facts.axis) {
    case Axis::row:
      return dst == facts.dst &&
             detect::group_of(contact_class) == detect::group_of(facts.contact_class);
    case Axis::column: return contact_class == facts.contact_class && port == facts.port;
    case Axis::source: return true;
    case Axis::link: return detect::group_of(contact_class) == detect::Group::link;
  }
  return false;
}

void ScanStory::on_step(const WalkStep& step) {
  settled_ = fired_;
  if (fired_ || alarm_ == nullptr || step.outcome.src != alarm_->source) return;
  const detect::Outcome& outcome = step.outcome;
  if (!on_axis(outcome.dst, outcome.contact_class, outcome.dst_port)) {
    ++ending_.steps_elsewhere;
    return;
  }
  const Walk& walk = walk_on(step, alarm_->axis);
  add({.decided = outcome.time,
       .source = outcome.src,
       .target = outcome.dst,
       .record = {.id = id_,
                  .packet = outcome.packet,
                  .first_ts = outcome.first_time,
                  .port = port_of(outcome.contact_class, outcome.dst_port),
                  .contact = outcome.contact_class,
                  .outcome = outcome.result,
                  .step = nats(step_on(step, alarm_->axis)),
                  .sum = nats(walk.client),
                  .peer_sum = nats(walk.peer),
                  .bad = walk.bad,
                  .results = walk.bad + walk.good},
       .guards = guards_of(step, alarm_->axis)});
}

void ScanStory::on_alarm(const AlarmFacts& facts) {
  if (facts.scan == id_) fired_ = true;
}

// Each probe is counted in one way: by a step, as waiting, elsewhere or later.
void ScanStory::on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) {
  if (scan != id_) return;
  const bool shared = alarm_ == nullptr;
  // Of a distributed scan the alarm takes in what its sources brought, at once.
  fired_ = fired_ || shared;
  const Timestamp fired_at = shared ? ending_.detect_ts : alarm_->time;
  if (probe.time > fired_at) {
    ++ending_.probes_later;
  } else if (!shared && !on_axis(probe.dst, probe.contact_class, probe.port)) {
    ++ending_.probes_elsewhere;
  } else if (probe.pending || (settled_ && !told_.contains(probe.packet))) {
    StoryStep step = share_of(source, probe, fired_at);
    step.record.outcome.reset();
    add_waiting(std::move(step));
  } else if (shared) {
    shares_.insert({source, {probe.dst, probe.port}});
    add(share_of(source, probe, fired_at));
  }
}

// A contact without sums.
StoryStep ScanStory::share_of(const IpAddress& source, const detect::Probe& probe,
                              Timestamp fired_at) const {
  return {.decided = fired_at,
          .source = source,
          .target = probe.dst,
          .record = {.id = id_,
                     .packet = probe.packet,
                     .first_ts = probe.time,
                     .port = port_of(probe.contact_class, probe.port),
                     .contact = probe.contact_class,
                     .outcome = probe.result},
          .guards = {}};
}

// What a distributed scan is judged by: coverage without overlap.
std::vector<CheckRecord> ScanStory::shared_checks() const {
  std::set<Target> targets;
  std::map<IpAddress, std::size_t> by_source;
  for (const auto& [source, target] : shares_) {
    targets.insert(target);
    ++by_source[source];
  }
  std::size_t most = 0;
  for (const auto& [source, count] : by_source) most = std::max(most, count);
  const std::size_t all = shares_.size();
  return {at_least("targets", Unit::number, static_cast<double>(targets.size()),
                   detect::Clusters::min_targets),
          at_least("sources", Unit::number, static_cast<double>(by_source.size()),
                   detect::Clusters::min_sources),
          at_most_percent("tried more than once", all - targets.size(), all,
                          detect::Clusters::most_again_percent),
          at_most_percent("most by one source", most, all, detect::Clusters::most_by_one_percent)};
}

Story ScanStory::story() const {
  Story story{.steps = steps_,
              .told = verdict_->told(),
              .source = alarm_ != nullptr ? alarm_->source : IpAddress{},
              .waiting_left_out = ending_.probes_waiting - waiting_.size(),
              .verdict = ending_,
              .checks = {},
              .scans = verdict_->scans().members()};
  std::ranges::rotate(story.steps, story.steps.begin() + static_cast<std::ptrdiff_t>(oldest_));
  const std::size_t told = story.steps.size();
  story.steps.insert(story.steps.end(), waiting_.begin(), waiting_.end());
  std::ranges::sort(story.steps.begin() + static_cast<std::ptrdiff_t>(told), story.steps.end(), {},
                    [](const StoryStep& step) { return step.record.packet; });
  if (story.scans.empty()) story.checks = alarm_ != nullptr ? checks_of(*alarm_) : shared_checks();
  return story;
}

}  // namespace ntan::run

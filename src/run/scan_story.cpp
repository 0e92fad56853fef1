#include "run/scan_story.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "detect/cluster.h"
#include "run/ids.h"

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

std::string time_text(Timestamp time) {
  std::array<char, max_time_text> text{};
  const char* end = append_time(text.data(), time, TimeDigits::micro);
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

std::string target_text(const IpAddress& host, ContactClass contact_class, std::uint16_t port) {
  std::string address = to_string(host);
  switch (detect::group_of(contact_class)) {
    case detect::Group::tcp:
    case detect::Group::udp:
    case detect::Group::sctp:
    case detect::Group::reverse:
      return host.version == IpVersion::v6 ? fmt::format("[{}]:{}", address, port)
                                           : fmt::format("{}:{}", address, port);
    case detect::Group::icmp: return fmt::format("{} type {}", address, port);
    case detect::Group::ip: return fmt::format("{} proto {}", address, port);
    case detect::Group::none:
    case detect::Group::link: break;
  }
  return address;
}

std::string guards_text(const WalkStep& step, Axis axis) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < detect::guard_count; ++i) {
    const auto guard = static_cast<Guard>(1U << i);
    if (step.weight.has(guard)) found.push_back(to_text(guard));
  }
  if (axis == Axis::column && step.column_step == ColumnStep::probation)
    found.emplace_back("probation");
  if (axis == Axis::column && step.column_step == ColumnStep::known)
    found.emplace_back("known_host");
  if (step.cause == WalkStep::Cause::late) found.emplace_back("late");
  if (step.cause == WalkStep::Cause::probation) found.emplace_back("probation_over");
  return fmt::format("{}", fmt::join(found, ", "));
}

constexpr std::string_view heading =
    "    packet  time                         target                       class        outcome"
    "        step     sum    peer  bad/all  guards\n";

constexpr std::string_view shared_heading =
    "    packet  time                         target                       class        outcome"
    "        source\n";

std::string contact_columns(std::uint64_t packet, Timestamp time, const std::string& target,
                            ContactClass contact_class) {
  return fmt::format("{:>10}  {}  {:<27}  {:<11}", packet, time_text(time), target,
                     to_text(contact_class));
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

std::string_view counted_name(AlarmCount counted) noexcept {
  switch (counted) {
    case AlarmCount::contacts: return "contacts";
    case AlarmCount::unanswered: return "refused or silent";
    case AlarmCount::handshakes: return "handshakes without use";
    case AlarmCount::bad_results: return "bad results";
    case AlarmCount::waiting_ports: return "ports waiting at once";
    case AlarmCount::waiting_hosts: return "hosts waiting at once";
    case AlarmCount::pinged_hosts: return "hosts within 60 s";
    case AlarmCount::resolved_hosts: return "hosts asked for within 30 s";
  }
  return {};
}

// What is compared, its value, the relation, the bound.
constexpr std::string_view line_form = "  {:<32} {:>8} {} {}\n";

std::string alarm_text(const AlarmFacts& facts) {
  std::string text = fmt::format("alarm at {}:\n", time_text(facts.time));
  const bool sums = facts.why != ScanWhy::burst && facts.why != ScanWhy::rate;
  if (sums) {
    text += fmt::format(line_form, "sum against \"client\"",
                        fmt::format("{:.2f}", nats(facts.walk.client)),
                        ">=", fmt::format("{:.2f}", nats(facts.bound)));
    text +=
        fmt::format(line_form, "sum against \"peer-to-peer node\"",
                    fmt::format("{:.2f}", nats(facts.walk.peer)),
                    ">=", fmt::format("{:.2f}", nats(std::min(facts.bound, detect::peer_bound))));
  }
  if (facts.bad_permille != 0) {
    // Of a burst, what waits counts as bad until it is answered.
    const std::uint32_t bad = facts.walk.bad + (sums ? 0 : facts.count);
    text += fmt::format(line_form, sums ? "bad results" : "bad or waiting",
                        fmt::format("{} of {}", bad, bad + facts.walk.good),
                        ">=", fmt::format("{} %", facts.bad_permille / 10));
  }
  text += fmt::format(line_form, counted_name(facts.counted), facts.count, ">=", facts.needed);
  return text;
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
  ending_ = {.kind = record.kind,
             .technique = record.technique,
             .why = record.why,
             .severity = record.severity,
             .first = record.first_ts,
             .detected = record.detect_ts,
             .last = record.last_ts,
             .probes = record.probes,
             .hosts = record.hosts,
             .ports = record.ports,
             .members = record.members_total,
             .score = record.score,
             .threshold = record.threshold,
             .confidence = record.confidence};
}

// --- the story

ScanStory::ScanStory(event::Id id, const ScanVerdict& verdict)
    : id_(id), verdict_(&verdict), ending_(verdict.ending().value_or(ScanVerdict::Ending{})) {
  if (const auto& alarm = verdict.alarm()) alarm_ = &*alarm;
}

void ScanStory::add(std::string line) {
  if (lines_.size() < max_lines) {
    lines_.push_back(std::move(line));
    return;
  }
  lines_[oldest_] = std::move(line);
  oldest_ = (oldest_ + 1) % max_lines;
  ++left_out_;
}

bool ScanStory::on_axis(const WalkStep& step) const noexcept {
  const AlarmFacts& facts = *alarm_;
  const detect::Outcome& outcome = step.outcome;
  switch (facts.axis) {
    case Axis::row:
      return outcome.dst == facts.dst &&
             detect::group_of(outcome.contact_class) == detect::group_of(facts.contact_class);
    case Axis::column:
      return outcome.contact_class == facts.contact_class && outcome.dst_port == facts.port;
    case Axis::source: return true;
    case Axis::link: return false;
  }
  return false;
}

void ScanStory::on_step(const WalkStep& step) {
  if (fired_ || alarm_ == nullptr || step.outcome.src != alarm_->source) return;
  if (!on_axis(step)) {
    ++elsewhere_;
    return;
  }
  const detect::Outcome& outcome = step.outcome;
  const Walk& walk = walk_on(step, alarm_->axis);
  const std::string guards = guards_text(step, alarm_->axis);
  add(fmt::format("{}  {:<13} {:>+7.2f} {:>7.2f} {:>7.2f} {:>8}{}{}\n",
                  contact_columns(outcome.packet, outcome.first_time,
                                  target_text(outcome.dst, outcome.contact_class, outcome.dst_port),
                                  outcome.contact_class),
                  to_text(outcome.result), nats(step_on(step, alarm_->axis)), nats(walk.client),
                  nats(walk.peer), fmt::format("{}/{}", walk.bad, walk.bad + walk.good),
                  guards.empty() ? "" : "  ", guards));
}

void ScanStory::on_alarm(const AlarmFacts& facts) {
  if (facts.scan == id_) fired_ = true;
}

void ScanStory::on_counted(event::Id scan, const IpAddress& source, const detect::Probe& probe) {
  if (scan != id_) return;
  // Of a distributed scan the evidence is what its sources brought in.
  const bool shared = alarm_ == nullptr;
  const Timestamp fired_at = shared ? ending_.detected : alarm_->time;
  if (probe.time > fired_at) {
    ++later_;
    return;
  }
  // With a result it has been told as a step.
  if (!shared && !probe.pending) return;
  const std::string columns =
      contact_columns(probe.packet, probe.time,
                      target_text(probe.dst, probe.contact_class, probe.port), probe.contact_class);
  const std::string_view outcome = probe.pending ? "waiting" : to_text(probe.result);
  if (shared) shares_.insert({source, {probe.dst, probe.port}});
  add(shared ? fmt::format("{}  {:<13}  {}\n", columns, outcome, to_string(source))
             : fmt::format("{}  {}\n", columns, outcome));
}

// What a distributed scan is judged by: coverage without overlap.
std::string ScanStory::shared_text(Timestamp detected) const {
  std::set<Target> targets;
  std::map<IpAddress, std::size_t> by_source;
  for (const auto& [source, target] : shares_) {
    targets.insert(target);
    ++by_source[source];
  }
  std::size_t most = 0;
  for (const auto& [source, count] : by_source) most = std::max(most, count);
  const std::size_t all = std::max<std::size_t>(shares_.size(), 1);
  std::string text = fmt::format("alarm at {}:\n", time_text(detected));
  text += fmt::format(line_form, "targets", targets.size(), ">=", detect::Clusters::min_targets);
  text += fmt::format(line_form, "sources", by_source.size(), ">=", detect::Clusters::min_sources);
  text += fmt::format(line_form, "tried more than once",
                      fmt::format("{} %", 100 * (all - targets.size()) / all), "<=", "25 %");
  text += fmt::format(line_form, "most by one source", fmt::format("{} %", 100 * most / all),
                      "<=", "40 %");
  return text;
}

std::string ScanStory::text() const {
  std::string text = fmt::format("scan {}: {} {}, {}\n", id_text(id_), to_text(ending_.kind),
                                 to_text(ending_.technique), to_text(ending_.severity));
  if (alarm_ != nullptr) {
    text += fmt::format("by {}\n", to_string(alarm_->source));
  }
  text += fmt::format("{}: {}\n\n", to_text(ending_.why), sentence(ending_.why));
  const std::vector<event::Id>& members = verdict_->scans().members();
  if (!members.empty()) {
    text += fmt::format(
        "{} sources tried the same targets at the same time; which of them are decoys cannot be "
        "told from headers. Each has a scan of its own:\n",
        members.size());
    for (const event::Id member : members) text += fmt::format("  {}\n", id_text(member));
    return text;
  }
  if (elsewhere_ != 0)
    text += fmt::format("({} outcomes of other hosts and ports left out)\n", elsewhere_);
  if (left_out_ != 0) text += fmt::format("({} earlier outcomes left out)\n", left_out_);
  text += alarm_ != nullptr ? heading : shared_heading;
  for (std::size_t i = 0; i < lines_.size(); ++i) text += lines_[(oldest_ + i) % lines_.size()];
  text += '\n';
  if (alarm_ != nullptr) {
    text += alarm_text(*alarm_);
  } else {
    text += shared_text(ending_.detected);
  }
  text += fmt::format(
      "in the end: probes {} ({} after the alarm), hosts {}, ports {}{}, from {} to {}, score "
      "{:.1f} against {:.1f}, confidence {}\n",
      ending_.probes, later_, ending_.hosts, ending_.ports,
      ending_.members != 0 ? fmt::format(", sources {}", ending_.members) : "",
      time_text(ending_.first), time_text(ending_.last), ending_.score, ending_.threshold,
      ending_.confidence);
  text +=
      "\nSteps and sums are logarithms of likelihood ratios: how much better a scan explains an "
      "outcome than good use does.\nntan-scan(7) has what each is worth, and why.\n";
  return text;
}

}  // namespace ntan::run

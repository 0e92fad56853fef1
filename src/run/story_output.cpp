#include "run/story_output.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/time.h"
#include "run/ids.h"

namespace ntan::run {
namespace {

std::string target_text(const IpAddress& host, const StepRecord& step) {
  std::string address = to_string(host);
  if (!step.port) return address;
  switch (detect::group_of(step.contact)) {
    case detect::Group::icmp: return fmt::format("{} type {}", address, *step.port);
    case detect::Group::ip: return fmt::format("{} proto {}", address, *step.port);
    default: break;
  }
  return host.version == IpVersion::v6 ? fmt::format("[{}]:{}", address, *step.port)
                                       : fmt::format("{}:{}", address, *step.port);
}

std::string_view outcome_text(const StepRecord& step) {
  if (step.outcome) return to_text(*step.outcome);
  // Nobody waits for the answers of address resolution: how much is asked for decides.
  return detect::group_of(step.contact) == detect::Group::link ? "not followed" : "waiting";
}

constexpr std::string_view heading =
    "    packet  time                         target                       class        outcome"
    "        step     sum    peer  bad/all  guards\n";

constexpr std::string_view shared_heading =
    "    packet  time                         target                       class        outcome"
    "        source\n";

std::string step_line(const StoryStep& told, bool shared) {
  const StepRecord& step = told.record;
  std::string line = fmt::format("{:>10}  {}  {:<27}  {:<11}  ", step.packet,
                                 to_string(step.first_ts, TimeDigits::micro),
                                 target_text(told.target, step), to_text(step.contact));
  const std::string_view outcome = outcome_text(step);
  if (shared) return line + fmt::format("{:<13}  {}\n", outcome, to_string(told.source));
  if (!step.step) return line + fmt::format("{}\n", outcome);
  return line + fmt::format("{:<13} {:>+7.2f} {:>7.2f} {:>7.2f} {:>8}{}{}\n", outcome, *step.step,
                            step.sum.value_or(0), step.peer_sum.value_or(0),
                            fmt::format("{}/{}", step.bad.value_or(0), step.results.value_or(0)),
                            told.guards.empty() ? "" : "  ", fmt::join(told.guards, ", "));
}

std::string check_line(const CheckRecord& check) {
  std::string value;
  std::string bound;
  switch (check.unit) {
    case Unit::nats:
      value = fmt::format("{:.2f}", check.value);
      bound = fmt::format("{:.2f}", check.bound);
      break;
    case Unit::number:
      value = fmt::format("{:.0f}", check.value);
      bound = fmt::format("{:.0f}", check.bound);
      break;
    case Unit::percent:
      value = check.of ? fmt::format("{} of {}", check.count.value_or(0), *check.of)
                       : fmt::format("{:.0f} %", check.value);
      bound = fmt::format("{:.0f} %", check.bound);
      break;
  }
  return fmt::format("  {:<32} {:>8} {} {}\n", check.what, value, check.relation, bound);
}

std::string group_text(const Story& story) {
  std::string text = fmt::format(
      "{} sources tried the same targets at the same time; which of them are decoys cannot be "
      "told from headers. Each has a scan of its own:\n",
      story.scans.size());
  for (const event::Id scan : story.scans) text += fmt::format("  {}\n", id_text(scan));
  return text;
}

std::string walk_text(const Story& story) {
  const VerdictRecord& verdict = story.verdict;
  const bool shared = !story.source.known();
  std::string text;
  if (verdict.steps_elsewhere != 0) {
    text +=
        fmt::format("({} outcomes of other hosts and ports left out)\n", verdict.steps_elsewhere);
  }
  if (verdict.steps_left_out != 0)
    text += fmt::format("({} earlier outcomes left out)\n", verdict.steps_left_out);
  text += shared ? shared_heading : heading;
  for (const StoryStep& step : story.steps) text += step_line(step, shared);
  if (story.waiting_left_out != 0)
    text += fmt::format("({} more that were waiting left out)\n", story.waiting_left_out);
  text += fmt::format("\nalarm at {}:\n", to_string(verdict.detect_ts, TimeDigits::micro));
  for (const CheckRecord& check : story.checks) text += check_line(check);
  return text;
}

// The rest has been told as steps.
std::string parts_text(const VerdictRecord& verdict) {
  const std::string elsewhere =
      verdict.probes_elsewhere != 0
          ? fmt::format(", {} before it at other hosts and ports", verdict.probes_elsewhere)
          : "";
  return fmt::format("{} without outcome at the alarm, {} after it{}", verdict.probes_waiting,
                     verdict.probes_later, elsewhere);
}

void append_line(std::string& out, const event::Event& event) {
  const std::size_t before = out.size();
  out.resize(before + event::json_bound(event));
  const char* end = event::append_json(out.data() + before, event, {});
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace

std::string_view to_text(Unit unit) noexcept {
  switch (unit) {
    case Unit::nats: return "nats";
    case Unit::number: return "number";
    case Unit::percent: return "percent";
  }
  return {};
}

std::string text_of(const Story& story) {
  const VerdictRecord& verdict = story.verdict;
  std::string text = fmt::format("scan {}: {} {}, {}\n", id_text(verdict.id), to_text(verdict.kind),
                                 to_text(verdict.technique), to_text(verdict.severity));
  if (story.source.known()) text += fmt::format("by {}\n", to_string(story.source));
  text += fmt::format("{}: {}\n\n", to_text(verdict.why), verdict.reason);
  if (!story.scans.empty()) return text + group_text(story);
  text += walk_text(story);
  text += fmt::format(
      "in the end: probes {} ({}), hosts {}, ports {}{}, from {} to {}, score {:.1f} against "
      "{:.1f}, confidence {}\n",
      verdict.probes, parts_text(verdict), verdict.hosts, verdict.ports,
      verdict.members_total != 0 ? fmt::format(", sources {}", verdict.members_total) : "",
      to_string(verdict.first_ts, TimeDigits::micro), to_string(verdict.last_ts, TimeDigits::micro),
      verdict.score, verdict.threshold, verdict.confidence);
  text +=
      "\nSteps and sums are logarithms of likelihood ratios: how much better a scan explains an "
      "outcome than good use does.\nntan-scan(7) has what each is worth, and why.\n";
  return text;
}

std::string json_of(const Story& story) {
  std::string out;
  for (const StoryStep& step : story.steps) {
    event::Common common;
    common.ts = step.decided;
    common.src_ip = step.source;
    common.dst_ip = step.target;
    StepRecord record = step.record;
    record.guards = step.guards;
    append_line(out, event::make_event(common, record));
  }
  event::Common common;
  common.ts = story.told;
  common.src_ip = story.source;
  VerdictRecord verdict = story.verdict;
  verdict.checks = story.checks;
  verdict.scans = story.scans;
  append_line(out, event::make_event(common, verdict));
  return out;
}

}  // namespace ntan::run

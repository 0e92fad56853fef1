#include "detect/alert_book.h"

#include <algorithm>
#include <utility>

#include "detect/keys.h"

namespace ntan::detect {
namespace {

using std::chrono::seconds;

constexpr Duration min_quiet = seconds{120};
constexpr Duration max_quiet = seconds{3600};
constexpr Duration min_resume = seconds{3600};
constexpr Duration max_resume = seconds{24 * 3600};
constexpr Duration update_every = seconds{60};
constexpr Duration decoy_start = seconds{30};
constexpr std::size_t min_decoys = 3;
constexpr double min_decoy_overlap = 0.8;

Duration quiet_of(const Alert& alert) noexcept {
  return std::clamp(6 * alert.mean_gap(), min_quiet, max_quiet);
}

// A scan of three probes a day is one scan.
Duration resume_within(const Alert& alert) noexcept {
  return std::clamp(6 * alert.mean_gap(), min_resume, max_resume);
}

std::string_view protocol_of(ScanTechnique technique) noexcept {
  switch (technique) {
    case ScanTechnique::udp: return "udp";
    case ScanTechnique::sctp_init: return "sctp";
    case ScanTechnique::icmp_echo:
    case ScanTechnique::icmp_timestamp:
    case ScanTechnique::icmp_mask: return "icmp";
    case ScanTechnique::arp: return "arp";
    case ScanTechnique::nd: return "icmpv6";
    case ScanTechnique::ip_proto:
    case ScanTechnique::mixed: return {};
    default: return "tcp";
  }
}

event::Common envelope(const Alert& alert, const ScanRecord& record, Timestamp now) {
  event::Common common;
  common.ts = now;
  common.src_ip = alert.origin().source;
  common.dst_ip = alert.only_target();
  common.proto = protocol_of(record.technique);
  return common;
}

}  // namespace

AlertIndex AlertBook::free_place() {
  if (full()) return no_alert;
  AlertIndex oldest = no_alert;
  for (AlertIndex i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.state == State::free) return i;
    if (entry.state == State::closed &&
        (oldest == no_alert || entry.deadline < entries_[oldest].deadline)) {
      oldest = i;
    }
  }
  if (entries_.size() < max_alerts_) {
    entries_.emplace_back();
    return static_cast<AlertIndex>(entries_.size() - 1);
  }
  if (oldest != no_alert) forget(oldest);
  return oldest;
}

AlertIndex AlertBook::create(const AlertOrigin& origin, AlertOwner owner) {
  const AlertIndex index = free_place();
  if (index == no_alert) {
    ++refused_;
    return no_alert;
  }
  Entry& entry = entries_[index];
  entry.alert = std::make_unique<Alert>(origin);
  entry.owner = owner;
  entry.owner.alert = index;
  entry.state = State::created;
  entry.seq = 0;
  return index;
}

void AlertBook::arm(AlertIndex index, Timestamp deadline) {
  Entry& entry = entries_[index];
  entry.deadline = deadline;
  due_.push({.time = deadline, .index = index, .generation = ++entry.generation});
}

void AlertBook::announce(AlertIndex index, Timestamp now) {
  Entry& entry = entries_[index];
  entry.state = State::open;
  ++entry.seq;
  ++open_count_;
  send(entry, ScanPhase::open, now);
  arm(index, now + quiet_of(*entry.alert));
  find_decoys(index, now);
}

void AlertBook::on_growth(AlertIndex index, Timestamp now) {
  Entry& entry = entries_[index];
  // The queue keeps the earlier time; expire_next() finds out that the deadline has moved.
  entry.deadline = now + quiet_of(*entry.alert);
  const bool doubled = entry.alert->probes() >= 2 * entry.sent_probes;
  if (!doubled && now - entry.sent < update_every) return;
  send(entry, ScanPhase::update, now);
  find_decoys(index, now);
}

void AlertBook::keep_open(AlertIndex index, Timestamp now) noexcept {
  Entry& entry = entries_[index];
  entry.deadline = std::max(entry.deadline, now + quiet_of(*entry.alert));
}

void AlertBook::send(Entry& entry, ScanPhase phase, Timestamp now) {
  ScanRecord record = entry.alert->describe(conditions, texts_);
  record.phase = phase;
  record.seq = entry.seq;
  record.reopened = entry.seq > 1;
  entry.sent = now;
  entry.sent_probes = entry.alert->probes();
  sink_->on_scan(envelope(*entry.alert, record, now), record);
}

Timestamp AlertBook::next_deadline() const noexcept {
  return due_.empty() ? Timestamp::max() : due_.top().time;
}

void AlertBook::expire_next() {
  const Due due = due_.top();
  due_.pop();
  Entry& entry = entries_[due.index];
  if (entry.generation != due.generation) return;
  if (entry.deadline > due.time) {
    arm(due.index, entry.deadline);
  } else if (entry.state == State::open) {
    close(due.index, due.time);
  } else if (entry.state == State::closed) {
    forget(due.index);
  }
}

void AlertBook::close(AlertIndex index, Timestamp now) {
  Entry& entry = entries_[index];
  send(entry, ScanPhase::close, now);
  entry.state = State::closed;
  --open_count_;
  arm(index, now + resume_within(*entry.alert));
  const auto& group = entry.alert->group;
  const bool last = group && std::ranges::none_of(entries_, [&group](const Entry& other) {
                      return other.state == State::open && other.alert->group == group;
                    });
  if (last) send_group(index, ScanPhase::close, now);
}

void AlertBook::forget(AlertIndex index) {
  Entry& entry = entries_[index];
  forgotten_.push_back(entry.owner);
  entry.alert.reset();
  entry.state = State::free;
  ++entry.generation;
}

void AlertBook::finish(Timestamp now) {
  for (AlertIndex i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state == State::open) close(i, now);
  }
}

std::vector<AlertOwner> AlertBook::take_forgotten() {
  return std::exchange(forgotten_, {});
}

void AlertBook::find_decoys(AlertIndex index, Timestamp now) {
  Alert& alert = at(index);
  const IpAddress target = alert.only_target();
  const bool single = !alert.origin().fixed_kind && alert.kind() == ScanKind::vertical;
  if (!single || !target.known() || alert.group) return;
  std::vector<AlertIndex> members;
  std::optional<event::Id> group;
  for (AlertIndex i = 0; i < entries_.size(); ++i) {
    if (!is_open(i) || at(i).origin().fixed_kind || at(i).only_target() != target) continue;
    const Duration apart = at(i).first() > alert.first() ? at(i).first() - alert.first()
                                                         : alert.first() - at(i).first();
    if (apart > decoy_start || at(i).technique() != alert.technique() ||
        at(i).port_overlap(alert) < min_decoy_overlap)
      continue;
    members.push_back(i);
    if (!group) group = at(i).group;
  }
  if (members.size() < min_decoys) return;
  const ScanPhase phase = group ? ScanPhase::update : ScanPhase::open;
  if (!group) {
    group = event::Id{hash_words(
        std::array{host_key(target), static_cast<std::uint64_t>(to_ns(at(members[0]).first()))},
        fixed_hash_key)};
  }
  for (const AlertIndex member : members) at(member).group = group;
  send_group(index, phase, now);
}

void AlertBook::send_group(AlertIndex index, ScanPhase phase, Timestamp now) {
  std::vector<IpAddress> sources;
  for (const Entry& entry : entries_) {
    const bool member = entry.alert && entry.alert->group == at(index).group;
    if (member) sources.push_back(entry.alert->origin().source);
  }
  std::ranges::sort(sources);
  ScanRecord record = at(index).describe(conditions, texts_);
  record.id = record.group.value_or(record.id);
  record.phase = phase;
  record.seq = 1;
  record.members = std::span{sources}.first(std::min(sources.size(), Alert::max_listed));
  record.members_total = sources.size();
  event::Common common = envelope(at(index), record, now);
  common.src_ip = {};  // which of them is real cannot be told from headers
  sink_->on_scan(common, record);
}

}  // namespace ntan::detect

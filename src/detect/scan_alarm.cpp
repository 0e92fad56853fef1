// When the sums of a walk are an alarm, and what goes into the alert.
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "detect/journal.h"
#include "detect/keys.h"
#include "detect/scan_detector.h"

namespace ntan::detect {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t min_row_contacts = 5;
constexpr std::uint32_t min_unanswered = 3;
constexpr std::uint32_t min_handshakes = 12;
constexpr std::uint32_t min_source_bad = 12;
constexpr std::uint32_t bad_permille = 700, source_bad_permille = 800;

constexpr std::uint32_t burst_ports = 24, burst_hosts = 256;
constexpr Duration tcp_burst = milliseconds{1500}, datagram_burst = milliseconds{2000};
constexpr std::uint32_t echo_hosts = 32;

/// Classes of which a client has no two dozen under way to one host.
bool can_burst(ContactClass contact_class) noexcept {
  return contact_class == ContactClass::syn || contact_class == ContactClass::udp ||
         contact_class == ContactClass::sctp;
}

/// The contacts that wait count as bad until they are answered.
bool mostly_waiting(const Walk& walk, std::uint32_t waiting) noexcept {
  Walk expected = walk;
  expected.bad += waiting;
  return expected.mostly_bad(bad_permille);
}

bool belongs(const Probe& probe, const Outcome& outcome, ContactClass contact_class) noexcept {
  return probe.contact_class == contact_class && probe.port == outcome.dst_port;
}

Compared compared_with(const Row& row, ScanWhy why) noexcept {
  if (why == ScanWhy::burst) return {AlarmCount::waiting_ports, row.burst.waiting, burst_ports};
  return {AlarmCount::contacts, row.contacts, min_row_contacts};
}

Compared compared_with(const Column& column, ScanWhy why) noexcept {
  if (why == ScanWhy::burst) return {AlarmCount::waiting_hosts, column.burst.waiting, burst_hosts};
  if (why == ScanWhy::rate)
    return {AlarmCount::pinged_hosts, column.rate.current + column.rate.former, echo_hosts};
  if (column.unanswered >= min_unanswered)
    return {AlarmCount::unanswered, column.unanswered, min_unanswered};
  return {AlarmCount::handshakes, column.handshakes, min_handshakes};
}

ScanWhy why_row(const Outcome& outcome) noexcept {
  return outcome.contact_class == ContactClass::reverse_rst ? ScanWhy::reverse : ScanWhy::row;
}

}  // namespace

bool ScanDetector::row_fires(const Row& row) const noexcept {
  return row.contacts >= min_row_contacts && row.walk.beats(bound_) &&
         row.walk.mostly_bad(bad_permille);
}

bool ScanDetector::column_fires(const Column& column) const noexcept {
  const bool enough = column.unanswered >= min_unanswered || column.handshakes >= min_handshakes;
  return enough && column.walk.beats(bound_) && column.walk.mostly_bad(bad_permille);
}

// Servers keep connections alive that some of their clients have forgotten.
bool ScanDetector::source_fires(const Source& source, const Outcome& outcome) const noexcept {
  Walk walk = source.walk;
  if (is_inside(outcome.contact_class)) walk.good += source.kept;
  return walk.bad >= min_source_bad && walk.beats(bound_) && walk.mostly_bad(source_bad_permille);
}

// Monitors ping a host, and work with it when it answers.
bool ScanDetector::uses_most_pinged(const Source& source) noexcept {
  std::size_t pinged = 0;
  std::size_t used = 0;
  for (const Probe& probe : source.journal) {
    if (probe.contact_class != ContactClass::icmp) continue;
    ++pinged;
    if (source.seen.find(host_key(probe.dst)) != Mark::absent) ++used;
  }
  return 2 * used > pinged;
}

void ScanDetector::check_waiting(Place& place, const Outcome& outcome) {
  if (outcome.contact_class == ContactClass::icmp) {
    // Whoever works with a host may ask how far it is.
    const bool known = place.source.seen.find(host_key(outcome.dst)) != Mark::absent;
    if (known || is_dhcp_check(place, outcome)) return;
    const bool sweep = place.column.rate.add(outcome.time, echo_window) >= echo_hosts;
    if (sweep && !place.column.alarmed && !uses_most_pinged(place.source)) {
      place.column.alarmed = true;
      raise(place.source, outcome,
            {.axis = Axis::column, .why = ScanWhy::rate, .score = bound_, .with_pending = true});
    }
    return;
  }
  if (!can_burst(outcome.contact_class) || context_.sampled() || calls_back(outcome) ||
      was_asked(outcome))
    return;
  const bool datagram = outcome.contact_class == ContactClass::udp;
  const bool path =
      is_trace_port(outcome.dst_port) || (place.row.trace && is_numbered_port(outcome.dst_port));
  if (datagram && (context_.one_way() || path)) return;
  const Duration window = datagram ? datagram_burst : tcp_burst;
  Row& row = place.row;
  Column& column = place.column;
  // Streams that are under way when the capture begins are first seen together.
  if (!outcome.is_media && !is_off_here(column, outcome) && !context_.is_service(place.keys.target))
    row.burst.begin(outcome.first_time, window);
  if (!outcome.is_media) column.burst.begin(outcome.first_time, window);
  if (row.burst.waiting >= burst_ports && !row.alarmed &&
      mostly_waiting(row.walk, row.burst.waiting)) {
    row.alarmed = true;
    raise(place.source, outcome,
          {.axis = Axis::row, .why = ScanWhy::burst, .score = bound_, .with_pending = true});
  }
  if (column.burst.waiting >= burst_hosts && !column.alarmed &&
      mostly_waiting(column.walk, column.burst.waiting)) {
    column.alarmed = true;
    raise(place.source, outcome,
          {.axis = Axis::column, .why = ScanWhy::burst, .score = bound_, .with_pending = true});
  }
}

namespace {

// The probe, where no alert has it and the journal has not: at the end of its probation others may
// have taken its place.
std::span<const Probe> outside(Journal& journal, const Probe& probe) noexcept {
  const bool known = probe.reported || journal.find(probe.hash) != nullptr;
  return {&probe, known ? 0U : 1U};
}

}  // namespace

// `kept`: the probe in the journal; nullptr: it may not be there.
void ScanDetector::judge(Place& place, const Outcome& outcome, const Probe& probe, Probe* kept) {
  Source& source = place.source;
  const bool bad = is_bad(outcome.result);
  const bool row = bad && row_fires(place.row);
  const bool column = bad && column_fires(place.column);
  const bool all = source_fires(source, outcome);
  const bool was_row = std::exchange(place.row.alarmed, place.row.alarmed || row);
  const bool was_column = std::exchange(place.column.alarmed, place.column.alarmed || column);
  const bool open = book_.is_open(source.alert);
  const std::span<const Probe> alone = outside(source.journal, probe);
  if (row && (!open || !was_row)) {
    raise(source, outcome,
          {.axis = Axis::row,
           .why = why_row(outcome),
           .score = place.row.walk.score(bound_),
           .more = alone});
  } else if (column && (!open || !was_column)) {
    raise(source, outcome,
          {.axis = Axis::column,
           .why = ScanWhy::column,
           .score = place.column.walk.score(bound_),
           .more = alone});
  } else if (bad && all && !open) {
    raise(source, outcome,
          {.axis = Axis::source,
           .why = ScanWhy::source,
           .score = source.walk.score(bound_),
           .more = alone});
  } else if (open && !probe.reported &&
             (place.row.alarmed || place.column.alarmed || (all && bad))) {
    if (row) book_.at(source.alert).set_score(place.row.walk.score(bound_));
    if (column) book_.at(source.alert).set_score(place.column.walk.score(bound_));
    if (kept == nullptr) kept = source.journal.find(place.keys.target);
    add_probe(source, probe, kept, outcome.time);
  }
  if (!bad || book_.is_open(source.alert)) return;
  share(place, outcome, probe);
}

// Another contact for an open alert.
void ScanDetector::add_probe(Source& source, Probe probe, Probe* kept, Timestamp now) {
  note_reported(source, probe);
  if (kept != nullptr) {
    source.journal.report(*kept);
    report(source, *kept, now);
  } else {
    probe.reported = true;
    report(source, probe, now);
  }
}

void ScanDetector::include(AlertIndex alert, const IpAddress& source, const Probe& probe) {
  Alert& scan = book_.at(alert);
  scan.add(probe);
  if (options_.watch != nullptr) options_.watch->on_counted(scan.origin().id, source, probe);
}

void ScanDetector::report(const Source& source, const Probe& probe, Timestamp now) {
  if (!book_.is_open(source.alert)) return;
  include(source.alert, source.address, probe);
  book_.on_growth(source.alert, now);
}

// Whether a contact in the journal is of the alarm's axis and in no alert yet.
bool ScanDetector::is_evidence(const Probe& probe, const Outcome& outcome,
                               const Alarm& alarm) noexcept {
  if (probe.reported || (probe.pending && !alarm.with_pending)) return false;
  switch (alarm.axis) {
    case Axis::row:
      return probe.dst == outcome.dst &&
             group_of(probe.contact_class) == group_of(outcome.contact_class);
    case Axis::column: return belongs(probe, outcome, outcome.contact_class);
    case Axis::source: return is_bad(probe.result) && group_of(probe.contact_class) != Group::link;
    case Axis::link: return group_of(probe.contact_class) == Group::link;
  }
  return false;
}

// What is decided later must not be counted again then, when the journal may have forgotten it.
void ScanDetector::note_reported(Source& source, const Probe& probe) noexcept {
  if (group_of(probe.contact_class) == Group::link) return;
  if (probe.pending) {
    source.seen.update(probe.hash, Mark::reported);
  } else if (source.seen.find(probe.hash) == Mark::probation) {
    source.seen.update(probe.hash, Mark::counted);
  }
}

// Moves what the journal knows of the alarm's axis into the alert; false if there was nothing.
bool ScanDetector::collect(Source& source, const Outcome& outcome, const Alarm& alarm) {
  bool any = false;
  for (Probe& probe : source.journal) {
    if (!is_evidence(probe, outcome, alarm)) continue;
    source.journal.report(probe);
    note_reported(source, probe);
    include(source.alert, source.address, probe);
    any = true;
  }
  return any;
}

// By the source and its first contact that counts: a file cut down to the scan's packets gives the
// same, whichever test fires first there.
event::Id ScanDetector::id_of(const Source& source, const Outcome& outcome,
                              const Alarm& alarm) noexcept {
  Timestamp began = outcome.first_time;
  for (const Probe& probe : source.journal) {
    if (is_evidence(probe, outcome, alarm)) began = std::min(began, probe.time);
  }
  const std::array<std::uint64_t, 2> words{source.key, static_cast<std::uint64_t>(to_ns(began))};
  return {hash_words(words, fixed_hash_key)};
}

// What the test saw when it fired.
void ScanDetector::tell_alarm(const Source& source, const Outcome& outcome, const Alarm& alarm) {
  if (options_.watch == nullptr) return;
  AlarmFacts facts{.scan = book_.at(source.alert).origin().id,
                   .source = source.address,
                   .axis = alarm.axis,
                   .why = alarm.why,
                   .time = outcome.time,
                   .dst = outcome.dst,
                   .contact_class = outcome.contact_class,
                   .port = outcome.dst_port,
                   .walk = source.walk,
                   .bound = bound_,
                   .bad_permille = bad_permille};
  if (alarm.axis == Axis::row) {
    const Row& row =
        *rows_.find(row_key(outcome.src, outcome.dst, group_of(outcome.contact_class)));
    facts.walk = row.walk;
    facts.compared = compared_with(row, alarm.why);
  } else if (alarm.axis == Axis::column) {
    const Column& column =
        *columns_.find(column_key(words_of(outcome.src), outcome.contact_class, outcome.dst_port));
    facts.walk = column.walk;
    facts.compared = compared_with(column, alarm.why);
    if (alarm.why == ScanWhy::rate) facts.bad_permille = 0;
  } else if (alarm.axis == Axis::source) {
    facts.bad_permille = source_bad_permille;
    facts.compared = {AlarmCount::bad_results, source.walk.bad, min_source_bad};
  } else {
    facts.bad_permille = 0;
    const std::uint32_t hosts = source.resolutions.current + source.resolutions.former;
    facts.compared = {AlarmCount::resolved_hosts, hosts, sweep_targets};
  }
  options_.watch->on_alarm(facts);
}

void ScanDetector::raise(Source& source, const Outcome& outcome, const Alarm& alarm) {
  const bool growing = book_.is_open(source.alert);
  if (source.alert == no_alert) {
    source.alert = book_.create({.id = id_of(source, outcome, alarm),
                                 .source = source.address,
                                 .why = alarm.why,
                                 .fixed_kind = std::nullopt,
                                 .inside = any_contains(options_.home, source.address),
                                 .detected = outcome.time,
                                 .score = alarm.score,
                                 .threshold = bound_},
                                {.table = AlertOwner::Table::source, .key = source.key});
    forget_alerts();
    if (source.alert == no_alert) return;
  }
  if (!growing) tell_alarm(source, outcome, alarm);
  Alert& scan = book_.at(source.alert);
  scan.set_score(alarm.score);
  if (has_port(outcome.contact_class)) {
    if (alarm.axis == Axis::row) scan.note_row(outcome.dst);
    if (alarm.axis == Axis::column) scan.note_column(outcome.dst_port);
  }
  const bool any = collect(source, outcome, alarm) || !alarm.more.empty();
  for (Probe probe : alarm.more) {
    note_reported(source, probe);
    probe.reported = true;
    include(source.alert, source.address, probe);
  }
  if (!growing) {
    announce(source.alert, outcome.time);
  } else if (any) {
    book_.on_growth(source.alert, outcome.time);
  }
}

void ScanDetector::announce(AlertIndex alert, Timestamp now) {
  book_.announce(alert, now);
  due_ = std::min(due_, book_.next_deadline());
}

void ScanDetector::forget_alerts() {
  for (const AlertOwner& owner : book_.take_forgotten()) {
    if (owner.table == AlertOwner::Table::source) {
      Source* source = sources_.find(owner.key);
      if (source == nullptr || source->alert != owner.alert) continue;
      source->alert = no_alert;
      start_over(*source);
    } else {
      Cluster* cluster = clusters_.find(owner.key);
      if (cluster != nullptr && cluster->alert == owner.alert) cluster->alert = no_alert;
    }
  }
}

void ScanDetector::share(const Place& place, const Outcome& outcome, const Probe& probe) {
  const Source& source = place.source;
  constexpr auto vague = static_cast<GuardSet>(static_cast<GuardSet>(Guard::sampled) |
                                               static_cast<GuardSet>(Guard::older) |
                                               static_cast<GuardSet>(Guard::fallback));
  const bool weightless =
      outcome.result == Result::connect || probe.step == 0 || (probe.guards & vague) != 0;
  const bool deaf = outcome.contact_class == ContactClass::udp &&
                    outcome.result == Result::silent && context_.one_way();
  if (!has_port(outcome.contact_class) || weightless || deaf ||
      outcome.contact_class == ContactClass::reverse_rst) {
    return;
  }
  const bool returns = place.row.contacts >= 2;
  const std::array again{returns, returns || place.column.walk.bad >= 2};
  constexpr std::array shapes{ClusterShape::host, ClusterShape::network};
  const std::array keys{clusters_.key_of(shapes[0], probe), clusters_.key_of(shapes[1], probe)};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const ClusterShape shape = shapes[i];
    // Every client has a first connection from before the capture.
    const bool may_be_older = is_inside(outcome.contact_class) && place.column.walk.bad < 2;
    // Many ports of one host are chosen, whoever told its address.
    const bool named = (probe.guards & static_cast<GuardSet>(Guard::named)) != 0;
    if (shape == ClusterShape::network && (may_be_older || named)) continue;
    Cluster& cluster = clusters_.entry(keys[i]);
    if (book_.is_open(cluster.alert)) {
      include(cluster.alert, source.address, probe);
      book_.at(cluster.alert).add_member(source.address, source.key);
      book_.on_growth(cluster.alert, outcome.time);
    } else if (clusters_.add(cluster, {.source = source.address,
                                       .again = again[i],
                                       .source_key = source.key,
                                       .probe = probe,
                                       .target = target_of(shape, probe)})) {
      // A flood from random sources has none that comes again, and is not looked at.
      const bool near =
          network_words_of(source.address) == network_words_of(cluster.shares[0].source);
      if (again[i] || near) look_at(cluster, shape, outcome.time);
    }
  }
}

// Failures of what is in use happen to everybody: they are shares of a scan only if their source
// neither has an alert of its own, nor works with the host, nor mostly succeeds on that port, nor
// met a service that others reach.
bool ScanDetector::speaks_for_scan(const Share& share) noexcept {
  const Probe& probe = share.probe;
  const Source* source = sources_.find(share.source_key);
  // Peers of a distribution of updates: a third of them is off.
  constexpr std::uint32_t used = 10;
  if (source != nullptr && is_peer_prone(probe.port) && !probe.raw_syn &&
      source->walk.good >= std::max(used, 3 * source->walk.bad))
    return false;
  if (source != nullptr &&
      (source->alert != no_alert || source->seen.find(host_key(probe.dst)) != Mark::absent))
    return false;
  const Column* column =
      columns_.find(column_key(words_of(share.source), probe.contact_class, probe.port));
  if (source != nullptr && column != nullptr && column->epoch == source->epoch &&
      column->walk.good > column->walk.bad)
    return false;
  if (!has_failed(probe.result)) return true;
  return !context_.is_service(target_key(
      probe.dst, is_inside(probe.contact_class) ? ContactClass::syn : probe.contact_class,
      probe.port));
}

void ScanDetector::look_at(Cluster& cluster, ClusterShape shape, Timestamp now) {
  // Once it has been refused a place, nothing is looked at until there is one: a flood of shares
  // would have each of them looked at in vain.
  if (cluster.refused && cluster.alert == no_alert && book_.full()) return;
  cluster.refused = false;
  cluster.shares.erase_if([this](const Share& share) { return !speaks_for_scan(share); });
  if (!Clusters::come_again(cluster.shares) && !Clusters::are_of_one_network(cluster.shares))
    return;
  const std::size_t targets = Clusters::coordinated_targets(cluster.shares);
  if (targets == 0) return;
  const auto score = static_cast<Nats>(std::min<std::size_t>(60'000, targets * 500));
  if (cluster.alert == no_alert) {
    const std::array<std::uint64_t, 3> words{
        cluster.key, static_cast<std::uint64_t>(shape),
        static_cast<std::uint64_t>(to_ns(cluster.shares[0].probe.time))};
    cluster.alert =
        book_.create({.id = {hash_words(words, fixed_hash_key)},
                      .source = {},
                      .why = ScanWhy::distributed,
                      .fixed_kind = shape == ClusterShape::host ? ScanKind::distributed_vertical
                                                                : ScanKind::distributed_horizontal,
                      .detected = now,
                      .score = score,
                      .threshold = 15'000},
                     {.table = AlertOwner::Table::cluster, .key = cluster.key});
    forget_alerts();
    if (cluster.alert == no_alert) {
      cluster.refused = true;
      return;
    }
  }
  for (const Share& share : cluster.shares) {
    include(cluster.alert, share.source, share.probe);
    book_.at(cluster.alert).add_member(share.source, share.source_key);
  }
  clusters_.drop_shares(cluster);
  announce(cluster.alert, now);
}

}  // namespace ntan::detect

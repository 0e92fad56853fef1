#include "detect/scan_detector.h"

#include <algorithm>
#include <array>

#include "base/port.h"
#include "detect/journal.h"
#include "detect/keys.h"

namespace ntan::detect {
namespace {

using std::chrono::seconds;

constexpr Duration sweep_decision = seconds{5};
constexpr std::size_t max_decisions = 1024;

/// The memory of the detector in thousandths, one share for each thing that grows. 50 MiB hold
/// 65,536 sources, rows and columns each.
constexpr std::size_t source_share = 246, row_share = 96, column_share = 116, cluster_share = 48,
                      outage_share = 29, station_share = 11, alert_share = 200, pool_share = 250;
static_assert(source_share + row_share + column_share + cluster_share + outage_share +
                  station_share + alert_share + pool_share <=
              1000);

template <class T>
std::size_t entries_in(std::size_t memory, std::size_t share) {
  return std::max<std::size_t>(memory / 1000 * share / SetTable<T>::entry_size, SetTable<T>::ways);
}

/// Of a target with this result: whether that may be taken back.
Mark mark_of(const Outcome& outcome) noexcept {
  if (outcome.result == Result::silent) return Mark::silent;
  if (outcome.result == Result::time_exceeded && has_port(outcome.contact_class))
    return Mark::expired;
  return outcome.result == Result::refused ? Mark::refused : Mark::done;
}

/// A SYN that was not waited for, as another took its place: tools that make their own number each
/// attempt anew, and some firewalls number what they let through.
bool is_replaced(const Outcome& outcome) noexcept {
  return outcome.contact_class == ContactClass::syn && outcome.result == Result::idle &&
         !outcome.accepted;
}

/// Hosts of the target's network at which the source failed alike, as the journal knows; of those
/// from one port only if that is given.
int failed_neighbours(const Source& source, const Outcome& outcome,
                      std::optional<std::uint16_t> from) noexcept {
  const AddressWords network = network_words_of(outcome.dst);
  int neighbours = 0;
  for (const Probe& probe : source.journal) {
    const bool alike = probe.contact_class == outcome.contact_class &&
                       probe.port == outcome.dst_port && (!from || probe.src_port == *from) &&
                       has_failed(probe.result) && !probe.pending;
    if (alike && network_words_of(probe.dst) == network) ++neighbours;
  }
  return neighbours;
}

}  // namespace

ScanDetector::ScanDetector(const ScanOptions& options, ScanSink& sink)
    : options_(options),
      bound_(alarm_bound(options.sense)),
      pool_{.limit = options.memory / 1000 * pool_share},
      journal_memory_(pool_),
      sources_(entries_in<Source>(options.memory, source_share)),
      rows_(entries_in<Row>(options.memory, row_share)),
      columns_(entries_in<Column>(options.memory, column_share)),
      clusters_(entries_in<Cluster>(options.memory, cluster_share), pool_),
      context_(entries_in<Outage>(options.memory, outage_share)),
      routers_(entries_in<Station>(options.memory, station_share)),
      book_(std::max<std::size_t>(options.memory / 1000 * alert_share / Alert::worst_size, 4),
            sink) {}

ScanCounters ScanDetector::counters() const noexcept {
  ScanCounters counters = counters_;
  counters.sources_evicted = sources_.evictions();
  counters.rows_evicted = rows_.evictions() + columns_.evictions();
  counters.alerts_refused = book_.refused();
  return counters;
}

void ScanDetector::on_outcome(const Outcome& outcome) {
  advance(outcome.time);
  book_.conditions = {.one_way = context_.one_way(),
                      .capture_ok = !context_.sampled() && !context_.only_handshakes() &&
                                    counters_.lost_contacts * 20 <= counters_.contacts};
  if (is_dhcp_answer(outcome)) context_.note_dhcp_server(outcome.src, outcome.time);
  if (outcome.asks_group) {
    asked_.note({.host = outcome.src,
                 .port = outcome.src_port,
                 .alike = outcome.src_port == outcome.dst_port},
                outcome.time);
    return;
  }
  if (outcome.kind == Outcome::Kind::contact) routers_.on_outcome(outcome);
  if (outcome.contact_class == ContactClass::none) return;
  if (is_allowed(outcome.src)) {
    ++counters_.allowed;
    return;
  }
  switch (outcome.kind) {
    case Outcome::Kind::contact: on_contact(outcome); break;
    case Outcome::Kind::result: on_result(outcome); break;
    case Outcome::Kind::late: on_late(outcome); break;
  }
}

Source& ScanDetector::source_of(const Outcome& outcome) {
  Source& source =
      sources_.find_or_insert(source_key(outcome.src), [this](Source& victim) { release(victim); });
  if (source.epoch == 0) source.epoch = ++epochs_;
  source.address = outcome.src;
  source.last_used = fade_time(outcome.time);
  return source;
}

ScanDetector::Sets ScanDetector::sets_of(const Outcome& outcome) const noexcept {
  const Sets sets{
      .row = row_key(outcome.src, outcome.dst, group_of(outcome.contact_class)),
      .column = column_key(words_of(outcome.src), outcome.contact_class, outcome.dst_port)};
  rows_.prefetch(sets.row);
  columns_.prefetch(sets.column);
  return sets;
}

ScanDetector::Place ScanDetector::place_of(Source& source, const Outcome& outcome,
                                           std::uint64_t target, const Sets& sets) {
  const auto [row_at, column_at] = sets;
  Row& row = rows_.find_or_insert(row_at, [](Row&) {});
  Column& column = columns_.find_or_insert(column_at, [](Column&) {});
  if (row.epoch != source.epoch) {
    if (row.epoch != 0) row = Row{.key = row_at};
    row.epoch = source.epoch;
  }
  if (column.epoch != source.epoch) {
    if (column.epoch != 0) column = Column{.key = column_at};
    column.epoch = source.epoch;
  }
  // Of an alert that has closed: a new one may be raised.
  if (!book_.is_open(source.alert) && !book_.full()) row.alarmed = column.alarmed = false;
  row.last_used = column.last_used = fade_time(outcome.time);
  return {.source = source,
          .row = row,
          .column = column,
          .keys = {.source = source.key, .target = target}};
}

void ScanDetector::release(Source& source) noexcept {
  source.seen.release(pool_);
  source.journal.release(journal_memory_);
  source.walk = {};
  source.epoch = ++epochs_;
}

// What has been told is history: another scan needs evidence of its own, for which its first
// contacts are first ones again.
void ScanDetector::start_over(Source& source) noexcept {
  release(source);
  source.sweep = Sweep::none;
  source.resolutions = {};
}

void ScanDetector::make_room() {
  constexpr std::size_t reserve = std::size_t{64} << 10U;
  if (pool_.limit - pool_.used < std::min(reserve, pool_.limit / 8)) release_least();
}

// One sweep of a clock hand: of the next sixteen sources the least valuable gives up its memory,
// and with it its evidence.
void ScanDetector::release_least() {
  constexpr std::size_t stride = 16;
  const auto all = sources_.entries();
  if (all.empty()) return;
  Source* least = nullptr;
  for (std::size_t i = 0; i < stride; ++i) {
    Source& candidate = all[hand_++ % all.size()];
    const bool holds = candidate.journal.holds_memory() || candidate.seen.holds_memory();
    if (candidate.key == 0 || candidate.pinned() || !holds) continue;
    if (least == nullptr || candidate.worth() < least->worth()) least = &candidate;
  }
  if (least != nullptr) release(*least);
}

void ScanDetector::on_contact(const Outcome& outcome) {
  make_room();
  // A server of TFTP sends what it was asked for from a port of its choice (RFC 1350 4).
  constexpr std::uint16_t tftp_port = 69;
  if (outcome.contact_class == ContactClass::udp && outcome.dst_port == tftp_port)
    asked_.note({.host = outcome.src, .port = outcome.src_port}, outcome.time);
  Source& source = source_of(outcome);
  const std::uint64_t hash = target_key(outcome.dst, outcome.contact_class, outcome.dst_port);
  Mark mark = source.seen.find(hash);
  if (scans_again(source, outcome, mark)) {
    start_over(source);
    mark = Mark::absent;
  }
  if (mark != Mark::absent && mark != Mark::expired) {
    if (mark == Mark::probation || mark == Mark::counted) source.seen.update(hash, Mark::returned);
    return keep_open(source, outcome);
  }
  if (outcome.has_mac && outcome.src.version == IpVersion::v6) source.mac = outcome.src_mac;
  if (mark == Mark::expired) {
    source.seen.update(hash, Mark::pending);
  } else if (!source.seen.insert(hash, Mark::pending, pool_)) {
    ++counters_.sets_saturated;
    return;
  }
  ++counters_.contacts;
  if (source.sweep == Sweep::deciding && group_of(outcome.contact_class) == Group::link)
    return add_to_decision(source, outcome, hash);
  const Sets sets = sets_of(outcome);
  source.journal.keep(make_probe(outcome, hash), journal_memory_);
  if (group_of(outcome.contact_class) == Group::link) return on_link_contact(source, outcome, hash);
  Place place = place_of(source, outcome, hash, sets);
  ++place.row.contacts;
  // Path probes count up from 1; scanners draw theirs from a range above.
  constexpr std::uint8_t longest_path = 32;
  if (outcome.contact_class == ContactClass::udp && is_numbered_port(outcome.dst_port) &&
      outcome.ttl <= longest_path) {
    place.row.note.add_trace_ttl(outcome.ttl);
  }
  check_waiting(place, outcome);
}

// A target probed again is no news, but the scan goes on.
void ScanDetector::keep_open(const Source& source, const Outcome& outcome) {
  if (book_.is_open(source.alert) && was_scanned(source, outcome))
    book_.keep_open(source.alert, outcome.time);
}

// Whether the contact is of a row or column of the source's alert.
bool ScanDetector::was_scanned(const Source& source, const Outcome& outcome) noexcept {
  const Row* row = rows_.find(row_key(outcome.src, outcome.dst, group_of(outcome.contact_class)));
  const Column* column =
      columns_.find(column_key(words_of(outcome.src), outcome.contact_class, outcome.dst_port));
  const auto alarmed = [&source](const auto* entry) {
    return entry != nullptr && entry->alarmed && entry->epoch == source.epoch;
  };
  return alarmed(row) || alarmed(column);
}

// The targets of a scan that is over, once more: as good as new ones.
bool ScanDetector::scans_again(const Source& source, const Outcome& outcome, Mark mark) noexcept {
  if (mark == Mark::absent || source.alert == no_alert || book_.is_open(source.alert)) return false;
  if (group_of(outcome.contact_class) == Group::link) return source.sweep == Sweep::alarmed;
  if (was_scanned(source, outcome)) return true;
  const bool failed = mark == Mark::silent || mark == Mark::refused;
  return failed && book_.at(source.alert).origin().why == ScanWhy::source;
}

void ScanDetector::on_link_contact(Source& source, const Outcome& outcome, std::uint64_t hash) {
  source.seen.update(hash, Mark::done);
  if (source.sweep == Sweep::alarmed && book_.is_open(source.alert)) {
    if (Probe* probe = source.journal.find(hash); probe != nullptr) {
      source.journal.report(*probe);
      report(source, *probe, outcome.time);
    }
    return;
  }
  const std::uint32_t recent = source.resolutions.add(outcome.time, sweep_window);
  if (recent < sweep_targets) return;
  if (outcome.has_mac && routers_.is_router(outcome.src_mac)) return;
  if (decisions_.size() >= max_decisions) {
    ++counters_.sweeps_dropped;
    return;
  }
  // Whether the sender is a router may come out only when its packets follow.
  source.sweep = Sweep::deciding;
  decisions_.push_back(
      {.due = outcome.time + sweep_decision, .source = source.key, .outcome = outcome, .more = {}});
  due_ = std::min(due_, decisions_.back().due);
}

void ScanDetector::on_result(const Outcome& outcome) {
  Source* source = sources_.find(source_key(outcome.src));
  if (source == nullptr) return;
  const std::uint64_t hash = target_key(outcome.dst, outcome.contact_class, outcome.dst_port);
  const Mark mark = source->seen.find(hash);
  // What failed at first, and is used now, was not up yet.
  if (outcome.result == Result::session && (mark == Mark::silent || mark == Mark::refused))
    return revise(*source, outcome, hash, mark == Mark::silent ? Result::silent : Result::refused);
  // Of two connections the one that went unused may end before the other is used.
  const bool made_good =
      outcome.result == Result::session &&
      (mark == Mark::probation || mark == Mark::counted || mark == Mark::returned);
  if (mark != Mark::pending && mark != Mark::reported && !made_good) return;
  if (group_of(outcome.contact_class) == Group::link || is_replaced(outcome)) return;
  source->last_used = fade_time(outcome.time);
  Place place = place_of(*source, outcome, hash, sets_of(outcome));
  // Who answers as of a connection has one.
  if (outcome.result == Result::midstream && outcome.answered && source->kept != UINT16_MAX)
    ++source->kept;
  Outcome settled = outcome;
  if (resumes(*source, outcome)) settled.result = Result::midstream;
  if (mark != Mark::reported) {
    if (context_.is_cut_handshake(outcome)) settled.result = Result::session;
    if (outcome.cut_short && may_be_answered(place)) settled.result = Result::idle;
  }
  settle(place, settled, mark);
}

// The end of a connection that was idle for so long that its flow was over: the source has worked
// with the host, and began with the port as connections begin.
bool ScanDetector::resumes(const Source& source, const Outcome& outcome) noexcept {
  return is_inside(outcome.contact_class) &&
         source.seen.find(host_key(outcome.dst)) != Mark::absent &&
         source.seen.find(target_key(outcome.dst, ContactClass::syn, outcome.dst_port)) !=
             Mark::absent;
}

// Who has met answers on this port may have been about to get this one, too; or as a browser, which
// begins with some hosts at once and a few connections to each.
bool ScanDetector::may_be_answered(const Place& place) noexcept {
  constexpr std::uint32_t hosts = 32, connections = 6;
  if (place.column.walk.good != 0) return true;
  return place.source.walk.good != 0 && place.column.burst.waiting <= hosts &&
         place.row.burst.waiting <= connections;
}

void ScanDetector::settle(Place& place, const Outcome& outcome, Mark mark) {
  Source& source = place.source;
  const bool was_reported = mark == Mark::reported;
  if (outcome.result != Result::silent) {
    place.row.burst.end(outcome.first_time);
    place.column.burst.end(outcome.first_time);
  }
  if (outcome.result == Result::time_exceeded) place.row.trace = true;
  source.seen.update(place.keys.target, mark_of(outcome));
  Probe probe = make_probe(outcome, place.keys.target);
  probe.pending = false;
  probe.reported = was_reported;
  weigh(place, outcome, probe);
  Probe* kept = source.journal.find(place.keys.target);
  if (kept != nullptr) {
    probe.raw_syn = probe.raw_syn || kept->raw_syn;
    if (was_reported || worth_keeping(outcome)) {
      source.journal.replace(*kept, probe);
    } else {
      source.journal.drop(*kept);
      kept = nullptr;
    }
  } else if (worth_keeping(outcome)) {
    kept = source.journal.keep(probe, journal_memory_);
  }
  if (was_reported && book_.is_open(source.alert)) book_.at(source.alert).settle(probe);
  judge(place, outcome, probe, kept);
}

// QUIC where only TCP gets through: the program goes on over TCP, and tries the next host alike.
bool ScanDetector::falls_back(const Source& source, const Outcome& outcome) const noexcept {
  if (!has_failed(outcome.result) || outcome.contact_class != ContactClass::udp) return false;
  const std::uint64_t over_tcp = target_key(outcome.dst, ContactClass::syn, outcome.dst_port);
  return source.seen.find(over_tcp) != Mark::absent &&
         source.seen.find(host_key(outcome.dst)) != Mark::absent && context_.is_service(over_tcp);
}

Weight ScanDetector::weight_of(const Place& place, const Outcome& outcome,
                               const Outage* outage) noexcept {
  Weight nothing;
  if (is_dhcp_check(place, outcome)) nothing.note(Guard::dhcp_check);
  if (falls_back(place.source, outcome)) nothing.note(Guard::fallback);
  if (calls_back(outcome) || is_called_alike(outcome) || was_asked(outcome))
    nothing.note(Guard::call_back);
  if (goes_with_media(place.source, outcome)) nothing.note(Guard::media);
  if (nothing.guards != 0) return nothing;
  Weight weight = context_.weigh(outcome, place.keys, place.row, outage,
                                 {.sweeps = sweeps_network(place.source, outcome),
                                  .asks_neighbours = asks_neighbours(place, outcome)});
  const auto take_column = [&weight](Guard guard) {
    weight.column = weight.column_peer = weight.source = weight.source_peer = 0;
    weight.note(guard);
  };
  if (has_port_of_its_own(place.column, outcome)) take_column(Guard::older);
  if (has_ipv4_instead(place, outcome)) take_column(Guard::fallback);
  // Connections that are reset in their middle came each from a port of its own.
  if (outcome.laden && place.row.note.laden_port() != outcome.src_port) {
    weight.row = weight.row_peer = 0;
    weight.note(Guard::older);
  }
  if (outcome.laden && place.column.note.closing_port() != outcome.src_port)
    take_column(Guard::older);
  if (is_beside_use(place, outcome)) {
    weight.column /= discount;
    weight.column_peer /= discount;
    weight.source /= discount;
    weight.source_peer /= discount;
    weight.note(Guard::elsewhere);
  }
  if (has_failed(outcome.result) && is_off_here(place.column, outcome))
    weight.doubt_row(Guard::elsewhere);
  return weight;
}

// Datagrams of which none is answered, as in a capture of one direction, and as to addresses that
// nobody has: those of a sweep go to the neighbours of one network, all from one port. Clients have
// one for each, and what comes from that of a service may be answers, as of DHCP and NTP.
bool ScanDetector::sweeps_network(const Source& source, const Outcome& outcome) const noexcept {
  constexpr int enough = 16;
  if (outcome.contact_class != ContactClass::udp || outcome.result != Result::silent ||
      !context_.one_way() || context_.misses_answers() || outcome.src_port < first_user_port ||
      outcome.src_port == outcome.dst_port)
    return false;
  return failed_neighbours(source, outcome, outcome.src_port) >= enough;
}

// The peers of a node are all over the world, and its own network is asked by broadcast.
bool ScanDetector::asks_neighbours(const Place& place, const Outcome& outcome) noexcept {
  constexpr int enough = 8;
  if (!has_failed(outcome.result) || place.column.unanswered < enough ||
      !is_peer_prone(outcome.dst_port))
    return false;
  const bool raw = is_raw_syn(outcome);
  if (outcome.contact_class != ContactClass::udp && !raw) return false;
  // Servers turn to those of their clients that never answer.
  if (!raw && has_called(outcome.dst, outcome.src, Group::udp)) return false;
  return failed_neighbours(place.source, outcome, std::nullopt) >= enough;
}

// A DHCP server pings an address before it offers it (RFC 2131 3.1). One of a small network; who
// pings more looks for hosts, whatever else it serves.
bool ScanDetector::is_dhcp_check(const Place& place, const Outcome& outcome) const noexcept {
  constexpr std::uint16_t most_checks = 64;
  return outcome.contact_class == ContactClass::icmp &&
         place.column.note.dhcp_checks() < most_checks && context_.is_dhcp_server(outcome.src);
}

// Servers of mail, chat and files ask the host of a client for its user (RFC 1413), those of
// Windows for its name, and most hosts do not say.
bool ScanDetector::calls_back(const Outcome& outcome) noexcept {
  constexpr std::uint16_t user_port = 113, name_port = 137;
  const bool asks = (outcome.contact_class == ContactClass::syn && outcome.dst_port == user_port) ||
                    (outcome.contact_class == ContactClass::udp && outcome.dst_port == name_port);
  const bool told = outcome.kind != Outcome::Kind::contact && !has_failed(outcome.result);
  if (!asks || told) return false;
  return has_called(outcome.dst, outcome.src, Group::tcp);
}

// Nagios asks each host for the same services: one that is off, or stands by, fails on ports that
// others answer.
bool ScanDetector::is_off_here(const Column& column, const Outcome& outcome) noexcept {
  constexpr std::uint32_t enough = 2;
  return outcome.contact_class == ContactClass::syn && !is_raw_syn(outcome) &&
         column.walk.good >= enough && column.walk.good > column.walk.bad;
}

// Another port of a host that the source works with: HTTPS before HTTP, NetBIOS beside SMB, TCP
// where the answer over UDP was cut.
bool ScanDetector::is_beside_use(const Place& place, const Outcome& outcome) noexcept {
  return outcome.contact_class == ContactClass::syn && !is_raw_syn(outcome) &&
         has_failed(outcome.result) &&
         place.source.seen.find(host_key(outcome.dst)) != Mark::absent;
}

// BFD, VXLAN and their like: both ends send to the same port, each from one of its own, so that no
// datagram ever looks like an answer.
bool ScanDetector::is_called_alike(const Outcome& outcome) noexcept {
  if (outcome.contact_class != ContactClass::udp || outcome.result != Result::silent) return false;
  const Source* other = sources_.find(source_key(outcome.dst));
  if (other == nullptr) return false;
  const std::uint64_t back = target_key(outcome.src, ContactClass::udp, outcome.dst_port);
  // Who has answered there is a server that turns to its clients.
  return !context_.is_service(back) && other->seen.find(back) != Mark::absent;
}

// What answers a search by broadcast or multicast, from a port that nobody sent anything to.
bool ScanDetector::was_asked(const Outcome& outcome) const noexcept {
  if (outcome.contact_class != ContactClass::udp) return false;
  return is_dhcp_answer(outcome) || asked_.holds({.host = outcome.dst,
                                                  .port = outcome.dst_port,
                                                  .alike = outcome.src_port == outcome.dst_port},
                                                 outcome.time);
}

bool ScanDetector::has_called(const IpAddress& caller, const IpAddress& called,
                              Group group) noexcept {
  const Row* row = rows_.find(row_key(caller, called, group));
  return row != nullptr && row->contacts != 0;
}

// Reports on media go to the odd port above theirs (RFC 3550 11); some receivers take no interest.
bool ScanDetector::goes_with_media(const Source& source, const Outcome& outcome) noexcept {
  if (outcome.contact_class != ContactClass::udp || !has_failed(outcome.result) ||
      outcome.dst_port < first_user_port || outcome.dst_port % 2 == 0)
    return false;
  const auto media_port = static_cast<std::uint16_t>(outcome.dst_port - 1);
  return source.seen.find(target_key(outcome.dst, ContactClass::udp, media_port)) == Mark::done;
}

// Broken IPv6: programs try it first and go on over IPv4 (RFC 8305), so that their host meets as
// many sessions there as failures here.
bool ScanDetector::has_ipv4_instead(const Place& place, const Outcome& outcome) noexcept {
  const bool by_system = outcome.contact_class == ContactClass::udp ||
                         (outcome.contact_class == ContactClass::syn && !is_raw_syn(outcome));
  if (!has_failed(outcome.result) || !by_system || outcome.src.version != IpVersion::v6)
    return false;
  const IpAddress same_host = routers_.host_at(place.source.mac);
  if (!same_host.known()) return false;
  // Programs that try QUIC try TCP as well, and go on over what is left of both.
  constexpr std::array ways{ContactClass::syn, ContactClass::udp};
  return std::ranges::any_of(ways, [&](ContactClass way) {
    const Column* column = columns_.find(column_key(words_of(same_host), way, outcome.dst_port));
    if (column == nullptr || column->walk.good <= column->walk.bad) return false;
    // A datagram has no handshake that would tell: what is asked instead is asked soon.
    constexpr Duration soon = seconds{120};
    if (outcome.contact_class == ContactClass::udp &&
        fade_time(outcome.time - soon) > column->last_used)
      return false;
    return place.column.note.rescued_failures() <= column->walk.good;
  });
}

// Each connection of a client has a port of its own: those to many hosts that go on from before the
// capture come from as many. A scanner's segments are made by hand, mostly all from one port.
bool ScanDetector::has_port_of_its_own(const Column& column, const Outcome& outcome) noexcept {
  const std::uint16_t former = column.note.closing_port();
  return is_inside(outcome.contact_class) && former != 0 && former != outcome.src_port;
}

void ScanDetector::weigh(Place& place, const Outcome& outcome, Probe& probe) {
  const Outage* outage = context_.observe(outcome, place.keys);
  Weight weight = weight_of(place, outcome, outage);
  const bool waits =
      may_be_check(outcome) &&
      (weight.column == 0 || start_probation(place, outcome, weight, probe.reported));
  if (is_inside(outcome.contact_class) && has_failed(outcome.result))
    place.column.note.set_closing_port(outcome.src_port);
  if (outcome.laden) place.row.note.set_laden_port(outcome.src_port);
  if (outcome.src.version == IpVersion::v6 && weight.has(Guard::fallback))
    place.column.note.count_rescued_failure();
  if (weight.has(Guard::dhcp_check)) place.column.note.count_dhcp_check();
  const auto apply = [&outcome](Walk& walk, Nats client, Nats peer) {
    walk.add(client, peer);
    if (outcome.result == Result::session) ++walk.good;
    if (is_bad(outcome.result) && client != 0) ++walk.bad;
  };
  apply(place.row.walk, weight.row, weight.row_peer);
  apply(place.source.walk, weight.source, weight.source_peer);
  probe.guards = weight.guards;
  const ColumnStep column = weigh_column(place, outcome, weight, waits, probe);
  const bool row_leads = place.row.walk.client >= place.column.walk.client;
  const Nats column_step = column == ColumnStep::probation ? 0 : weight.column;
  probe.step = row_leads ? weight.row : column_step;
  probe.sum = row_leads ? place.row.walk.client : place.column.walk.client;
  tell_step(WalkStep::Cause::result, place, outcome, weight, column);
}

void ScanDetector::tell_step(WalkStep::Cause cause, const Place& place, const Outcome& outcome,
                             const Weight& weight, ColumnStep column) {
  if (options_.watch == nullptr) return;
  options_.watch->on_step({.outcome = outcome,
                           .cause = cause,
                           .weight = weight,
                           .column_step = column,
                           .row = place.row.walk,
                           .column = place.column.walk,
                           .source = place.source.walk});
}

ColumnStep ScanDetector::weigh_column(Place& place, const Outcome& outcome, const Weight& weight,
                                      bool waits, Probe& probe) {
  Column& column = place.column;
  if (outcome.result == Result::session) {
    column.walk.add(weight.column, weight.column_peer);
    ++column.walk.good;
    forgive(place.source, outcome);
    return ColumnStep::counted;
  }
  if (!is_bad(outcome.result) || weight.column == 0) return ColumnStep::none;
  const bool handshake = outcome.result == Result::connect || outcome.result == Result::half_open;
  if (handshake && place.source.seen.find(host_key(outcome.dst)) != Mark::absent) {
    return ColumnStep::known;
  }
  if (waits) return ColumnStep::probation;
  column.walk.add(weight.column, weight.column_peer);
  ++column.walk.bad;
  ++(handshake ? column.handshakes : column.unanswered);
  probe.column_step = weight.column;
  return ColumnStep::counted;
}

}  // namespace ntan::detect

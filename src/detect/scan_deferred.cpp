// What is decided later: probations, sweeps by address resolution, answers after the time-out, and
// the clock that drives them.
#include <algorithm>
#include <array>
#include <utility>

#include "base/icmp_type.h"
#include "detect/journal.h"
#include "detect/keys.h"
#include "detect/scan_detector.h"

namespace ntan::detect {
namespace {

// A check each ten minutes comes back within it.
constexpr Duration probation_time = std::chrono::seconds{660};
constexpr std::size_t max_probations = 32768;  // 50 connects without use a second
// Of the ports of one host nobody checks more. A connect is worth so little there that it needs
// none.
constexpr std::uint16_t max_checks = 18;

}  // namespace

// Takes from the weight what counts only when the probation is over. Returns whether there is one:
// of half-open handshakes not to who is named for others already, nor where too many wait.
bool ScanDetector::start_probation(Place& place, const Outcome& outcome, Weight& weight,
                                   bool reported) {
  const bool half_open = outcome.result == Result::half_open;
  const bool named =
      (place.row.alarmed || place.column.alarmed) && book_.is_open(place.source.alert);
  if (half_open && named) return false;
  if (probations_.size() >= max_probations) {
    ++counters_.probations_dropped;
    return !half_open;
  }
  const bool on_row = half_open && place.row.checks < max_checks;
  const bool known = place.source.seen.find(host_key(outcome.dst)) != Mark::absent;
  if (on_row) {
    ++place.row.checks;
    weight.row = weight.row_peer = 0;
  } else if (known) {
    return true;
  }
  place.source.seen.update(place.keys.target, reported ? Mark::counted : Mark::probation);
  probations_.push_back({.due = outcome.time + probation_time,
                         .source = place.keys.source,
                         .outcome = outcome,
                         .row = on_row});
  due_ = std::min(due_, probations_.back().due);
  return true;
}

void ScanDetector::end_probation(const Probation& probation) {
  Source* source = sources_.find(probation.source);
  Outcome outcome = probation.outcome;
  const std::uint64_t hash = target_key(outcome.dst, outcome.contact_class, outcome.dst_port);
  if (source == nullptr) return;
  const Mark mark = source->seen.find(hash);
  if (mark != Mark::probation && mark != Mark::counted) return;
  source->seen.update(hash, Mark::done);
  const bool known = source->seen.find(host_key(outcome.dst)) != Mark::absent;
  if (known && !probation.row) return;
  outcome.time = probation.due;
  Place place = place_of(*source, outcome, hash, sets_of(outcome));
  Weight weight = weight_of(place, outcome, context_.outage_of(outcome));
  if (probation.row) {
    place.row.walk.add(weight.row, weight.row_peer);
    ++place.row.walk.bad;
  } else {
    weight.row = weight.row_peer = 0;
  }
  if (known) {
    weight.column = weight.column_peer = 0;
  } else {
    place.column.walk.add(weight.column, weight.column_peer);
    ++place.column.walk.bad;
    ++place.column.handshakes;
  }
  Probe probe = make_probe(outcome, hash);
  probe.pending = false;
  probe.reported = mark == Mark::counted;
  probe.guards = weight.guards;
  probe.column_step = weight.column;
  const bool row_leads = place.row.walk.client >= place.column.walk.client;
  probe.step = row_leads ? weight.row : weight.column;
  probe.sum = row_leads ? place.row.walk.client : place.column.walk.client;
  Probe* kept = source->journal.find(hash);
  if (kept != nullptr) {
    probe.raw_syn = kept->raw_syn;
    source->journal.replace(*kept, probe);
  }
  tell_step(WalkStep::Cause::probation, place, outcome, weight,
            known ? ColumnStep::known : ColumnStep::counted);
  if (mark != Mark::counted) judge(place, outcome, probe, kept);
}

// Who is judged may go on for hundreds of addresses.
void ScanDetector::add_to_decision(Source& source, const Outcome& outcome, std::uint64_t hash) {
  constexpr std::size_t first = 64;
  constexpr std::size_t most = 1024;
  source.seen.update(hash, Mark::done);
  source.resolutions.add(outcome.time, sweep_window);
  const auto decision = std::ranges::find(decisions_, source.key, &Decision::source);
  if (decision == decisions_.end()) return;
  std::vector<Probe>& more = decision->more;
  if (more.size() == more.capacity()) {
    const std::size_t wider = std::max(first, 2 * more.size());
    if (wider > most || !pool_.take((wider - more.size()) * sizeof(Probe))) {
      ++counters_.sets_saturated;
      return;
    }
    more.reserve(wider);
  }
  more.push_back(make_probe(outcome, hash));
}

void ScanDetector::end_decision(const Decision& decision) {
  if (Source* source = sources_.find(decision.source); source != nullptr)
    judge_sweep(*source, decision);
  pool_.give_back(decision.more.capacity() * sizeof(Probe));
}

void ScanDetector::judge_sweep(Source& source, const Decision& decision) {
  const bool routes = decision.outcome.has_mac && routers_.is_router(decision.outcome.src_mac);
  if (routes || works_with_most(source, decision) || context_.is_dhcp_server(source.address)) {
    source.sweep = Sweep::none;
    return;
  }
  source.sweep = Sweep::alarmed;
  Outcome outcome = decision.outcome;
  outcome.time = decision.due;
  raise(source, outcome,
        {.axis = Axis::link,
         .why = ScanWhy::rate,
         .score = bound_,
         .with_pending = true,
         .more = decision.more});
}

// Whether its packets followed the answers to most of what it resolved: who only looks for hosts
// meets silence, or says no more to those that are there.
bool ScanDetector::works_with_most(const Source& source, const Decision& decision) noexcept {
  const auto has_called_at_all = [&](const IpAddress& host) {
    return std::ranges::any_of(std::array{Group::tcp, Group::udp, Group::icmp}, [&](Group group) {
      return has_called(host, source.address, group);
    });
  };
  std::size_t resolved = 0;
  std::size_t used = 0;
  const auto count = [&](const Probe& probe) {
    ++resolved;
    const std::uint16_t echo =
        probe.dst.version == IpVersion::v4 ? icmp_type::echo_request : icmpv6_type::echo_request;
    const std::uint64_t ping = target_key(probe.dst, ContactClass::icmp, echo);
    if (source.seen.find(host_key(probe.dst)) != Mark::absent ||
        source.seen.find(ping) == Mark::done || has_called_at_all(probe.dst))
      ++used;
  };
  for (const Probe& probe : source.journal) {
    if (group_of(probe.contact_class) == Group::link) count(probe);
  }
  for (const Probe& probe : decision.more) count(probe);
  return 2 * used > resolved;
}

// A session takes back what had been held against its source for want of it.
void ScanDetector::forgive(Source& source, const Outcome& session) {
  if (has_port(session.contact_class)) forgive_host(source, session.dst);
  if (session.contact_class == ContactClass::syn) forgive_datagram(source, session);
}

// The same port over UDP was tried first, and TCP came to its aid.
void ScanDetector::forgive_datagram(Source& source, const Outcome& session) {
  const std::uint64_t hash = target_key(session.dst, ContactClass::udp, session.dst_port);
  if (source.seen.find(hash) == Mark::absent) return;
  Probe* probe = source.journal.find(hash);
  if (probe == nullptr || probe->pending || probe->column_step == 0) return;
  take_from_column(source, *probe, &Column::unanswered);
}

// What the column was credited with for a probe, and where it was counted.
void ScanDetector::take_from_column(const Source& source, Probe& probe,
                                    std::uint32_t Column::* counter) {
  Column* column =
      columns_.find(column_key(words_of(source.address), probe.contact_class, probe.port));
  if (column == nullptr) return;
  column->walk.add(-probe.column_step, -probe.column_step);
  if (column->walk.bad != 0) --column->walk.bad;
  if (column->*counter != 0) --(column->*counter);
  probe.column_step = 0;
}

// A host with which the source really works: its bare handshakes there were no probes.
void ScanDetector::forgive_host(Source& source, const IpAddress& host) {
  const std::uint64_t key = host_key(host);
  if (source.seen.find(key) != Mark::absent) return;
  if (!source.seen.insert(key, Mark::host, pool_)) {
    ++counters_.sets_saturated;
    return;
  }
  source.seen.update(key, Mark::host);
  for (Probe& probe : source.journal) {
    if (probe.column_step == 0 || probe.pending || probe.dst != host) continue;
    const bool handshake = probe.result == Result::connect || probe.result == Result::half_open;
    if (handshake) {
      take_from_column(source, probe, &Column::handshakes);
    } else if (probe.contact_class == ContactClass::syn && !probe.raw_syn &&
               has_failed(probe.result)) {
      weaken(source, probe);
    }
  }
}

// Tried before the port that works: counts as if it had been tried after it.
void ScanDetector::weaken(Source& source, Probe& probe) {
  Column* column =
      columns_.find(column_key(words_of(source.address), probe.contact_class, probe.port));
  const Nats excess = probe.column_step - probe.column_step / discount;
  probe.column_step -= excess;
  if (column != nullptr) column->walk.add(-excess, -excess);
  source.walk.add(-excess / 2, -excess / 2);
}

void ScanDetector::on_late(const Outcome& outcome) {
  Source* source = sources_.find(source_key(outcome.src));
  if (source == nullptr) return;
  const std::uint64_t hash = target_key(outcome.dst, outcome.contact_class, outcome.dst_port);
  const Mark mark = source->seen.find(hash);
  if (mark == Mark::silent || mark == Mark::blurred) revise(*source, outcome, hash, Result::silent);
}

// Of a target that was counted as `former` something better is known now.
void ScanDetector::revise(Source& source, const Outcome& outcome, std::uint64_t hash,
                          Result former) {
  source.seen.update(hash, Mark::done);
  const Place place = place_of(source, outcome, hash, sets_of(outcome));
  Row& row = place.row;
  Column& column = place.column;
  Outcome failed = outcome;
  failed.result = former;
  const Outage* outage = context_.outage_of(failed);
  const Weight was = weight_of(place, failed, outage);
  const Weight is = weight_of(place, outcome, outage);
  // A handshake that came late is credited to rows only.
  const bool bad = is_bad(outcome.result);
  const Weight change{.row = is.row - was.row,
                      .row_peer = is.row_peer - was.row_peer,
                      .column = (bad ? 0 : is.column) - was.column,
                      .column_peer = (bad ? 0 : is.column_peer) - was.column_peer,
                      .source = is.source - was.source,
                      .source_peer = is.source_peer - was.source_peer,
                      .guards = is.guards};
  const auto exchange = [&outcome](Walk& walk, Nats client, Nats peer) {
    walk.add(client, peer);
    if (is_bad(outcome.result)) return;
    if (walk.bad != 0) --walk.bad;
    if (outcome.result == Result::session) ++walk.good;
  };
  exchange(row.walk, change.row, change.row_peer);
  exchange(column.walk, change.column, change.column_peer);
  exchange(source.walk, change.source, change.source_peer);
  if (column.unanswered != 0) --column.unanswered;
  tell_step(WalkStep::Cause::late, place, outcome, change, ColumnStep::counted);
  if (outcome.result == Result::session && has_port(outcome.contact_class)) {
    context_.observe(outcome, place.keys);
    forgive(source, outcome);
  }
  Probe* kept = source.journal.find(hash);
  if (kept == nullptr) return;
  kept->result = outcome.result;
  kept->column_step = 0;
  if (kept->reported && book_.is_open(source.alert))
    book_.at(source.alert).take_back(*kept, former);
  if (!kept->reported && !worth_keeping(outcome)) {
    source.journal.drop(*kept);
  }
}

Timestamp ScanDetector::find_due() const noexcept {
  const Timestamp probation = probations_.empty() ? Timestamp::max() : probations_.front().due;
  const Timestamp decision = decisions_.empty() ? Timestamp::max() : decisions_.front().due;
  return std::min({probation, decision, book_.next_deadline()});
}

void ScanDetector::do_due(Timestamp now) {
  for (;;) {
    due_ = find_due();
    if (due_ > now || due_ == Timestamp::max()) return;
    if (due_ == book_.next_deadline()) {
      book_.expire_next();
      forget_alerts();
    } else if (!decisions_.empty() && due_ == decisions_.front().due) {
      const Decision due = std::move(decisions_.front());
      decisions_.pop_front();
      end_decision(due);
    } else {
      const Probation due = probations_.front();
      probations_.pop_front();
      end_probation(due);
    }
  }
}

void ScanDetector::finish(Timestamp now) {
  advance(now);
  while (!decisions_.empty()) {
    Decision due = std::move(decisions_.front());
    decisions_.pop_front();
    due.due = now;
    end_decision(due);
  }
  while (!probations_.empty()) {
    Probation due = probations_.front();
    probations_.pop_front();
    due.due = now;
    end_probation(due);
  }
  book_.finish(now);
  due_ = find_due();
}

}  // namespace ntan::detect

// Finds scans from how first contacts end: sequential tests over rows (many ports of one host),
// columns (one port of many hosts) and sources, against two models of good behaviour.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/budget.h"
#include "detect/alert_book.h"
#include "detect/asked.h"
#include "detect/cluster.h"
#include "detect/context.h"
#include "detect/keys.h"
#include "detect/routers.h"
#include "detect/scan_record.h"
#include "detect/scan_watch.h"
#include "detect/set_table.h"
#include "detect/tables.h"

namespace ntan::detect {

struct ScanOptions {
  Sense sense = Sense::medium;
  std::size_t memory = std::size_t{50} << 20U;  ///< octets; everything the detector holds
  std::vector<Network> allow;                   ///< sources that are never named
  std::vector<Network> home;                    ///< our hosts: a scan by one of them is severe
  ScanWatch* watch = nullptr;                   ///< outlives the detector
};

/// What was seen and what had to be given up.
struct ScanCounters {
  std::uint64_t contacts = 0;       ///< first contacts
  std::uint64_t allowed = 0;        ///< outcomes of allowed sources
  std::uint64_t lost_contacts = 0;  ///< told by on_lost_contact
  std::uint64_t sources_evicted = 0;
  std::uint64_t rows_evicted = 0;    ///< rows and columns
  std::uint64_t sets_saturated = 0;  ///< contacts not remembered for want of memory
  std::uint64_t probations_dropped = 0;
  std::uint64_t sweeps_dropped = 0;  ///< by address resolution, not judged for want of memory
  std::uint64_t alerts_refused = 0;

  /// What was given up for want of memory, all kinds together.
  [[nodiscard]] std::uint64_t forgotten() const noexcept {
    return sources_evicted + rows_evicted + sets_saturated + probations_dropped + sweeps_dropped +
           alerts_refused;
  }
};

/// Hosts asked for within the window that make a sweep by address resolution.
inline constexpr std::uint32_t sweep_targets = 24;
inline constexpr Duration sweep_window = std::chrono::seconds{30};
/// Within it hosts are counted that one source sends echo requests.
inline constexpr Duration echo_window = std::chrono::seconds{60};

/// Consumes outcomes in the order of (time, sequence) and reports to the sink: the same outcomes
/// give the same reports. Not thread-safe. Work per outcome is bounded by constants.
class ScanDetector {
 public:
  ScanDetector(const ScanOptions& options, ScanSink& sink);

  /// Requires: time not before that of the previous call of any function.
  void on_outcome(const Outcome& outcome);
  /// Of one of a connection's first segments, in the order of the outcomes too. Requires: it is
  /// known.
  void on_continuation(flow::Continuation continuation) noexcept {
    context_.observe(continuation);
    sampled_ = sampled_ || context_.sampled();
  }
  /// Where the tables keep what a first contact touches.
  struct Ahead {
    std::uint64_t source = 0;
    std::uint64_t row = 0;
    std::uint64_t column = 0;
  };
  /// Asks for the sets of a contact that is soon to come. A guess changes nothing.
  [[nodiscard, gnu::always_inline]] Ahead prefetch(const IpAddress& source, const IpAddress& host,
                                                   ContactClass what,
                                                   std::uint16_t port) const noexcept {
    const Ahead ahead{.source = source_key(source),
                      .row = row_key(source, host, group_of(what)),
                      .column = column_key(words_of(source), what, port)};
    sources_.prefetch(ahead.source);
    rows_.prefetch(ahead.row);
    columns_.prefetch(ahead.column);
    return ahead;
  }
  /// Asks for their entries; the sets were asked for and have arrived by now.
  [[gnu::always_inline]] void prefetch_entries(const Ahead& ahead) const noexcept {
    sources_.prefetch_entries(ahead.source);
    rows_.prefetch_entries(ahead.row);
    columns_.prefetch_entries(ahead.column);
  }
  /// DNS told `client` that a name which it had asked for has this address.
  void on_resolved(const IpAddress& client, const IpAddress& address, Timestamp now) {
    context_.note_name(client, address, now);
  }
  /// A flow left the table before an answer to its first packet was due.
  void on_lost_contact() noexcept { ++counters_.lost_contacts; }
  /// The trace clock reached `now`: does everything due until then.
  void advance(Timestamp now) {
    if (due_ <= now) do_due(now);
  }
  /// When advance() has something to do next; Timestamp::max() if nothing waits.
  [[nodiscard]] Timestamp next_due() const noexcept { return due_; }
  /// The input has ended: decides what is open and closes every alert.
  void finish(Timestamp now);

  [[nodiscard]] ScanCounters counters() const noexcept;
  /// At some time most packets were missing.
  [[nodiscard]] bool sampled() const noexcept { return sampled_; }

 private:
  /// The tables' entries of one outcome.
  struct Place {
    Source& source;
    Row& row;
    Column& column;
    OutcomeKeys keys;
  };

  /// Keys of the row and the column of an outcome. Their sets are on the way to the cache.
  struct Sets {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
  };

  struct Probation {
    Timestamp due;
    std::uint64_t source = 0;
    Outcome outcome;
    bool row = false;  // it has not been counted on its row
  };

  struct Decision {
    Timestamp due;
    std::uint64_t source = 0;
    Outcome outcome;  // the sweep's latest request
    /// The requests since then, of which the journal could not hold all. Paid from the pool.
    std::vector<Probe> more;
  };

  /// What is to be raised: the test that fired on its axis, and how.
  struct Alarm {
    Axis axis{};
    ScanWhy why{};
    Nats score = 0;
    bool with_pending = false;         // the contacts still waiting are the evidence
    std::span<const Probe> more = {};  // evidence that is not in the journal
  };

  void on_contact(const Outcome& outcome);
  void on_result(const Outcome& outcome);
  void on_late(const Outcome& outcome);
  void revise(Source& source, const Outcome& outcome, std::uint64_t hash, Result former);
  [[nodiscard]] static bool resumes(const Source& source, const Outcome& outcome) noexcept;
  [[nodiscard]] bool works_with_most(const Source& source, const Decision& decision) noexcept;
  [[nodiscard]] bool has_called(const IpAddress& caller, const IpAddress& called,
                                Group group) noexcept;
  void keep_open(const Source& source, const Outcome& outcome);
  [[nodiscard]] bool was_scanned(const Source& source, const Outcome& outcome) noexcept;
  [[nodiscard]] bool scans_again(const Source& source, const Outcome& outcome, Mark mark) noexcept;
  void on_link_contact(Source& source, const Outcome& outcome, std::uint64_t hash);
  void check_waiting(Place& place, const Outcome& outcome);
  void settle(Place& place, const Outcome& outcome, Mark mark);
  [[nodiscard]] bool falls_back(const Source& source, const Outcome& outcome) const noexcept;
  [[nodiscard]] bool asks_neighbours(const Place& place, const Outcome& outcome) noexcept;
  [[nodiscard]] bool sweeps_network(const Source& source, const Outcome& outcome) const noexcept;
  [[nodiscard]] static bool goes_with_media(const Source& source, const Outcome& outcome) noexcept;
  [[nodiscard]] bool calls_back(const Outcome& outcome) noexcept;
  static void note_reported(Source& source, const Probe& probe) noexcept;
  [[nodiscard]] static bool may_be_answered(const Place& place) noexcept;
  [[nodiscard]] static bool is_beside_use(const Place& place, const Outcome& outcome) noexcept;
  [[nodiscard]] static bool uses_most_pinged(const Source& source) noexcept;
  [[nodiscard]] bool was_asked(const Outcome& outcome) const noexcept;
  [[nodiscard]] static bool is_off_here(const Column& column, const Outcome& outcome) noexcept;
  [[nodiscard]] bool is_called_alike(const Outcome& outcome) noexcept;
  [[nodiscard]] bool has_ipv4_instead(const Place& place, const Outcome& outcome) noexcept;
  [[nodiscard]] static bool has_port_of_its_own(const Column& column,
                                                const Outcome& outcome) noexcept;
  [[nodiscard]] Weight weight_of(const Place& place, const Outcome& outcome,
                                 const Outage* outage) noexcept;
  void weigh(Place& place, const Outcome& outcome, Probe& probe);
  /// `waits`: it is on probation.
  ColumnStep weigh_column(Place& place, const Outcome& outcome, const Weight& weight, bool waits,
                          Probe& probe);
  [[nodiscard]] bool is_dhcp_check(const Place& place, const Outcome& outcome) const noexcept;
  void tell_step(WalkStep::Cause cause, const Place& place, const Outcome& outcome,
                 const Weight& weight, ColumnStep column);
  void tell_alarm(const Source& source, const Outcome& outcome, const Alarm& alarm);
  bool start_probation(Place& place, const Outcome& outcome, Weight& weight, bool reported);
  void end_probation(const Probation& probation);
  void add_to_decision(Source& source, const Outcome& outcome, std::uint64_t hash);
  void end_decision(const Decision& decision);
  void judge_sweep(Source& source, const Decision& decision);
  void forgive(Source& source, const Outcome& session);
  void forgive_host(Source& source, const IpAddress& host);
  void forgive_datagram(Source& source, const Outcome& session);
  void weaken(Source& source, Probe& probe);
  void take_from_column(const Source& source, Probe& probe, std::uint32_t Column::* counter);
  [[nodiscard]] bool row_fires(const Row& row) const noexcept;
  [[nodiscard]] bool column_fires(const Column& column) const noexcept;
  [[nodiscard]] bool source_fires(const Source& source, const Outcome& outcome) const noexcept;
  void judge(Place& place, const Outcome& outcome, const Probe& probe, Probe* kept);
  void raise(Source& source, const Outcome& outcome, const Alarm& alarm);
  void add_probe(Source& source, Probe probe, Probe* kept, Timestamp now);
  void report(const Source& source, const Probe& probe, Timestamp now);
  [[nodiscard]] static bool is_evidence(const Probe& probe, const Outcome& outcome,
                                        const Alarm& alarm) noexcept;
  [[nodiscard]] static event::Id id_of(const Source& source, const Outcome& outcome,
                                       const Alarm& alarm) noexcept;
  bool collect(Source& source, const Outcome& outcome, const Alarm& alarm);
  void include(AlertIndex alert, const IpAddress& source, const Probe& probe);
  void share(const Place& place, const Outcome& outcome, const Probe& probe);
  [[nodiscard]] bool speaks_for_scan(const Share& share) noexcept;
  void look_at(Cluster& cluster, ClusterShape shape, Timestamp now);
  [[nodiscard]] Timestamp find_due() const noexcept;
  void do_due(Timestamp now);
  [[nodiscard]] Source& source_of(const Outcome& outcome);
  [[nodiscard]] Sets sets_of(const Outcome& outcome) const noexcept;
  [[nodiscard]] Place place_of(Source& source, const Outcome& outcome, std::uint64_t target,
                               const Sets& sets);
  void release(Source& source) noexcept;
  void start_over(Source& source) noexcept;
  void make_room();
  void release_least();
  void announce(AlertIndex alert, Timestamp now);
  void forget_alerts();
  [[nodiscard]] bool is_allowed(const IpAddress& source) const noexcept {
    return !options_.allow.empty() && any_contains(options_.allow, source);
  }

  ScanOptions options_;
  Nats bound_;
  Budget pool_;
  JournalMemory journal_memory_;
  SetTable<Source> sources_;
  SetTable<Row> rows_;
  SetTable<Column> columns_;
  Clusters clusters_;
  Context context_;
  Routers routers_;
  Asked asked_;
  AlertBook book_;
  std::deque<Probation> probations_;
  std::deque<Decision> decisions_;
  Timestamp due_ = Timestamp::max();  // of the first of all that waits: find_due()
  std::uint32_t epochs_ = 0;
  bool sampled_ = false;
  std::size_t hand_ = 0;  // where release_least goes on
  ScanCounters counters_;
};

}  // namespace ntan::detect

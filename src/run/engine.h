// The analysis: batches of packets in, events in their final order out. No I/O, no clock.
//
//   decode, key, hash and prefetch the batch → each packet to its shard, in order → merger (here):
//   recorder, scan detector, statistics
//
// With several threads, packets are gathered to flights whose shards run side by side and tell
// logs; the logs are then read in the order of one thread (engine_crew.cpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/arp_message.h"
#include "base/packet.h"
#include "base/siphash.h"
#include "detect/scan_detector.h"
#include "run/datagram_copies.h"
#include "run/extract_line.h"
#include "run/flight.h"
#include "run/ledger.h"
#include "run/offload.h"
#include "run/recorder.h"
#include "run/shard.h"
#include "run/watch.h"
#include "source/source.h"
#include "stats/aggregator.h"
#include "wire/decoded.h"
#include "wire/defragment.h"

namespace ntan::run {

struct EngineOptions {
  std::size_t mem_limit = std::size_t{512} << 20U;
  std::size_t max_flows = 1'000'000;
  std::size_t shards = 16;      ///< a power of two up to 16; sixteen outside of tests
  std::uint64_t hash_seed = 0;  ///< of the bucket hash; never reaches the output
  SipKey secret;                ///< of tables that no limit makes depend on their hash
  flow::VlanUse vlan = flow::VlanUse::keep;
  wire::DecodeOptions decode;
  detect::ScanOptions scan;
  Duration scan_timeout = flow::timeout_of(flow::ContactTimer::answer_tcp);
  stats::Options stats;
  std::string sensor;
  ExtractLine extract;
  Watch* watch = nullptr;   ///< outlives the engine
  std::size_t threads = 1;  ///< more than one share out the shards; not with a watch
};

/// What waits in the defragmenter of an analysis: its part of EngineOptions::mem_limit.
[[nodiscard]] wire::DefragmentLimits defragment_limits(const EngineOptions& options) noexcept;

class Engine final : private Merger, private detect::ScanSink {
 public:
  /// `interfaces` grows while the input is read and outlives the engine, as does `recorder`.
  Engine(const EngineOptions& options, Recorder& recorder,
         const std::vector<source::Interface>& interfaces);

  void run(const Batch& batch);
  /// With several threads packets are held back until there are enough of them: no longer.
  void settle();
  /// Live, while no packet comes: the trace clock moves on by itself.
  void advance(Timestamp clock);
  /// The input has ended: everything open closes at the clock of the last packet. Leaves the
  /// recorder ready for what comes after all events.
  void finish();

  /// What only the source and the sinks know, as totals so far; summaries show the last that was
  /// told.
  void set_outside(const stats::Quality& outside) { outside_ = outside; }

  [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] ShardCounters counters() const noexcept;
  /// What all TCP connections said of the path so far.
  [[nodiscard]] stats::PathCounts path() const noexcept;
  /// At some time most packets between those captured were missing.
  [[nodiscard]] bool sampled() const noexcept { return detector_.sampled(); }
  [[nodiscard]] detect::ScanCounters scan_counters() const noexcept { return detector_.counters(); }
  /// The gravest scan told so far.
  [[nodiscard]] std::optional<detect::Severity> worst_scan() const noexcept { return worst_scan_; }
  /// Trace clock; the epoch before the first packet.
  [[nodiscard]] Timestamp clock() const noexcept { return clock_; }
  [[nodiscard]] bool started() const noexcept { return started_; }
  /// Time of the first packet. Requires: started().
  [[nodiscard]] Timestamp first() const noexcept { return first_; }
  /// Fragments that found no memory, datagrams that gave way to others or came in too many.
  [[nodiscard]] std::uint64_t fragments_refused() const noexcept {
    return defragmenter_.budget().refused + defragmenter_.crowded_out() +
           defragmenter_.too_finely_cut();
  }
  /// How often events of one time went before it was over, since too many were held.
  [[nodiscard]] std::uint64_t events_hurried() const noexcept { return recorder_->hurried(); }
  /// Place behind all that the engine records.
  [[nodiscard]] Place last_place() const noexcept { return {event::Order::summary, UINT64_MAX}; }

 private:
  static constexpr std::size_t most_shards = Flight::shards;

  /// A packet of the batch between the passes.
  struct Slot {
    wire::Decoded decoded;
    wire::Extra extra;
    flow::DirectedKey key;
    Shard* owner = nullptr;  ///< of the flow
    std::uint32_t tag = 0;
    flow::Number candidate = 0;  ///< the record to prefetch
    bool begins = false;         ///< a contact, it seems: the detector will look at `ahead`
    detect::ScanDetector::Ahead ahead;
    std::uint8_t shard = 0;  ///< the owner's number
  };

  void run_here(const Batch& batch);
  [[gnu::noinline]] void start(Timestamp first);
  [[gnu::always_inline]] void prepare(const PacketView& packet, Slot& slot);
  [[gnu::always_inline]] void prefetch_contact(Slot& slot) const noexcept;
  [[gnu::always_inline]] void route(Slot& slot);
  void route(Slot& slot, const flow::DirectedKey& key);
  [[gnu::always_inline]] void find_owner(Slot& slot);
  void rekey();
  [[gnu::noinline]] void judge_checksum(const PacketView& packet, Slot& slot);
  [[gnu::always_inline]] void take(const PacketView& packet, Slot& slot);
  [[gnu::noinline]] void take_fragment(const PacketView& packet, Slot& slot);
  /// What a reassembled datagram stands for.
  struct Joined {
    Tally tally;
    Arrival first;  ///< of the frame that came first
  };
  /// Nothing until the datagram of the fragment is whole.
  [[nodiscard]] std::optional<Joined> join_fragment(const PacketView& packet, Slot& slot,
                                                    Timestamp clock, FragmentFlaws& flaws);
  void expire_fragments(Timestamp clock);
  /// `first`: of the frame that came first, where the packet stands for several.
  [[gnu::always_inline]] void dispatch(const PacketView& packet, Slot& slot, const Tally& tally,
                                       const Arrival* first = nullptr);
  /// Packets that belong to no flow. Kept out of the way of those that do.
  [[gnu::noinline]] void dispatch_flowless(RoutedPacket& routed, Slot& slot, const Tally& tally);
  void dispatch_error(RoutedPacket& routed, Slot& slot);
  /// Captured a second time: said once.
  [[nodiscard]] bool is_copied_error(const PacketView& packet, const Slot& slot) noexcept;
  [[gnu::always_inline]] void set_clock(Timestamp time);
  [[gnu::noinline]] void release_timers();
  std::int64_t fire_until(std::int64_t limit);
  void look_at_timers(std::size_t shard) noexcept;
  [[gnu::always_inline]] void look_at_timers(std::size_t number, const Shard& shard) noexcept;
  void enter_seconds(std::int64_t tick);
  void dispatch_arp(RoutedPacket& routed, Slot& slot);
  [[gnu::noinline]] void tell_neighbor(const PacketView& packet, const Slot& slot);
  [[gnu::always_inline]] void count(const PacketView& packet, Slot& slot);
  [[gnu::noinline]] void report_backwards(const PacketView& packet, Timestamp clock);
  void close_window();
  [[nodiscard]] std::int64_t earliest_due() const noexcept;

  [[nodiscard, gnu::always_inline]] static stats::PacketFacts facts_of(const PacketView& packet,
                                                                       const wire::Decoded& decoded,
                                                                       Timestamp clock) noexcept;
  [[gnu::always_inline]] void tell_packet(const stats::PacketFacts& facts) noexcept;
  void tell_flows();
  void tell_path();
  void name_interfaces();
  [[nodiscard]] stats::Quality quality() const;
  template <class Visit>
  void each_fetched(std::span<const OpenFlow> flows, Visit&& visit);

  // Several threads
  struct Crew;
  struct DismissCrew {
    void operator()(Crew* crew) const noexcept;
  };
  void hire(const std::vector<source::Interface>& interfaces);
  struct LogReader;
  void collect(const Batch& batch);
  void collect(const PacketView& view);
  void take_alone(const PacketView& packet);
  [[nodiscard]] stats::PacketFacts look_at(const PacketView& packet, Slot& slot, Timestamp clock);
  void tell_looked_at(const stats::PacketFacts& facts) noexcept;
  [[nodiscard]] bool must_wait_for_all(const PacketView& packet) const noexcept;
  void enqueue(Flight::Packet& packet, std::uint16_t place);
  void take_off();
  void fly(Flight& flight, std::size_t number);
  [[nodiscard]] static bool pass_time(Shard& shard, Flight::Lane& lane, Timestamp clock);
  static void work(Shard& shard, Flight::Packet& packet, const Flight::Task& task);
  void replay(Flight& flight);
  void read_step(std::size_t shard);
  void look_at_log(std::size_t shard);
  void fire(std::size_t shard, std::int64_t limit);

  // Merger
  void record(const event::Event& event, Place place) override { recorder_->record(event, place); }
  [[nodiscard]] bool wants(const event::Schema& schema) override {
    return recorder_->wants(schema);
  }
  void note(event::Note note) override { stats_.on_note(note); }
  void server_time(const IpAddress& server, event::Note note) override {
    stats_.on_server(server, note);
  }
  void resolved(const IpAddress& client, const IpAddress& address) override {
    detector_.on_resolved(client, address, clock_);
  }
  void rtts(Direction direction, std::span<const std::uint32_t> us) override {
    stats_.on_rtts(
        direction == Direction::to_server ? stats::PathHalf::server : stats::PathHalf::client, us);
  }
  void outcome(const flow::Outcome& outcome) override {
    detector_.on_outcome(outcome);
    next_due_ = std::min(next_due_, to_ns(detector_.next_due()));
  }
  void continuation(flow::Continuation continuation) override {
    detector_.on_continuation(continuation);
  }
  void lost_contact() override { detector_.on_lost_contact(); }
  void index_flooded() noexcept override { index_flooded_ = true; }
  void flow_ended(const Conversation& conversation, const Reported& told) override;
  // detect::ScanSink
  void on_scan(const event::Common& common, const detect::ScanRecord& record) override;

  EngineOptions options_;
  Recorder* recorder_;
  const std::vector<source::Interface>* interfaces_;
  std::size_t named_interfaces_ = 0;
  HashKey bucket_key_;
  SipKey flooded_key_;  ///< instead of bucket_key_, once `rekeyed_`
  bool rekeyed_ = false;
  bool index_flooded_ = false;
  wire::Defragmenter defragmenter_;
  detect::ScanDetector detector_;
  stats::Aggregator stats_;
  stats::Quality outside_;
  std::vector<std::unique_ptr<Shard>> shards_;
  /// Of each shard, side by side: to find the earliest must not take a cache line of every shard.
  std::array<NextTimer, most_shards> timers_;
  std::array<Slot, Batch::capacity> slots_;
  Ledger ledger_;
  OffloadWatch offload_;
  DatagramCopies errors_;
  Timestamp clock_{};
  Timestamp first_{};
  std::int64_t tick_ = 0;
  std::int64_t next_due_ = INT64_MAX;
  std::uint64_t scan_sequence_ = 0;
  std::optional<detect::Severity> worst_scan_;
  std::string extract_line_;  // of the scan being told
  bool started_ = false;
  bool wants_packets_;
  std::unique_ptr<Crew, DismissCrew> crew_;  ///< null: one thread
  Flight* replayed_ = nullptr;  ///< whose logs time-outs come from, instead of from the shards
};

/// To the flow of the decoded packet.
inline void Engine::route(Slot& slot) {
  // Made where it stays: an assignment would store words and load pairs of them at once, for which
  // the processor waits until the words are in the cache.
  new (&slot.key) flow::DirectedKey(flow::make_key(slot.decoded, options_.vlan));
  find_owner(slot);
}

inline void Engine::route(Slot& slot, const flow::DirectedKey& key) {
  slot.key = key;
  find_owner(slot);
}

inline void Engine::find_owner(Slot& slot) {
  const flow::FlowKey& key = slot.key.key;
  slot.tag = static_cast<std::uint32_t>(flow::hash(key, bucket_key_));
  if (rekeyed_) [[unlikely]]
    slot.tag = static_cast<std::uint32_t>(flow::hash(key, flooded_key_));
  slot.shard = static_cast<std::uint8_t>(flow::shard_of(key) & (shards_.size() - 1));
  slot.owner = shards_[slot.shard].get();
}

inline void Engine::set_clock(Timestamp time) {
  if (time <= clock_) return;
  clock_ = time;
  if (to_ns(clock_) >= next_due_) release_timers();
}

}  // namespace ntan::run

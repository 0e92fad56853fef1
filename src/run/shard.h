// One virtual shard: its flows and all that hangs on them. There are always sixteen, whatever the
// number of threads; caps and budgets are a shard's own, so what is given up never depends on
// threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "app/protocol.h"
#include "base/arrival.h"
#include "base/budget.h"
#include "base/prefetch.h"
#include "event/event.h"
#include "event/note.h"
#include "flow/contact.h"
#include "flow/index.h"
#include "flow/outcome.h"
#include "flow/pool.h"
#include "flow/record.h"
#include "flow/segment_copies.h"
#include "flow/slab.h"
#include "flow/wheel.h"
#include "run/conversation.h"
#include "run/dissection.h"
#include "run/flow_bits.h"
#include "run/fragment_flaws.h"
#include "run/merger.h"
#include "run/one_sided_list.h"
#include "run/path_tally.h"
#include "run/recorder.h"
#include "run/second_quota.h"
#include "run/timers.h"
#include "source/source.h"
#include "wire/decoded.h"

namespace ntan::run {

/// A decoded packet on its way to its shard. Pointers live for the batch.
struct RoutedPacket {
  const PacketView* view = nullptr;
  const wire::Decoded* decoded = nullptr;
  const wire::Extra* extra = nullptr;
  const flow::FlowKey* key = nullptr;
  std::uint32_t tag = 0;  ///< seeded hash: bucket and tag
  bool from_low = true;
  Timestamp clock;                 ///< trace clock: the largest packet time so far
  std::uint32_t packets = 1;       ///< frames this stands for; more for a reassembled datagram
  std::uint64_t wire_bytes = 0;    ///< octets on the wire of those frames
  const Arrival* first = nullptr;  ///< of the first of those frames; null: this is the only one

  /// When what this stands for began to come.
  [[nodiscard]] Arrival began() const noexcept {
    return first != nullptr ? *first : Arrival{.clock = clock, .own = view->time};
  }
};

struct ShardOptions {
  std::size_t max_flows = 0;
  std::size_t flow_memory = 0;        ///< TCP state, streams, dissector state, index
  std::size_t reassembly_memory = 0;  ///< octets held out of order or of unfinished messages
  std::string_view sensor;
  flow::VlanUse vlan = flow::VlanUse::keep;
  Duration scan_timeout =
      flow::timeout_of(flow::ContactTimer::answer_tcp);  ///< silence of TCP and SCTP
  std::uint32_t decryptions = 0;                         ///< in a second of the trace clock
  const std::vector<source::Interface>* interfaces =
      nullptr;  ///< those met so far; outlives the shard
};

/// What a shard had to give up, and what it saw.
struct ShardCounters {
  std::uint64_t flows = 0;
  std::uint64_t evicted = 0;
  std::uint64_t without_tcp_state = 0;  ///< TCP flows for which memory was lacking
  std::uint64_t without_stream = 0;
  std::uint64_t without_dissector = 0;  ///< flows that could not be looked into
  std::uint64_t without_uncommon = 0;   ///< times that what few flows have could not be kept
  std::uint64_t timers_refused = 0;
  std::uint64_t anomalies = 0;
  std::uint64_t reassembly_refused = 0;  ///< octets out of order or of unfinished messages not kept
  std::uint64_t crowded_out = 0;         ///< exchanges that gave way to others of their list
  std::uint64_t decryptions_refused = 0;  ///< packets that only a key makes readable
  std::uint64_t rekeyed = 0;              ///< indexes built anew since chosen flows collided
};

/// The earliest thing a shard has to do.
struct NextTimer {
  static constexpr std::uint8_t wheel = timer_kind_count;  ///< `source` of a flow's own due time

  std::int64_t due = INT64_MAX;
  std::uint64_t sequence = UINT64_MAX;
  std::uint8_t source = wheel;  ///< which queue it waits in

  friend constexpr bool operator<(const NextTimer& a, const NextTimer& b) noexcept {
    return a.due != b.due ? a.due < b.due : a.sequence < b.sequence;
  }
};

/// A flow that is open when the input ends.
struct OpenFlow {
  std::uint64_t sequence = 0;
  flow::Number number = 0;
  std::uint8_t shard = 0;
  bool dissecting = false;  ///< something of its octets is still held or awaited
  bool contact = false;     ///< the scan detector awaits its outcome
};

class Shard final : private app::Output {
 public:
  Shard(const ShardOptions& options, Merger& merger);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard() override;

  void set_interfaces(const std::vector<source::Interface>& interfaces) noexcept {
    interfaces_ = &interfaces;
  }
  /// Whom it tells from now on.
  void set_merger(Merger& merger) noexcept { merger_ = &merger; }

  [[gnu::always_inline]] void prefetch(std::uint32_t tag) const noexcept { index_.prefetch(tag); }
  /// Fetches the record that `tag` seems to name, and returns its number or 0.
  [[nodiscard, gnu::always_inline]] flow::Number prefetch_flow(std::uint32_t tag) const noexcept {
    const flow::Number number = index_.candidate(tag);
    if (number != 0) prefetch_front<Conversation::front>(slab_[number]);
    return number;
  }
  [[gnu::always_inline]] void prefetch_record(flow::Number number) const noexcept {
    prefetch_object(slab_[number]);
  }
  /// Fetches what hangs on a record that was prefetched and has arrived by now. It may be of
  /// another flow than the packet's, never anything but a record.
  [[gnu::always_inline]] void prefetch_state(flow::Number number) const noexcept {
    const Conversation& conversation = slab_[number];
    if (conversation.tcp != nullptr) {
      prefetch_object(*conversation.tcp);
      prefetch_front<sizeof(Conversation) - Conversation::front>(conversation.flow.first_packet);
    }
    // Of a dissector as many lines as of this: its size is not known here.
    if (const void* state = conversation.app_state; state != nullptr)
      prefetch_object(*static_cast<const Probing*>(state));
  }
  /// Fetches what hangs on a state that was prefetched and has arrived by now.
  [[gnu::always_inline]] void prefetch_meter(flow::Number number) const noexcept {
    const Conversation& conversation = slab_[number];
    if (conversation.tcp == nullptr) return;
    if (conversation.tcp->meter() != nullptr) prefetch_object(*conversation.tcp->meter());
    if (conversation.streams != nullptr) prefetch_object(*conversation.streams);
  }

  void on_packet(const RoutedPacket& packet);
  /// A `packet` event for a packet without flow.
  void write_packet(const RoutedPacket& packet);
  /// An ICMP error that quotes a packet of this shard. Returns whether the flow is known.
  bool on_icmp_error(const RoutedPacket& error, const flow::DirectedKey& quoted);
  /// Says what is wrong with a packet that led to no flow; shard 0 only.
  void on_undecodable(const RoutedPacket& packet);
  /// Says what is wrong with a fragment; shard 0 only.
  void on_fragment(const RoutedPacket& packet, const FragmentFlaws& flaws);
  /// A packet for a dissector without flow (ARP, ICMP errors); shard 0 only.
  void on_flowless(const RoutedPacket& packet, app::Transport transport);

  /// Gives all flows other tags, hashes of their keys by SipHash. Packets come with such from now
  /// on.
  void rekey(const SipKey& secret);

  /// Starts the wheel at the first packet.
  void start(Timestamp clock) noexcept { wheel_.start(clock); }
  /// Enters the second `tick` (all seconds before it have been entered).
  void enter_second(std::int64_t tick);
  [[nodiscard]] bool nothing_filed() const noexcept { return wheel_.empty(); }
  void jump(std::int64_t tick) noexcept { wheel_.jump(tick); }
  /// The earliest thing to do, or earlier than that: fire_next() looks again.
  [[nodiscard]] const NextTimer& next_timer() const noexcept { return earliest_; }
  /// The same exactly.
  [[nodiscard]] const NextTimer& settle_timer() noexcept;
  /// Does the earliest thing if it is due by `limit`, and finds the next.
  void fire_next(std::int64_t limit);

  /// At the end of the input: appends every flow.
  void list_flows(std::vector<OpenFlow>& out, std::uint8_t shard) const;
  void end_dissection(flow::Number number, Timestamp now, std::uint64_t sequence);
  void end_flowless(Timestamp now, std::uint64_t sequence);
  void end_contact(flow::Number number, Timestamp now);
  /// Writes the last record. The flow stays where it is: nothing comes after it.
  void end_flow(flow::Number number, Timestamp now, std::uint64_t sequence);

  /// Calls `visit` for every live flow and what the statistics have been told of it, in no order
  /// that may reach the output.
  template <class Visit>
  void each_flow(Visit&& visit) {
    told_.resize(slab_.touched());
    for (flow::Number number = 1; number <= slab_.touched(); ++number) {
      if (slab_.alive(number)) visit(slab_[number], told_[number - 1]);
    }
  }

  [[nodiscard]] ShardCounters counters() const noexcept;
  [[nodiscard]] const PathTally& path() const noexcept { return path_; }
  /// Tells the merger the round-trip times that it has not been told yet.
  void tell_path();
  [[nodiscard]] std::size_t live_flows() const noexcept { return slab_.alive() - ended_; }

  // What the wheel asks.
  flow::WheelLink& link(flow::Number number) noexcept { return slab_[number].flow.link; }
  [[nodiscard]] flow::Due due(flow::Number number) const noexcept;
  [[nodiscard]] bool is(flow::Number number, std::uint64_t sequence) const noexcept {
    return slab_.alive(number) && slab_[number].flow.first_packet == sequence;
  }

 private:
  friend struct StreamTap;

  /// A dissector that serves a whole link, not a flow.
  struct Flowless {
    app::Transport transport{};
    const app::Protocol* protocol = nullptr;
    app::Dissector* dissector = nullptr;
  };
  /// What app::Output fills envelopes from: the flow at hand, or a packet without one.
  struct Current {
    Conversation* conversation = nullptr;
    flow::Number number = 0;
    Flowless* flowless = nullptr;
    const RoutedPacket* packet = nullptr;  ///< for VLANs and tunnels; null in a time-out
    Timestamp now;
    std::uint64_t sequence = 0;
    bool in_timer = false;

    /// Member by member: an assignment of the whole would go over the stack.
    void be(Conversation& of, flow::Number its_number, const RoutedPacket& its_packet) noexcept {
      conversation = &of;
      number = its_number;
      flowless = nullptr;
      packet = &its_packet;
      now = its_packet.clock;
      sequence = its_packet.view->number;
      in_timer = false;
    }
  };

  [[nodiscard]] flow::Number find(const RoutedPacket& packet) const noexcept;
  [[nodiscard]] bool begins_anew(const Conversation& conversation,
                                 const RoutedPacket& packet) const noexcept;
  [[gnu::noinline]] flow::Number open_flow(const RoutedPacket& packet, std::uint8_t same_start);
  [[gnu::noinline]] std::uint8_t end_former(const RoutedPacket& packet, flow::Number number);
  [[gnu::noinline]] void make_room(const RoutedPacket& packet);
  [[gnu::noinline]] void recycle_state(const RoutedPacket& packet);
  void evict(flow::Number victim, const RoutedPacket& packet);
  /// What a flow that gives way must have.
  enum class Holding : std::uint8_t { anything, tcp_state };
  [[nodiscard]] flow::Number one_sided_victim(Holding wanted) noexcept;
  [[nodiscard]] flow::Number silent_victim() noexcept;
  void count(Conversation& conversation, const RoutedPacket& packet, Direction direction);
  [[gnu::noinline]] void keep_own_time(Conversation& conversation, const RoutedPacket& packet);
  [[gnu::noinline]] void count_uncommon(Conversation& conversation, const RoutedPacket& packet,
                                        Direction direction);
  /// Made if need be; null without memory.
  [[nodiscard]] Uncommon* uncommon_of(Conversation& conversation);
  void on_tcp(Conversation& conversation, flow::Number number, const RoutedPacket& packet,
              Direction direction);
  void feed_stream(Conversation& conversation, const RoutedPacket& packet, Direction direction,
                   bool accepted);
  void on_datagram(Conversation& conversation, const RoutedPacket& packet, Direction direction,
                   app::Transport transport);
  bool ensure_streams(Conversation& conversation);
  void begin_streams(Conversation& conversation, const wire::Decoded& segment, Direction direction);
  void release_streams(Conversation& conversation);
  void watch_holes(Conversation& conversation, flow::Number number, Timestamp now) {
    if (conversation.streams == nullptr || conversation.hole_timer) return;
    if ((*conversation.streams)[0].waits() || (*conversation.streams)[1].waits()) [[unlikely]]
      arm_hole_timer(conversation, number, now);
  }
  [[gnu::noinline]] void arm_hole_timer(Conversation& conversation, flow::Number number,
                                        Timestamp now);
  void expire_holes(Conversation& conversation, flow::Number number, Timestamp now);
  void flush_stream(Conversation& conversation, Direction direction);
  void flush_streams(Conversation& conversation);
  void refile(flow::Number number);

  [[gnu::noinline]] void begin_contact(Conversation& conversation, flow::Number number,
                                       const RoutedPacket& packet, Direction direction);
  void arm_contact(Conversation& conversation, flow::Number number, flow::ContactTimer timer,
                   Timestamp now);
  void take_step(Conversation& conversation, flow::Number number, const flow::ContactStep& step,
                 Timestamp now, const RoutedPacket* first);
  [[gnu::noinline]] void tell_handshake(const Conversation& conversation,
                                        const flow::TcpConnection::Effect& effect);
  void measure(Conversation& conversation, const RoutedPacket& packet, Direction direction,
               const flow::TcpConnection::Effect& effect);
  void tell_rtts(Direction direction);
  bool ensure_tcp(Conversation& conversation);
  [[gnu::noinline]] void report_flaw(const RoutedPacket& packet);
  [[gnu::noinline]] void write_packet(const RoutedPacket& packet, Direction direction);

  [[nodiscard]] NextTimer find_next_timer() noexcept;
  [[nodiscard]] bool moot(const TimerEntry& entry, TimerKind kind) const noexcept;
  void pop_timer(TimerQueue& queue, TimerKind kind) noexcept;
  void fire(const TimerEntry& entry, TimerKind kind);
  static flow::ContactStep on_contact_timer(Conversation& conversation,
                                            flow::ContactTimer timer) noexcept;
  void fire_contact(Conversation& conversation, flow::Number number, TimerKind kind, Timestamp now);
  void fire_wheel();
  void arm_timer(TimerKind kind, const TimerEntry& entry);

  void write_record(Conversation& conversation, std::optional<flow::EndReason> reason);
  [[nodiscard]] Reported told(flow::Number number) const noexcept;
  void erase(flow::Number number);
  /// Of one that time has ended.
  [[nodiscard]] static flow::EndReason end_reason(const Conversation& conversation) noexcept;
  [[gnu::noinline]] void close(flow::Number number, flow::EndReason reason);
  [[nodiscard]] event::FixedText<30> community_id_of(const flow::Flow& flow);
  void common_of_flow(const Conversation& conversation, event::Common& common);
  void common_of_packet(const RoutedPacket& packet, event::Common& common);
  /// The same with the ends that an ARP message names.
  void common_of_sender(const RoutedPacket& packet, event::Common& common);
  void encapsulate(const Encapsulation& encapsulation, event::Common& common);
  [[nodiscard]] Place place(event::Order order) const noexcept;
  [[nodiscard]] std::string_view interface_name(std::uint32_t interface) const noexcept;

  /// Of packets without flow nothing bounds how often the same is told: once a second of each
  /// source, and of so many sources.
  [[nodiscard]] bool told_lately(std::string_view layer, event::Reason reason,
                                 const IpAddress& source);

  // app::Output, for the flow in current_.
  void arm(app::Timer timer, std::uint32_t token) override;
  void note(event::Note note) override;
  void resolved(const IpAddress& address) override;
  [[nodiscard]] bool may_decrypt() override;
  void anomaly(std::string_view layer, event::Reason reason, std::string_view detail) override;
  void emit_record(const event::Schema& schema, const void* record, const Ends* ends) override;
  [[nodiscard]] bool wants_record(const event::Schema& schema) override {
    return merger_->wants(schema);
  }

  /// An anomaly of packets without flow: of whom it was told in the second that began then. Layers
  /// and reasons are closed lists.
  struct Told {
    static constexpr std::size_t max_sources = 16;

    std::string_view layer;
    event::Reason reason{};
    Timestamp since;
    std::array<IpAddress, max_sources> sources;
    std::size_t size = 0;
  };

  Merger* merger_;
  std::string_view sensor_;
  const std::vector<source::Interface>* interfaces_;
  flow::VlanUse vlan_;
  Duration scan_timeout_;
  bool wants_packets_;
  Budget flow_memory_;
  Budget reassembly_memory_;
  flow::Pool pool_;
  flow::Slab<Conversation> slab_;
  std::vector<Reported> told_;  // by flow number; empty until a window has ended
  OneSidedList one_sided_;
  flow::Index index_;
  flow::Wheel<Shard> wheel_;
  std::array<TimerQueue, timer_kind_count> timers_;
  std::array<std::int64_t, timer_kind_count> queue_dues_;  // of the queues' fronts, side by side
  FlowBits awaited_;   // flows whose contact waits for a time-out
  FlowBits expected_;  // flows whose dissector does
  Dissection dissection_;
  SecondQuota decryptions_;
  std::vector<Flowless> flowless_;
  std::vector<Told> told_flowless_;
  /// Of flows whose packets are written one by one, by first packet: it costs a hash of SHA-1.
  /// Empty unless packets are wanted.
  struct KnownId {
    std::uint64_t first_packet = 0;
    event::FixedText<30> text;
  };
  std::vector<KnownId> known_ids_;
  Current current_;
  // Behind the envelope being made:
  std::array<TunnelText, wire::Extra::max_tunnels> tunnel_texts_;
  std::array<std::string_view, wire::Extra::max_tunnels> tunnel_views_;
  std::optional<Encapsulation> packet_encapsulation_;
  NextTimer earliest_;
  flow::Number clock_hand_ = 0;
  std::size_t ended_ = 0;  // flows that the end of the input has ended
  ShardCounters counters_;
  PathTally path_;
  flow::SegmentCopies copies_;
};

}  // namespace ntan::run

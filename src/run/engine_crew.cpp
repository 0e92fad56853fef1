// The engine on several threads. Shards never touch each other, so packets of different shards need
// not wait for each other; only what they tell has an order.
//
//   collect: copy, decode, route → a flight of packets, each a task or two of its shards
//   fly:     every shard does its tasks and its own time-outs up to the flight's end, into a log
//   replay:  the logs are read in the order in which one thread would have done it all
//
// While one flight is replayed and the next collected by the thread that reads, its helpers fly the
// one between. Where everything has to stand at one moment (a window ends, an interface appears)
// all flights land first, and that packet goes as with one thread.
#include <algorithm>

#include "base/arp_message.h"
#include "flow/contact_outcome.h"
#include "run/engine.h"
#include "run/team.h"

namespace ntan::run {

using wire::Bucket;
using ShardWheel = flow::Wheel<Shard>;

struct Engine::Crew {
  Crew(std::size_t threads, const Renderer& renderer)
      : flights{Flight(renderer), Flight(renderer)}, team(threads - 1) {}

  Flight& filling() noexcept { return flights[next]; }
  Flight& other() noexcept { return flights[1 - next]; }

  std::array<Flight, 2> flights;
  std::size_t next = 0;  ///< the flight that is filled
  bool aloft = false;    ///< the other one is under way, or has landed and is not replayed
  Timestamp clock{};     ///< trace clock after what was collected
  Timestamp flown{};     ///< and after what was sent on its way
  std::vector<source::Interface> interfaces;  ///< those that packets collected so far may be of
  Team team;                                  // goes first: it may be at work on what stands above
};

void Engine::DismissCrew::operator()(Crew* crew) const noexcept {
  delete crew;  // NOLINT(cppcoreguidelines-owning-memory): this is its owner
}

/// Passes on what a log holds as the shard itself would have told it.
struct Engine::LogReader {
  Engine& engine;

  void told(const ShardLog::Line& line, const Renderer& renderer) const {
    engine.recorder_->record(*line.schema, line.time, line.place, renderer, line.lines);
  }
  void told(event::Note note) const { engine.note(note); }
  void told(const ShardLog::ServerTime& time) const { engine.server_time(time.server, time.note); }
  void told(const ShardLog::Resolved& answer) const {
    engine.resolved(answer.client, answer.address);
  }
  void told(Direction direction, std::span<const std::uint32_t> us) const {
    engine.rtts(direction, us);
  }
  void told(const flow::Outcome& outcome) const { engine.outcome(outcome); }
  void told(flow::Continuation continuation) const { engine.continuation(continuation); }
  void told(ShardLog::LostContact /*lost*/) const { engine.lost_contact(); }
  void told(const stats::FlowFacts& facts) const { engine.stats_.on_flow(facts); }
  void told(const ShardLog::WholeFlow& flow) const { engine.stats_.on_whole_flow(flow.facts); }
};

void Engine::hire(const std::vector<source::Interface>& interfaces) {
  crew_.reset(new Crew(options_.threads, recorder_->renderer()));
  crew_->interfaces = interfaces;
  for (const auto& shard : shards_) shard->set_interfaces(crew_->interfaces);
  if (!stats_.wants_whole_flows()) return;
  for (Flight& flight : crew_->flights) {
    for (Flight::Lane& lane : flight.lanes) lane.log.keep_whole_flows();
  }
}

// --- collecting

void Engine::collect(const Batch& batch) {
  // The source's own list grows while shards run.
  if (interfaces_->size() != crew_->interfaces.size()) {
    settle();
    crew_->interfaces = *interfaces_;
  }
  for (const PacketView& packet : batch.view()) {
    if (must_wait_for_all(packet)) {
      settle();
      take_alone(packet);
    } else {
      collect(packet);
    }
  }
  expire_fragments(crew_->clock);
}

// Windows end at a moment of all shards; with windows and none to end, the next packet says where
// they go on.
bool Engine::must_wait_for_all(const PacketView& packet) const noexcept {
  if (!started_) return true;
  const std::int64_t due = stats_.next_due();
  return due == INT64_MAX ? options_.stats.every != Duration::zero() : to_ns(packet.time) >= due;
}

void Engine::take_alone(const PacketView& packet) {
  Batch batch;
  batch.packets[0] = packet;
  batch.count = 1;
  run_here(batch);
  crew_->clock = crew_->flown = clock_;
}

void Engine::collect(const PacketView& view) {
  if (!crew_->filling().has_room(view.data.size())) take_off();
  Flight& flight = crew_->filling();
  if (view.time < crew_->clock) report_backwards(view, crew_->clock);
  crew_->clock = std::max(crew_->clock, view.time);
  const auto place = static_cast<std::uint16_t>(flight.packets.size());
  Flight::Packet& packet = flight.packets.emplace_back();
  packet.view = view;
  packet.view.data = flight.keep(view.data);
  packet.clock = flight.end = crew_->clock;
  Slot& slot = slots_[0];
  packet.facts = look_at(packet.view, slot, packet.clock);
  packet.tally = {1, view.wire_size};
  bool goes_on = true;
  if (slot.decoded.bucket == Bucket::fragment) {
    const auto joined = join_fragment(packet.view, slot, crew_->clock, packet.flaws);
    goes_on = packet.reassembled = joined.has_value();
    if (joined) {
      packet.tally = joined->tally;
      packet.first = joined->first;
    }
    // The datagram is forgotten when its packet has been dealt with; here that is now.
    slot.decoded.payload = flight.keep(slot.decoded.payload_bytes()).data();
    slot.decoded.options = flight.keep(slot.decoded.option_bytes()).data();
    defragmenter_.release();
  } else {
    ledger_.of(slot.decoded.bucket) += packet.tally;
  }
  packet.decoded = slot.decoded;
  packet.extra = slot.extra;
  packet.key = slot.key;
  if (packet.flaws.any())
    flight.add_task(0, {.tag = slot.tag, .packet = place, .work = Flight::Work::fragment});
  if (goes_on) {
    enqueue(packet, place);
  } else if (wants_packets_) {
    flight.add_task(0, {.tag = slot.tag, .packet = place, .work = Flight::Work::packet_line});
  }
}

// As dispatch() does it, later.
void Engine::enqueue(Flight::Packet& packet, std::uint16_t place) {
  Flight& flight = crew_->filling();
  Slot& slot = slots_[0];
  const auto add = [&](std::size_t shard, Flight::Work work) {
    flight.add_task(shard, {.tag = slot.tag, .packet = place, .work = work});
  };
  if (wants_packets_ && packet.decoded.bucket != Bucket::flow) add(0, Flight::Work::packet_line);
  switch (packet.decoded.bucket) {
    case Bucket::flow:
      add(slot.shard, Flight::Work::packet);
      if (packet.decoded.proto == ip_protocol::icmpv6) {
        packet.neighbor = flow::neighbor_outcome(packet.decoded, packet.extra,
                                                 {.clock = packet.clock, .own = packet.view.time},
                                                 packet.view.number);
      }
      break;
    case Bucket::icmp_error: {
      if (is_copied_error(packet.view, slot)) break;
      add(0, Flight::Work::icmp_error);
      if (packet.extra.quoted_proto == 0 || !packet.extra.quoted_src.known()) break;
      packet.key = flow::quoted_key(packet.decoded, packet.extra, options_.vlan);
      route(slot, packet.key);
      add(slot.shard, Flight::Work::quoted);
      break;
    }
    case Bucket::arp:
      if (const auto arp = ArpMessage::parse(packet.decoded.payload_bytes())) {
        packet.neighbor =
            flow::arp_contact(*arp, packet.extra, {.clock = packet.clock, .own = packet.view.time},
                              packet.view.number);
      }
      add(0, Flight::Work::arp);
      break;
    case Bucket::unknown_link: ledger_.unknown_links[packet.view.link] += packet.tally; break;
    case Bucket::undecodable: add(0, Flight::Work::undecodable); break;
    case Bucket::fragment:
    case Bucket::fragment_incomplete:
    case Bucket::other_l2:
    case Bucket::non_ip: break;
  }
}

// --- flying

// Sends the collected flight on its way and replays the one before.
void Engine::take_off() {
  Crew& crew = *crew_;
  if (crew.filling().empty()) return;
  if (crew.aloft) {
    crew.team.finish();
    const auto& lanes = crew.other().lanes;
    // A shard that has told as much as its log may hold goes on when that has been read: the next
    // flight has to wait for it.
    if (!std::all_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane.complete; })) {
      replay(crew.other());
      crew.aloft = false;
    }
  }
  Flight& flight = crew.filling();
  for (Flight::Lane& lane : flight.lanes) {
    lane.complete = false;
    lane.tick = ShardWheel::tick_of(to_ns(crew.flown));
  }
  crew.flown = flight.end;
  crew.team.start(shards_.size(), [this, &flight](std::size_t shard) { fly(flight, shard); });
  if (crew.aloft) replay(crew.other());
  crew.aloft = true;
  crew.next = 1 - crew.next;
}

void Engine::settle() {
  if (crew_ == nullptr) return;
  Crew& crew = *crew_;
  const bool any = crew.aloft || !crew.filling().empty();
  take_off();
  if (crew.aloft) {
    crew.team.finish();
    replay(crew.other());
    crew.aloft = false;
  }
  if (!any) return;
  for (const auto& shard : shards_) shard->set_merger(*this);
  tick_ = ShardWheel::tick_of(to_ns(clock_));
  next_due_ = (tick_ + 1) * ShardWheel::tick_ns;
  for (std::size_t i = 0; i < shards_.size(); ++i) look_at_timers(i);
  next_due_ = std::min({next_due_, stats_.next_due(), to_ns(detector_.next_due())});
  recorder_->advance(clock_);
  if (index_flooded_) rekey();
}

/// One shard's part of a flight, from where it stands: to the end, or until its log is full.
void Engine::fly(Flight& flight, std::size_t number) {
  constexpr std::size_t bucket_ahead = 6;
  constexpr std::size_t record_ahead = 4;
  constexpr std::size_t state_ahead = 2;
  Shard& shard = *shards_[number];
  Flight::Lane& lane = flight.lanes[number];
  shard.set_merger(lane.log);
  std::array<flow::Number, 8> candidates{};
  const std::vector<Flight::Task>& tasks = lane.tasks;
  for (; lane.done < tasks.size(); ++lane.done) {
    const std::size_t at = lane.done;
    if (at + bucket_ahead < tasks.size()) shard.prefetch(tasks[at + bucket_ahead].tag);
    if (at + record_ahead < tasks.size()) {
      candidates[(at + record_ahead) % candidates.size()] =
          shard.prefetch_flow(tasks[at + record_ahead].tag);
    }
    const flow::Number soon = candidates[(at + state_ahead) % candidates.size()];
    if (at + state_ahead < tasks.size() && soon != 0) shard.prefetch_state(soon);
    Flight::Packet& packet = flight.packets[tasks[at].packet];
    if (!pass_time(shard, lane, packet.clock)) return;
    lane.log.begin_packet();
    work(shard, packet, tasks[at]);
  }
  lane.complete = pass_time(shard, lane, flight.end);
}

/// Time-outs of a shard up to `clock`, in its own order. False if the log is full before that.
bool Engine::pass_time(Shard& shard, Flight::Lane& lane, Timestamp clock) {
  if (lane.log.full()) return false;
  const std::int64_t now = to_ns(clock);
  const std::int64_t last_tick = ShardWheel::tick_of(now);
  while (true) {
    const bool last = lane.tick >= last_tick;
    const std::int64_t limit = last ? now : (lane.tick + 1) * ShardWheel::tick_ns - 1;
    for (NextTimer next = shard.settle_timer(); next.due <= limit; next = shard.settle_timer()) {
      if (lane.log.full()) return false;
      lane.log.begin_timer(next.due, next.sequence);
      shard.fire_next(next.due);
    }
    if (last) return true;
    std::int64_t tick = lane.tick + 1;
    if (shard.nothing_filed()) {
      tick = std::max(tick, std::min(last_tick, ShardWheel::tick_of(shard.next_timer().due)));
      shard.jump(tick);
    }
    shard.enter_second(tick);
    lane.tick = tick;
  }
}

void Engine::work(Shard& shard, Flight::Packet& packet, const Flight::Task& task) {
  RoutedPacket routed{.view = &packet.view,
                      .decoded = &packet.decoded,
                      .extra = &packet.extra,
                      .key = &packet.key.key,
                      .tag = task.tag,
                      .from_low = packet.key.from_low,
                      .clock = packet.clock,
                      .packets = static_cast<std::uint32_t>(packet.tally.packets),
                      .wire_bytes = packet.tally.bytes,
                      .first = packet.reassembled ? &packet.first : nullptr};
  switch (task.work) {
    case Flight::Work::packet: return shard.on_packet(routed);
    case Flight::Work::packet_line: return shard.write_packet(routed);
    case Flight::Work::fragment: return shard.on_fragment(routed, packet.flaws);
    case Flight::Work::undecodable: return shard.on_undecodable(routed);
    case Flight::Work::arp: return shard.on_flowless(routed, app::Transport::arp);
    case Flight::Work::icmp_error: return shard.on_flowless(routed, app::Transport::icmp_error);
    case Flight::Work::quoted: (void)shard.on_icmp_error(routed, packet.key);
  }
}

// --- replaying

void Engine::replay(Flight& flight) {
  replayed_ = &flight;
  next_due_ = std::min(stats_.next_due(), to_ns(detector_.next_due()));
  for (std::size_t i = 0; i < shards_.size(); ++i) look_at_log(i);
  for (const Flight::Packet& packet : flight.packets) {
    set_clock(packet.view.time);
    tell_looked_at(packet.facts);
    const bool arp = packet.decoded.bucket == Bucket::arp;
    if (packet.neighbor && arp) outcome(*packet.neighbor);
    for (std::size_t i = 0; i < packet.tasks; ++i) read_step(packet.shards[i]);
    if (packet.neighbor && !arp) outcome(*packet.neighbor);
  }
  for (Flight::Lane& lane : flight.lanes)
    index_flooded_ = lane.log.take_index_flooded() || index_flooded_;
  replayed_ = nullptr;
  flight.clear();
  recorder_->advance(clock_);
}

void Engine::read_step(std::size_t shard) {
  LogReader reader{*this};
  replayed_->lanes[shard].log.read(reader);
  look_at_log(shard);
}

// A log that was full goes on where it stopped.
void Engine::look_at_log(std::size_t shard) {
  Flight::Lane& lane = replayed_->lanes[shard];
  while (lane.log.next() == nullptr && !lane.complete) {
    lane.log.clear();
    fly(*replayed_, shard);
  }
  const ShardLog::Step* next = lane.log.next();
  timers_[shard] = next == nullptr || next->due == ShardLog::Step::packet
                       ? NextTimer{}
                       : NextTimer{.due = next->due, .sequence = next->sequence};
  next_due_ = std::min(next_due_, timers_[shard].due);
}

}  // namespace ntan::run

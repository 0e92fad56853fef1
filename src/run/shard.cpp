#include "run/shard.h"

#include <algorithm>

#include "base/digits.h"
#include "base/hash.h"
#include "event/anomaly.h"
#include "run/packet_record.h"
#include "stats/server_times.h"

namespace ntan::run {
namespace {

using flow::EndReason;
namespace flag = wire::tcp_flag;
namespace ip = ip_protocol;

// Of the flow share, what the table's records and index may take; the rest is TCP state and
// dissectors.
constexpr std::size_t table_percent = 50;
constexpr std::size_t timers_per_flow = 2;
// Flows looked at to find the one that a full table gives up.
constexpr std::size_t eviction_looks = 16;

std::size_t flow_cap(const ShardOptions& options) noexcept {
  constexpr std::size_t per_flow = sizeof(Conversation) + 16;  // 16: its share of the index
  const std::size_t affordable = options.flow_memory / 100 * table_percent / per_flow;
  return std::max<std::size_t>(16, std::min(options.max_flows, affordable));
}

bool is_lone_syn(const wire::Decoded& packet) noexcept {
  constexpr std::uint8_t others = flag::ack | flag::fin | flag::rst;
  return packet.has(flag::syn) && !packet.has(others) && packet.payload_size == 0;
}

// Nothing where a header is in order and ntan does not know what is behind it.
std::optional<event::Reason> reason_of_flaw(Flaw flaw, wire::Layer layer) noexcept {
  switch (flaw) {
    case Flaw::truncated: return event::Reason::truncated;
    case Flaw::bad_length: return event::Reason::bad_length;
    case Flaw::bad_value: return event::Reason::bad_value;
    case Flaw::unsupported: break;
  }
  return wire::is_too_deep(layer, flaw) ? std::optional{event::Reason::too_deep} : std::nullopt;
}

constexpr auto no_dues() noexcept {
  std::array<std::int64_t, timer_kind_count> dues{};
  dues.fill(INT64_MAX);
  return dues;
}

std::array<TimerQueue, timer_kind_count> make_timers(std::size_t cap, flow::Pool& pool) noexcept {
  const TimerQueue empty{cap, pool};
  return {empty, empty, empty, empty, empty, empty, empty, empty};
}

// One number for the network that a packet without flow is of: what a flow's key holds of it, so
// that an answer seen on another interface or with a priority tag is of the same one.
std::uint64_t link_of(const wire::Decoded& packet, flow::VlanUse vlan) noexcept {
  const bool keep = vlan == flow::VlanUse::keep;
  const std::array<std::uint64_t, 2> words{
      keep ? packet.vlan : std::uint64_t{0},
      keep ? packet.network : packet.network & wire::network_mask};
  return hash_words(words, fixed_hash_key);
}

}  // namespace

Shard::Shard(const ShardOptions& options, Merger& merger)
    : merger_(&merger),
      sensor_(options.sensor),
      interfaces_(options.interfaces),
      vlan_(options.vlan),
      scan_timeout_(options.scan_timeout),
      wants_packets_(merger.wants(event::schema_of<PacketRecord>)),
      flow_memory_{.limit = options.flow_memory / 100 * (100 - table_percent)},
      reassembly_memory_{.limit = options.reassembly_memory},
      pool_(flow_memory_),
      slab_(flow_cap(options)),
      one_sided_(slab_),
      wheel_(*this),
      timers_(make_timers(timers_per_flow * slab_.capacity(), pool_)),
      queue_dues_(no_dues()),
      dissection_(pool_, reassembly_memory_, *this),
      decryptions_(options.decryptions) {
  constexpr std::size_t ids = 256;
  if (wants_packets_) known_ids_.resize(ids);
}

Shard::~Shard() {
  // The pool and the slab free memory, not what it holds: streams and dissectors own more.
  for (flow::Number number = 1; live_flows() != 0 && number <= slab_.touched(); ++number) {
    if (!slab_.alive(number)) continue;
    dissection_.finish(slab_[number]);
    release_streams(slab_[number]);
  }
  for (Flowless& flowless : flowless_) flowless.dissector->~Dissector();
}

flow::Number Shard::find(const RoutedPacket& packet) const noexcept {
  return index_.find(packet.tag,
                     [&](flow::Number number) { return slab_[number].flow.key == *packet.key; });
}

void Shard::on_packet(const RoutedPacket& packet) {
  flow::Number number = find(packet);
  std::uint8_t same_start = 0;
  if (number != 0 && packet.decoded->has(flag::syn) && packet.decoded->proto == ip::tcp &&
      begins_anew(slab_[number], packet)) {
    same_start = end_former(packet, number);
    number = 0;
  }
  const bool first = number == 0;
  if (first) {
    number = open_flow(packet, same_start);
    if (number == 0) return;  // cannot happen while eviction works; counted there
  }
  Conversation& conversation = slab_[number];
  const Direction direction = conversation.flow.direction(packet.from_low);
  current_.be(conversation, number, packet);
  count(conversation, packet, direction);
  if (packet.decoded->flaw_layer != wire::Layer::none) [[unlikely]]
    report_flaw(packet);
  if (first) {
    begin_contact(conversation, number, packet, direction);
  } else if (!conversation.contact.done() && !packet.decoded->discarded) {
    std::optional<std::uint32_t> syn_seq;
    if (const flow::FirstSyn& syn = conversation.flow.first_syn;
        packet.decoded->proto == ip::tcp && syn.seen)
      syn_seq = syn.seq;
    const flow::ContactStep step =
        conversation.contact.on_packet(*packet.decoded, direction, syn_seq);
    if (!step.nothing() || conversation.contact.done())
      take_step(conversation, number, step, packet.clock, nullptr);
  }
  if (packet.decoded->proto == ip::tcp) {
    on_tcp(conversation, number, packet, direction);
  } else if (packet.decoded->proto == ip::udp) {
    on_datagram(conversation, packet, direction, app::Transport::udp);
  } else if (packet.decoded->is_icmp()) {
    on_datagram(conversation, packet, direction, app::Transport::icmp);
  }
  // Last: its line says which protocol the flow has turned out to be.
  if (wants_packets_) write_packet(packet, direction);
}

// Another flow under the same key begins. Returns how many there are that began with its time.
std::uint8_t Shard::end_former(const RoutedPacket& packet, flow::Number number) {
  const flow::Flow& old = slab_[number].flow;
  const bool same_start = old.first_own() == packet.began().own;
  const auto earlier = static_cast<std::uint8_t>(same_start ? old.same_start + 1 : 0);
  current_ = {.conversation = &slab_[number],
              .number = number,
              .now = packet.clock,
              .sequence = packet.view->number};
  close(number, end_reason(slab_[number]));
  return earlier;
}

bool Shard::begins_anew(const Conversation& conversation,
                        const RoutedPacket& packet) const noexcept {
  const wire::Decoded& decoded = *packet.decoded;
  if (!decoded.has(flag::syn) || decoded.has(flag::ack | flag::rst)) return false;
  const Direction direction = conversation.flow.direction(packet.from_low);
  // A SYN of the other side opens at the same time (RFC 9293 3.5).
  if (conversation.tcp == nullptr)
    return direction == Direction::to_server && decoded.seq != conversation.flow.first_syn.seq;
  return conversation.tcp->reused_by(decoded.seq, direction, packet.clock - conversation.flow.last);
}

flow::Number Shard::open_flow(const RoutedPacket& packet, std::uint8_t same_start) {
  if (packet.decoded->proto == ip::tcp && !is_lone_syn(*packet.decoded)) recycle_state(packet);
  flow::Number number = slab_.create();
  if (number == 0) {
    make_room(packet);
    number = slab_.create();
    if (number == 0) return 0;
  }
  Conversation& conversation = slab_[number];
  flow::Flow& flow = conversation.flow;
  flow.key = *packet.key;
  flow.tag = packet.tag;
  const Arrival began = packet.began();
  flow.first = began.clock;
  flow.last = packet.clock;
  flow.first_packet = packet.view->number;
  flow.same_start = same_start;
  flow.interface = static_cast<std::uint16_t>(packet.view->interface);
  flow.orientation = flow::orient(*packet.decoded, packet.from_low);
  flow.icmp_type = packet.decoded->icmp_type;
  flow.icmp_code = packet.decoded->icmp_code;
  conversation.ttl = packet.decoded->ttl;
  if (number <= told_.size()) told_[number - 1] = {};
  index_.insert(flow.tag, number);
  if (index_.flooded()) merger_->index_flooded();
  one_sided_.append(number);
  if (began.own != began.clock) [[unlikely]] {
    // Without memory for it the flow goes by the trace clock.
    if (Uncommon* uncommon = uncommon_of(conversation); uncommon != nullptr)
      uncommon->first_own = began.own;
  }
  if (packet.decoded->vlan_count != 0 || packet.decoded->tunnel_depth != 0) {
    if (Uncommon* uncommon = uncommon_of(conversation); uncommon != nullptr)
      uncommon->around = Encapsulation(*packet.decoded, *packet.extra);
  }
  ++counters_.flows;
  wheel_.file(number, flow::next_due(flow, nullptr, number));
  return number;
}

void Shard::rekey(const SipKey& secret) {
  ++counters_.rekeyed;
  index_.clear();
  for (flow::Number number = 1; number <= slab_.touched(); ++number) {
    if (!slab_.alive(number)) continue;
    flow::Flow& flow = slab_[number].flow;
    flow.tag = static_cast<std::uint32_t>(flow::hash(flow.key, secret));
    index_.insert(flow.tag, number);
  }
}

// Ends the flow that is missed least: one that only one side has spoken in, unless those are few (a
// sixteenth of the table is left to flows that begin), else one that is closed or silent.
void Shard::make_room(const RoutedPacket& packet) {
  constexpr std::size_t beginners_share = 16;
  flow::Number victim = 0;
  if (one_sided_.size() >= slab_.capacity() / beginners_share)
    victim = one_sided_victim(Holding::anything);
  if (victim == 0) victim = silent_victim();
  if (victim != 0) evict(victim, packet);
}

// A connection that begins in its middle takes as much memory as one that goes on, and anybody can
// make up such: of memory that is nearly spent they get only what others of their kind had.
void Shard::recycle_state(const RoutedPacket& packet) {
  if (flow_memory_.used <= flow_memory_.limit / 4 * 3) [[likely]]
    return;
  if (pool_.has_free(sizeof(flow::TcpConnection))) return;
  const flow::Number victim = one_sided_victim(Holding::tcp_state);
  if (victim != 0) evict(victim, packet);
}

void Shard::evict(flow::Number victim, const RoutedPacket& packet) {
  ++counters_.evicted;
  current_ = {.conversation = &slab_[victim],
              .number = victim,
              .now = packet.clock,
              .sequence = packet.view->number};
  index_.prefetch(slab_[victim].flow.tag);
  close(victim, EndReason::evicted);
  // The next to go is fetched long before it does.
  if (one_sided_.size() != 0) prefetch_record(one_sided_.first());
}

// The first in the list that was a single packet and may go; others get another turn. If sixteen
// did, the one of those that may go that has been silent longest.
flow::Number Shard::one_sided_victim(Holding wanted) noexcept {
  flow::Number victim = 0;
  for (std::size_t i = 0; i < eviction_looks && one_sided_.size() != 0; ++i) {
    const flow::Number number = one_sided_.first();
    const Conversation& conversation = slab_[number];
    const flow::Flow& flow = conversation.flow;
    const bool fits = wanted == Holding::anything || conversation.tcp != nullptr;
    if (fits && flow.sides[0].packets + flow.sides[1].packets == 1) return number;
    if (fits && (victim == 0 || flow.last < slab_[victim].flow.last)) victim = number;
    one_sided_.move_to_end(number);
  }
  return victim;
}

// Among sixteen flows from where it looked last: a closed one before others, then the one that has
// been silent longest.
flow::Number Shard::silent_victim() noexcept {
  const auto rank = [](const Conversation& conversation) {
    if (conversation.tcp != nullptr) return conversation.tcp->closed() ? 0 : 2;
    return 1;
  };
  flow::Number victim = 0;
  for (std::size_t i = 0; i < eviction_looks; ++i) {
    clock_hand_ = clock_hand_ % static_cast<flow::Number>(slab_.touched()) + 1;
    if (!slab_.alive(clock_hand_)) continue;
    if (victim == 0) {
      victim = clock_hand_;
      continue;
    }
    const Conversation& best = slab_[victim];
    const Conversation& next = slab_[clock_hand_];
    if (std::pair{rank(next), next.flow.last} < std::pair{rank(best), best.flow.last})
      victim = clock_hand_;
  }
  return victim;
}

void Shard::count(Conversation& conversation, const RoutedPacket& packet, Direction direction) {
  flow::Flow& flow = conversation.flow;
  flow::Side& side = flow.sides[index(direction)];
  const wire::Decoded& decoded = *packet.decoded;
  if (packet.view->time != packet.clock || flow.last == packet.clock) [[unlikely]]
    keep_own_time(conversation, packet);
  flow.last = packet.clock;
  flow.peak.advance(packet.clock, flow.wire_bytes());
  // The list and the history lie behind the front of the record: touched only when they change.
  if (side.packets == 0 && flow.sides[index(reverse(direction))].packets != 0)
    one_sided_.remove(current_.number);
  if (decoded.fragmented || decoded.checksum_bad || decoded.ports_only) [[unlikely]]
    count_uncommon(conversation, packet, direction);
  if (decoded.proto != ip::tcp && decoded.payload_size != 0 && side.payload_bytes == 0)
    flow.history.add('d', direction);
  side.packets += packet.packets;
  side.wire_bytes += packet.wire_bytes;
  side.l3_bytes += decoded.l3_size;
  side.payload_bytes += decoded.payload_size;
  side.tcp_flags |= decoded.tcp_flags;
}

// The trace clock may be ahead of a packet. Requires: not counted yet.
void Shard::keep_own_time(Conversation& conversation, const RoutedPacket& packet) {
  flow::Flow& flow = conversation.flow;
  const bool first = flow.sides[0].packets == 0 && flow.sides[1].packets == 0;
  const Timestamp own = packet.view->time;
  const Timestamp latest = first ? own : std::max(flow.last_own(), own);
  if (latest == packet.clock && flow.uncommon == nullptr) return;
  Uncommon* uncommon = uncommon_of(conversation);
  if (uncommon == nullptr) return;
  uncommon->last_own = latest;
  uncommon->last_clock = packet.clock;
}

void Shard::count_uncommon(Conversation& conversation, const RoutedPacket& packet,
                           Direction direction) {
  Uncommon* uncommon = uncommon_of(conversation);
  if (uncommon == nullptr) return;
  if (packet.decoded->fragmented) uncommon->fragments += packet.packets;
  if (packet.decoded->ports_only) uncommon->ports_only[index(direction)] = true;
  if (packet.decoded->checksum_bad) {
    conversation.flow.history.add_counted('c', direction,
                                          ++uncommon->bad_checksums[index(direction)]);
  }
}

Uncommon* Shard::uncommon_of(Conversation& conversation) {
  if (conversation.flow.uncommon == nullptr) {
    void* memory = pool_.take(sizeof(Uncommon));
    if (memory == nullptr) {
      ++counters_.without_uncommon;
      return nullptr;
    }
    conversation.flow.uncommon = new (memory) Uncommon;
  }
  return static_cast<Uncommon*>(conversation.flow.uncommon);
}

void Shard::report_flaw(const RoutedPacket& packet) {
  const wire::Decoded& decoded = *packet.decoded;
  // What the capture cut off is nobody's fault.
  if (packet.view->cut()) return;
  if (const auto reason = reason_of_flaw(decoded.flaw, decoded.flaw_layer))
    anomaly(to_text(decoded.flaw_layer), *reason, {});
}

void Shard::on_undecodable(const RoutedPacket& packet) {
  current_ = {.packet = &packet, .now = packet.clock, .sequence = packet.view->number};
  report_flaw(packet);
}

void Shard::on_tcp(Conversation& conversation, flow::Number number, const RoutedPacket& packet,
                   Direction direction) {
  const wire::Decoded& decoded = *packet.decoded;
  flow::Flow& flow = conversation.flow;
  // One that came in fragments does not have the time of the flow's beginning.
  if (conversation.tcp == nullptr && direction == Direction::to_server && is_lone_syn(decoded) &&
      packet.first == nullptr) {
    // A flood of SYNs needs no state, even when they are repeated; Karn's rule needs to know that.
    if (!flow.first_syn.seen) {
      flow.first_syn = flow::FirstSyn::of(decoded);
    } else {
      const Duration later = packet.view->time - flow.first_own();
      if (!flow.first_syn.copied(decoded, later)) {
        const bool soon = flow.first_syn.repeat(later);
        path_.add_syn_repeat(soon ? flow::SegmentKind::other : flow::SegmentKind::timeout);
      }
    }
    flow.history.add('s', direction);
    return;
  }
  if (conversation.tcp == nullptr && !ensure_tcp(conversation)) return;
  // It counts in the flow but does not move its state.
  if (decoded.discarded) return;
  // Only these flags ever shorten a time-out; a longer one is found when the shorter has passed.
  const bool may_shorten = decoded.has(flag::syn | flag::fin | flag::rst);
  const Duration before =
      may_shorten ? flow::idle_timeout(flow, conversation.tcp) : Duration::zero();
  const Timestamp time = packet.view->time;
  const bool copied = copies_.is_copy(flow.first_packet, direction, decoded, time);
  const flow::TcpConnection::Effect effect =
      conversation.tcp->on_segment(decoded, direction, time, flow.history, copied);
  if (effect.syn_answered || effect.established) tell_handshake(conversation, effect);
  measure(conversation, packet, direction, effect);
  if (may_shorten && flow::idle_timeout(flow, conversation.tcp) < before) refile(number);
  // Its receiver throws it away, so neither its FIN nor its acknowledgement moves a stream.
  if (effect.window_violation) {
    anomaly("tcp", event::Reason::window_violation, {});
  } else {
    feed_stream(conversation, packet, direction, effect.payload_accepted);
  }
  watch_holes(conversation, number, packet.clock);
}

void Shard::measure(Conversation& conversation, const RoutedPacket& packet, Direction direction,
                    const flow::TcpConnection::Effect& effect) {
  const wire::Decoded& decoded = *packet.decoded;
  path_.add(decoded, effect);
  // The ACK is of what the other side has sent.
  if (effect.ack.rtt_us && path_.keep_rtt(reverse(direction), *effect.ack.rtt_us))
    tell_rtts(reverse(direction));
  if (effect.continuation != flow::Continuation::unknown)
    merger_->continuation(effect.continuation);
  constexpr std::uint64_t largest_frame = 1518;
  constexpr std::uint64_t vlan_tag = 4;
  if (packet.packets != 1 || packet.wire_bytes <= largest_frame + vlan_tag * decoded.vlan_count)
    return;
  const std::uint16_t mss = conversation.tcp->side(reverse(direction)).mss;
  if (mss == 0 || decoded.payload_size <= mss) return;
  path_.add_gso_packet();
  conversation.tcp->on_gso(direction);
}

void Shard::tell_rtts(Direction direction) {
  merger_->rtts(direction, path_.take_rtts(direction));
}

void Shard::tell_path() {
  for (const Direction direction : {Direction::to_server, Direction::to_client})
    tell_rtts(direction);
}

void Shard::tell_handshake(const Conversation& conversation,
                           const flow::TcpConnection::Effect& effect) {
  const flow::TcpConnection& tcp = *conversation.tcp;
  const auto tell = [&](event::Note::Kind kind, std::optional<Duration> half) {
    if (!half) return;
    const event::Note note{.kind = kind, .value = static_cast<std::uint64_t>(to_us(*half))};
    merger_->note(note);
    if (stats::measures_server(kind))
      merger_->server_time(flow::flow_ends(conversation.flow).server, note);
  };
  if (effect.syn_answered) tell(event::Note::Kind::tcp_hs_rtt_server_us, tcp.handshake_server());
  if (!effect.established) return;
  tell(event::Note::Kind::tcp_hs_rtt_client_us, tcp.handshake_client());
  tell(event::Note::Kind::tcp_hs_rtt_us, tcp.handshake());
  tell(event::Note::Kind::tcp_connect_us, tcp.connect());
}

bool Shard::ensure_tcp(Conversation& conversation) {
  void* memory = pool_.take(sizeof(flow::TcpConnection));
  if (memory == nullptr) {
    ++counters_.without_tcp_state;
    return false;
  }
  const flow::Flow& flow = conversation.flow;
  conversation.tcp = flow.first_syn.seen
                         ? new (memory) flow::TcpConnection(pool_, flow.first_syn, flow.first_own())
                         : new (memory) flow::TcpConnection(pool_);
  return true;
}

/// What a stream hands over goes to the dissector.
struct StreamTap {
  Shard& shard;
  Conversation& conversation;
  Direction direction = Direction::to_server;
  Timestamp time{};
  std::uint64_t packet = 0;

  void data(Bytes octets, flow::Since since) {
    shard.dissection_.feed(conversation, app::Transport::tcp,
                           {.data = octets,
                            .size = static_cast<std::uint32_t>(octets.size()),
                            .direction = direction,
                            .time = since.value_or(time),
                            .packet = packet});
  }
  void cut(std::uint64_t size, flow::Since since) { gap(size, since.value_or(time)); }
  void gap(std::uint64_t size, std::optional<Timestamp> had) {
    const bool seen =
        conversation.flow.sides[index(direction)].stream_start == flow::StreamStart::seen;
    shard.dissection_.gap(conversation, direction, size, had,
                          seen ? Dissection::Gap::within : Dissection::Gap::before);
  }
  void conflict(std::uint64_t offset, std::uint64_t size) {
    std::array<char, 2 * max_integer_text + 16> detail{};
    char* end = append_unsigned(detail.data(), size);
    *end++ = '@';
    end = append_unsigned(end, offset);
    shard.anomaly("tcp", event::Reason::overlap_conflict,
                  {detail.data(), static_cast<std::size_t>(end - detail.data())});
  }
  void end(flow::Since since) {
    shard.dissection_.half_close(conversation, direction, since.value_or(time));
  }
};

void Shard::feed_stream(Conversation& conversation, const RoutedPacket& packet, Direction direction,
                        bool accepted) {
  if (conversation.stage == AppStage::finished) return;
  const wire::Decoded& decoded = *packet.decoded;
  if (conversation.streams == nullptr && (!accepted || !ensure_streams(conversation))) return;
  begin_streams(conversation, decoded, direction);
  flow::Stream& own = (*conversation.streams)[index(direction)];
  flow::Stream& other = (*conversation.streams)[index(reverse(direction))];
  const flow::StreamStart start = conversation.flow.sides[index(reverse(direction))].stream_start;
  // Of a side that was not seen nothing else tells how far it came.
  const auto believed = [&] {
    return start == flow::StreamStart::acknowledged ||
           flow::in_window(decoded.ack, 0, other.next_seq(),
                           conversation.tcp->side(direction).window);
  };
  if (decoded.has(flag::ack) && believed()) {
    StreamTap tap{*this, conversation, reverse(direction), packet.view->time, packet.view->number};
    const bool may_come = start == flow::StreamStart::seen && decoded.payload_size == 0 &&
                          !decoded.has(flag::fin | flag::rst);
    other.on_ack(decoded.ack, may_come ? flow::Stream::Ack::bare : flow::Stream::Ack::more,
                 packet.clock, tap);
  }
  StreamTap tap{*this, conversation, direction, packet.view->time, packet.view->number};
  const std::uint32_t seq = decoded.seq + (decoded.has(flag::syn) ? 1U : 0U);
  if (accepted) {
    if (conversation.flow.sides[index(reverse(direction))].packets != 0) own.hear_peer();
    own.on_segment({.seq = seq, .size = decoded.payload_size, .captured = decoded.payload_bytes()},
                   packet.clock, tap);
  }
  if (decoded.has(flag::fin) && !decoded.has(flag::syn))
    own.on_fin(seq + decoded.payload_size, packet.clock, tap);
  if (conversation.stage == AppStage::finished) release_streams(conversation);
}

bool Shard::ensure_streams(Conversation& conversation) {
  void* memory = pool_.take(sizeof(*conversation.streams));
  if (memory == nullptr) {
    ++counters_.without_stream;
    dissection_.finish(conversation);
    return false;
  }
  conversation.streams = new (memory) std::array<flow::Stream, 2>{flow::Stream{reassembly_memory_},
                                                                  flow::Stream{reassembly_memory_}};
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    const flow::TcpSide& side = conversation.tcp->side(direction);
    if (!side.syn_seen) continue;
    (*conversation.streams)[index(direction)].begin(side.isn + 1);
    conversation.flow.sides[index(direction)].stream_start = flow::StreamStart::seen;
  }
  return true;
}

// A side whose SYN was not seen begins with the first payload that is, or where the other side
// expected it when that spoke first: what is acknowledged later and never came was lost.
void Shard::begin_streams(Conversation& conversation, const wire::Decoded& segment,
                          Direction direction) {
  using flow::StreamStart;
  if (segment.payload_size == 0) return;
  StreamStart& own = conversation.flow.sides[index(direction)].stream_start;
  StreamStart& other = conversation.flow.sides[index(reverse(direction))].stream_start;
  if (own != StreamStart::seen) {
    flow::Stream& stream = (*conversation.streams)[index(direction)];
    // Captured after what acknowledged it.
    const bool earlier = stream.offset() == 0 && !stream.waits() &&
                         static_cast<std::int32_t>(segment.seq - stream.next_seq()) < 0;
    if (own == StreamStart::unknown || earlier) stream.begin(segment.seq);
    own = StreamStart::seen;
  }
  if (other == StreamStart::unknown && segment.has(flag::ack)) {
    (*conversation.streams)[index(reverse(direction))].begin(segment.ack);
    other = StreamStart::acknowledged;
  }
}

void Shard::release_streams(Conversation& conversation) {
  if (conversation.streams == nullptr) return;
  std::destroy_at(conversation.streams);
  pool_.give_back(conversation.streams, sizeof(*conversation.streams));
  conversation.streams = nullptr;
}

void Shard::arm_hole_timer(Conversation& conversation, flow::Number number, Timestamp now) {
  conversation.hole_timer = true;
  arm_timer(TimerKind::stream_hole, {.due = to_ns(now + flow::Stream::hole_lifetime),
                                     .sequence = conversation.flow.first_packet,
                                     .first_packet = conversation.flow.first_packet,
                                     .number = number});
}

void Shard::expire_holes(Conversation& conversation, flow::Number number, Timestamp now) {
  conversation.hole_timer = false;
  if (conversation.streams == nullptr) return;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    StreamTap tap{*this, conversation, direction, now, current_.sequence};
    (*conversation.streams)[index(direction)].expire(now, tap);
  }
  if (conversation.stage == AppStage::finished) release_streams(conversation);
  watch_holes(conversation, number, now);
}

void Shard::flush_stream(Conversation& conversation, Direction direction) {
  StreamTap tap{*this, conversation, direction, current_.now, current_.sequence};
  (*conversation.streams)[index(direction)].flush(tap);
}

void Shard::on_datagram(Conversation& conversation, const RoutedPacket& packet, Direction direction,
                        app::Transport transport) {
  if (!Dissection::takes_datagram(conversation, direction) || packet.decoded->payload_size == 0)
    return;
  dissection_.feed(conversation, transport,
                   {.data = packet.decoded->payload_bytes(),
                    .size = packet.decoded->payload_size,
                    .direction = direction,
                    .time = packet.view->time,
                    .packet = packet.view->number,
                    .ip_id = packet.decoded->ip_id});
  if (conversation.app_state == nullptr) expected_.clear(current_.number);
}

void Shard::on_flowless(const RoutedPacket& packet, app::Transport transport) {
  auto found = std::find_if(
      flowless_.begin(), flowless_.end(),
      [transport](const Flowless& flowless) { return flowless.transport == transport; });
  if (found == flowless_.end()) {
    for (const app::Protocol* protocol : app::protocols()) {
      if ((protocol->transports & app::mask(transport)) == 0) continue;
      void* memory = pool_.take(protocol->state_size);
      if (memory == nullptr) return;
      app::FlowContext context;
      context.transport = transport;
      context.memory = &reassembly_memory_;
      flowless_.push_back({transport, protocol, protocol->construct(memory, context)});
      found = flowless_.end() - 1;
      break;
    }
    if (found == flowless_.end()) return;
  }
  current_ = {
      .flowless = &*found, .packet = &packet, .now = packet.clock, .sequence = packet.view->number};
  const wire::Decoded& decoded = *packet.decoded;
  (void)found->dissector->consume(
      {.data = decoded.payload_bytes(),
       .size = decoded.payload_size,
       .time = packet.view->time,
       .packet = packet.view->number,
       .link_source = packet.extra->has_mac ? packet.extra->src_mac : MacAddress{},
       .link = link_of(decoded, vlan_),
       .ip_version = decoded.src.version},
      *this);
}

bool Shard::on_icmp_error(const RoutedPacket& error, const flow::DirectedKey& quoted) {
  const flow::Number number = index_.find(
      error.tag, [&](flow::Number candidate) { return slab_[candidate].flow.key == quoted.key; });
  if (number == 0) return false;
  Conversation& conversation = slab_[number];
  if (Uncommon* uncommon = uncommon_of(conversation); uncommon != nullptr) ++uncommon->icmp_errors;
  if (conversation.contact.done()) return true;
  current_ = {.conversation = &conversation,
              .number = number,
              .packet = &error,
              .now = error.clock,
              .sequence = error.view->number};
  const Direction direction = conversation.flow.direction(quoted.from_low);
  take_step(conversation, number, conversation.contact.on_icmp_error(*error.decoded, direction),
            error.clock, nullptr);
  return true;
}

}  // namespace ntan::run

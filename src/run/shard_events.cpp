// The part of a shard that speaks: time-outs, contacts, records, and what dissectors report.
#include <algorithm>
#include <memory>

#include "base/arp_message.h"
#include "event/anomaly.h"
#include "flow/contact_outcome.h"
#include "flow/record.h"
#include "run/packet_line.h"
#include "run/packet_record.h"
#include "run/shard.h"
#include "stats/server_times.h"

namespace ntan::run {
namespace {

using flow::EndReason;

constexpr TimerKind kind_of(app::Timer timer) noexcept {
  switch (timer) {
    case app::Timer::query_10s: return TimerKind::app_query;
    case app::Timer::reply_5s: return TimerKind::app_reply;
    case app::Timer::body_60s: return TimerKind::app_body;
  }
  return TimerKind::app_query;
}

constexpr TimerKind kind_of(flow::ContactTimer timer) noexcept {
  switch (timer) {
    case flow::ContactTimer::none:
    case flow::ContactTimer::answer_tcp: return TimerKind::contact_answer_tcp;
    case flow::ContactTimer::answer: return TimerKind::contact_answer;
    case flow::ContactTimer::handshake: return TimerKind::contact_handshake;
    case flow::ContactTimer::banner: return TimerKind::contact_banner;
  }
  return TimerKind::contact_answer_tcp;
}

constexpr bool is_contact(TimerKind kind) noexcept {
  return kind == TimerKind::contact_answer_tcp || kind == TimerKind::contact_answer ||
         kind == TimerKind::contact_handshake || kind == TimerKind::contact_banner;
}

constexpr std::array contact_timers{flow::ContactTimer::answer_tcp, flow::ContactTimer::answer,
                                    flow::ContactTimer::handshake, flow::ContactTimer::banner};

constexpr std::uint8_t contact_timer_bits = (1U << flow::contact_timer_count) - 1;

constexpr std::uint8_t bit(flow::ContactTimer timer) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(timer));
}

// How many time-outs of its queue earlier a flow is fetched; other queues and shards fire between.
constexpr std::size_t prefetch_ahead = 2;

// What a time-out looks at first: whether the flow is still the same, and what is open of it.
[[gnu::always_inline]] inline void prefetch_due(const Conversation& conversation) noexcept {
  __builtin_prefetch(&conversation.flow.first_packet);
  __builtin_prefetch(&conversation.contact);
  __builtin_prefetch(static_cast<const void*>(&conversation.app_state));
}

// app::Timer of a queue, or nothing for the queues of other kinds.
std::optional<app::Timer> app_timer(TimerKind kind) noexcept {
  switch (kind) {
    case TimerKind::app_query: return app::Timer::query_10s;
    case TimerKind::app_reply: return app::Timer::reply_5s;
    case TimerKind::app_body: return app::Timer::body_60s;
    default: return std::nullopt;
  }
}

}  // namespace

// --- time

flow::Due Shard::due(flow::Number number) const noexcept {
  const Conversation& conversation = slab_[number];
  return flow::next_due(conversation.flow, conversation.tcp, number);
}

void Shard::enter_second(std::int64_t tick) {
  while (wheel_.tick() < tick) wheel_.enter_next_second();
  earliest_ = find_next_timer();
}

NextTimer Shard::find_next_timer() noexcept {
  NextTimer next;
  if (const flow::Due* due = wheel_.front(); due != nullptr) next = {due->time, due->sequence};
  std::int64_t earliest = queue_dues_[0];
  for (const std::int64_t due : queue_dues_) earliest = std::min(earliest, due);
  if (earliest > next.due || earliest == INT64_MAX) return next;
  // Mostly one queue, but of equal moments the sequence decides.
  for (std::uint8_t i = 0; i < timer_kind_count; ++i) {
    if (queue_dues_[i] == earliest)
      next = std::min(next, NextTimer{earliest, timers_[i].front()->sequence, i});
  }
  return next;
}

// Queues only grow at their end, so their front is what was found; a flow may have left the wheel.
const NextTimer& Shard::settle_timer() noexcept {
  if (earliest_.source == NextTimer::wheel) earliest_ = find_next_timer();
  return earliest_;
}

void Shard::fire_next(std::int64_t limit) {
  const NextTimer next = settle_timer();
  if (next.due > limit) return;
  earliest_ = {};  // what is armed meanwhile must not be taken for what is fired now
  if (next.source == NextTimer::wheel) {
    fire_wheel();
  } else {
    TimerQueue& queue = timers_[next.source];
    const auto kind = static_cast<TimerKind>(next.source);
    if (const TimerEntry* later = queue.later(prefetch_ahead);
        later != nullptr && later->number != 0 && !moot(*later, kind))
      prefetch_due(slab_[later->number]);
    const TimerEntry entry = *queue.front();
    pop_timer(queue, kind);
    if (!moot(entry, kind)) fire(entry, kind);
  }
  earliest_ = find_next_timer();
}

// Of a contact that is over, or of datagrams that were all answered: whoever armed it waits no
// more. Most are, and are told without a look at the flow.
bool Shard::moot(const TimerEntry& entry, TimerKind kind) const noexcept {
  if (entry.number == 0 || kind == TimerKind::stream_hole) return false;
  return !(is_contact(kind) ? awaited_ : expected_).test(entry.number);
}

// Takes the first, and those behind it that would do nothing.
void Shard::pop_timer(TimerQueue& queue, TimerKind kind) noexcept {
  const TimerEntry* front = nullptr;
  do {
    (void)queue.pop();
    front = queue.front();
  } while (front != nullptr && moot(*front, kind));
  queue_dues_[static_cast<std::size_t>(kind)] = front == nullptr ? INT64_MAX : front->due;
}

void Shard::fire_wheel() {
  const flow::Due due = wheel_.pop();
  Conversation& conversation = slab_[due.number];
  const Timestamp now = from_ns(due.time);
  const flow::Due actual = flow::next_due(conversation.flow, conversation.tcp, due.number);
  if (actual.time > due.time) {
    wheel_.file(due.number, actual);
    return;
  }
  current_ = {.conversation = &conversation,
              .number = due.number,
              .now = now,
              .sequence = due.sequence,
              .in_timer = true};
  const Timestamp idle_end =
      conversation.flow.last + flow::idle_timeout(conversation.flow, conversation.tcp);
  if (idle_end <= now) {
    close(due.number, end_reason(conversation));
    return;
  }
  write_record(conversation, std::nullopt);
  ++conversation.flow.records;
  wheel_.file(due.number, flow::next_due(conversation.flow, conversation.tcp, due.number));
}

void Shard::refile(flow::Number number) {
  wheel_.remove(number);
  const flow::Due due = flow::next_due(slab_[number].flow, slab_[number].tcp, number);
  wheel_.file(number, due);
  if (flow::Wheel<Shard>::tick_of(due.time) <= wheel_.tick())
    earliest_ = std::min(earliest_, NextTimer{due.time, due.sequence});
}

void Shard::arm_timer(TimerKind kind, const TimerEntry& entry) {
  if (!timers_[static_cast<std::size_t>(kind)].push(entry)) {
    ++counters_.timers_refused;
    return;
  }
  std::int64_t& front = queue_dues_[static_cast<std::size_t>(kind)];
  front = std::min(front, entry.due);
  earliest_ =
      std::min(earliest_, NextTimer{entry.due, entry.sequence, static_cast<std::uint8_t>(kind)});
}

void Shard::fire(const TimerEntry& entry, TimerKind kind) {
  const Timestamp now = from_ns(entry.due);
  const auto timer = app_timer(kind);
  if (entry.number == 0) {
    Flowless& flowless = flowless_[entry.first_packet];
    current_ = {.flowless = &flowless, .now = now, .sequence = entry.sequence, .in_timer = true};
    if (timer) flowless.dissector->on_timer(*timer, entry.token, now, *this);
    return;
  }
  if (!is(entry.number, entry.first_packet)) return;
  Conversation& conversation = slab_[entry.number];
  current_ = {.conversation = &conversation,
              .number = entry.number,
              .now = now,
              .sequence = entry.sequence,
              .in_timer = true};
  if (timer) {
    if (app::Dissector* dissector = conversation.dissector(); dissector != nullptr)
      dissector->on_timer(*timer, entry.token, now, *this);
  } else if (kind == TimerKind::stream_hole) {
    expire_holes(conversation, entry.number, now);
  } else {
    fire_contact(conversation, entry.number, kind, now);
  }
}

flow::ContactStep Shard::on_contact_timer(Conversation& conversation,
                                          flow::ContactTimer timer) noexcept {
  const std::size_t source = index(conversation.contact.source_direction());
  return conversation.contact.on_timer(timer, conversation.flow.sides[source].packets);
}

void Shard::fire_contact(Conversation& conversation, flow::Number number, TimerKind kind,
                         Timestamp now) {
  for (const flow::ContactTimer timer : contact_timers) {
    if (kind_of(timer) != kind) continue;
    conversation.contact_timers = (conversation.contact_timers & ~bit(timer)) & contact_timer_bits;
    take_step(conversation, number, on_contact_timer(conversation, timer), now, nullptr);
  }
}

// --- contacts

void Shard::begin_contact(Conversation& conversation, flow::Number number,
                          const RoutedPacket& packet, Direction direction) {
  const wire::Decoded& decoded = *packet.decoded;
  const flow::ContactStep step =
      conversation.contact.begin(decoded, direction, flow::cast_of(decoded, *packet.extra));
  take_step(conversation, number, step, packet.clock, &packet);
}

void Shard::arm_contact(Conversation& conversation, flow::Number number, flow::ContactTimer timer,
                        Timestamp now) {
  conversation.contact_timers = (conversation.contact_timers | bit(timer)) & contact_timer_bits;
  const std::uint64_t sequence = conversation.flow.first_packet;
  const Duration length =
      timer == flow::ContactTimer::answer_tcp ? scan_timeout_ : flow::timeout_of(timer);
  arm_timer(kind_of(timer), {.due = to_ns(now + length),
                             .sequence = sequence,
                             .first_packet = sequence,
                             .number = number});
  awaited_.set(number);
}

void Shard::take_step(Conversation& conversation, flow::Number number,
                      const flow::ContactStep& step, Timestamp now, const RoutedPacket* first) {
  if (conversation.contact.done()) awaited_.clear(number);
  if (step.arm != flow::ContactTimer::none) arm_contact(conversation, number, step.arm, now);
  if (step.silent()) return;
  const flow::Flow& flow = conversation.flow;
  const flow::FlowEnds ends = flow::flow_ends(flow);
  const flow::ContactOrigin origin{.time = flow.first_own(),
                                   .client = ends.client,
                                   .server = ends.server,
                                   .client_port = ends.client_port,
                                   .server_port = ends.server_port,
                                   .proto = flow.proto(),
                                   .icmp_type = flow.icmp_type,
                                   .ttl = conversation.ttl,
                                   .packet = flow.first_packet};
  const auto tell = [&](flow::Outcome::Kind kind) {
    flow::Outcome outcome = flow::make_outcome(origin, conversation.contact, kind, now);
    outcome.left = step.left;
    outcome.cut_short = step.cut_short;
    outcome.asks_group = step.asks;
    if (first != nullptr) {
      flow::describe_first_packet(*first->decoded, *first->extra, outcome);
      conversation.syn = {.has_sack = outcome.syn_has_sack,
                          .has_timestamp = outcome.syn_has_timestamp,
                          .has_window_scale = outcome.syn_has_window_scale,
                          .window = outcome.syn_window};
    } else {
      outcome.syn_has_sack = conversation.syn.has_sack;
      outcome.syn_has_timestamp = conversation.syn.has_timestamp;
      outcome.syn_has_window_scale = conversation.syn.has_window_scale;
      outcome.syn_window = conversation.syn.window;
    }
    merger_->outcome(outcome);
  };
  if (step.began || step.asks) tell(flow::Outcome::Kind::contact);
  if (step.verdict == flow::ContactStep::Verdict::result) tell(flow::Outcome::Kind::result);
  if (step.verdict == flow::ContactStep::Verdict::late) tell(flow::Outcome::Kind::late);
}

// --- the end of flows

EndReason Shard::end_reason(const Conversation& conversation) noexcept {
  if (conversation.tcp == nullptr || !conversation.tcp->closed()) return EndReason::idle;
  return conversation.tcp->was_reset() ? EndReason::rst : EndReason::fin;
}

// Requires: current_ names this flow.
void Shard::close(flow::Number number, EndReason reason) {
  Conversation& conversation = slab_[number];
  flush_streams(conversation);
  dissection_.end(conversation, current_.now);
  if (!conversation.contact.done()) {
    if (reason == EndReason::evicted && conversation.contact_timers != 0) merger_->lost_contact();
    take_step(conversation, number,
              conversation.contact.on_close(current_.now - conversation.flow.first), current_.now,
              nullptr);
  }
  write_record(conversation, reason);
  merger_->flow_ended(conversation, told(number));
  erase(number);
}

void Shard::flush_streams(Conversation& conversation) {
  if (conversation.streams == nullptr) return;
  for (const Direction direction : {Direction::to_server, Direction::to_client})
    flush_stream(conversation, direction);
  release_streams(conversation);
}

void Shard::list_flows(std::vector<OpenFlow>& out, std::uint8_t shard) const {
  for (flow::Number number = 1; number <= slab_.touched(); ++number) {
    if (!slab_.alive(number)) continue;
    const Conversation& conversation = slab_[number];
    out.push_back(
        {.sequence = conversation.flow.first_packet,
         .number = number,
         .shard = shard,
         .dissecting = conversation.streams != nullptr || conversation.app_state != nullptr,
         .contact = conversation.contact_timers != 0 && !conversation.contact.done()});
  }
}

void Shard::end_dissection(flow::Number number, Timestamp now, std::uint64_t sequence) {
  Conversation& conversation = slab_[number];
  current_ = {.conversation = &conversation, .number = number, .now = now, .sequence = sequence};
  flush_streams(conversation);
  dissection_.end(conversation, now);
}

void Shard::end_flowless(Timestamp now, std::uint64_t sequence) {
  for (Flowless& flowless : flowless_) {
    current_ = {.flowless = &flowless, .now = now, .sequence = sequence};
    flowless.dissector->on_end(now, *this);
  }
}

void Shard::end_contact(flow::Number number, Timestamp now) {
  constexpr Duration watched = std::chrono::milliseconds{500};
  Conversation& conversation = slab_[number];
  for (const flow::ContactTimer timer : contact_timers) {
    if ((conversation.contact_timers & bit(timer)) == 0 || conversation.contact.done()) continue;
    flow::ContactStep step = on_contact_timer(conversation, timer);
    step.cut_short = now - conversation.flow.first < watched;
    take_step(conversation, number, step, now, nullptr);
  }
}

void Shard::end_flow(flow::Number number, Timestamp now, std::uint64_t sequence) {
  Conversation& conversation = slab_[number];
  current_ = {.conversation = &conversation, .number = number, .now = now, .sequence = sequence};
  write_record(conversation, EndReason::eof);
  merger_->flow_ended(conversation, told(number));
  ++ended_;
}

void Shard::write_record(Conversation& conversation, std::optional<EndReason> reason) {
  if (!merger_->wants(event::schema_of<flow::FlowRecord>)) return;
  flow::FlowRecord record = flow::make_record(conversation.flow, conversation.tcp);
  record.final = reason.has_value();
  record.end_reason = reason;
  const AppName app = app_name(conversation);
  record.app = app.name;
  record.app_source = app.source;
  std::array<std::string_view, event::reason_count> reasons;
  std::size_t count = 0;
  for (std::size_t i = 0; i < event::reason_count; ++i) {
    if ((conversation.anomalies >> i & 1U) != 0)
      reasons[count++] = to_text(static_cast<event::Reason>(i));
  }
  record.anomalies = std::span{reasons}.first(count);
  event::Common common;
  common_of_flow(conversation, common);
  merger_->record(event::make_event(common, record), place(event::Order::flow));
}

Reported Shard::told(flow::Number number) const noexcept {
  return number <= told_.size() ? told_[number - 1] : Reported{};
}

void Shard::erase(flow::Number number) {
  Conversation& conversation = slab_[number];
  wheel_.remove(number);
  index_.erase(conversation.flow.tag, number);
  one_sided_.remove(number);
  awaited_.clear(number);
  expected_.clear(number);
  dissection_.finish(conversation);
  release_streams(conversation);
  if (conversation.tcp != nullptr) {
    std::destroy_at(conversation.tcp);
    pool_.give_back(conversation.tcp, sizeof(flow::TcpConnection));
  }
  if (conversation.flow.uncommon != nullptr) {
    std::destroy_at(static_cast<Uncommon*>(conversation.flow.uncommon));
    pool_.give_back(conversation.flow.uncommon, sizeof(Uncommon));
  }
  slab_.destroy(number);
}

ShardCounters Shard::counters() const noexcept {
  ShardCounters all = counters_;
  all.reassembly_refused = reassembly_memory_.refused;
  all.crowded_out = reassembly_memory_.crowded_out;
  all.without_dissector = dissection_.refused();
  return all;
}

// --- envelopes

Place Shard::place(event::Order order) const noexcept {
  return {.order = current_.in_timer ? event::Order::timer : order, .sequence = current_.sequence};
}

std::string_view Shard::interface_name(std::uint32_t interface) const noexcept {
  if (interfaces_ == nullptr || interfaces_->size() < 2 || interface >= interfaces_->size())
    return {};
  return (*interfaces_)[interface].name;
}

event::FixedText<30> Shard::community_id_of(const flow::Flow& flow) {
  if (known_ids_.empty()) return flow::flow_community_id(flow);
  KnownId& known = known_ids_[flow.first_packet % known_ids_.size()];
  if (known.first_packet != flow.first_packet)
    known = {.first_packet = flow.first_packet, .text = flow::flow_community_id(flow)};
  return known.text;
}

void Shard::common_of_flow(const Conversation& conversation, event::Common& common) {
  const flow::Flow& flow = conversation.flow;
  const flow::FlowEnds ends = flow::flow_ends(flow);
  common.ts = current_.now;
  common.flow_id = flow::flow_id(flow);
  common.community_id = community_id_of(flow);
  common.src_ip = ends.client;
  common.dst_ip = ends.server;
  common.proto = flow::proto_text(flow.proto());
  if (flow::has_ports(flow.proto())) {
    common.src_port = ends.client_port;
    common.dst_port = ends.server_port;
  }
  common.in_if = interface_name(flow.interface);
  common.sensor = sensor_;
  if (const Encapsulation* around = conversation.encapsulation(); around != nullptr)
    encapsulate(*around, common);
}

void Shard::common_of_packet(const RoutedPacket& packet, event::Common& common) {
  const wire::Decoded& decoded = *packet.decoded;
  common.src_ip = decoded.src;
  common.dst_ip = decoded.dst;
  if (decoded.proto != 0) common.proto = flow::proto_text(decoded.proto);
  common.in_if = interface_name(packet.view->interface);
  if (decoded.vlan_count == 0 && decoded.tunnel_depth == 0) return;
  packet_encapsulation_.emplace(decoded, *packet.extra);
  encapsulate(*packet_encapsulation_, common);
}

void Shard::common_of_sender(const RoutedPacket& packet, event::Common& common) {
  common_of_packet(packet, common);
  if (packet.decoded->bucket != wire::Bucket::arp) return;
  const auto message = ArpMessage::parse(packet.decoded->payload_bytes());
  if (!message || !message->has_addresses()) return;
  common.src_ip = message->sender;
  common.dst_ip = message->target;
}

// Views of the envelope borrow from `encapsulation` and from this shard, for the event being made.
void Shard::encapsulate(const Encapsulation& encapsulation, event::Common& common) {
  common.vlan = std::span{encapsulation.vlans}.first(encapsulation.vlan_count);
  for (std::size_t i = 0; i < encapsulation.tunnel_count; ++i) {
    tunnel_texts_[i] = tunnel_text(encapsulation.tunnels[i]);
    tunnel_views_[i] = tunnel_texts_[i].view();
  }
  common.tunnel = std::span{tunnel_views_}.first(encapsulation.tunnel_count);
}

void Shard::write_packet(const RoutedPacket& packet, Direction direction) {
  event::Common common;
  common_of_flow(*current_.conversation, common);
  common.in_if = interface_name(packet.view->interface);
  const Sender sender = direction == Direction::to_server ? Sender::src : Sender::dst;
  PacketRecord record = make_packet_record(*packet.view, *packet.decoded, sender);
  TextLine line;
  describe_packet(*packet.decoded, *packet.extra, current_.conversation->protocol(), line);
  record.app = app_name(*current_.conversation).name;
  record.words = line.view();
  merger_->record(event::make_event(common, record), place(event::Order::packet));
}

void Shard::write_packet(const RoutedPacket& packet) {
  event::Common common;
  common_of_packet(packet, common);
  common.ts = packet.clock;
  common.sensor = sensor_;
  PacketRecord record = make_packet_record(*packet.view, *packet.decoded, std::nullopt);
  TextLine line;
  describe_packet(*packet.decoded, *packet.extra, nullptr, line);
  record.words = line.view();
  merger_->record(event::make_event(common, record), {event::Order::packet, packet.view->number});
}

// --- what dissectors report

void Shard::arm(app::Timer timer, std::uint32_t token) {
  TimerEntry entry{.due = to_ns(current_.now + app::length(timer)),
                   .sequence = current_.sequence,
                   .token = token};
  if (current_.conversation != nullptr) {
    entry.number = current_.number;
    entry.first_packet = current_.conversation->flow.first_packet;
    expected_.set(current_.number);
  } else {
    entry.first_packet = static_cast<std::uint64_t>(current_.flowless - flowless_.data());
  }
  arm_timer(kind_of(timer), entry);
}

void Shard::note(event::Note note) {
  merger_->note(note);
  if (current_.conversation == nullptr || !stats::measures_server(note.kind)) return;
  const flow::Flow& flow = current_.conversation->flow;
  // Of datagrams both ends may ask under the same numbers: who answers was asked.
  const bool answered = current_.packet != nullptr && flow.proto() != ip_protocol::tcp;
  merger_->server_time(answered ? current_.packet->decoded->src : flow::flow_ends(flow).server,
                       note);
}

void Shard::resolved(const IpAddress& address) {
  if (current_.conversation == nullptr) return;
  const flow::Flow& flow = current_.conversation->flow;
  // As above: of a stream the packet that lets its octets be read may go the other way.
  const bool got = current_.packet != nullptr && flow.proto() != ip_protocol::tcp;
  merger_->resolved(got ? current_.packet->decoded->dst : flow::flow_ends(flow).client, address);
}

bool Shard::may_decrypt() {
  if (decryptions_.take(current_.now)) return true;
  ++counters_.decryptions_refused;
  return false;
}

void Shard::on_fragment(const RoutedPacket& packet, const FragmentFlaws& flaws) {
  current_ = {.packet = &packet, .now = packet.clock, .sequence = packet.view->number};
  const bool v4 = packet.decoded->src.version == IpVersion::v4;
  const std::string_view layer = to_text(v4 ? wire::Layer::ipv4 : wire::Layer::ipv6);
  if (flaws.overlap) anomaly(layer, event::Reason::fragment_overlap, {});
  if (flaws.tiny) anomaly(layer, event::Reason::fragment_tiny, {});
  if (flaws.too_long) anomaly(layer, event::Reason::fragment_too_long, {});
  if (flaws.bad_length) anomaly(layer, event::Reason::bad_length, {});
}

bool Shard::told_lately(std::string_view layer, event::Reason reason, const IpAddress& source) {
  const auto same = [&](const Told& told) { return told.layer == layer && told.reason == reason; };
  auto told = std::ranges::find_if(told_flowless_, same);
  if (told == told_flowless_.end())
    told = told_flowless_.insert(told, {.layer = layer, .reason = reason});
  if (current_.now - told->since >= std::chrono::seconds{1}) {
    told->since = current_.now;
    told->size = 0;
  }
  const auto sources = std::span{told->sources}.first(told->size);
  if (told->size == Told::max_sources || std::ranges::find(sources, source) != sources.end())
    return true;
  told->sources[told->size++] = source;
  return false;
}

void Shard::anomaly(std::string_view layer, event::Reason reason, std::string_view detail) {
  ++counters_.anomalies;
  event::Common common;
  if (Conversation* conversation = current_.conversation; conversation != nullptr) {
    const std::uint32_t seen = 1U << static_cast<unsigned>(reason);
    if ((conversation->anomalies & seen) != 0) return;
    conversation->anomalies |= seen;
    common_of_flow(*conversation, common);
  } else {
    if (current_.packet != nullptr) common_of_sender(*current_.packet, common);
    if (told_lately(layer, reason, common.src_ip)) return;
  }
  common.ts = current_.now;
  common.sensor = sensor_;
  const event::Anomaly record{.layer = layer, .reason = reason, .detail = detail};
  merger_->record(event::make_event(common, record), place(event::Order::anomaly));
}

void Shard::emit_record(const event::Schema& schema, const void* record, const Ends* ends) {
  if (!merger_->wants(schema)) return;
  event::Common common;
  if (current_.conversation != nullptr) {
    common_of_flow(*current_.conversation, common);
  } else if (current_.packet != nullptr) {
    common_of_packet(*current_.packet, common);
  }
  if (ends != nullptr) {
    common.src_ip = ends->source;
    common.dst_ip = ends->destination;
  }
  common.ts = current_.now;
  common.sensor = sensor_;
  merger_->record({common, schema, record}, place(schema.order));
}

}  // namespace ntan::run

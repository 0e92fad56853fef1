#include "run/engine.h"

#include <algorithm>

#include "base/arp_message.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "flow/contact_outcome.h"
#include "run/extract_line.h"
#include "run/packet_record.h"

namespace ntan::run {
namespace {

using wire::Bucket;
using ShardWheel = flow::Wheel<Shard>;

// Shares of --mem-limit, in percent; the rest is the process itself.
constexpr std::size_t flow_share = 55;
constexpr std::size_t reassembly_share = 20;
constexpr std::size_t scan_share = 10;

constexpr std::size_t fragment_limit = std::size_t{8} << 20U;

detect::ScanOptions scan_options(const EngineOptions& options) {
  detect::ScanOptions scan = options.scan;
  scan.watch = options.watch;
  scan.memory = std::min(scan.memory, options.mem_limit / 100 * scan_share);
  return scan;
}

/// Packets of all shards in a second that may be decrypted: a tenth of a core.
constexpr std::size_t max_decryptions = 20'000;

Reported reported(const flow::Flow& flow) noexcept {
  return {.packets = {flow.sides[0].packets, flow.sides[1].packets},
          .bytes = {flow.sides[0].wire_bytes, flow.sides[1].wire_bytes}};
}

// Other words than those of the bucket hash, from the same secret.
SipKey sip_key(std::uint64_t seed) noexcept {
  const HashKey key = HashKey::from_seed(~seed);
  return {.low = key.words[0], .high = key.words[1]};
}

stats::SharedName bucket_name(Bucket bucket) noexcept {
  static const auto names = [] {
    std::array<std::string_view, wire::bucket_count> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = to_text(static_cast<Bucket>(i));
    return texts;
  }();
  return &names[static_cast<std::size_t>(bucket)];
}

stats::SharedName network_name(const wire::Decoded& decoded) noexcept {
  static constexpr std::string_view ipv4 = "ipv4";
  static constexpr std::string_view ipv6 = "ipv6";
  if (decoded.src.version == IpVersion::v4 && decoded.bucket != Bucket::arp) return &ipv4;
  if (decoded.src.version == IpVersion::v6) return &ipv6;
  return bucket_name(decoded.bucket);
}

/// Of a host to itself, where frames have up to 64 KiB.
bool is_loopback(LinkType link, const wire::Extra& extra) noexcept {
  if (link == LinkType::null || link == LinkType::loop) return true;
  return extra.has_mac && extra.src_mac == MacAddress{};
}

}  // namespace

wire::DefragmentLimits defragment_limits(const EngineOptions& options) noexcept {
  // A quarter of the reassembly share, and no more than is useful.
  return {.octets = std::min(fragment_limit, options.mem_limit / 100 * reassembly_share / 4)};
}

Engine::Engine(const EngineOptions& options, Recorder& recorder,
               const std::vector<source::Interface>& interfaces)
    : options_(options),
      recorder_(&recorder),
      interfaces_(&interfaces),
      bucket_key_(HashKey::from_seed(options.hash_seed)),
      flooded_key_(sip_key(options.hash_seed)),
      defragmenter_(options.decode, defragment_limits(options), options.secret),
      detector_(scan_options(options), *this),
      stats_(options.stats),
      wants_packets_(recorder.wants(event::schema_of<PacketRecord>)) {
  const ShardOptions shard{
      .max_flows = options.max_flows / options.shards,
      .flow_memory = options.mem_limit / 100 * flow_share / options.shards,
      .reassembly_memory = options.mem_limit / 100 * reassembly_share / options.shards / 4 * 3,
      .sensor = options_.sensor,
      .vlan = options.vlan,
      .scan_timeout = options.scan_timeout,
      .decryptions = static_cast<std::uint32_t>(max_decryptions / options.shards),
      .interfaces = &interfaces};
  Merger& merger = *this;
  for (std::size_t i = 0; i < options.shards; ++i)
    shards_.push_back(std::make_unique<Shard>(shard, merger));
  if (options.threads > 1) hire(interfaces);
}

void Engine::run(const Batch& batch) {
  if (crew_ != nullptr) return collect(batch);
  run_here(batch);
}

void Engine::run_here(const Batch& batch) {
  const auto packets = batch.view();
  const std::span slots = std::span{slots_}.first(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) prepare(packets[i], slots[i]);
  for (Slot& slot : slots) {
    slot.candidate =
        slot.decoded.bucket == Bucket::flow ? slot.owner->prefetch_flow(slot.tag) : flow::Number{0};
    slot.begins = slot.candidate == 0 && slot.decoded.bucket == Bucket::flow;
    if (slot.begins) prefetch_contact(slot);
  }
  for (const Slot& slot : slots) {
    if (slot.candidate != 0) slot.owner->prefetch_state(slot.candidate);
    if (slot.begins) detector_.prefetch_entries(slot.ahead);
  }
  for (const Slot& slot : slots) {
    if (slot.candidate != 0) slot.owner->prefetch_meter(slot.candidate);
  }
  for (std::size_t i = 0; i < packets.size(); ++i) take(packets[i], slots[i]);
  expire_fragments(clock_);
  recorder_->advance(clock_);
  if (index_flooded_) rekey();
}

// Most flows begin with a contact of these two kinds.
inline void Engine::prefetch_contact(Slot& slot) const noexcept {
  const wire::Decoded& decoded = slot.decoded;
  const bool datagram = decoded.proto == ip_protocol::udp;
  slot.begins = datagram || decoded.tcp_flags == wire::tcp_flag::syn;
  if (!slot.begins) return;
  slot.ahead = detector_.prefetch(decoded.src, decoded.dst,
                                  datagram ? flow::ContactClass::udp : flow::ContactClass::syn,
                                  decoded.dst_port);
}

// Between batches, since the slots of one hold tags. Once: there is no hash beyond this one.
void Engine::rekey() {
  index_flooded_ = false;
  if (rekeyed_) return;
  rekeyed_ = true;
  for (const auto& shard : shards_) shard->rekey(flooded_key_);
}

inline void Engine::prepare(const PacketView& packet, Slot& slot) {
  wire::decode(packet, options_.decode, slot.decoded, slot.extra);
  if (slot.decoded.bucket != Bucket::flow) return;
  route(slot);
  slot.owner->prefetch(slot.tag);
}

inline void Engine::take(const PacketView& packet, Slot& slot) {
  if (!started_) [[unlikely]]
    start(packet.time);
  if (packet.time < clock_) [[unlikely]]
    report_backwards(packet, clock_);
  set_clock(packet.time);
  count(packet, slot);
  tell_packet(facts_of(packet, slot.decoded, clock_));
  if (slot.decoded.bucket == Bucket::fragment) [[unlikely]] {
    take_fragment(packet, slot);
  } else {
    const Tally tally{1, packet.wire_size};
    ledger_.of(slot.decoded.bucket) += tally;
    dispatch(packet, slot, tally);
  }
}

inline void Engine::count(const PacketView& packet, Slot& slot) {
  constexpr std::uint32_t largest_jumbo_frame = 9'216;
  ledger_.total += {1, packet.wire_size};
  ledger_.captured_bytes += packet.data.size();
  if (packet.cut()) ++ledger_.cut_packets;
  if (packet.wire_size > largest_jumbo_frame && !is_loopback(packet.link, slot.extra)) [[unlikely]]
    ++ledger_.oversized;
  if (slot.decoded.checksum_bad) ++ledger_.bad_checksums;
  if (options_.decode.verify_checksums) judge_checksum(packet, slot);
}

void Engine::judge_checksum(const PacketView& packet, Slot& slot) {
  switch (offload_.judge(packet.interface, slot.extra, slot.decoded)) {
    case ChecksumVerdict::good:
    case ChecksumVerdict::doubtful: break;
    case ChecksumVerdict::unfilled:
      slot.decoded.checksum_bad = false;
      ledger_.offload_checksums = true;
      break;
    case ChecksumVerdict::damaged: slot.decoded.discarded = true; break;
  }
}

void Engine::take_fragment(const PacketView& packet, Slot& slot) {
  FragmentFlaws flaws;
  const auto joined = join_fragment(packet, slot, clock_, flaws);
  const RoutedPacket alone{.view = &packet,
                           .decoded = &slot.decoded,
                           .extra = &slot.extra,
                           .clock = clock_,
                           .packets = 1,
                           .wire_bytes = packet.wire_size};
  if (flaws.any()) shards_.front()->on_fragment(alone, flaws);
  if (joined) {
    dispatch(packet, slot, joined->tally, &joined->first);
  } else if (wants_packets_) {
    shards_.front()->write_packet(alone);
  }
}

std::optional<Engine::Joined> Engine::join_fragment(const PacketView& packet, Slot& slot,
                                                    Timestamp clock, FragmentFlaws& flaws) {
  Tally tally{1, packet.wire_size};
  const bool counted_as_bad = slot.decoded.checksum_bad;
  defragmenter_.advance(clock);
  const wire::Defragmenter::Result result = defragmenter_.add(packet, slot.decoded, slot.extra);
  flaws = FragmentFlaws(result);
  if (result.checksum_bad && !counted_as_bad) ++ledger_.bad_checksums;
  if (result.verdict == wire::Defragmenter::Verdict::waiting) {
    ledger_.of(Bucket::fragment) += tally;
    return std::nullopt;
  }
  if (result.verdict == wire::Defragmenter::Verdict::dropped)
    slot.decoded.bucket = Bucket::fragment_incomplete;
  const Tally earlier{result.earlier.packets, result.earlier.octets};
  ledger_.move(earlier, Bucket::fragment, slot.decoded.bucket);
  ledger_.of(slot.decoded.bucket) += tally;
  if (result.verdict == wire::Defragmenter::Verdict::dropped) return std::nullopt;
  tally += earlier;
  if (slot.decoded.bucket == Bucket::flow) {
    route(slot);
    if (options_.decode.verify_checksums) judge_checksum(packet, slot);
  }
  return Joined{.tally = tally, .first = result.first};
}

void Engine::expire_fragments(Timestamp clock) {
  defragmenter_.release();
  defragmenter_.expire(clock, [this](const wire::Defragmenter::Incomplete& datagram) {
    ledger_.move({datagram.counts.packets, datagram.counts.octets}, Bucket::fragment,
                 Bucket::fragment_incomplete);
  });
}

inline void Engine::dispatch(const PacketView& packet, Slot& slot, const Tally& tally,
                             const Arrival* first) {
  RoutedPacket routed{.view = &packet,
                      .decoded = &slot.decoded,
                      .extra = &slot.extra,
                      .key = &slot.key.key,
                      .tag = slot.tag,
                      .from_low = slot.key.from_low,
                      .clock = clock_,
                      .packets = static_cast<std::uint32_t>(tally.packets),
                      .wire_bytes = tally.bytes,
                      .first = first};
  if (slot.decoded.bucket != Bucket::flow) [[unlikely]]
    return dispatch_flowless(routed, slot, tally);
  slot.owner->on_packet(routed);
  if (slot.decoded.proto == ip_protocol::icmpv6) [[unlikely]]
    tell_neighbor(packet, slot);
  look_at_timers(slot.shard, *slot.owner);
}

void Engine::dispatch_flowless(RoutedPacket& routed, Slot& slot, const Tally& tally) {
  if (wants_packets_) shards_.front()->write_packet(routed);
  switch (slot.decoded.bucket) {
    case Bucket::icmp_error: dispatch_error(routed, slot); break;
    case Bucket::arp: dispatch_arp(routed, slot); break;
    case Bucket::unknown_link: ledger_.unknown_links[routed.view->link] += tally; break;
    case Bucket::undecodable: shards_.front()->on_undecodable(routed); break;
    case Bucket::flow:
    case Bucket::fragment:
    case Bucket::fragment_incomplete:
    case Bucket::other_l2:
    case Bucket::non_ip: break;
  }
}

bool Engine::is_copied_error(const PacketView& packet, const Slot& slot) noexcept {
  const wire::Decoded& error = slot.decoded;
  const std::uint8_t* from = error.src.octets.data();
  const std::uint64_t sender = hash_words(
      std::array{load_be<std::uint64_t>(from), load_be<std::uint64_t>(from + 8)}, fixed_hash_key);
  return errors_.is_copy(sender, {.data = error.payload_bytes(),
                                  .size = error.payload_size,
                                  .time = packet.time,
                                  .ip_id = error.ip_id});
}

void Engine::dispatch_error(RoutedPacket& routed, Slot& slot) {
  if (is_copied_error(*routed.view, slot)) return;
  Shard& reporter = *shards_.front();
  reporter.on_flowless(routed, app::Transport::icmp_error);
  look_at_timers(0);
  if (slot.extra.quoted_proto == 0 || !slot.extra.quoted_src.known()) return;
  const flow::DirectedKey quoted = flow::quoted_key(slot.decoded, slot.extra, options_.vlan);
  route(slot, quoted);
  routed.tag = slot.tag;
  (void)shards_[slot.shard]->on_icmp_error(routed, quoted);
  look_at_timers(slot.shard);
}

void Engine::dispatch_arp(RoutedPacket& routed, Slot& slot) {
  if (const auto arp = ArpMessage::parse(slot.decoded.payload_bytes())) {
    const auto contact = flow::arp_contact(
        *arp, slot.extra, {.clock = clock_, .own = routed.view->time}, routed.view->number);
    if (contact) outcome(*contact);
  }
  shards_.front()->on_flowless(routed, app::Transport::arp);
  look_at_timers(0);
}

void Engine::tell_neighbor(const PacketView& packet, const Slot& slot) {
  const auto contact = flow::neighbor_outcome(slot.decoded, slot.extra,
                                              {.clock = clock_, .own = packet.time}, packet.number);
  if (contact) outcome(*contact);
}

// --- time

void Engine::start(Timestamp first) {
  started_ = true;
  clock_ = first;
  first_ = first;
  tick_ = ShardWheel::tick_of(to_ns(first));
  for (const auto& shard : shards_) shard->start(first);
  for (std::size_t i = 0; i < shards_.size(); ++i) look_at_timers(i);
  stats_.start(first);
  next_due_ = (tick_ + 1) * ShardWheel::tick_ns;
}

void Engine::report_backwards(const PacketView& packet, Timestamp clock) {
  ++ledger_.backwards;
  if (clock - packet.time > std::chrono::seconds{1}) ++ledger_.backwards_second;
}

void Engine::advance(Timestamp clock) {
  settle();
  if (!started_) return;
  set_clock(clock);
  recorder_->advance(clock_);
}

// Does everything due up to the clock, in order of (due, sequence) over all shards: second by
// second, because a shard knows the order inside a second only once that second has been entered.
void Engine::release_timers() {
  const std::int64_t now = to_ns(clock_);
  if (replayed_ != nullptr) {  // seconds are the logs' own matter
    next_due_ = fire_until(now);
    return;
  }
  const std::int64_t last_tick = ShardWheel::tick_of(now);
  while (tick_ < last_tick) {
    fire_until((tick_ + 1) * ShardWheel::tick_ns - 1);
    const bool idle = std::all_of(shards_.begin(), shards_.end(),
                                  [](const auto& shard) { return shard->nothing_filed(); });
    // With nothing in the wheels, seconds pass unseen up to the next time-out of another kind.
    const std::int64_t next =
        idle ? std::min(last_tick, ShardWheel::tick_of(earliest_due())) : tick_ + 1;
    enter_seconds(std::max(next, tick_ + 1));
  }
  next_due_ = std::min(fire_until(now), (tick_ + 1) * ShardWheel::tick_ns);
}

std::int64_t Engine::earliest_due() const noexcept {
  std::int64_t due = stats_.next_due();
  due = std::min(due, to_ns(detector_.next_due()));
  for (std::size_t i = 0; i < shards_.size(); ++i) due = std::min(due, timers_[i].due);
  return due;
}

void Engine::enter_seconds(std::int64_t tick) {
  tick_ = tick;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i]->nothing_filed()) shards_[i]->jump(tick);
    shards_[i]->enter_second(tick);
    look_at_timers(i);
  }
}

// After anything that may have given a shard something else to do first.
void Engine::look_at_timers(std::size_t shard) noexcept {
  look_at_timers(shard, *shards_[shard]);
}

inline void Engine::look_at_timers(std::size_t number, const Shard& shard) noexcept {
  timers_[number] = shard.next_timer();
  next_due_ = std::min(next_due_, timers_[number].due);
}

// Returns when the next thing is due after `limit`.
std::int64_t Engine::fire_until(std::int64_t limit) {
  while (true) {
    std::size_t first = 0;
    for (std::size_t i = 1; i < shards_.size(); ++i) {
      if (timers_[i] < timers_[first]) first = i;
    }
    const std::int64_t timer = timers_[first].due;
    const std::int64_t decision = to_ns(detector_.next_due());
    const std::int64_t window = stats_.next_due();
    if (window <= std::min({timer, decision, limit})) {
      close_window();
    } else if (std::min(timer, decision) > limit) {
      return std::min({timer, decision, window});
    } else if (decision < timer) {
      // What spans flows is due after the flows' own time-outs of that instant have told it all.
      detector_.advance(from_ns(decision));
    } else {
      fire(first, timer);
    }
  }
}

void Engine::fire(std::size_t shard, std::int64_t limit) {
  if (replayed_ != nullptr) return read_step(shard);
  shards_[shard]->fire_next(limit);
  timers_[shard] = shards_[shard]->next_timer();
}

// A window is closed before anything later than its border counts. A packet at the border belongs
// to the next window, so set_clock() closes it first; its summary still stands behind that time's
// events.
void Engine::close_window() {
  tell_flows();
  tell_path();
  name_interfaces();
  stats_.close_window(quality(), [this](const event::Event& summary) {
    recorder_->record(summary, {event::Order::summary, 0});
  });
}

// --- statistics

inline stats::PacketFacts Engine::facts_of(const PacketView& packet, const wire::Decoded& decoded,
                                           Timestamp clock) noexcept {
  return {.clock = clock,
          .wire_bytes = packet.wire_size,
          .captured_bytes = static_cast<std::uint32_t>(packet.data.size()),
          .link = packet.link,
          .interface = packet.interface,
          .network = network_name(decoded),
          .transport = decoded.src.known() && decoded.proto != 0 ? &flow::proto_texts[decoded.proto]
                                                                 : nullptr};
}

inline void Engine::tell_packet(const stats::PacketFacts& facts) noexcept {
  stats_.on_packet(facts);
  // After a skipped gap the windows begin again with this packet.
  next_due_ = std::min(next_due_, stats_.next_due());
}

// For packets that come later to their shards; apart, so that those of one thread are not called
// for.
stats::PacketFacts Engine::look_at(const PacketView& packet, Slot& slot, Timestamp clock) {
  wire::decode(packet, options_.decode, slot.decoded, slot.extra);
  if (slot.decoded.bucket == Bucket::flow) route(slot);
  count(packet, slot);
  return facts_of(packet, slot.decoded, clock);
}

void Engine::tell_looked_at(const stats::PacketFacts& facts) noexcept {
  tell_packet(facts);
}

// Every flow's share of the window that ends: never a note per packet.
void Engine::tell_flows() {
  for (const auto& shard : shards_) {
    shard->each_flow([this](const Conversation& conversation, Reported& told) {
      if (const auto facts = flow_facts(conversation, told, false)) stats_.on_flow(*facts);
      told = reported(conversation.flow);
    });
  }
}

void Engine::tell_path() {
  for (const auto& shard : shards_) shard->tell_path();
  stats_.set_path(path());
}

void Engine::name_interfaces() {
  for (; named_interfaces_ < interfaces_->size(); ++named_interfaces_)
    stats_.name_interface(named_interfaces_, (*interfaces_)[named_interfaces_].name);
}

stats::PathCounts Engine::path() const noexcept {
  stats::PathCounts sum;
  for (const auto& shard : shards_) sum += shard->path().counts();
  return sum;
}

stats::Quality Engine::quality() const {
  stats::Quality quality = outside_;
  const ShardCounters given_up = counters();
  quality.truncated_packets = ledger_.cut_packets;
  quality.undecodable_packets = ledger_.of(Bucket::undecodable).packets;
  quality.unknown_link_packets = ledger_.of(Bucket::unknown_link).packets;
  quality.incomplete_fragments = ledger_.of(Bucket::fragment_incomplete).packets;
  for (const auto& shard : shards_) quality.flows_active += shard->live_flows();
  quality.flows_evicted = given_up.evicted;
  quality.memory_refused = given_up.without_tcp_state + given_up.without_stream +
                           given_up.without_dissector + given_up.without_uncommon +
                           given_up.reassembly_refused;
  return quality;
}

// --- the end

// Calls `visit` for each in order. Flows lie scattered in memory, so those to come are fetched.
template <class Visit>
void Engine::each_fetched(std::span<const OpenFlow> flows, Visit&& visit) {
  constexpr std::size_t record_ahead = 8;
  constexpr std::size_t state_ahead = 4;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (i + record_ahead < flows.size()) {
      const OpenFlow& later = flows[i + record_ahead];
      shards_[later.shard]->prefetch_record(later.number);
    }
    if (i + state_ahead < flows.size()) {
      const OpenFlow& later = flows[i + state_ahead];
      shards_[later.shard]->prefetch_state(later.number);
    }
    visit(*shards_[flows[i].shard], flows[i]);
  }
}

void Engine::finish() {
  settle();
  defragmenter_.drain([this](const wire::Defragmenter::Incomplete& datagram) {
    ledger_.move({datagram.counts.packets, datagram.counts.octets}, Bucket::fragment,
                 Bucket::fragment_incomplete);
  });
  std::size_t live = 0;
  for (const auto& shard : shards_) live += shard->live_flows();
  std::vector<OpenFlow> open;
  open.reserve(live);
  for (std::size_t i = 0; i < shards_.size(); ++i)
    shards_[i]->list_flows(open, static_cast<std::uint8_t>(i));
  std::sort(open.begin(), open.end(),
            [](const OpenFlow& a, const OpenFlow& b) { return a.sequence < b.sequence; });
  // One kind of event after the other, so that nothing has to be held back however many flows are
  // open.
  const std::uint64_t after = ledger_.total.packets + 1;
  recorder_->enter(event::Order::protocol);
  each_fetched(open, [&](Shard& shard, const OpenFlow& flow) {
    if (flow.dissecting) shard.end_dissection(flow.number, clock_, after);
  });
  shards_.front()->end_flowless(clock_, after);
  each_fetched(open, [&](Shard& shard, const OpenFlow& flow) {
    if (flow.contact) shard.end_contact(flow.number, clock_);
  });
  recorder_->enter(event::Order::flow);
  each_fetched(open, [&](Shard& shard, const OpenFlow& flow) {
    shard.end_flow(flow.number, clock_, after);
  });
  detector_.finish(clock_);
  tell_path();
  name_interfaces();
  recorder_->enter(event::Order::summary);
  stats_.finish(clock_, quality(), [this](const event::Event& summary) {
    recorder_->record(summary, {event::Order::summary, 0});
  });
}

ShardCounters Engine::counters() const noexcept {
  ShardCounters sum;
  for (const auto& shard : shards_) {
    const ShardCounters one = shard->counters();
    sum.flows += one.flows;
    sum.evicted += one.evicted;
    sum.without_tcp_state += one.without_tcp_state;
    sum.without_stream += one.without_stream;
    sum.without_dissector += one.without_dissector;
    sum.without_uncommon += one.without_uncommon;
    sum.timers_refused += one.timers_refused;
    sum.anomalies += one.anomalies;
    sum.reassembly_refused += one.reassembly_refused;
    sum.crowded_out += one.crowded_out;
    sum.decryptions_refused += one.decryptions_refused;
    sum.rekeyed += one.rekeyed;
  }
  return sum;
}

// --- what shards and the detector tell

void Engine::flow_ended(const Conversation& conversation, const Reported& told) {
  if (const auto facts = flow_facts(conversation, told, true)) stats_.on_flow(*facts);
  if (stats_.wants_whole_flows()) {
    if (const auto facts = flow_facts(conversation, {}, true)) stats_.on_whole_flow(*facts);
  }
  if (options_.watch != nullptr) options_.watch->on_flow_end(conversation.flow, clock_);
}

void Engine::on_scan(const event::Common& common, const detect::ScanRecord& record) {
  if (options_.watch != nullptr) options_.watch->on_scan(common, record);
  worst_scan_ = std::max(worst_scan_, std::optional{record.severity});
  detect::ScanRecord written = record;
  if (options_.extract.known()) {
    extract_line_ = options_.extract.of(record.id);
    written.extract = extract_line_;
  }
  recorder_->record(event::make_event(common, written), {event::Order::scan, ++scan_sequence_});
}

}  // namespace ntan::run

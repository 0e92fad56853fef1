#include "flow/tcp_meter.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "flow/segment_copies.h"
#include "flow/stream.h"
#include "flow/tcp.h"

namespace ntan::flow {
namespace {

namespace flag = wire::tcp_flag;

constexpr std::uint32_t microseconds_per_ms = 1000;
constexpr std::uint8_t duplicate_acks_asked = 3;  // RFC 5681 3.2
// Where nothing was acknowledged before, all holes count.
constexpr std::uint32_t far_back = 1U << 30U;

/// Microseconds from `then` to `now`, both modulo 2^32; nothing if time went back.
std::optional<std::uint32_t> elapsed(std::uint32_t then, std::uint32_t now) noexcept {
  const std::uint32_t us = now - then;
  return us <= UINT32_MAX / 2 ? std::optional{us} : std::nullopt;
}

std::uint32_t age(std::uint32_t then, std::uint32_t now) noexcept {
  return elapsed(then, now).value_or(0);
}

// Everything that two sendings of the same octets do not share.
std::uint32_t look_of(const wire::Decoded& packet) noexcept {
  const std::uint64_t a = std::uint64_t{packet.seq} << 32U | packet.ack;
  const std::uint64_t b = std::uint64_t{packet.window} << 32U |
                          std::uint64_t{packet.tcp_flags} << 24U | packet.payload_size;
  const std::uint64_t mixed = (a ^ b * 0x9e3779b97f4a7c15U) * 0xd6e8feb86659fd93U;
  return static_cast<std::uint32_t>(mixed >> 32U);
}

// Whether a packet without identification that looks like the last one is that. Acknowledgements of
// the same are alike; but what is sent again comes behind something else, or after a time-out.
bool shows_copies(const SeenSegment& seen) noexcept {
  return !has_identification(seen.packet) && seen.takes_space();
}

// Whether the options have room for a SACK: two octets and a block (RFC 2018 3). Timestamps alone,
// aligned as everybody aligns them (RFC 7323 A), take as much as the commonest SACK without them.
bool may_sack(const wire::Decoded& packet) noexcept {
  constexpr std::size_t least = 10;
  constexpr std::size_t aligned_timestamps = 12;
  constexpr std::uint32_t nop_nop_timestamps = 0x0101080a;
  const Bytes options = packet.option_bytes();
  if (options.size() < least) return false;
  return options.size() != aligned_timestamps ||
         load_be<std::uint32_t>(options.data()) != nop_nop_timestamps;
}

}  // namespace

std::uint32_t SeenSegment::end() const noexcept {
  return packet.seq + packet.payload_size + (packet.has(flag::syn) ? 1U : 0U) +
         (packet.has(flag::fin) ? 1U : 0U);
}

Duration SideMeter::data_lasted() const noexcept {
  const std::uint64_t us = (last_data_us - first_data_us) & clock_mask;
  if (us > clock_mask / 2) return Duration{};
  return std::chrono::microseconds{static_cast<std::int64_t>(us)};
}

TcpMeter::~TcpMeter() {
  for (SideMeter& side : sides_) side.ring.clear(*pool_);
  if (trouble_ != nullptr) pool_->give_back(trouble_, sizeof(*trouble_));
  if (stamps_ != nullptr) pool_->give_back(stamps_, sizeof(*stamps_));
}

TcpTrouble* TcpMeter::trouble_of(Direction direction) {
  if (trouble_ == nullptr) {
    void* memory = pool_->take(sizeof(*trouble_));
    if (memory == nullptr) return nullptr;
    trouble_ = new (memory) std::array<TcpTrouble, 2>{};
  }
  return &(*trouble_)[index(direction)];
}

void TcpMeter::count(Direction direction, SegmentKind kind) {
  if (!is_trouble(kind)) return;
  if (TcpTrouble* trouble = trouble_of(direction); trouble != nullptr) ++trouble->of(kind);
}

void TcpMeter::count_control(Direction direction, SegmentKind kind) {
  if (!is_loss_behind(kind) && kind != SegmentKind::upstream) return;
  TcpTrouble* trouble = trouble_of(direction);
  if (trouble == nullptr) return;
  std::uint16_t& times = is_loss_behind(kind) ? trouble->control_behind : trouble->control_before;
  if (times != UINT16_MAX) ++times;
}

bool TcpMeter::begin_timestamps() {
  void* memory = pool_->take(sizeof(*stamps_));
  if (memory == nullptr) return false;
  stamps_ = new (memory) std::array<TimestampRtt, 2>{};
  return true;
}

std::optional<std::uint32_t> TcpMeter::zero_window_us(Direction direction) const noexcept {
  const TcpTrouble* own = trouble(direction);
  if (own == nullptr || own->zero_windows == 0) return std::nullopt;
  TcpTrouble until_now = *own;
  if (own->window_closed)
    until_now.count_closed(age(own->closed_us, static_cast<std::uint32_t>(last_us_)));
  if (until_now.zero_window_us == TcpTrouble::forever) return std::nullopt;
  return until_now.zero_window_us;
}

SegmentCounts TcpMeter::segments(Direction direction) const noexcept {
  SegmentCounts counts{.data = side(direction).data_segments};
  const TcpTrouble* own = trouble(direction);
  if (own == nullptr) return counts;
  counts.spurious = own->of(SegmentKind::spurious);
  counts.reordered = own->of(SegmentKind::reordered);
  counts.upstream = own->of(SegmentKind::upstream);
  counts.fast = own->of(SegmentKind::fast);
  counts.timeout = own->of(SegmentKind::timeout);
  counts.other = own->of(SegmentKind::other);
  counts.control_behind = own->control_behind;
  counts.control_before = own->control_before;
  counts.needless = own->needless;
  return counts;
}

void TcpMeter::repeated_syn(const FirstSyn& syn) {
  TcpTrouble* trouble = trouble_of(Direction::to_server);
  if (trouble == nullptr) return;
  trouble->syn_repeats = syn.repeats;
  trouble->control_behind = syn.repeats;
  trouble->of(SegmentKind::timeout) += syn.timeouts();
  trouble->of(SegmentKind::other) += syn.repeats - syn.timeouts();
}

HoleMark TcpMeter::mark(const SeenSegment& seen) noexcept {
  const wire::TcpOptions options = wire::parse_tcp_options(seen.packet.option_bytes());
  HoleMark mark{
      .seen_us = seen.now(), .timestamp = options.ts_value, .has_timestamp = options.has_timestamp};
  if (has_identification(seen.packet)) mark.ip_id = static_cast<std::uint16_t>(seen.packet.ip_id);
  return mark;
}

// --- what a segment is

void TcpMeter::watch_clock(std::uint64_t us) noexcept {
  constexpr std::uint64_t most_us = std::uint64_t{1} << 30U;  // 18 minutes
  const std::uint64_t last = std::exchange(last_us_, us);
  // Forward or back, as one comparison without sign.
  if (last != 0 && us - last + most_us > 2 * most_us) [[unlikely]]
    forget_times(static_cast<std::uint32_t>(last), static_cast<std::uint32_t>(us));
}

void TcpMeter::forget_times(std::uint32_t last, std::uint32_t now) noexcept {
  for (SideMeter& side : sides_) {
    side.ring.clear(*pool_);
    side.duplicate_acks = 0;
  }
  if (stamps_ != nullptr) {
    for (TimestampRtt& stamps : *stamps_) stamps.forget_waiting();
  }
  if (trouble_ == nullptr) return;
  for (TcpTrouble& trouble : *trouble_) {
    if (trouble.window_closed) trouble.count_closed(age(trouble.closed_us, last));
    trouble.closed_us = now;
  }
}

SegmentKind TcpMeter::sight(const SeenSegment& seen, const TcpSide& peer, bool copied) {
  SideMeter& side = sides_[index(seen.direction)];
  const wire::Decoded& packet = seen.packet;
  SegmentKind kind = SegmentKind::none;
  if (seen.started_before && packet.payload_size <= 1 &&
      !packet.has(flag::syn | flag::fin | flag::rst)) {
    kind = asks_whether_there(seen, peer);
    if (kind == SegmentKind::window_probe && packet.payload_size != 0) side.probed = true;
  }
  if (copied) {
    kind = SegmentKind::capture_copy;
  } else if (shows_copies(seen)) {
    const std::uint32_t look = look_of(packet);
    if (look == side.last_look && age(side.last_look_us, seen.now()) <= capture_copy_us)
      kind = SegmentKind::capture_copy;
    side.last_look = look;
    side.last_look_us = seen.now();
  }
  count(seen.direction, kind);
  return kind;
}

// A keep-alive repeats the octet before the next one, or is empty there (RFC 9293 3.8.4); as long
// as that octet is not acknowledged, it is a repeat like others. A probe of a closed window brings
// the next octet (RFC 9293 3.8.6.1), or looks like a keep-alive.
SegmentKind TcpMeter::asks_whether_there(const SeenSegment& seen, const TcpSide& peer) noexcept {
  const wire::Decoded& packet = seen.packet;
  const bool closed = peer.has_ack && peer.window == 0;
  if (packet.seq == seen.next_before && packet.payload_size == 1)
    return closed ? SegmentKind::window_probe : SegmentKind::none;
  if (packet.seq != seen.next_before - 1) return SegmentKind::none;
  const bool outstanding = peer.has_ack && sequence_distance(seen.next_before, peer.ack_max) > 0;
  if (packet.payload_size != 0 && outstanding) return SegmentKind::none;
  return closed && packet.payload_size == 0 ? SegmentKind::window_probe : SegmentKind::keep_alive;
}

DataEffect TcpMeter::on_data(const SeenSegment& seen, const TcpSide& self, const TcpSide& peer,
                             const SequenceSpace::Added& added) {
  SideMeter& side = sides_[index(seen.direction)];
  DataEffect effect{.kind = SegmentKind::fresh};
  if (seen.started_before && sequence_distance(seen.packet.seq, seen.next_before) < 0) {
    // A first SYN that data overtook comes late, not again.
    const bool overtaken = seen.packet.has(flag::syn) && !self.syn_repeated;
    effect.kind = overtaken ? SegmentKind::reordered : kind_of_repeat(seen, peer, added);
    count(seen.direction, effect.kind);
    if (seen.packet.payload_size == 0) count_control(seen.direction, effect.kind);
    effect.recovered = take_repeated(seen, effect.kind, peer, added);
  }
  follow(seen, side, self);
  if (seen.packet.payload_size != 0) {
    take_payload(seen, side, added);
  } else if (seen.packet.has(flag::syn) && !side.has_data) {
    sent_syn(seen.direction, seen.us);
  }
  if (peer.has_ack || self.syn_seen) {
    // A FIN takes a number, and is no octet.
    const bool fin_last = self.fin_seen && self.fin_seq == self.space.next();
    const std::int32_t in_flight = sequence_distance(self.space.next() - (fin_last ? 1U : 0U),
                                                     peer.has_ack ? peer.ack_max : self.isn + 1);
    if (in_flight > 0)
      side.most_in_flight = std::max(side.most_in_flight, static_cast<std::uint32_t>(in_flight));
  }
  return effect;
}

// Returns how many octets had been counted as unseen: acknowledged before they came by, they were
// not missed after all.
std::uint32_t TcpMeter::take_repeated(const SeenSegment& seen, SegmentKind kind,
                                      const TcpSide& peer, const SequenceSpace::Added& added) {
  const bool counted = is_repeat(kind) || added.repeated != 0 || added.filled != 0;
  TcpTrouble* trouble = counted ? trouble_of(seen.direction) : nullptr;
  if (trouble == nullptr) return 0;
  trouble->repeated_bytes += added.repeated;
  if (seen.packet.has(flag::syn) && kind != SegmentKind::reordered &&
      trouble->syn_repeats != UINT16_MAX)
    ++trouble->syn_repeats;
  if (added.filled == 0 || !peer.has_ack || sequence_distance(seen.end(), peer.ack_max) > 0)
    return 0;
  const auto recovered =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(trouble->unseen_bytes, added.filled));
  trouble->unseen_bytes -= recovered;
  return recovered;
}

void TcpMeter::take_payload(const SeenSegment& seen, SideMeter& side,
                            const SequenceSpace::Added& added) {
  ++side.data_segments;
  if (!side.has_data) side.first_data_us = seen.us & SideMeter::clock_mask;
  side.has_data = true;
  side.last_data_us = seen.us & SideMeter::clock_mask;
  if (!side.probed || added.unseen == 0) return;
  // The octet of a probe came again as data.
  side.probed = false;
  on_repeated(seen.direction, 1);
}

SegmentKind TcpMeter::kind_of_repeat(const SeenSegment& seen, const TcpSide& peer,
                                     const SequenceSpace::Added& added) const {
  if (added.filled != 0 && added.hole.acknowledged) return SegmentKind::late;
  if (added.filled != 0 && left_before(seen, added.hole)) return SegmentKind::reordered;
  if (peer.has_ack && sequence_distance(seen.end(), peer.ack_max) <= 0)
    return SegmentKind::spurious;
  if (added.filled != 0) return SegmentKind::upstream;
  if (asked_for(seen, peer)) return SegmentKind::fast;
  return timed_out(seen) ? SegmentKind::timeout : SegmentKind::other;
}

// Whether what fills the hole was sent before what showed it: by the sender's clock, else by its
// count of datagrams, else by how soon it came.
bool TcpMeter::left_before(const SeenSegment& seen, const HoleMark& hole) const noexcept {
  constexpr std::int16_t one_counter = 256;  // farther apart, numbers are not of one counter
  constexpr std::uint32_t soon_us = 3 * microseconds_per_ms;
  if (hole.has_timestamp) {
    const wire::TcpOptions options = wire::parse_tcp_options(seen.packet.option_bytes());
    if (options.has_timestamp && options.ts_value != hole.timestamp)
      return sequence_distance(options.ts_value, hole.timestamp) < 0;
  }
  if (hole.ip_id != 0 && has_identification(seen.packet)) {
    const auto apart = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(static_cast<std::uint16_t>(seen.packet.ip_id) - hole.ip_id));
    if (apart != 0 && apart >= -one_counter && apart <= one_counter) return apart < 0;
  }
  const RttStats& to_server = sides_[0].rtt;
  const RttStats& to_client = sides_[1].rtt;
  const bool known = to_server.n() != 0 && to_client.n() != 0;
  const std::uint32_t limit = known ? (to_server.smoothed() + to_client.smoothed()) / 2 : soon_us;
  return age(hole.seen_us, seen.now()) < limit;
}

// Whether the peer's duplicate ACKs made the sender repeat this. What they asked for takes the
// sender's half of the path to come.
bool TcpMeter::asked_for(const SeenSegment& seen, const TcpSide& peer) const noexcept {
  constexpr std::uint32_t slack_us = 20 * microseconds_per_ms;
  const SideMeter& acker = sides_[index(reverse(seen.direction))];
  if (trouble_ == nullptr || acker.duplicate_acks < duplicate_acks_asked) return false;
  const TcpTrouble& acks = (*trouble_)[index(reverse(seen.direction))];
  const bool at_ack = seen.packet.seq == peer.ack_max;
  const bool below_sack = acks.has_sacked && sequence_distance(acks.sacked, seen.packet.seq) > 0;
  if (!at_ack && !below_sack) return false;
  const std::uint32_t half = acker.rtt.n() == 0 ? 0 : acker.rtt.smoothed();
  return age(at_ack ? acks.third_us : acks.last_us, seen.now()) <= half + half / 2 + slack_us;
}

bool TcpMeter::timed_out(const SeenSegment& seen) const noexcept {
  const RttStats& to_server = sides_[0].rtt;
  const RttStats& to_client = sides_[1].rtt;
  std::uint64_t timeout = least_timeout_us;
  if (to_server.n() != 0 && to_client.n() != 0) {
    const std::uint64_t smoothed = std::uint64_t{to_server.smoothed()} + to_client.smoothed();
    const std::uint64_t variation = std::uint64_t{to_server.variation()} + to_client.variation();
    timeout = std::max(timeout, smoothed + 4 * variation);
  }
  return age(sent_at(seen), seen.now()) >= soonest_after(timeout);
}

// When the octets of this segment came by last: of those not acknowledged it is known, else the
// side's last data stands for them.
std::uint32_t TcpMeter::sent_at(const SeenSegment& seen) const noexcept {
  const SideMeter& side = sides_[index(seen.direction)];
  for (std::size_t i = 0; i < side.ring.size(); ++i) {
    if (sequence_distance(side.ring[i].end, seen.packet.seq) > 0) return side.ring[i].sent_us;
  }
  return static_cast<std::uint32_t>(side.last_data_us);
}

// --- round-trip times

// Of octets that came twice, or with a hole before them, nobody knows which copy an ACK is for: all
// that is under way is out of the question (Karn's rule in its strict form).
void TcpMeter::follow(const SeenSegment& seen, SideMeter& side, const TcpSide& self) {
  const std::uint32_t end = seen.end();
  if (!seen.started_before || seen.packet.seq == seen.next_before) {
    // The handshake's halves are measured by the connection itself.
    if (!seen.packet.has(flag::syn)) send(side, end, seen.now());
    return;
  }
  for (std::size_t i = 0; i < side.ring.size(); ++i) {
    SegmentRing::Segment& segment = side.ring[i];
    if (sequence_distance(segment.end, seen.packet.seq) <= 0) continue;
    if (sequence_distance(segment.end, end) > 0) break;
    segment.sent_us = seen.now();
  }
  if (sequence_distance(end, seen.next_before) > 0) send(side, end, seen.now());
  side.floor = self.space.next();
  side.has_floor = true;
}

// One that finds no room is not timed.
void TcpMeter::send(SideMeter& side, std::uint32_t end, std::uint32_t now) {
  // What may not be timed only tells when it was sent.
  if (side.ring.full() && side.has_floor && sequence_distance(side.ring[0].end, side.floor) <= 0)
    side.ring.pop(*pool_);
  (void)side.ring.push({end, now}, *pool_);
}

std::optional<std::uint32_t> TcpMeter::take_acknowledged(const SeenSegment& seen,
                                                         Direction sender) {
  SideMeter& side = sides_[index(sender)];
  const std::uint32_t ack = seen.packet.ack;
  std::optional<std::uint32_t> sample;
  while (side.ring.size() != 0) {
    const SegmentRing::Segment oldest = side.ring[0];
    if (sequence_distance(oldest.end, ack) > 0) break;
    // An ACK inside or across segments may have been held back: only one at the end of a segment
    // counts.
    const bool in_doubt = side.has_floor && sequence_distance(oldest.end, side.floor) <= 0;
    if (oldest.end == ack && !in_doubt) sample = elapsed(oldest.sent_us, seen.now());
    side.ring.pop(*pool_);
  }
  if (side.has_floor && sequence_distance(ack, side.floor) >= 0) side.has_floor = false;
  if (sample) side.rtt.add(*sample);
  return sample;
}

// --- acknowledgements

void TcpMeter::on_ack(const SeenSegment& seen, const TcpSide& self, TcpSide& peer,
                      std::uint32_t window, SegmentKind kind, AckEffect& effect) {
  const wire::Decoded& packet = seen.packet;
  SideMeter& side = sides_[index(seen.direction)];
  const bool sacks =
      kind != SegmentKind::capture_copy && !packet.has(flag::syn) && may_sack(packet);
  if (sacks) effect.needless = on_sack(seen);
  if (!self.has_ack || sequence_distance(packet.ack, self.ack_max) > 0) {
    effect.rtt_us = take_acknowledged(seen, reverse(seen.direction));
    if (peer.space.started()) {
      effect.probe_taken = takes_probe(seen, peer);
      effect.unseen = take_unseen(peer,
                                  {.direction = reverse(seen.direction),
                                   .from = self.has_ack ? self.ack_max : packet.ack - far_back,
                                   .to = packet.ack - (effect.probe_taken ? 1 : 0)},
                                  seen.now());
    }
    side.duplicate_acks = 0;
    return;
  }
  const bool pure = packet.payload_size == 0 && !packet.has(flag::syn | flag::fin | flag::rst);
  if (!pure || kind != SegmentKind::none || packet.ack != self.ack_max) return;
  const bool outstanding =
      peer.space.started() && sequence_distance(peer.space.next(), packet.ack) > 0;
  if (!outstanding || (window != self.window && !sacks)) return;
  effect.duplicate = true;
  if (side.duplicate_acks != UINT8_MAX) ++side.duplicate_acks;
  if (TcpTrouble* trouble = trouble_of(seen.direction); trouble != nullptr) {
    ++trouble->duplicate_acks;
    trouble->last_us = seen.now();
    if (side.duplicate_acks == duplicate_acks_asked) trouble->third_us = seen.now();
  }
}

// Whether it acknowledges the octet of a window probe, which was not counted when it came by.
bool TcpMeter::takes_probe(const SeenSegment& seen, const TcpSide& peer) noexcept {
  SideMeter& side = sides_[index(reverse(seen.direction))];
  if (!side.probed || sequence_distance(seen.packet.ack, peer.space.next()) != 1) return false;
  side.probed = false;
  return true;
}

// What the receiver acknowledges has reached it. If it never came by here, the capture lost it:
// that is no loss of the network.
std::uint32_t TcpMeter::take_unseen(TcpSide& sender, const Acknowledged& octets,
                                    std::uint32_t now) {
  std::uint32_t unseen = 0;
  if (sender.space.holes() != 0) {
    unseen = sender.space.missing(octets.from, octets.to);
    sender.space.forget_settled(octets.to);
  }
  const std::int32_t beyond = sequence_distance(octets.to, sender.space.next());
  if (beyond > 0) {
    SideMeter& side = sides_[index(octets.direction)];
    const HoleMark mark{.seen_us = now, .acknowledged = true};
    sender.space.skip_to(octets.to, mark, *pool_);
    side.ring.clear(*pool_);
    side.has_floor = false;
    unseen += static_cast<std::uint32_t>(beyond);
  }
  if (unseen != 0) {
    if (TcpTrouble* trouble = trouble_of(octets.direction); trouble != nullptr)
      trouble->unseen_bytes += unseen;
  }
  return unseen;
}

std::uint32_t TcpMeter::take_claimed(const SeenSegment& seen, TcpSide& self, const TcpSide& peer,
                                     std::uint32_t claim) {
  return take_unseen(self,
                     {.direction = seen.direction,
                      .from = peer.has_ack ? peer.ack_max : claim - far_back,
                      .to = claim},
                     seen.now());
}

// Returns whether it tells of a duplicate.
bool TcpMeter::on_sack(const SeenSegment& seen) {
  const wire::TcpOptions options = wire::parse_tcp_options(seen.packet.option_bytes());
  if (options.sack_count == 0) return false;
  const auto& [first_start, first_end] = options.sack[0];
  // RFC 2883 4: the first block is a duplicate if it lies below the ACK or inside the second.
  const bool below = sequence_distance(first_end, seen.packet.ack) <= 0;
  const bool inside = options.sack_count > 1 &&
                      sequence_distance(first_start, options.sack[1][0]) >= 0 &&
                      sequence_distance(first_end, options.sack[1][1]) <= 0;
  bool needless = below || inside;
  if (needless) {
    TcpTrouble* sender = trouble_of(reverse(seen.direction));
    // The octet of a keep-alive came twice too, but nobody took it for lost.
    if (sender != nullptr && first_end - first_start == 1 && first_end == seen.packet.ack &&
        sender->of(SegmentKind::keep_alive) != 0)
      needless = false;
    if (needless && sender != nullptr) ++sender->needless;
  }
  TcpTrouble* trouble = trouble_of(seen.direction);
  if (trouble == nullptr) return needless;
  for (std::size_t i = below ? 1 : 0; i < options.sack_count; ++i) {
    const std::uint32_t end = options.sack[i][1];
    if (trouble->has_sacked && sequence_distance(end, trouble->sacked) <= 0) continue;
    trouble->sacked = end;
    trouble->has_sacked = true;
  }
  return needless;
}

// --- windows

bool TcpMeter::on_window(const SeenSegment& seen) {
  const wire::Decoded& packet = seen.packet;
  if (packet.has(flag::syn | flag::rst) || !packet.has(flag::ack)) return false;
  // The window of a FIN matters to nobody, but shows that it is open again.
  if (!packet.has(flag::fin)) {
    add_window(seen.direction, packet.window);
  } else if (packet.window == 0) {
    return false;
  }
  const bool was_closed = trouble_ != nullptr && (*trouble_)[index(seen.direction)].window_closed;
  if (packet.window != 0 && !was_closed) return false;
  TcpTrouble* trouble = trouble_of(seen.direction);
  if (trouble == nullptr) return false;
  trouble->window_closed = packet.window == 0;
  if (was_closed) {
    // Also where it says once more that it is closed, before this clock comes round.
    if (const auto us = elapsed(trouble->closed_us, seen.now())) {
      trouble->count_closed(*us);
      trouble->closed_us = seen.now();
    }
    return false;
  }
  ++trouble->zero_windows;
  trouble->closed_us = seen.now();
  return true;
}

void TcpMeter::on_repeated(Direction direction, std::uint32_t octets) {
  if (TcpTrouble* trouble = trouble_of(direction); trouble != nullptr)
    trouble->repeated_bytes += octets;
}

void TcpMeter::on_gso(Direction direction) {
  if (TcpTrouble* trouble = trouble_of(direction); trouble != nullptr) ++trouble->gso_packets;
}

}  // namespace ntan::flow

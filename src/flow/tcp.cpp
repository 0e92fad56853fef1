#include "flow/tcp.h"

#include <algorithm>
#include <memory>
#include <new>

#include "flow/stream.h"

namespace ntan::flow {
namespace {

using wire::Decoded;
namespace flag = wire::tcp_flag;

bool inactive(EndState state) noexcept {
  return state == EndState::inactive || state == EndState::partial;
}

// Whether an acknowledgement covers the side's SYN and nothing that it has not sent (RFC 7413 3:
// that of a fast open covers data too).
bool acknowledges_syn(std::uint32_t ack, const TcpSide& side) noexcept {
  return sequence_distance(ack, side.isn) > 0 && sequence_distance(ack, side.space.next()) <= 0;
}

// What a SYN meets at the end of an older connection is acknowledged there (RFC 9293 3.5.1): it is
// no measure of what the SYN's sender sends now.
void forget_older_ack(TcpSide& receiver, const TcpSide& sender) noexcept {
  if (receiver.has_ack && !acknowledges_syn(receiver.ack_max, sender)) receiver.has_ack = false;
}

// As if the attempt that was reset had not been made.
void undo_reset(TcpSide& answering, TcpSide& asking) noexcept {
  if (answering.state == EndState::reset) answering.state = EndState::partial;
  if (asking.state == EndState::reset) asking.state = EndState::syn_sent;
}

void take_plain_syn(TcpSide& self, TcpSide& peer) noexcept {
  self.plain_syn = true;
  // Data that overtook it said nothing of the connection's beginning.
  const bool begins = peer.state == EndState::inactive && self.state == EndState::partial;
  if (begins || self.state == EndState::inactive) self.state = EndState::syn_sent;
  if (!peer.syn_seen) forget_older_ack(peer, self);
}

std::uint64_t microseconds(std::int64_t ns) noexcept {
  return static_cast<std::uint64_t>(ns / 1000);
}

// As long as it can say: an hour and more.
std::uint32_t whole_us(std::int64_t ns) noexcept {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ns / 1000, UINT32_MAX - 1));
}

// The first sequence number of a segment's data; a SYN takes one.
std::uint32_t data_seq(const Decoded& segment) noexcept {
  return segment.seq + (segment.has(flag::syn) ? 1U : 0U);
}

char letter_of(const Decoded& segment) noexcept {
  const bool syn = segment.has(flag::syn);
  const bool fin = segment.has(flag::fin);
  const bool rst = segment.has(flag::rst);
  if (syn && fin) return 'q';
  if (rst && (syn || fin)) return 'i';
  if (syn) return segment.has(flag::ack) ? 'h' : 's';
  if (rst) return 'r';
  if (fin) return 'f';
  return segment.has(flag::ack) && segment.payload_size == 0 ? 'a' : '\0';
}

}  // namespace

std::string_view to_text(ConnState state) noexcept {
  switch (state) {
    case ConnState::S0: return "S0";
    case ConnState::S1: return "S1";
    case ConnState::SF: return "SF";
    case ConnState::REJ: return "REJ";
    case ConnState::S2: return "S2";
    case ConnState::S3: return "S3";
    case ConnState::RSTO: return "RSTO";
    case ConnState::RSTR: return "RSTR";
    case ConnState::RSTOS0: return "RSTOS0";
    case ConnState::RSTRH: return "RSTRH";
    case ConnState::SH: return "SH";
    case ConnState::SHR: return "SHR";
    case ConnState::OTH: return "OTH";
  }
  return "OTH";
}

TcpConnection::~TcpConnection() {
  for (TcpSide& side : sides_) side.space.release(*pool_);
  if (meter_ == nullptr) return;
  std::destroy_at(meter_);
  pool_->give_back(meter_, sizeof(TcpMeter));
}

TcpConnection::Effect TcpConnection::on_segment(const Decoded& segment, Direction direction,
                                                Timestamp time, History& history, bool copied) {
  Effect effect;
  // Zeroes stand for what was not captured: none of them is a window or a number.
  if (segment.ports_only) [[unlikely]]
    return effect;
  TcpSide& self = sides_[index(direction)];
  const TcpSide& peer = sides_[index(reverse(direction))];
  if (const char letter = letter_of(segment); letter != '\0') history.add(letter, direction);
  if (segment.payload_size != 0 && !segment.has(flag::rst)) history.add('d', direction);

  const bool settles = at_claim(segment, direction);
  if (!settles && !acceptable(segment, direction) && !goes_on_far_above(segment, direction)) {
    effect.window_violation = true;
    return effect;
  }
  SeenSegment seen{.packet = segment,
                   .direction = direction,
                   .us = microseconds(to_ns(time)),
                   .next_before = self.space.next(),
                   .started_before = self.space.started()};
  if (settles) [[unlikely]]
    settle_claim(seen, effect);
  if (segment.has(flag::rst)) {
    on_reset(seen, effect);
    return effect;
  }
  if (meter_ == nullptr && worth_measuring(segment, direction)) begin_meter();
  if (meter_ != nullptr) {
    meter_->watch_clock(seen.us);
    effect.kind = meter_->sight(seen, peer, copied);
  }
  if (effect.kind != SegmentKind::capture_copy && copied_syn(seen)) {
    effect.kind = SegmentKind::capture_copy;
    if (meter_ != nullptr) meter_->on_copy(direction);
  }
  if (meter_ != nullptr) take_timestamp(seen);
  const std::uint32_t server_before = server_us_;
  const std::uint32_t client_before = client_us_;
  if (segment.has(flag::syn) && effect.kind != SegmentKind::capture_copy)
    on_syn(segment, direction, time);
  if (self.state == EndState::inactive) self.state = EndState::partial;
  if (direction == Direction::to_server && segment.has(flag::ack) && !segment.has(flag::syn)) {
    on_handshake_ack(segment, time, effect);
  }
  effect.continuation = tell_continuation(seen);
  take_space(seen, history, effect);
  const std::uint32_t window = scaled_window(segment, direction);
  if (segment.has(flag::ack)) on_ack(seen, window, effect);
  effect.syn_answered = server_us_ != server_before;
  if (effect.syn_answered) effect.ack.rtt_us = server_us_;
  if (client_us_ != client_before) effect.ack.rtt_us = client_us_;
  note_window(seen, window, history, effect);
  return effect;
}

void TcpConnection::on_reset(const SeenSegment& seen, Effect& effect) {
  TcpSide& self = sides_[index(seen.direction)];
  const TcpSide& peer = sides_[index(reverse(seen.direction))];
  asks_again_ = false;
  // After both FINs nothing is left to reset.
  if (self.state != EndState::closed || peer.state != EndState::closed)
    self.state = EndState::reset;
  effect.reset = true;
  if (seen.packet.has(flag::ack)) effect.ack.rtt_us = on_reset_ack(seen);
}

void TcpConnection::take_timestamp(const SeenSegment& seen) {
  const auto stamp = wire::parse_tcp_timestamp(seen.packet.option_bytes());
  if (!stamp) return;
  if (!meter_->has_timestamps()) {
    if (!meter_->begin_timestamps()) return;
    replay_handshake();
  }
  meter_->timestamps(seen.direction).sent(stamp->value, seen.now());
  // RFC 7323 3.2: the echo means something only with an ACK.
  if (!seen.packet.has(flag::ack) || stamp->echo == 0) return;
  meter_->timestamps(reverse(seen.direction)).echoed(stamp->echo, seen.now());
}

// What the handshake's timestamps told, when there was no room for it yet.
void TcpConnection::replay_handshake() noexcept {
  TimestampRtt& client = meter_->timestamps(Direction::to_server);
  TimestampRtt& server = meter_->timestamps(Direction::to_client);
  const auto answered_us = static_cast<std::uint32_t>(microseconds(syn_ns_[1]));
  const std::uint32_t client_syn = sides_[0].syn_stamp;
  if (handshake_server() && client_syn != 0 && !sides_[0].awaits_echo) {
    client.sent(client_syn, answered_us - server_us_);
    client.echoed(client_syn, answered_us);
  }
  server.sent(sides_[1].syn_stamp, answered_us);
  if (client_us_ == unknown) return;
  if (sides_[1].syn_stamp != 0) server.echoed(sides_[1].syn_stamp, answered_us + client_us_);
  client.sent(ack_stamp_, answered_us + client_us_);
}

Continuation TcpConnection::tell_continuation(const SeenSegment& seen) noexcept {
  TcpSide& self = sides_[index(seen.direction)];
  if (self.continuations == most_continuations) [[likely]]
    return Continuation::unknown;
  const Continuation found = continuation_of(seen);
  if (found != Continuation::unknown) ++self.continuations;
  return found;
}

Continuation TcpConnection::continuation_of(const SeenSegment& seen) const noexcept {
  const Decoded& packet = seen.packet;
  if (packet.has(flag::syn)) return Continuation::unknown;
  const std::int32_t ahead =
      seen.started_before ? sequence_distance(packet.seq, seen.next_before) : -1;
  if (ahead > 0) return Continuation::jumps;
  if (seen.takes_space()) return ahead == 0 ? Continuation::follows : Continuation::unknown;
  const TcpSide& self = sides_[index(seen.direction)];
  const TcpSide& peer = sides_[index(reverse(seen.direction))];
  const bool news = !self.has_ack || sequence_distance(packet.ack, self.ack_max) > 0;
  if (!packet.has(flag::ack) || !peer.space.started() || !news) return Continuation::unknown;
  return sequence_distance(packet.ack, peer.space.next()) > 0 ? Continuation::jumps
                                                              : Continuation::follows;
}

void TcpConnection::take_space(const SeenSegment& seen, History& history, Effect& effect) {
  TcpSide& self = sides_[index(seen.direction)];
  SequenceSpace::Added added;
  if (seen.packet.payload_size != 0) added = on_payload(seen, history, effect);
  if (seen.packet.has(flag::fin)) on_fin(seen, history, added);
  if (shows_more(seen)) self.space.skip_to(seen.packet.seq, TcpMeter::mark(seen), *pool_);
  if (opens_too(seen.packet, seen.direction)) [[unlikely]] {
    self.plain_syn = false;
    if (meter_ != nullptr) meter_->sent_syn(seen.direction, seen.us);
    return;
  }
  if (meter_ == nullptr) return;
  if (effect.kind == SegmentKind::none && seen.takes_space()) {
    const TcpSide& peer = sides_[index(reverse(seen.direction))];
    const DataEffect data = meter_->on_data(seen, self, peer, added);
    effect.kind = data.kind;
    effect.recovered = data.recovered;
  } else if (effect.kind == SegmentKind::keep_alive && added.repeated != 0) {
    meter_->on_repeated(seen.direction, added.repeated);
  }
}

// A RST acknowledges as well as any segment; one that refuses a SYN is all there is to time.
std::optional<std::uint32_t> TcpConnection::on_reset_ack(const SeenSegment& seen) {
  if (meter_ != nullptr) return meter_->on_reset(seen);
  const TcpSide& client = sides_[index(Direction::to_server)];
  const bool refuses = seen.direction == Direction::to_client && client.syn_seen &&
                       !client.syn_repeated && !sides_[1].syn_seen &&
                       seen.packet.ack == client.space.next();
  const std::uint64_t sent = microseconds(syn_ns_[index(Direction::to_server)]);
  if (!refuses || seen.us < sent) return std::nullopt;
  server_us_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(seen.us - sent, unknown - 1));
  syn_refused_ = true;
  return server_us_;
}

// Whether an ACK without data stands above all that came by: its sender has sent more.
bool TcpConnection::shows_more(const SeenSegment& seen) const noexcept {
  const Decoded& packet = seen.packet;
  if (seen.takes_space() || !seen.started_before || !packet.has(flag::ack)) return false;
  const std::int32_t ahead = sequence_distance(packet.seq, seen.next_before);
  if (ahead <= 0) return false;
  // The octet of a window probe is not counted until it is acknowledged.
  const bool probe = ahead == 1 && meter_ != nullptr && meter_->side(seen.direction).probed;
  return !probe && in_window(packet, seen.direction);
}

// The same SYN captured twice, before there is a meter that would know.
bool TcpConnection::copied_syn(const SeenSegment& seen) const noexcept {
  const Decoded& packet = seen.packet;
  const TcpSide& self = sides_[index(seen.direction)];
  if (!packet.has(flag::syn) || !self.syn_seen || self.isn != packet.seq) return false;
  if (self.plain_syn == packet.has(flag::ack)) return false;
  const std::uint64_t first = microseconds(syn_ns_[index(seen.direction)]);
  return packet.ip_id == self.syn_ip_id && seen.us - first <= capture_copy_us;
}

// The SYN-ACK of a simultaneous open has the number of its sender's SYN, and answers the other one
// (RFC 9293 3.5): that repeats nothing.
bool TcpConnection::opens_too(const Decoded& segment, Direction direction) const noexcept {
  const TcpSide& self = sides_[index(direction)];
  return self.plain_syn && segment.has(flag::syn) && segment.has(flag::ack) &&
         segment.seq == self.isn && segment.payload_size == 0;
}

// Handshakes alone need no memory for it: floods of them are many.
bool TcpConnection::worth_measuring(const Decoded& segment, Direction direction) const noexcept {
  if (segment.payload_size != 0 || segment.has(flag::fin)) return true;
  if (segment.has(flag::syn))
    return sides_[index(direction)].syn_seen && !opens_too(segment, direction);
  if (segment.window == 0) return true;
  const TcpSide& self = sides_[index(direction)];
  // A keep-alive.
  if (segment.has(flag::ack) && self.space.started() && segment.seq == self.space.next() - 1)
    return true;
  // An acknowledgement of what never came by.
  const TcpSide& peer = sides_[index(reverse(direction))];
  return segment.has(flag::ack) && peer.space.started() &&
         sequence_distance(segment.ack, peer.space.next()) > 0;
}

void TcpConnection::begin_meter() {
  void* memory = pool_->take(sizeof(TcpMeter));
  if (memory == nullptr) return;
  meter_ = new (memory) TcpMeter(*pool_);
  if (server_us_ != unknown) meter_->add_rtt(Direction::to_server, server_us_);
  if (client_us_ != unknown) meter_->add_rtt(Direction::to_client, client_us_);
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    if (sides_[index(direction)].syn_seen)
      meter_->sent_syn(direction, microseconds(syn_ns_[index(direction)]));
  }
  if (!complete_) return;
  const TcpSide& client = sides_[0];
  const bool scaled = client.has_window_scale && sides_[1].has_window_scale;
  meter_->add_window(
      Direction::to_server,
      static_cast<std::uint16_t>(client.window >> (scaled ? client.window_scale : 0U)));
}

FirstSyn FirstSyn::of(const Decoded& segment) noexcept {
  const wire::TcpOptions options = wire::parse_tcp_options(segment.option_bytes());
  return {.seq = segment.seq,
          .mss = options.mss.value_or(0),
          .ip_id = static_cast<std::uint16_t>(segment.ip_id),
          .stamp = static_cast<std::uint16_t>(options.ts_value),
          .window_scale = static_cast<std::uint8_t>(
              options.window_scale.value_or(segment.options_cut ? unread_window_scale : 0) & 0xFU),
          .has_window_scale = options.window_scale.has_value(),
          .has_stamp = options.has_timestamp && options.ts_value != 0,
          .seen = true};
}

void TcpConnection::first_syn_of(TcpSide& side, const FirstSyn& syn) noexcept {
  side.isn = syn.seq;
  // Data may have overtaken the SYN; what was seen farther off is of an older connection.
  const std::uint32_t next = side.space.next();
  const bool overtaken =
      sequence_distance(next, syn.seq + 1) >= 0 && flow::in_window(next, 0, syn.seq + 1, 0);
  if (!side.space.started() || !overtaken) side.space.start(syn.seq + 1);
  side.mss = syn.mss;
  side.has_window_scale = syn.has_window_scale;
  side.window_scale = syn.window_scale;
  side.syn_stamp = syn.has_stamp ? syn.stamp : 0;
  side.awaits_echo = syn.has_stamp;
}

TcpConnection::TcpConnection(Pool& pool, const FirstSyn& syn, Timestamp time) : pool_(&pool) {
  TcpSide& client = sides_[index(Direction::to_server)];
  client.syn_seen = true;
  client.syn_repeated = syn.repeats != 0;
  client.state = EndState::syn_sent;
  first_syn_of(client, syn);
  client.syn_ip_id = syn.ip_id;
  client.plain_syn = true;
  syn_ns_[index(Direction::to_server)] = to_ns(time);
  first_syn_ns_ = to_ns(time);
  if (syn.repeats == 0) return;
  begin_meter();
  if (meter_ != nullptr) meter_->repeated_syn(syn);
}

// Of the client's SYN only the last bits of its TSval were kept: the echo has them all.
void TcpConnection::check_echo(const Decoded& syn_ack) noexcept {
  TcpSide& client = sides_[index(Direction::to_server)];
  TcpSide& server = sides_[index(Direction::to_client)];
  const auto stamp = wire::parse_tcp_timestamp(syn_ack.option_bytes());
  server.syn_stamp = stamp ? stamp->value : 0;
  server.awaits_echo = false;
  if (!client.awaits_echo) return;
  client.awaits_echo = false;
  const bool echoed = stamp && static_cast<std::uint16_t>(stamp->echo) == client.syn_stamp;
  client.syn_stamp = echoed ? stamp->echo : 0;
}

void TcpConnection::on_syn(const Decoded& segment, Direction direction, Timestamp time) noexcept {
  TcpSide& self = sides_[index(direction)];
  TcpSide& peer = sides_[index(reverse(direction))];
  const std::int64_t now = to_ns(time);
  self.syn_repeated = self.syn_repeated || self.syn_seen;
  const bool first = !self.syn_seen;
  self.syn_seen = true;
  if (first) first_syn_of(self, FirstSyn::of(segment));
  self.syn_ip_id = static_cast<std::uint16_t>(segment.ip_id);
  syn_ns_[index(direction)] = now;
  if (!segment.has(flag::ack)) {
    if (first_syn_ns_ == INT64_MIN) first_syn_ns_ = now;
    take_plain_syn(self, peer);
    asks_again_ = asks_again_ || (!first && !peer.syn_seen && was_reset());
    return;
  }
  check_echo(segment);
  if (first && peer.syn_seen) forget_older_ack(self, peer);
  if (first && asks_again_) undo_reset(self, peer);
  if (peer.state == EndState::syn_sent || peer.state == EndState::established) {
    const std::int64_t asked = syn_ns_[index(reverse(direction))];
    if (first && !peer.syn_repeated && now >= asked) {
      server_us_ = whole_us(now - asked);
      syn_refused_ = false;
      if (meter_ != nullptr) meter_->add_rtt(Direction::to_server, server_us_);
    }
    if (inactive(self.state) || self.state == EndState::syn_sent)
      self.state = EndState::established;
    if (peer.state == EndState::syn_sent) peer.state = EndState::established;
  } else if (self.state == EndState::inactive) {
    self.state = EndState::syn_ack_sent;
  }
}

void TcpConnection::on_handshake_ack(const Decoded& segment, Timestamp time,
                                     Effect& effect) noexcept {
  TcpSide& server = sides_[index(Direction::to_client)];
  if (complete_ || !server.syn_seen || segment.ack != server.isn + 1) return;
  const std::int64_t now = to_ns(time);
  const std::int64_t answered = syn_ns_[index(Direction::to_client)];
  if (!server.syn_repeated && now >= answered) {
    client_us_ = whole_us(now - answered);
    if (meter_ != nullptr) meter_->add_rtt(Direction::to_client, client_us_);
  }
  if (first_syn_ns_ != INT64_MIN && now >= first_syn_ns_)
    connect_us_ = whole_us(now - first_syn_ns_);
  const auto stamp = wire::parse_tcp_timestamp(segment.option_bytes());
  if (stamp) ack_stamp_ = stamp->value;
  if (!stamp || stamp->echo != server.syn_stamp) server.syn_stamp = 0;
  complete_ = true;
  effect.established = true;
}

bool TcpConnection::acceptable(const Decoded& segment, Direction direction) const noexcept {
  const TcpSide& self = sides_[index(direction)];
  const TcpSide& peer = sides_[index(reverse(direction))];
  // RFC 5961 3: a RST outside the window is no RST. Without any sequence known, all are believed.
  if (segment.has(flag::rst))
    return !self.space.started() || !self.has_ack || in_window(segment, direction);
  // RFC 9293 3.10.7.3: a SYN-ACK that does not acknowledge the SYN establishes nothing.
  if (segment.has(flag::syn) && segment.has(flag::ack) && peer.syn_seen &&
      !acknowledges_syn(segment.ack, peer))
    return false;
  const bool takes_space = segment.payload_size != 0 || segment.has(flag::fin);
  return !takes_space || !self.space.started() || in_window(segment, direction) ||
         may_repeat(segment, direction);
}

// Whether it may be data that its sender had sent before, as old as a window (RFC 9293 3.10.7.4).
bool TcpConnection::may_repeat(const Decoded& segment, Direction direction) const noexcept {
  if (segment.payload_size == 0 || segment.has(flag::syn | flag::fin)) return false;
  const TcpSide& self = sides_[index(direction)];
  const std::uint32_t age = self.space.next() - segment.seq;
  const bool counted = self.syn_seen && self.goodput_bytes < UINT32_MAX / 2;
  const std::uint32_t oldest = std::max(sides_[index(reverse(direction))].window, least_reach);
  return age <= (counted ? std::min(oldest, self.space.next() - self.isn - 1) : oldest);
}

// Of one direction alone no ACK tells that the capture has lost more than a window: two segments in
// a row do, the second of which begins where the first, refused one has ended.
bool TcpConnection::goes_on_far_above(const Decoded& segment, Direction direction) noexcept {
  if (segment.payload_size == 0 || segment.has(flag::rst | flag::syn)) return false;
  const TcpSide& self = sides_[index(direction)];
  const bool one_way = !sides_[index(reverse(direction))].has_ack;
  const std::uint8_t here = bit_of(direction);
  const bool follows = refused_ == here && refused_end_ == static_cast<std::uint16_t>(segment.seq);
  refused_ = here;
  refused_end_ = static_cast<std::uint16_t>(segment.seq + segment.payload_size);
  return one_way && follows && sequence_distance(segment.seq, self.space.next()) > 0;
}

// Whether an acknowledgement stands farther above all that came by than any window, and nothing of
// the other end has shown that it sent so much: one forged segment must not move a stream. Until
// then it is but a claim, which the next acknowledgement takes back.
bool TcpConnection::only_claims(const SeenSegment& seen) noexcept {
  const TcpSide& self = sides_[index(seen.direction)];
  const TcpSide& peer = sides_[index(reverse(seen.direction))];
  const std::uint32_t ack = seen.packet.ack;
  const bool above = peer.space.started() && sequence_distance(ack, peer.space.next()) > 0;
  if (above && !flow::in_window(ack, 0, peer.space.next(), self.window)) {
    const bool shown = refused_ == bit_of(reverse(seen.direction)) &&
                       refused_end_ == static_cast<std::uint16_t>(ack);
    if (!shown) {
      claim_ = ack;
      claims_ = bit_of(seen.direction) & 3U;
      return true;
    }
    refused_ = 0;
  }
  if (claims_ == bit_of(seen.direction)) claims_ = 0;
  return false;
}

// Whether a segment shows that its sender is where the peer's claim says: with data no farther off
// than a window, else exactly there.
bool TcpConnection::at_claim(const Decoded& segment, Direction direction) const noexcept {
  if (claims_ != bit_of(reverse(direction))) [[likely]]
    return false;
  if (segment.has(flag::syn)) return false;
  // RFC 9293 3.10.7.3: who has sent but a SYN resets what does not acknowledge it, with the number
  // of that.
  if (segment.has(flag::rst) && sides_[index(direction)].syn_seen &&
      !sides_[index(reverse(direction))].syn_seen)
    return false;
  const bool takes_space = segment.payload_size != 0 || segment.has(flag::fin);
  if (!takes_space || segment.has(flag::rst)) return segment.seq == claim_;
  return flow::in_window(segment.seq, 0, claim_, sides_[index(reverse(direction))].window);
}

// Both ends agree, so the capture lost what lies between: the segment counts as if the
// acknowledgement had just come.
void TcpConnection::settle_claim(SeenSegment& seen, Effect& effect) {
  TcpSide& self = sides_[index(seen.direction)];
  TcpSide& peer = sides_[index(reverse(seen.direction))];
  claims_ = 0;
  if (meter_ != nullptr) effect.missed = meter_->take_claimed(seen, self, peer, claim_);
  peer.ack_max = claim_;
  peer.has_ack = true;
  seen.next_before = self.space.next();
}

void TcpConnection::on_fin(const SeenSegment& seen, History& history, SequenceSpace::Added& added) {
  TcpSide& self = sides_[index(seen.direction)];
  TcpSide& peer = sides_[index(reverse(seen.direction))];
  const std::uint32_t fin = data_seq(seen.packet) + seen.packet.payload_size;
  self.fin_seen = true;
  self.fin_seq = fin + 1;
  if (self.space.started()) {
    HoleMark mark;
    if (sequence_distance(fin, self.space.next()) > 0) mark = TcpMeter::mark(seen);
    if (self.space.pass(fin, mark, *pool_, added))
      history.add_counted('g', seen.direction, ++self.gaps);
  }
  if (self.state == EndState::reset) return;
  self.state = EndState::closed;
  // The peer had closed before it reset: both have closed, and its RST refused what came after.
  if (peer.state == EndState::reset && peer.fin_seen) peer.state = EndState::closed;
}

SequenceSpace::Added TcpConnection::on_payload(const SeenSegment& seen, History& history,
                                               Effect& effect) {
  TcpSide& self = sides_[index(seen.direction)];
  effect.payload_accepted = true;
  // The octet of a probe comes again as data, or its acknowledgement tells that it was taken.
  // Of a copy all was taken before, or was such an octet; that of a SYN may bring data.
  if (effect.kind == SegmentKind::window_probe ||
      (effect.kind == SegmentKind::capture_copy && !seen.packet.has(flag::syn)))
    return {};
  const std::uint32_t seq = data_seq(seen.packet);
  HoleMark mark;
  if (self.space.started() && sequence_distance(seq, self.space.next()) > 0)
    mark = TcpMeter::mark(seen);
  const SequenceSpace::Added added = self.space.add(seq, seen.packet.payload_size, mark, *pool_);
  self.goodput_bytes += added.unseen;
  if (added.opened_hole) history.add_counted('g', seen.direction, ++self.gaps);
  if (added.repeated != 0 || added.filled != 0)
    history.add_counted('t', seen.direction, ++self.repeats);
  return added;
}

void TcpConnection::on_ack(const SeenSegment& seen, std::uint32_t window, Effect& effect) {
  TcpSide& self = sides_[index(seen.direction)];
  TcpSide& peer = sides_[index(reverse(seen.direction))];
  const std::uint32_t ack = seen.packet.ack;
  if (only_claims(seen)) [[unlikely]]
    return;
  if (meter_ != nullptr) {
    meter_->on_ack(seen, self, peer, window, effect.kind, effect.ack);
    if (effect.ack.probe_taken)
      peer.goodput_bytes += peer.space.add(peer.space.next(), 1, {}, *pool_).unseen;
  }
  if (self.has_ack && sequence_distance(ack, self.ack_max) <= 0) return;
  effect.acknowledges =
      self.has_ack && self.state == EndState::established && peer.state == EndState::established;
  self.ack_max = ack;
  self.has_ack = true;
}

std::uint32_t TcpConnection::scaled_window(const Decoded& segment,
                                           Direction direction) const noexcept {
  const TcpSide& self = sides_[index(direction)];
  const TcpSide& peer = sides_[index(reverse(direction))];
  // RFC 7323 2.2: scaling holds only if both SYNs carried it, and never in a SYN.
  const bool scaled = !segment.has(flag::syn) && self.has_window_scale && peer.has_window_scale;
  return static_cast<std::uint32_t>(segment.window) << (scaled ? self.window_scale : 0U);
}

void TcpConnection::note_window(const SeenSegment& seen, std::uint32_t window, History& history,
                                Effect& effect) noexcept {
  TcpSide& self = sides_[index(seen.direction)];
  if (seen.packet.window == 0 && !seen.packet.has(flag::syn | flag::fin | flag::rst)) {
    history.add_counted('w', seen.direction, ++self.zero_windows);
  }
  self.window = window;
  if (meter_ != nullptr) effect.window_closed = meter_->on_window(seen);
}

bool TcpConnection::in_window(const Decoded& segment, Direction direction) const noexcept {
  const TcpSide& self = sides_[index(direction)];
  const TcpSide& peer = sides_[index(reverse(direction))];
  // Without an ACK of the peer, the highest sequence seen stands for it (one-way captures).
  const std::uint32_t base = peer.has_ack ? peer.ack_max : self.space.next();
  return flow::in_window(segment.seq, 0, base, peer.window) ||
         flow::in_window(segment.seq, 0, self.space.next(), peer.window);
}

bool TcpConnection::was_reset() const noexcept {
  return sides_[0].state == EndState::reset || sides_[1].state == EndState::reset;
}

bool TcpConnection::closed() const noexcept {
  return was_reset() ||
         (sides_[0].state == EndState::closed && sides_[1].state == EndState::closed);
}

bool TcpConnection::embryonic() const noexcept {
  if (complete_ || closed()) return false;
  const TcpSide& client = sides_[0];
  const TcpSide& server = sides_[1];
  if (!client.syn_seen && !server.syn_seen) return false;
  return client.goodput_bytes == 0 && server.goodput_bytes == 0;
}

bool TcpConnection::reused_by(std::uint32_t isn, Direction direction,
                              Duration idle) const noexcept {
  const TcpSide& self = sides_[index(direction)];
  if (self.syn_seen && self.isn == isn) return false;
  if (closed() || idle >= std::chrono::seconds{60}) return true;
  if (!self.space.started())
    return sides_[index(reverse(direction))].syn_seen == false && self.state != EndState::inactive;
  return !flow::in_window(isn, 0, self.space.next(), 0);
}

ConnState TcpConnection::state(std::uint64_t client_payload,
                               std::uint64_t server_payload) const noexcept {
  const EndState client = sides_[0].state;
  const EndState server = sides_[1].state;
  if (server == EndState::reset) {
    const bool nothing_sent = client_payload == 0 && server_payload == 0;
    const bool refused = client == EndState::syn_sent ||
                         (client == EndState::reset && nothing_sent && !sides_[1].syn_seen);
    if (refused) return ConnState::REJ;
    return inactive(client) ? ConnState::RSTRH : ConnState::RSTR;
  }
  if (client == EndState::reset) return inactive(server) ? ConnState::RSTOS0 : ConnState::RSTO;
  if (client == EndState::closed && server == EndState::closed) return ConnState::SF;
  if (client == EndState::closed) return inactive(server) ? ConnState::SH : ConnState::S2;
  if (server == EndState::closed) return inactive(client) ? ConnState::SHR : ConnState::S3;
  if (client == EndState::syn_sent && server == EndState::inactive) return ConnState::S0;
  if (client == EndState::established && server == EndState::established) return ConnState::S1;
  return ConnState::OTH;
}

}  // namespace ntan::flow

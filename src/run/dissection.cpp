#include "run/dissection.h"

#include <algorithm>
#include <new>

#include "app/proxy_header.h"

namespace ntan::run {
namespace {

struct Match {
  const app::Protocol* protocol = nullptr;  ///< the one that says yes
  bool unsure = false;                      ///< another might, with more octets
  std::size_t before = 0;                   ///< octets in front of what it begins with
};

bool knows_port(const app::Protocol& protocol, const app::FlowContext& context) noexcept {
  return std::ranges::any_of(protocol.ports, [&context](std::uint16_t port) {
    return port == context.server_port || port == context.client_port;
  });
}

void set_octets(app::Segment& segment, Bytes octets) noexcept {
  segment.data = octets;
  segment.size = static_cast<std::uint32_t>(octets.size());
}

// Protocols of a known port are asked first; after them the order of the list stands.
Match match_at_front(const app::Segment& start, const app::FlowContext& context) {
  const std::span protocols = app::protocols_over(context.transport);
  Match found;
  const auto asked = [&](const app::Protocol* protocol) {
    const app::Verdict verdict = protocol->probe(start, context);
    if (verdict == app::Verdict::yes) {
      found = {.protocol = protocol, .unsure = false};
      return true;
    }
    found.unsure = found.unsure || verdict == app::Verdict::unsure;
    return false;
  };
  std::uint32_t with_port = 0;
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if (!knows_port(*protocols[i], context)) continue;
    with_port |= 1U << i;
    if (asked(protocols[i])) return found;
  }
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if ((with_port >> i & 1U) == 0 && asked(protocols[i])) return found;
  }
  return found;
}

// The same of a stream, behind what a proxy has put before the octets of the client.
Match match(const app::Segment& start, const app::FlowContext& context) {
  const auto before = app::proxy_header_size(start.data);
  if (before == 0) return match_at_front(start, context);
  if (!before) return {.unsure = true};
  app::Segment behind = start;
  behind.data = start.data.subspan(*before);
  behind.size = start.size - static_cast<std::uint32_t>(*before);
  Match found = match_at_front(behind, context);
  found.before = *before;
  return found;
}

// A protocol that another one has handed over to.
Match match_late(const app::Segment& start, const app::FlowContext& context) {
  Match found;
  for (const app::Protocol* protocol : app::protocols_over(context.transport)) {
    if (!protocol->may_follow) continue;
    const app::Verdict verdict = protocol->probe(start, context);
    if (verdict == app::Verdict::yes) return {.protocol = protocol};
    found.unsure = found.unsure || verdict == app::Verdict::unsure;
  }
  return found;
}

// The beginning of the connection was not captured: a SYN-ACK, too, shows where the client began.
bool is_midstream(const Conversation& conversation) noexcept {
  return conversation.tcp != nullptr && !conversation.tcp->side(Direction::to_server).syn_seen &&
         !conversation.tcp->side(Direction::to_client).syn_seen;
}

bool ends(app::Progress progress) noexcept {
  return progress != app::Progress::more && progress != app::Progress::idle;
}

// A dissector that was idle has no use for it.
bool is_passed_over(const Conversation& conversation, const app::Segment& datagram) noexcept {
  if (conversation.app_state != nullptr) return false;
  const std::uint8_t wakes = conversation.protocol()->wakes;
  return wakes != 0 && (datagram.data.empty() || (datagram.data.front() & wakes) != wakes);
}

}  // namespace

app::FlowContext Dissection::context_of(const flow::Flow& flow, app::Transport transport) noexcept {
  const flow::FlowEnds ends = flow::flow_ends(flow);
  return {.transport = transport,
          .client = ends.client,
          .server = ends.server,
          .client_port = ends.client_port,
          .server_port = ends.server_port,
          .memory = memory_,
          .dhcp = &dhcp_};
}

void Dissection::feed(Conversation& conversation, app::Transport transport,
                      const app::Segment& segment) {
  if (conversation.stage == AppStage::active) {
    const bool datagram = transport != app::Transport::tcp;
    if (datagram && is_passed_over(conversation, segment)) return;
    if (datagram && copies_.is_copy(conversation.flow.first_packet, segment)) return;
    if (conversation.app_state == nullptr && !construct_anew(conversation, transport)) return;
    const app::Progress progress = conversation.dissector()->consume(segment, *out_);
    take(conversation, progress);
    if (progress == app::Progress::anew && construct_anew(conversation, transport))
      take(conversation, conversation.dissector()->consume(segment, *out_));
  } else if (conversation.stage == AppStage::probing) {
    if (transport == app::Transport::tcp) {
      probe_stream(conversation, segment);
    } else {
      probe_datagram(conversation, transport, segment);
    }
  }
}

void Dissection::probe_datagram(Conversation& conversation, app::Transport transport,
                                const app::Segment& segment) {
  const app::FlowContext context = context_of(conversation.flow, transport);
  const Match found = match_at_front(segment, context);
  if (found.protocol != nullptr) {
    (void)copies_.is_copy(conversation.flow.first_packet, segment);  // but the next one may be
    return open(conversation, *found.protocol, context, {segment});
  }
  conversation.tries.add(segment.direction);
  if (conversation.tries.over(segment.direction) &&
      conversation.tries.over(reverse(segment.direction)))
    finish(conversation);
}

// Requires: a stream that is probed.
bool Dissection::ensure_probing(Conversation& conversation) {
  if (conversation.app_state != nullptr) return true;
  void* memory = pool_->take(sizeof(Probing));
  if (memory == nullptr) {
    refuse(conversation);
    return false;
  }
  conversation.app_state = new (memory) Probing(*memory_);
  return true;
}

void Dissection::probe_stream(Conversation& conversation, const app::Segment& segment) {
  if (!ensure_probing(conversation)) return;
  Probing& probing = *conversation.probing();
  const std::size_t side = index(segment.direction);
  const app::FlowContext context = context_of(conversation.flow, app::Transport::tcp);
  if (probing.failed[side]) return probe_late(conversation, context, segment);
  if (!probing.held[side].empty()) return probe_joined(conversation, context, segment);
  const Match found = match(segment, context);
  if (found.protocol != nullptr)
    return open(conversation, *found.protocol, context, behind({segment}, found.before));
  if (found.unsure) {
    app::Segment rest = segment;
    set_octets(rest, segment.data.subspan(found.before));
    hold(conversation, rest);
  } else {
    fail_side(conversation, segment.direction);
  }
}

Dissection::Beginning Dissection::join(Probing& probing, const app::Segment& segment) {
  const std::size_t side = index(segment.direction);
  Buffer& held = probing.held[side];
  Beginning beginning{.all = segment, .since = probing.since[side]};
  const std::size_t size = held.size();
  const std::size_t fitting = std::min(Probing::limit - size, segment.data.size());
  if (!held.append(segment.data.first(fitting))) return beginning;
  beginning.held_size = size;
  set_octets(beginning.all, held.view());
  beginning.more = segment.data.subspan(fitting);
  return beginning;
}

void Dissection::probe_joined(Conversation& conversation, const app::FlowContext& context,
                              const app::Segment& segment) {
  Probing& probing = *conversation.probing();
  const std::size_t side = index(segment.direction);
  const Beginning beginning = join(probing, segment);
  const bool fits = beginning.held_size != 0 && beginning.more.empty();
  const Match found = beginning.held_size != 0 ? match(beginning.all, context) : Match{};
  if (found.protocol != nullptr)
    return open(conversation, *found.protocol, context, behind(beginning, found.before));
  if (is_midstream(conversation)) {
    // What is held may be the end of something older.
    const Match alone = match(segment, context);
    if (alone.protocol != nullptr)
      return open(conversation, *alone.protocol, context, behind({segment}, alone.before));
  }
  if (fits && found.unsure && found.before != 0) {
    // What a proxy says is over: what follows begins with what is left.
    probing.held[side].drop_front(found.before);
    probing.since[side] = segment.time;
    probing.late_at[side] = 0;
    return;
  }
  if (beginning.held_size != 0 && follow(conversation, context, beginning)) return;
  if (!fits) return fail_side(conversation, segment.direction);
  if (found.unsure) return;
  if (const std::uint16_t late_at = probing.late_at[side]; late_at != 0) {
    probing.failed[side] = true;
    probing.held[side].drop_front(late_at);
    probing.since[side] = probing.late_since[side];
  } else {
    fail_side(conversation, segment.direction);
  }
  count_late(conversation, segment);
}

// What is held may be the last words of another protocol (AUTH TLS looks like a request so far),
// and the one that follows may have begun in this segment or in one before.
bool Dissection::follow(Conversation& conversation, const app::FlowContext& context,
                        const Beginning& joined) {
  Probing& probing = *conversation.probing();
  const std::size_t side = index(joined.all.direction);
  std::uint16_t& late_at = probing.late_at[side];
  const auto here = static_cast<std::uint16_t>(joined.held_size);
  for (const std::uint16_t at : {late_at, here}) {
    if (at == 0) continue;  // nothing had begun
    if (at == here) probing.late_since[side] = joined.all.time;
    Beginning tail = behind(joined, at);
    tail.since = probing.late_since[side];
    const Match found = match_late(tail.all, context);
    late_at = found.unsure ? at : 0;
    if (found.protocol != nullptr) {
      open_late(conversation, *found.protocol, context, tail);
      return true;
    }
    if (found.unsure) return false;
  }
  return false;
}

// A protocol that follows begins with a segment, but its beginning need not lie in one.
void Dissection::probe_late(Conversation& conversation, const app::FlowContext& context,
                            const app::Segment& segment) {
  Probing& probing = *conversation.probing();
  const std::size_t side = index(segment.direction);
  Buffer& held = probing.held[side];
  if (!held.empty()) {
    const Beginning beginning = join(probing, segment);
    const Match found = beginning.held_size != 0 ? match_late(beginning.all, context) : Match{};
    if (found.protocol != nullptr)
      return open_late(conversation, *found.protocol, context, beginning);
    if (found.unsure && beginning.more.empty()) return count_late(conversation, segment);
    held.release();
  }
  const Match found = match_late(segment, context);
  if (found.protocol != nullptr)
    return open_late(conversation, *found.protocol, context, {segment});
  if (found.unsure) {
    probing.since[side] = segment.time;
    (void)held.append(segment.data);
  }
  count_late(conversation, segment);
}

void Dissection::open_late(Conversation& conversation, const app::Protocol& late,
                           const app::FlowContext& context, const Beginning& beginning) {
  // The other side, too, has spoken the protocol that went before.
  const std::size_t other = index(reverse(beginning.all.direction));
  conversation.probing()->held[other].release();
  conversation.probing()->missed[other] = 0;
  open(conversation, late, context, beginning);
}

void Dissection::count_late(Conversation& conversation, const app::Segment& segment) {
  std::uint32_t& late = conversation.probing()->late[index(segment.direction)];
  late += std::min(segment.size, Probing::late_octets);
  if (late >= Probing::late_octets) finish(conversation);
}

// What is held is all there will be of a beginning: it may be enough for somebody who knows that.
bool Dissection::open_cut(Conversation& conversation, Direction direction, std::uint64_t size,
                          std::optional<Timestamp> had) {
  const Bytes held = conversation.probing()->held[index(direction)].view();
  if (held.empty()) return false;
  const app::Segment start{
      .data = held,
      .size = static_cast<std::uint32_t>(std::min<std::uint64_t>(held.size() + size, UINT32_MAX)),
      .direction = direction,
      .time = conversation.probing()->since[index(direction)]};
  const app::FlowContext context = context_of(conversation.flow, app::Transport::tcp);
  const Match found = match(start, context);
  if (found.protocol == nullptr) return false;
  app::Segment octets = start;
  octets.size = static_cast<std::uint32_t>(held.size());
  open(conversation, *found.protocol, context, behind({octets}, found.before));
  if (app::Dissector* dissector = conversation.dissector(); dissector != nullptr)
    take(conversation, dissector->on_gap(direction, size, had, *out_));
  return true;
}

void Dissection::hold(Conversation& conversation, const app::Segment& segment) {
  conversation.probing()->since[index(segment.direction)] = segment.time;
  if (!conversation.probing()->held[index(segment.direction)].append(segment.data)) {
    fail_side(conversation, segment.direction);
  }
}

// A stream that is nothing known may still hand over to a protocol that is; datagrams do not.
void Dissection::fail_side(Conversation& conversation, Direction direction) {
  Probing& probing = *conversation.probing();
  probing.failed[index(direction)] = true;
  probing.held[index(direction)].release();
}

void Dissection::open(Conversation& conversation, const app::Protocol& protocol,
                      const app::FlowContext& context, const Beginning& beginning) {
  // What was held while probing outlives that: the dissector gets it.
  Probing* const probing = conversation.probing();
  conversation.tries = {};
  conversation.set_protocol(protocol);
  conversation.stage = AppStage::active;
  conversation.app_state = nullptr;
  if (construct(conversation, context)) {
    begin(conversation, probing, beginning);
  } else {
    refuse(conversation);
  }
  if (probing != nullptr) destroy(*probing);
}

Dissection::Beginning Dissection::behind(Beginning beginning, std::size_t size) noexcept {
  beginning.all.data = beginning.all.data.subspan(size);
  beginning.all.size -= static_cast<std::uint32_t>(size);
  beginning.held_size -= std::min(beginning.held_size, size);
  return beginning;
}

void Dissection::begin(Conversation& conversation, const Probing* probing,
                       const Beginning& beginning) {
  app::Segment octets = beginning.all;
  app::Progress progress = app::Progress::more;
  if (probing != nullptr) progress = begin_other(conversation, *probing, reverse(octets.direction));
  if (ends(progress)) return take(conversation, progress);
  if (beginning.held_size != 0) {
    octets.time = beginning.since;
    set_octets(octets, beginning.all.data.first(beginning.held_size));
    progress = conversation.dissector()->consume(octets, *out_);
    if (ends(progress)) return take(conversation, progress);
    octets.time = beginning.all.time;
    set_octets(octets, beginning.all.data.subspan(beginning.held_size));
  }
  progress = conversation.dissector()->consume(octets, *out_);
  if (!ends(progress) && !beginning.more.empty()) {
    set_octets(octets, beginning.more);
    progress = conversation.dissector()->consume(octets, *out_);
  }
  take(conversation, progress);
}

// What the other side said first, in case it did, comes before the octets that decided.
app::Progress Dissection::begin_other(Conversation& conversation, const Probing& probing,
                                      Direction direction) {
  app::Dissector& dissector = *conversation.dissector();
  if (const std::uint64_t missed = probing.missed[index(direction)]; missed != 0) {
    const app::Progress progress = dissector.on_unseen(direction, missed, std::nullopt, *out_);
    if (ends(progress)) return progress;
  }
  const Bytes held = probing.held[index(direction)].view();
  if (held.empty()) return app::Progress::more;
  const Timestamp since = probing.since[index(direction)];
  // The end of something older, perhaps.
  if (is_midstream(conversation)) return dissector.on_unseen(direction, held.size(), since, *out_);
  return dissector.consume({.data = held,
                            .size = static_cast<std::uint32_t>(held.size()),
                            .direction = direction,
                            .time = since},
                           *out_);
}

void Dissection::gap(Conversation& conversation, Direction direction, std::uint64_t size,
                     std::optional<Timestamp> had, Gap where) {
  if (app::Dissector* dissector = conversation.dissector(); dissector != nullptr) {
    return take(conversation, where == Gap::within
                                  ? dissector->on_gap(direction, size, had, *out_)
                                  : dissector->on_unseen(direction, size, had, *out_));
  }
  if (conversation.stage != AppStage::probing || where == Gap::before) return;
  if (!ensure_probing(conversation)) return;
  Probing& probing = *conversation.probing();
  if (open_cut(conversation, direction, size, had)) return;
  // What was held no longer joins what follows; the next octets are probed as a beginning.
  probing.held[index(direction)].release();
  probing.late_at[index(direction)] = 0;
  probing.missed[index(direction)] += size;
  if (probing.failed[index(direction)]) return;
  if (++probing.attempts[index(direction)] >= Probing::max_attempts)
    fail_side(conversation, direction);
}

void Dissection::half_close(Conversation& conversation, Direction direction, Timestamp time) {
  if (app::Dissector* dissector = conversation.dissector(); dissector != nullptr)
    take(conversation, dissector->on_half_close(direction, time, *out_));
}

void Dissection::end(Conversation& conversation, Timestamp now) {
  if (app::Dissector* dissector = conversation.dissector(); dissector != nullptr)
    dissector->on_end(now, *out_);
  finish(conversation);
}

void Dissection::finish(Conversation& conversation) {
  destroy_dissector(conversation);
  if (Probing* probing = conversation.probing(); probing != nullptr) {
    destroy(*probing);
    conversation.app_state = nullptr;
  }
  conversation.stage = AppStage::finished;
}

void Dissection::refuse(Conversation& conversation) {
  ++refused_;
  finish(conversation);
}

void Dissection::take(Conversation& conversation, app::Progress progress) {
  if (progress == app::Progress::more) return;
  destroy_dissector(conversation);
  if (progress == app::Progress::idle || progress == app::Progress::anew) return;
  conversation.stage = progress == app::Progress::restart ? AppStage::probing : AppStage::finished;
}

bool Dissection::construct(Conversation& conversation, const app::FlowContext& context) {
  const app::Protocol& protocol = *conversation.protocol();
  void* memory = pool_->take(protocol.state_size);
  if (memory == nullptr) return false;
  conversation.app_state = protocol.construct(memory, context);
  return true;
}

bool Dissection::construct_anew(Conversation& conversation, app::Transport transport) {
  app::FlowContext context = context_of(conversation.flow, transport);
  context.made_anew = true;
  if (construct(conversation, context)) return true;
  refuse(conversation);
  return false;
}

void Dissection::destroy_dissector(Conversation& conversation) {
  app::Dissector* dissector = conversation.dissector();
  if (dissector == nullptr) return;
  dissector->~Dissector();
  pool_->give_back(dissector, conversation.protocol()->state_size);
  conversation.app_state = nullptr;
}

void Dissection::destroy(Probing& probing) {
  probing.~Probing();
  pool_->give_back(&probing, sizeof(Probing));
}

}  // namespace ntan::run

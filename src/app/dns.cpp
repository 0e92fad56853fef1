// DNS over UDP and TCP, mDNS and LLMNR: pairs answers with queries and reports each exchange.
//
// An event is written at the answer, or 10 s after the last copy of the query. A copy of the query
// counts as a retry; an answer without an open query is an event of its own. A zone transfer (AXFR,
// IXFR) is one answer whatever number of messages it takes: its event is written at the first, the
// further ones belong to it up to the closing SOA. mDNS and LLMNR ask many and are answered by any
// number, elsewhere: one event per message, and no notes.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "app/dns_event.h"
#include "app/dns_message.h"
#include "app/dns_probe.h"
#include "app/open_list.h"
#include "app/protocol.h"
#include "base/hash.h"
#include "base/lower.h"
#include "event/rcode_name.h"

namespace ntan::app {
namespace dns {
namespace {

/// Of one flow: what a resolver that asks from one port waits for.
constexpr std::size_t max_open = 1024;
// What a full list lets go of at once: closing up the rest costs each query little then.
constexpr std::size_t crowded_out = max_open / 4;
constexpr unsigned max_errors = 5;  // in a row: a resolver may use one port for days
constexpr std::size_t max_frame = 65535 + 2;
// Segments in a row in which a stream that lost its place may not find it again.
constexpr unsigned max_misses = 32;

// A query without its answer, or a transfer under way.
struct OpenQuery {
  Timestamp first;
  Timestamp last;
  std::uint64_t hash = 0;  // of who asked what
  std::uint32_t token = 0;
  std::uint32_t retries = 0;
  Header header;
  std::uint16_t type = 0;
  std::uint16_t code = 0;
  std::optional<std::uint16_t> udp_size;
  Direction direction{};
  bool asked = false;  // it had a question
  bool dnssec_ok = false;
  bool transfer = false;
  bool open_soa = false;     // an odd number of SOAs came in the transfer
  std::uint32_t serial = 0;  // of the SOA that opened it
  std::size_t name_size = 0;
  std::string text;  // the name, then the client subnet

  [[nodiscard]] std::string_view name() const noexcept {
    return std::string_view{text}.substr(0, name_size);
  }

  [[nodiscard]] std::string_view subnet() const noexcept {
    return std::string_view{text}.substr(name_size);
  }
};

// RFC 4343: ASCII letters only.
bool equal_names(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // nearly always: servers give the question back as it was
  const auto lower = [](char c) { return to_lower(c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool asks_addresses(std::uint16_t type) noexcept {
  return type == static_cast<std::uint16_t>(Type::a) ||
         type == static_cast<std::uint16_t>(Type::aaaa);
}

bool is_transfer(std::uint16_t type) noexcept {
  return type == static_cast<std::uint16_t>(Type::axfr) ||
         type == static_cast<std::uint16_t>(Type::ixfr);
}

Service service_of(const FlowContext& flow) noexcept {
  // Clients take any port, those of others among them.
  if (flow.client_port == dns_port || flow.server_port == dns_port) return Service::dns;
  if (flow.client_port == llmnr_port || flow.server_port == llmnr_port) return Service::llmnr;
  const bool both = flow.client_port == mdns_port && flow.server_port == mdns_port;
  const bool group = flow.server_port == mdns_port && flow.server.is_multicast();
  const bool reverse_group = flow.client_port == mdns_port && flow.client.is_multicast();
  return both || group || reverse_group ? Service::mdns : Service::dns;
}

bool speaks_mdns(const FlowContext& flow, std::uint16_t port) noexcept {
  return flow.transport == Transport::udp && port == mdns_port && flow.client_port != dns_port &&
         flow.server_port != dns_port;
}

// The last octets of a name, fewer than a word, with zeros behind them.
std::uint64_t last_word(std::string_view name, std::size_t size) noexcept {
  constexpr std::size_t word_size = sizeof(std::uint64_t);
  std::uint64_t word = 0;
  if (std::endian::native == std::endian::little && name.size() >= word_size) {
    std::memcpy(&word, name.data() + name.size() - word_size, word_size);
    return word >> 8U * (word_size - size);
  }
  std::memcpy(&word, name.data() + name.size() - size, size);
  return word;
}

// ASCII letters in lower case, eight characters at a time.
constexpr std::uint64_t lower_word(std::uint64_t word) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101;
  constexpr std::uint64_t top = 0x80 * each;
  const std::uint64_t low = word & ~top;
  const std::uint64_t from_a = low + (0x80 - 'A') * each;
  const std::uint64_t past_z = low + (0x7f - 'Z') * each;
  return word | (~word & top & (from_a ^ past_z)) >> 2U;
}

static_assert(lower_word(0x405a'415b'607a'ffda) == 0x407a'615b'607a'ffda);

// Who asks what, for the statistics and to find an open query. Names are equal whatever the case of
// their letters.
std::uint64_t hash_question(std::uint64_t asker, std::string_view name, std::uint16_t type,
                            std::uint16_t code) noexcept {
  const HashKey& key = fixed_hash_key;
  std::uint64_t state = asker ^ (std::uint64_t{type} << 16U | code);
  const auto mix = [&](std::uint64_t word) {
    state = folded_multiply(lower_word(word) ^ key.words[1] ^ state, key.words[2]);
  };
  std::size_t left = name.size();
  for (const char* at = name.data(); left >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    mix(word);
    left -= sizeof(std::uint64_t);
  }
  if (left != 0) mix(last_word(name, left));
  return folded_multiply(state ^ key.words[3], key.words[0]);
}

std::uint64_t hash_address(const IpAddress& address) noexcept {
  return hash_words(std::bit_cast<std::array<std::uint64_t, 2>>(address.octets), fixed_hash_key);
}

std::string_view name_of(Service service) noexcept {
  switch (service) {
    case Service::dns: return {};
    case Service::mdns: return "mdns";
    case Service::llmnr: return "llmnr";
  }
  return {};
}

void set_flags(Dns& event, const Header& header) noexcept {
  const auto has = [&header](std::uint16_t bit) { return (header.flags & bit) != 0; };
  event.tc = has(flag::tc);
  event.rd = has(flag::rd);
  event.ad = has(flag::ad);
  event.cd = has(flag::cd);
  if (header.opcode() != 0) event.opcode = opcode_name(header.opcode());
  if (header.counts[0] != 1) event.questions = header.counts[0];
  if (!header.is_response()) return;
  event.aa = has(flag::aa);
  event.ra = has(flag::ra);
  event.answer_count = header.counts[1];
  event.authority_count = header.counts[2];
  event.additional_count = header.counts[3];
}

void set_question(Dns& event, std::uint16_t type, std::uint16_t code) noexcept {
  event.type = type_name(type);
  if (code != class_in) event.code = class_name(code);
}

Dns describe(const Message& message) {
  Dns event;
  event.id = message.header.id;
  set_flags(event, message.header);
  if (message.question) {
    event.query = message.question->name;
    set_question(event, message.question->type, message.question->code);
  }
  if (message.edns) {
    event.edns_udp_size = message.edns->udp_size;
    event.edns_do = message.edns->dnssec_ok;
    event.ecs = message.edns->client_subnet;
  }
  event.answered = message.header.is_response();
  if (message.header.is_response()) {
    event.rcode = event::rcode_name(message.rcode());
    event.answers = message.answers;
  } else {
    event.queried = true;
  }
  return event;
}

Dns describe(const OpenQuery& query) {
  Dns event;
  event.id = query.header.id;
  set_flags(event, query.header);
  if (query.asked) {
    event.query = query.name();
    set_question(event, query.type, query.code);
  }
  if (query.udp_size) {
    event.edns_udp_size = query.udp_size;
    event.edns_do = query.dnssec_ok;
    event.ecs = query.subnet();
  }
  event.queried = true;
  event.retries = query.retries;
  return event;
}

class DnsDissector final : public Dissector {
 public:
  explicit DnsDissector(const FlowContext& flow)
      : budget_(flow.memory),
        open_(*flow.memory),
        streams_{Buffer{*flow.memory, max_frame}, Buffer{*flow.memory, max_frame}},
        transport_(flow.transport),
        service_(service_of(flow)),
        from_mdns_{speaks_mdns(flow, flow.client_port), speaks_mdns(flow, flow.server_port)},
        askers_{hash_address(flow.client), hash_address(flow.server)},
        ports_{flow.client_port, flow.server_port} {}

  DnsDissector(const DnsDissector&) = delete;
  DnsDissector& operator=(const DnsDissector&) = delete;

  ~DnsDissector() override {
    for (const OpenQuery& query : open_) budget_->give_back(query.text.size());
  }

  Progress consume(const Segment& segment, Output& out) override {
    if (transport_ == Transport::tcp) return consume_stream(segment, out);
    // A successor must not take a time-out of this one for its own.
    last_token_ = static_cast<std::uint32_t>(segment.packet);
    const Progress progress = consume_message(segment, segment.data, out);
    const bool remembers = !open_.empty() || errors_ != 0 || asked_mdns_;
    return progress == Progress::more && !remembers ? Progress::idle : progress;
  }

  Progress on_gap(Direction direction, std::uint64_t size, std::optional<Timestamp> /*had*/,
                  Output& out) override {
    Buffer& kept = streams_[index(direction)];
    std::uint32_t& skip = skip_[index(direction)];
    std::uint64_t missing = skip;
    Progress progress = Progress::more;
    if (kept.size() >= 2) {
      // What came of the message is read; the rest of it is somewhere in the gap or behind it.
      const std::size_t frame = frame_size(kept.view());
      missing = frame - kept.size();
      progress = consume_message({.data = kept.view(),
                                  .size = static_cast<std::uint32_t>(frame),
                                  .direction = direction,
                                  .time = kept_since_[index(direction)]},
                                 kept.view().subspan(2), out);
    }
    kept.clear();
    const bool within = skip != lost && missing != 0 && size <= missing;
    skip = within ? static_cast<std::uint32_t>(missing - size) : lost;
    return progress;
  }

  Progress on_unseen(Direction direction, std::uint64_t /*size*/, std::optional<Timestamp> /*had*/,
                     Output& /*out*/) override {
    skip_[index(direction)] = lost;
    return Progress::more;
  }

  void on_timer(Timer /*timer*/, std::uint32_t token, Timestamp /*now*/, Output& out) override {
    const auto at = open_.find([token](const OpenQuery& query) { return query.token == token; });
    if (at != open_.end()) close(take(at), out);
  }

  void on_end(Timestamp /*now*/, Output& out) override { close_all(out); }

 private:
  using Entry = decltype(std::declval<OpenList<OpenQuery, max_open>&>().begin());

  static constexpr std::uint32_t lost = UINT32_MAX;  // where the next message begins is not known

  // --- messages -----------------------------------------------------------------------------

  // RFC 1035 4.2.2: each message behind its length. What one segment leaves over waits for the
  // next.
  Progress consume_stream(const Segment& segment, Output& out) {
    std::uint32_t& skip = skip_[index(segment.direction)];
    if (skip == lost) {
      if (!finds_place(segment)) return ++misses_ < max_misses ? Progress::more : leave(out);
      skip = 0;
    }
    Buffer& kept = streams_[index(segment.direction)];
    const std::size_t skipped = std::min<std::size_t>(skip, segment.data.size());
    skip -= static_cast<std::uint32_t>(skipped);
    Bytes input = segment.data.subspan(skipped);
    while (!kept.empty()) {
      const std::size_t missing = frame_size(kept.view()) - kept.size();
      const Bytes piece = input.first(std::min(missing, input.size()));
      if (!keep_front(segment, piece)) return leave(out);
      input = input.subspan(piece.size());
      if (piece.size() < missing) return Progress::more;
      if (kept.size() < frame_size(kept.view())) continue;
      const Progress progress = consume_message(segment, kept.view().subspan(2), out);
      kept.clear();
      if (progress != Progress::more) return progress;
    }
    while (!input.empty() && input.size() >= frame_size(input)) {
      const std::size_t size = frame_size(input);
      const Progress progress = consume_message(segment, input.subspan(2, size - 2), out);
      if (progress != Progress::more) return progress;
      input = input.subspan(size);
    }
    return keep_front(segment, input) ? Progress::more : leave(out);
  }

  bool keep_front(const Segment& segment, Bytes octets) {
    kept_since_[index(segment.direction)] = segment.time;
    return streams_[index(segment.direction)].append(octets);
  }

  // Behind a gap a message may begin where a segment does: servers write one at a time. By content
  // alone, as if no port was known: a header may be found in one of 16 places of a list of records.
  bool finds_place(const Segment& segment) {
    if (segment.data.size() < 2 + header_size ||
        probe(segment, {.transport = transport_}) == Verdict::no)
      return false;
    misses_ = 0;
    return true;
  }

  // Octets that the frame at the front takes, as far as that is known yet.
  static std::size_t frame_size(Bytes front) noexcept {
    Reader reader{front};
    const std::size_t size = reader.be16();
    return 2 + size;
  }

  Progress consume_message(const Segment& segment, Bytes octets, Output& out) {
    // Sixteen kilobytes that are written before they are read, message by message.
    // NOLINTNEXTLINE(*-member-init)
    __attribute__((uninitialized)) Scratch scratch;
    const bool cut = segment.data.size() < segment.size;
    const auto message = read_message(octets, service_in(segment, octets), scratch);
    if (!message) {
      if (!cut) report_defect({Flaw::truncated, "header"}, out);
    } else {
      if (!message->defect) {
        errors_ = 0;
      } else if (!(cut && message->defect->flaw == Flaw::truncated)) {
        report_defect(*message->defect, out);
      }
      // A question that cannot be read is no query; one that was cut off is.
      if (message->question || message->header.counts[0] == 0 || cut) {
        on_message(*message, segment, out);
      }
    }
    return errors_ < max_errors ? Progress::more : leave(out);
  }

  // RFC 6762 6.7: the answer to a question that went to the group from another port. A server on
  // that port that was asked in this flow is none of mDNS, however often it answers.
  [[nodiscard]] bool is_mdns_answer(const Segment& segment) const noexcept {
    return from_mdns_[index(segment.direction)] && !asked_mdns_;
  }

  // mDNS has a bit of its own in the class of a record.
  [[nodiscard]] Service service_in(const Segment& segment, Bytes octets) const noexcept {
    if (service_ != Service::dns || !is_mdns_answer(segment)) return service_;
    Reader reader{octets};
    const auto header = read_header(reader);
    return header && header->is_response() ? Service::mdns : service_;
  }

  void report_defect(const Defect& defect, Output& out) {
    ++errors_;
    out.anomaly("dns", event::Reason::dns_malformed, defect.where);
  }

  void on_message(const Message& message, const Segment& segment, Output& out) {
    if (service_ != Service::dns) {
      report_alone(message, service_, out);
    } else if (message.header.is_response()) {
      on_answer(message, segment, out);
    } else {
      on_query(message, segment, out);
    }
  }

  static void report_alone(const Message& message, Service service, Output& out) {
    if (!out.wants<Dns>()) return;
    Dns event = describe(message);
    if (event.queried) event.answered = std::nullopt;
    event.service = name_of(service);
    if (service == Service::mdns && event.queried && message.question) {
      event.unicast_response = message.question->unicast_response;
    }
    out.emit(event);
  }

  // --- pairing ------------------------------------------------------------------------------

  void on_query(const Message& message, const Segment& segment, Output& out) {
    out.note({event::Note::Kind::dns_query});
    asked_mdns_ = asked_mdns_ || from_mdns_[index(reverse(segment.direction))];
    const std::uint64_t hash = hash_of(message, segment.direction);
    const auto same = find(message, segment.direction, hash);
    if (same != open_.end() && same->transfer) {
      close(take(same), out);
    } else if (same != open_.end()) {
      ++same->retries;
      same->last = segment.time;
      out.note({event::Note::Kind::dns_retry});
      arm(*same, out);
      return;
    }
    if (open_.full()) let_go(out);
    out.note(
        {event::Note::Kind::dns_asked, of_attempt(hash, message.header.id, segment.direction)});
    keep(message, hash, segment, out);
  }

  void keep(const Message& message, std::uint64_t hash, const Segment& segment, Output& out) {
    OpenQuery query{
        .first = segment.time, .last = segment.time, .hash = hash, .header = message.header};
    query.direction = segment.direction;
    if (message.question) {
      query.asked = true;
      query.type = message.question->type;
      query.code = message.question->code;
      query.text = message.question->name;
      query.name_size = query.text.size();
    }
    if (message.edns) {
      query.udp_size = message.edns->udp_size;
      query.dnssec_ok = message.edns->dnssec_ok;
      query.text += message.edns->client_subnet;
    }
    if (!open_.make_room() || !budget_->take(query.text.size())) {
      out.emit(describe(query));  // no memory to wait for the answer: each will stand alone
      return;
    }
    arm(open_.add(std::move(query)), out);
  }

  void on_answer(const Message& message, const Segment& segment, Output& out) {
    const std::uint64_t hash = hash_of(message, reverse(segment.direction));
    const auto same = find(message, reverse(segment.direction), hash);
    if (same != open_.end() && same->transfer) {
      if (ends_transfer(message, same->serial, same->open_soa)) {
        (void)take(same);
      } else {
        same->open_soa ^= message.soas % 2 != 0;
        same->last = segment.time;
        arm(*same, out);
      }
      return;
    }
    if (same == open_.end() && is_mdns_answer(segment))
      return report_alone(message, Service::mdns, out);
    out.note({event::Note::Kind::dns_answer});
    out.note({event::Note::Kind::dns_rcode, message.rcode()});
    if (same == open_.end()) {
      out.note({event::Note::Kind::dns_unpaired, hash});
      report(message, nullptr, segment.time, out);
      return;
    }
    out.note({event::Note::Kind::dns_settled, same->hash});
    tell_times(*same, segment.time, out);
    if (asks_addresses(same->type)) {
      for (const IpAddress& address : message.addresses) {
        if (!address.known()) break;
        out.resolved(address);
      }
    }
    report(message, &*same, segment.time, out);
    if (transport_ == Transport::tcp && is_transfer(same->type) && !is_whole_transfer(message)) {
      same->transfer = true;
      same->open_soa = message.soas % 2 != 0;
      same->serial = message.first_serial;
      same->last = segment.time;
      arm(*same, out);
    } else {
      (void)take(same);
    }
  }

  // `query`: what the message answers, if it was seen.
  static void report(const Message& message, const OpenQuery* query, Timestamp now, Output& out) {
    if (!out.wants<Dns>()) return;
    Dns event = describe(message);
    event.duplicate_answers = 0;
    if (query != nullptr) add_query(event, *query, now);
    out.emit(event);
  }

  static void add_query(Dns& event, const OpenQuery& query, Timestamp now) {
    event.queried = true;
    event.retries = query.retries;
    if (query.asked) {
      event.query = query.name();
      set_question(event, query.type, query.code);
    }
    if (event.ecs.empty()) event.ecs = query.subnet();
    if (now >= query.last) event.rtt_us = to_us(now - query.last);
    if (now >= query.first && query.retries > 0) event.rtt_first_us = to_us(now - query.first);
  }

  static void tell_times(const OpenQuery& query, Timestamp now, Output& out) {
    const auto tell = [now, &out](event::Note::Kind kind, Timestamp from) {
      if (now >= from) out.note({kind, static_cast<std::uint64_t>(to_us(now - from))});
    };
    tell(event::Note::Kind::dns_rtt_us, query.last);
    tell(event::Note::Kind::dns_rtt_first_us, query.first);
  }

  // Of a question that cannot be read only the message's number tells which one it is.
  [[nodiscard]] std::uint64_t hash_of(const Message& message, Direction asked) const noexcept {
    const std::uint64_t asker = askers_[index(asked)];
    const auto& question = message.question;
    return question ? hash_question(asker, question->name, question->type, question->code)
                    : hash_question(asker, {}, message.header.id, 0);
  }

  // A program that asks several servers at once does so with one number from one port.
  [[nodiscard]] std::uint64_t of_attempt(std::uint64_t question, std::uint16_t id,
                                         Direction asked) const noexcept {
    const auto attempt = static_cast<std::uint16_t>(id * 31U + ports_[index(asked)]);
    return event::question_of_attempt(question, attempt);
  }

  // RFC 5936 2.2: the SOA opens a transfer and closes it. Those in between (RFC 1995 4) come in
  // pairs, before what a version removes and before what it adds: the closing one makes the number
  // even, and the one before the last additions, which is the same SOA, does not.
  static bool ends_transfer(const Message& message, std::uint32_t serial, bool open_soa) noexcept {
    const bool even = (message.soas % 2 != 0) == open_soa;
    return message.header.rcode() != 0 ||
           (message.last_answer_type == static_cast<std::uint16_t>(Type::soa) &&
            message.last_serial == serial && even);
  }

  static bool is_whole_transfer(const Message& message) noexcept {
    return ends_transfer(message, message.first_serial, false);
  }

  // The open query that a message copies or answers. The hash of its question is compared first: a
  // name takes long to compare, and a sender may choose many that differ late.
  Entry find(const Message& message, Direction direction, std::uint64_t hash) {
    return open_.find([&](const OpenQuery& query) {
      if (query.header.id != message.header.id || query.direction != direction) return false;
      const auto& question = message.question;
      if (!question) return message.header.is_response() || !query.asked;
      return query.hash == hash && query.type == question->type && query.code == question->code &&
             equal_names(query.name(), question->name);
    });
  }

  void arm(OpenQuery& query, Output& out) {
    query.token = ++last_token_;
    out.arm(Timer::query_10s, query.token);
  }

  OpenQuery take(Entry at) {
    budget_->give_back(at->text.size());
    OpenQuery query = open_.take(at);
    open_.trim();
    return query;
  }

  static void close(const OpenQuery& query, Output& out) {
    if (query.transfer) return;
    out.note({event::Note::Kind::dns_unanswered});
    if (!out.wants<Dns>()) return;
    Dns event = describe(query);
    event.answered = false;
    out.emit(event);
  }

  // Whether the answers of the oldest come will not be known.
  void let_go(Output& out) {
    open_.drop_front(crowded_out, [&](const OpenQuery& query) {
      ++budget_->crowded_out;
      budget_->give_back(query.text.size());
      if (!query.transfer && out.wants<Dns>()) out.emit(describe(query));
    });
  }

  void close_all(Output& out) {
    open_.drop_front(open_.size(), [&](const OpenQuery& query) {
      budget_->give_back(query.text.size());
      close(query, out);
    });
    open_.trim();
  }

  Progress leave(Output& out) {
    close_all(out);
    return Progress::give_up;
  }

  Budget* budget_;
  OpenList<OpenQuery, max_open> open_;
  std::array<Buffer, 2> streams_;        // the beginning of a message
  std::array<Timestamp, 2> kept_since_;  // when the latest part of it came
  std::array<std::uint32_t, 2> skip_{};  // octets to come of a message that a gap has spoilt
  std::uint32_t last_token_ = 0;
  unsigned errors_ = 0;
  unsigned misses_ = 0;  // segments in a row that did not find their place
  Transport transport_;
  Service service_;
  bool asked_mdns_ = false;              // a side that sends from the port of mDNS was asked
  std::array<bool, 2> from_mdns_;        // that side sends from the port of mDNS
  std::array<std::uint64_t, 2> askers_;  // the ends, hashed, by the direction they ask in
  std::array<std::uint16_t, 2> ports_;   // theirs, in the same order
};

std::string_view kind_of(const Header& header) noexcept {
  constexpr std::uint8_t notify = 4;  // RFC 1996 3
  constexpr std::uint8_t update = 5;  // RFC 2136 1.3
  if (header.is_response()) return "answer";
  if (header.opcode() == notify) return "notify";
  return header.opcode() == update ? "update" : "query";
}

/// The first question of a message that begins in this packet. Of a stream that need not be so: the
/// octets of a packet are a message only if they look like one.
void describe(Transport transport, const Segment& packet, TextLine& line) {
  constexpr std::size_t length_octets = 2;  // before each message of a stream (RFC 1035 4.2.2)
  if (probe(packet, {.transport = transport, .server_port = dns_port}) != Verdict::yes) return;
  const Bytes octets =
      transport == Transport::tcp ? packet.data.subspan(length_octets) : packet.data;
  Reader reader{octets};
  const auto header = read_header(reader);
  if (!header) return;
  if (header->counts[0] == 0) {
    line.add(kind_of(*header));
  } else {
    std::array<char, TextArena::item_limit> storage;  // NOLINT(*-member-init): the arena writes it
    TextArena text{storage};
    std::size_t budget = max_name_octets;
    text.begin();
    if (add_name(text, reader, octets, budget)) return;
    const auto name = text.finish();
    const std::uint16_t type = reader.be16();
    if (!name || !reader.ok()) return;
    line.add(kind_of(*header)).add(" ").add(type_name(type).view()).add(" ").add(*name);
  }
  if (header->is_response()) {
    line.add(" ").add(event::rcode_name(header->rcode()).view()).add(" ").add(header->counts[1]);
    line.add(header->counts[1] == 1 ? " record" : " records");
  }
}

constexpr std::array<std::uint16_t, 3> ports{dns_port, mdns_port, llmnr_port};
constexpr std::array<const event::Schema*, 1> events{&event::schema_of<Dns>};

static_assert(sizeof(DnsDissector) <= 512);

}  // namespace
}  // namespace dns

extern const Protocol dns_protocol;
const Protocol dns_protocol{
    .name = "dns",
    .transports = mask(Transport::udp) | mask(Transport::tcp),
    .ports = dns::ports,
    .events = dns::events,
    .probe = dns::probe,
    .state_size = sizeof(dns::DnsDissector),
    .construct = construct<dns::DnsDissector>,
    .describe = dns::describe,
};

}  // namespace ntan::app

// NTP (RFC 5905): pairs answers of servers with questions of clients and reports each exchange, all
// else message by message.
//
// An event is written at the answer, or 10 s after the last copy of the question. An answer repeats
// the time that the client sent with; that, however wrong, is what joins them. What asks for more
// than the time (modes 6 and 7) is reported as such: it can be made to flood others.
#include <algorithm>
#include <array>
#include <optional>

#include "app/ntp_packet.h"
#include "app/observed.h"
#include "app/open_list.h"
#include "app/protocol.h"
#include "base/address.h"
#include "base/digits.h"
#include "event/record.h"

namespace ntan::app {
namespace ntp {
namespace {

constexpr std::size_t max_open = 256;  // of one flow
// What a full list lets go of at once: closing up the rest costs each question little then.
constexpr std::size_t crowded_out = max_open / 4;
constexpr unsigned max_errors = 5;  // in a row

using Opcode = event::FixedText<16>;

/// The `ntp` event.
struct Ntp {
  std::uint8_t version = 0;
  Mode mode = Mode::reserved;
  std::optional<bool> queried;
  std::optional<bool> answered;
  std::optional<std::uint32_t> retries;
  std::string_view leap;
  std::optional<std::uint8_t> stratum;
  std::string_view ref_id;
  std::string_view kiss;
  std::optional<std::uint32_t> poll_s;
  std::optional<std::int32_t> precision;
  std::optional<std::int64_t> root_delay_us;
  std::optional<std::int64_t> root_dispersion_us;
  std::optional<Timestamp> ref_time;
  std::optional<Timestamp> xmt_time;
  std::optional<std::int64_t> rtt_us;
  std::optional<std::int64_t> server_us;
  std::optional<std::int64_t> offset_us;
  std::optional<bool> interleaved;
  std::optional<std::uint16_t> extensions;
  std::optional<bool> nts;
  std::optional<std::uint32_t> key_id;
  std::optional<bool> crypto_nak;
  std::optional<bool> response;
  Opcode opcode;
  std::optional<std::uint8_t> implementation;
  std::optional<std::uint8_t> request_code;

  static constexpr std::array<std::string_view, 9> line{"mode",      "answered", "stratum",
                                                        "ref_id",    "kiss",     "rtt_us",
                                                        "offset_us", "opcode",   "request_code"};
  static constexpr event::RecordInfo info{
      .name = "ntp",
      .doc =
          "A client's question for the time and the server's answer (RFC 5905), or a message that "
          "stands alone",
      .order = event::Order::protocol,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"version", &Ntp::version>("Protocol version, 1 to 4; of an exchange, the answer's"),
        field<"mode", &Ntp::mode>("client, of an exchange too; server, of an answer alone; "
                                  "symmetric_active, symmetric_passive, broadcast; control and "
                                  "private, which ask for more than the time"),
        field<"queried", &Ntp::queried>("The question was seen; absent outside exchanges"),
        field<"answered", &Ntp::answered>(
            "The answer was seen; absent outside exchanges and where none is waited for: of a "
            "question to a group, or with too many open"),
        field<"retries", &Ntp::retries>("Further copies of the question before the answer"),
        field<"leap", &Ntp::leap>(
            "What the sender knows of the day's last minute: 61s, 59s; unsynchronized: it does not "
            "know the time. This and what follows is of the answer, if there is one"),
        field<"stratum", &Ntp::stratum>(
            "Distance from a reference clock; 16: none; absent if unspecified"),
        field<"ref_id", &Ntp::ref_id>(
            "What the sender sets its clock by: letters at stratum 1, like GPS; an address, or the "
            "hash of one of IPv6 written so"),
        field<"kiss", &Ntp::kiss>("Why no time is given: RATE, DENY, …"),
        field<"poll_s", &Ntp::poll_s>("Interval between questions; absent if unspecified"),
        field<"precision", &Ntp::precision>(
            "Of the clock: seconds, as a power of two, like -23; absent if unspecified"),
        field<"root_delay_us", &Ntp::root_delay_us>(
            "Round trip to the reference clock, microseconds"),
        field<"root_dispersion_us", &Ntp::root_dispersion_us>(
            "How far off the sender may be, microseconds"),
        field<"ref_time", &Ntp::ref_time>("When the sender's clock was last set, by that clock"),
        field<"xmt_time", &Ntp::xmt_time>(
            "The time it sends; not of clients, which may send any. Times are taken to be in the "
            "era, of 136 years each, next to the packet's"),
        field<"rtt_us", &Ntp::rtt_us>("From the last copy of the question to the answer"),
        field<"server_us", &Ntp::server_us>("How much of it the server had the question, it says"),
        field<"offset_us", &Ntp::offset_us>(
            "How far the server's clock is ahead of the capture's, if the way there takes as long "
            "as the way back; of servers that know the time"),
        field<"interleaved", &Ntp::interleaved>(
            "The answer has the times of the one before (RFC 9769)"),
        field<"extensions", &Ntp::extensions>("Extension fields (RFC 7822), if there are any"),
        field<"nts", &Ntp::nts>("Some are those of Network Time Security (RFC 8915)"),
        field<"key_id", &Ntp::key_id>("Key that the message is authenticated with"),
        field<"crypto_nak", &Ntp::crypto_nak>("The server could not authenticate the question"),
        field<"response", &Ntp::response>("control, private: an answer; of one in several packets, "
                                          "the first"),
        field<"opcode", &Ntp::opcode>("control: read_variables, …; OP42 where it has no name"),
        field<"implementation", &Ntp::implementation>("private: whose codes they are"),
        field<"request_code", &Ntp::request_code>(
            "private: what is asked for; 42 and 20 list the server's clients"));
  }
};

Opcode opcode_name(std::uint8_t code) noexcept {
  switch (code) {  // RFC 9327 2; from 8 on as ntpd has them
    case 1: return Opcode{"read_status"};
    case 2: return Opcode{"read_variables"};
    case 3: return Opcode{"write_variables"};
    case 4: return Opcode{"read_clock"};
    case 5: return Opcode{"write_clock"};
    case 6: return Opcode{"set_trap"};
    case 7: return Opcode{"trap"};
    case 8: return Opcode{"configure"};
    case 9: return Opcode{"save_config"};
    case 10: return Opcode{"read_mru"};
    case 11: return Opcode{"read_list"};
    case 12: return Opcode{"request_nonce"};
    case 31: return Opcode{"unset_trap"};
    default: break;
  }
  Opcode name{"OP"};
  const char* const end = append_unsigned(name.octets.data() + name.size, code);
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  return name;
}

std::string_view leap_name(std::uint8_t leap) noexcept {
  constexpr std::array<std::string_view, 4> names{"", "61s", "59s", "unsynchronized"};
  return names[leap % names.size()];
}

/// A packet's reference id as text; its letters are anybody's.
class ReferenceId {
 public:
  explicit ReferenceId(const Packet& packet) noexcept {
    const auto& octets = packet.reference_id;
    if (packet.stratum <= 1 || !packet.synchronized()) {
      const auto end = std::ranges::find(octets, std::uint8_t{0});
      size_ = static_cast<std::size_t>(std::ranges::copy(octets.begin(), end, text_.begin()).out -
                                       text_.begin());
    } else {
      size_ = static_cast<std::size_t>(append_address(text_.data(), IpAddress::v4(octets.data())) -
                                       text_.data());
    }
  }

  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, max_address_text> text_{};
  std::size_t size_ = 0;
};

/// Of seconds with 16 bits behind the point.
std::int64_t short_us(std::int64_t value) noexcept {
  constexpr std::int64_t second_us = 1'000'000;
  constexpr std::int64_t half = 1 << 15U;
  return (value * second_us + half) >> 16U;
}

/// Before version 4 it could be less than nothing (RFC 1305 3.2.1).
std::int64_t root_delay_us(const Packet& packet) noexcept {
  constexpr std::uint8_t unsigned_since = 4;
  if (packet.version >= unsigned_since) return short_us(packet.root_delay);
  return short_us(static_cast<std::int32_t>(packet.root_delay));
}

std::optional<std::uint32_t> poll_s(const Packet& packet) noexcept {
  constexpr std::int8_t longest = 31;
  if (packet.poll <= 0 || packet.poll > longest) return std::nullopt;
  return std::uint32_t{1} << static_cast<unsigned>(packet.poll);
}

/// `id` outlives the event.
Ntp describe(const Packet& packet, const ReferenceId& id, Timestamp now) noexcept {
  Ntp event{.version = packet.version, .mode = packet.mode, .leap = leap_name(packet.leap)};
  const auto time = [now](Stamp stamp) {
    return stamp == 0 ? std::nullopt : std::optional{to_time(stamp, now)};
  };
  if (packet.stratum != 0) {
    event.stratum = packet.stratum;
    event.ref_id = id.view();
  } else if (packet.mode != Mode::client) {
    event.kiss = id.view();
  }
  event.poll_s = poll_s(packet);
  if (packet.precision != 0) event.precision = packet.precision;
  event.root_delay_us = root_delay_us(packet);
  event.root_dispersion_us = short_us(packet.root_dispersion);
  event.ref_time = time(packet.reference);
  if (packet.mode != Mode::client) event.xmt_time = time(packet.transmit);
  if (packet.extensions != 0) event.extensions = packet.extensions;
  event.nts = if_true(packet.nts);
  event.key_id = packet.key_id;
  event.crypto_nak = if_true(packet.crypto_nak);
  return event;
}

/// A question without its answer.
struct OpenQuestion {
  Timestamp last;
  std::uint32_t token = 0;
  std::uint32_t retries = 0;
  Packet packet;
  Direction direction{};
};

bool is_many(const IpAddress& address) noexcept {
  return address.is_multicast() || address.is_broadcast();
}

class NtpDissector final : public Dissector {
 public:
  explicit NtpDissector(const FlowContext& flow) noexcept
      : budget_(flow.memory),
        open_(*flow.memory),
        to_many_{is_many(flow.server), is_many(flow.client)},
        to_itself_(flow.client == flow.server && flow.client_port == flow.server_port) {}

  Progress consume(const Segment& segment, Output& out) override {
    // A successor must not take a time-out of this one for its own.
    last_token_ = static_cast<std::uint32_t>(segment.packet);
    const std::string_view flaw = consume_message(segment, out);
    if (flaw.empty()) {
      errors_ = 0;
    } else {
      out.anomaly("ntp", event::Reason::ntp_malformed, flaw);
      if (++errors_ == max_errors) {
        close_all(out);
        return Progress::give_up;
      }
    }
    return open_.empty() && errors_ == 0 ? Progress::idle : Progress::more;
  }

  void on_timer(Timer /*timer*/, std::uint32_t token, Timestamp /*now*/, Output& out) override {
    const auto at = open_.find([token](const OpenQuestion& open) { return open.token == token; });
    if (at == open_.end()) return;
    emit_question(open_.take(at), false, out);
    open_.trim();
  }

  void on_end(Timestamp /*now*/, Output& out) override { close_all(out); }

 private:
  /// What is wrong with it, if anything is.
  std::string_view consume_message(const Segment& segment, Output& out) {
    const bool cut = segment.data.size() < segment.size;
    const Mode mode = mode_of(Reader{segment.data}.peek());
    if (mode == Mode::reserved) return "mode";
    if (mode == Mode::control || mode == Mode::private_use) {
      const auto query = read_query(segment.data);
      if (!query) return cut ? "" : "query";
      if (!query->goes_on) report(*query, out);
      return {};
    }
    const auto read = read_packet(segment.data);
    if (!read) return cut ? "" : "header";
    on_packet(read->packet, segment, out);
    if (!read->defect || (cut && read->defect->flaw == Flaw::truncated)) return {};
    return read->defect->where;
  }

  void on_packet(const Packet& packet, const Segment& segment, Output& out) {
    if (packet.mode == Mode::client) {
      on_question(packet, segment, out);
    } else if (packet.mode == Mode::server) {
      on_answer(packet, segment, out);
    } else if (out.wants<Ntp>()) {
      const ReferenceId id{packet};
      out.emit(describe(packet, id, segment.time));
    }
  }

  static void report(const Query& query, Output& out) {
    Ntp event{.version = query.version, .mode = query.mode, .response = query.response};
    if (query.mode == Mode::control) {
      event.opcode = opcode_name(query.code);
    } else {
      event.implementation = query.implementation;
      event.request_code = query.code;
    }
    out.emit(event);
  }

  void on_question(const Packet& packet, const Segment& segment, Output& out) {
    const auto same = open_.find([&](const OpenQuestion& open) {
      return open.packet.transmit == packet.transmit && open.direction == segment.direction;
    });
    if (same != open_.end()) {
      ++same->retries;
      same->last = segment.time;
      return arm(*same, out);
    }
    if (open_.full()) let_go(out);
    OpenQuestion question{.last = segment.time, .packet = packet, .direction = segment.direction};
    // Whoever is there of a group answers from an address of his own, in a flow of his own.
    if (!to_many_[index(segment.direction)] && open_.make_room()) {
      arm(open_.add(std::move(question)), out);
    } else {
      emit_question(question, std::nullopt, out);
    }
  }

  void on_answer(const Packet& packet, const Segment& segment, Output& out) {
    const auto at = open_.find([&](const OpenQuestion& open) {
      const bool meant = to_itself_ || open.direction != segment.direction;
      return meant && (packet.origin == open.packet.transmit || is_interleaved(packet, open));
    });
    const ReferenceId id{packet};
    Ntp event = describe(packet, id, segment.time);
    event.queried = at != open_.end();
    event.answered = true;
    if (at != open_.end()) {
      add_question(event, packet, open_.take(at), segment.time);
      open_.trim();
    }
    if (out.wants<Ntp>()) out.emit(event);
  }

  static bool is_interleaved(const Packet& answer, const OpenQuestion& question) noexcept {
    return question.packet.receive != 0 && answer.origin == question.packet.receive &&
           answer.origin != question.packet.transmit;
  }

  static void add_question(Ntp& event, const Packet& answer, const OpenQuestion& question,
                           Timestamp now) noexcept {
    event.mode = Mode::client;
    event.retries = question.retries;
    event.rtt_us = elapsed_us(question.last, now);
    event.interleaved = if_true(is_interleaved(answer, question));
    if (event.interleaved || answer.receive == 0 || answer.transmit == 0) return;
    const Duration held = between(answer.receive, answer.transmit);
    if (held >= Duration{0}) event.server_us = to_us(held);
    if (!answer.synchronized() || !event.rtt_us) return;
    const Duration there = between(to_stamp(question.last), answer.receive);
    const Duration back = between(to_stamp(now), answer.transmit);
    event.offset_us = to_us(there / 2 + back / 2);
  }

  /// `answered`: false, or nothing where no answer is waited for.
  static void emit_question(const OpenQuestion& question, std::optional<bool> answered,
                            Output& out) {
    if (!out.wants<Ntp>()) return;
    const ReferenceId id{question.packet};
    Ntp event = describe(question.packet, id, question.last);
    event.queried = true;
    event.answered = answered;
    event.retries = question.retries;
    out.emit(event);
  }

  void arm(OpenQuestion& question, Output& out) {
    question.token = ++last_token_;
    out.arm(Timer::query_10s, question.token);
  }

  // Whether the answers to the oldest come will not be known.
  void let_go(Output& out) {
    open_.drop_front(crowded_out, [&](const OpenQuestion& question) {
      ++budget_->crowded_out;
      emit_question(question, std::nullopt, out);
    });
  }

  void close_all(Output& out) {
    open_.drop_front(open_.size(),
                     [&](const OpenQuestion& question) { emit_question(question, false, out); });
    open_.trim();
  }

  Budget* budget_;
  OpenList<OpenQuestion, max_open> open_;
  std::array<bool, 2> to_many_;  // by the direction of a question: it goes to a group or to all
  std::uint32_t last_token_ = 0;
  unsigned errors_ = 0;
  bool to_itself_;  // a host that asks itself: both ways look the same
};

/// On its port a header that makes sense; elsewhere the answer of a server, which is more.
Verdict probe(const Segment& start, const FlowContext& flow) {
  constexpr std::uint8_t newest = 4;
  constexpr std::uint8_t most_stratum = 16;
  constexpr std::uint32_t control_size = 12;
  constexpr std::uint32_t private_size = 8;
  if (flow.client_port != port && flow.server_port != port)
    return is_plain_answer(start.data) ? Verdict::yes : Verdict::no;
  Reader reader{start.data};
  const std::uint8_t first = reader.u8();
  const std::uint8_t stratum = reader.u8();
  const std::uint8_t version = version_of(first);
  if (!reader.ok() || version == 0 || version > newest) return Verdict::no;
  switch (mode_of(first)) {
    case Mode::reserved: return Verdict::no;
    case Mode::control: return start.size >= control_size ? Verdict::yes : Verdict::no;
    case Mode::private_use: return start.size >= private_size ? Verdict::yes : Verdict::no;
    default: break;
  }
  return start.size >= header_size && stratum <= most_stratum ? Verdict::yes : Verdict::no;
}

void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  Reader reader{packet.data};
  const std::uint8_t first = reader.u8();
  const std::uint8_t stratum = reader.u8();
  if (!reader.ok()) return;
  const Mode mode = mode_of(first);
  line.add("v").add(version_of(first)).add(" ").add(to_text(mode));
  if (mode == Mode::control || mode == Mode::private_use) {
    const auto query = read_query(packet.data);
    if (!query) return;
    line.add(query->response ? " response " : " request ");
    if (mode == Mode::control) {
      line.add(opcode_name(query->code).view());
    } else {
      line.add(query->code);
    }
  } else if (stratum != 0) {
    line.add(" stratum ").add(stratum);
  }
}

constexpr std::array<std::uint16_t, 1> ports{port};
constexpr std::array events{&event::schema_of<Ntp>};

}  // namespace
}  // namespace ntp

extern const Protocol ntp_protocol;
const Protocol ntp_protocol{.name = "ntp",
                            .transports = mask(Transport::udp),
                            .ports = ntp::ports,
                            .events = ntp::events,
                            .probe = ntp::probe,
                            .state_size = sizeof(ntp::NtpDissector),
                            .construct = construct<ntp::NtpDissector>,
                            .describe = ntp::describe};

}  // namespace ntan::app

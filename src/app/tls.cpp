// TLS and SSL over TCP: follows both sides of a stream until the handshake is done, reports it once
// and lets go.

#include <algorithm>
#include <array>

#include "app/protocol.h"
#include "app/tls_event.h"
#include "app/tls_names.h"
#include "app/tls_record.h"
#include "app/tls_state.h"

namespace ntan::app {
namespace {

/// What one side may send before its handshake is over; certificates are the bulk of it.
constexpr std::size_t max_side = std::size_t{256} << 10U;
/// Encrypted records of one side before the other, which should have spoken, is given up. Not of a
/// client that offered early data: RFC 8446 4.2.10 bounds its octets, as max_side does, and it may
/// cut them into any number of records.
constexpr std::uint8_t max_lone_records = 16;
constexpr std::uint16_t max_sslv2_hello = 1024;

/// A TLS 1.3 record that holds one encrypted alert (two octets, content type, tag of 16 or 8). A
/// Finished is at least 45 octets long.
bool is_encrypted_alert(std::uint16_t record_length) noexcept {
  return record_length == 19 || record_length == 11;
}

/// A TLS 1.3 record that holds a Finished alone: the digest of the cipher suite's hash behind four
/// octets, content type, tag. Before it a client that was asked to sends its certificate.
bool is_encrypted_finished(std::uint16_t record_length) noexcept {
  constexpr std::array<std::uint16_t, 4> lengths{4 + 32 + 1 + 8, 4 + 48 + 1 + 8, 4 + 32 + 1 + 16,
                                                 4 + 48 + 1 + 16};
  return std::ranges::find(lengths, record_length) != lengths.end();
}

TlsTexts texts(Output& out) {
  return out.wants<Tls>() ? TlsTexts::kept : TlsTexts::skipped;
}

class TlsDissector final : public Dissector {
 public:
  explicit TlsDissector(const FlowContext& flow) noexcept
      : state_(*flow.memory, Ja4Transport::tcp), sides_{Side{*flow.memory}, Side{*flow.memory}} {}

  Progress consume(const Segment& segment, Output& out) override;
  Progress on_gap(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                  Output& out) override;
  Progress on_unseen(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                     Output& out) override;
  void on_end(Timestamp now, Output& out) override;

 private:
  struct Side {
    explicit Side(Budget& memory) noexcept : messages(memory) {}

    TlsRecords records;
    TlsMessages messages;
    std::size_t octets = 0;
    std::optional<std::uint8_t> alert_level;  ///< an alert is half read
    std::uint8_t lone_records = 0;
    bool sslv2 = false;           ///< its hello in SSLv2 form is under way
    bool cipher_changed = false;  ///< it sent ChangeCipherSpec
    bool finished = false;        ///< and an encrypted handshake message after it
    bool lost = false;            ///< what it sends now cannot be read
    bool unseen = false;          ///< its beginning was not captured
  };

  [[nodiscard]] Side& side(Direction direction) noexcept { return sides_[index(direction)]; }

  static bool is_read(const Side& side) noexcept { return !side.lost && !side.unseen; }

  [[nodiscard]] bool encrypted(const Side& side) const noexcept;
  [[nodiscard]] bool established() const noexcept;

  Progress on_piece(Direction direction, TlsRecords::Piece piece, Timestamp now, Output& out);
  Progress on_record(Direction direction, Output& out);
  Progress on_encrypted_record(Direction direction, Output& out);
  Progress on_sslv2_record(Direction direction, Output& out);
  Progress on_fragment(Direction direction, Bytes data, Timestamp now, Output& out);
  Progress on_handshake(Direction direction, Bytes data, Timestamp now, Output& out);
  Progress on_alert(Side& side, Bytes data, Output& out);
  Progress on_message(Direction direction, const TlsMessage& message, Output& out);
  Progress on_client_hello(Direction direction, const TlsMessage& message, Output& out);
  Progress on_server_hello(Direction direction, const TlsMessage& message, Output& out);
  Progress on_lone_record(Direction direction, Output& out);
  [[nodiscard]] bool outlasts_refusal(Timestamp time) const noexcept;
  Progress conclude(TlsOutcome outcome, std::optional<Timestamp> done, Output& out);
  Progress malformed(std::string_view detail, Output& out);
  Progress on_bad_record(Direction direction, Output& out);
  Progress abandon(Output& out);

  TlsState state_;
  std::array<Side, 2> sides_;
  Direction client_ = Direction::to_server;  ///< the direction the ClientHello went
  /// TLS 1.3: when a client that shows a certificate was done. The server has yet to take it.
  std::optional<Timestamp> shown_;
  bool client_done_ = false;  ///< and its Finished was seen
};

/// Handshake messages and alerts of this side can no longer be read.
bool TlsDissector::encrypted(const Side& side) const noexcept {
  if (is_tls13(state_.version())) return true;
  // RFC 8446 D.4: TLS 1.3 sends ChangeCipherSpec for show, before a second ClientHello even.
  return side.cipher_changed && (state_.has_server_hello() || !state_.retried());
}

bool TlsDissector::established() const noexcept {
  return sides_[0].finished && sides_[1].finished;
}

Progress TlsDissector::conclude(TlsOutcome outcome, std::optional<Timestamp> done, Output& out) {
  state_.report(outcome, done, out);
  return Progress::done;
}

Progress TlsDissector::abandon(Output& out) {
  if (state_.has_client_hello() || state_.has_server_hello()) {
    const bool done = established() || shown_;
    state_.report(done ? TlsOutcome::established : TlsOutcome::unknown, shown_, out);
  }
  return Progress::give_up;
}

Progress TlsDissector::malformed(std::string_view detail, Output& out) {
  out.anomaly("tls", event::Reason::tls_malformed, detail);
  return abandon(out);
}

// A client that says hello and then something else may have been answered: Skype does so.
Progress TlsDissector::on_bad_record(Direction direction, Output& out) {
  const bool answer_due = state_.has_client_hello() && !state_.has_server_hello();
  if (direction != client_ || !answer_due) return malformed("record header", out);
  out.anomaly("tls", event::Reason::tls_malformed, "record header");
  side(direction).lost = true;
  return Progress::more;
}

Progress TlsDissector::consume(const Segment& segment, Output& out) {
  Side& from = side(segment.direction);
  if (from.unseen) return abandon(out);
  Bytes rest = from.lost ? Bytes{} : segment.data;
  while (!rest.empty()) {
    const TlsRecords::Piece piece = from.records.next(rest, segment.time);
    const Progress progress = on_piece(segment.direction, piece, segment.time, out);
    if (progress != Progress::more) return progress;
    if (from.lost) break;
  }
  from.octets += segment.data.size();
  return from.octets > max_side ? abandon(out) : Progress::more;
}

Progress TlsDissector::on_piece(Direction direction, TlsRecords::Piece piece, Timestamp now,
                                Output& out) {
  switch (piece.step) {
    case TlsRecords::Step::more: return Progress::more;
    case TlsRecords::Step::begin: return on_record(direction, out);
    case TlsRecords::Step::fragment: return on_fragment(direction, piece.data, now, out);
    case TlsRecords::Step::sslv2: return on_sslv2_record(direction, out);
    case TlsRecords::Step::bad: return on_bad_record(direction, out);
  }
  return Progress::more;
}

Progress TlsDissector::on_record(Direction direction, Output& out) {
  Side& from = side(direction);
  switch (from.records.content()) {
    case TlsContent::application_data: return on_encrypted_record(direction, out);
    case TlsContent::change_cipher_spec:
      from.cipher_changed = true;
      if (direction != client_) state_.on_server_cipher_change();
      return Progress::more;
    case TlsContent::handshake:
      if (encrypted(from)) from.finished = !is_tls13(state_.version());
      return Progress::more;
    case TlsContent::alert: {
      const bool readable =
          is_tls13(state_.version()) ? from.records.length() == 2 : !encrypted(from);
      if (readable) return Progress::more;
      if (!is_read(side(reverse(direction)))) return abandon(out);
      return conclude(established() ? TlsOutcome::established : TlsOutcome::failed, std::nullopt,
                      out);
    }
    case TlsContent::heartbeat: return Progress::more;
  }
  return Progress::more;
}

/// One side's hello is missing, or late: out of order in the capture, or never captured.
Progress TlsDissector::on_lone_record(Direction direction, Output& out) {
  if (!state_.has_server_hello() && !state_.has_client_hello()) return Progress::give_up;
  if (direction == client_ && state_.expects_early_data()) return Progress::more;
  return ++side(direction).lone_records < max_lone_records ? Progress::more : abandon(out);
}

/// The server would have refused by then what the client has shown.
bool TlsDissector::outlasts_refusal(Timestamp time) const noexcept {
  const std::optional<Duration> answer = state_.answer_time();
  return shown_ && client_done_ && answer && (time - *shown_) / 2 > *answer;
}

/// A record of type application_data. What it is depends on the version.
Progress TlsDissector::on_encrypted_record(Direction direction, Output& out) {
  Side& from = side(direction);
  const bool from_client = direction == client_;
  if (!state_.has_server_hello() || !state_.has_client_hello())
    return on_lone_record(direction, out);
  const Timestamp time = from.records.time();
  if (!is_tls13(state_.version())) {
    // What was lost of the other side may have been data too, and earlier.
    const bool first = is_read(side(reverse(direction)));
    return conclude(TlsOutcome::established, first ? std::optional{time} : std::nullopt, out);
  }
  const bool alert = is_encrypted_alert(from.records.length());
  if (!from_client) {
    if (!shown_) return Progress::more;
    // RFC 8446 4.4.2.4: of a certificate that it does not take it tells after all is done.
    return alert ? conclude(TlsOutcome::failed, std::nullopt, out)
                 : conclude(TlsOutcome::established, shown_, out);
  }
  if (state_.expects_early_data()) return conclude(TlsOutcome::established, time, out);
  if (alert && (!shown_ || outlasts_refusal(time)))
    return conclude(shown_ ? TlsOutcome::established : TlsOutcome::failed, shown_, out);
  const bool finished = is_encrypted_finished(from.records.length());
  if (finished && !shown_) return conclude(TlsOutcome::established, time, out);
  // Its Finished may be one of the records that follow, or have come with the first.
  if (!shown_ || (finished && !client_done_)) shown_ = time;
  client_done_ = client_done_ || finished;
  return Progress::more;
}

Progress TlsDissector::on_sslv2_record(Direction direction, Output& out) {
  Side& from = side(direction);
  const TlsRecords& records = from.records;
  constexpr std::uint8_t client_hello = 1;
  constexpr std::uint8_t server_hello = 4;
  if (records.sslv2_type() == server_hello && state_.has_client_hello() && direction != client_) {
    state_.on_sslv2_server_hello(records.time());
    return conclude(TlsOutcome::unknown, std::nullopt, out);
  }
  const std::uint16_t version = records.sslv2_version();
  const bool known = version == tls_version::ssl2 || (version >> 8U) == 3;
  if (records.sslv2_type() != client_hello || state_.has_client_hello() || !known ||
      records.length() == 0 || records.length() > max_sslv2_hello) {
    return malformed("record header", out);
  }
  from.sslv2 = true;
  from.messages.expect(TlsHandshake::client_hello, records.length(), records.time());
  return Progress::more;
}

Progress TlsDissector::on_fragment(Direction direction, Bytes data, Timestamp now, Output& out) {
  Side& from = side(direction);
  if (from.sslv2) return on_handshake(direction, data, now, out);
  switch (from.records.content()) {
    case TlsContent::handshake: return on_handshake(direction, data, now, out);
    case TlsContent::alert: return on_alert(from, data, out);
    default: return Progress::more;
  }
}

Progress TlsDissector::on_handshake(Direction direction, Bytes data, Timestamp now, Output& out) {
  Side& from = side(direction);
  while (!encrypted(from)) {
    const auto message = from.messages.next(data, now);
    if (!message) break;
    const Progress progress = on_message(direction, *message, out);
    from.messages.forget();
    if (progress != Progress::more) return progress;
  }
  return from.messages.refused() ? abandon(out) : Progress::more;
}

Progress TlsDissector::on_alert(Side& side, Bytes data, Output& out) {
  constexpr std::uint8_t fatal = 2;
  constexpr std::uint8_t close_notify = 0;
  for (const std::uint8_t octet : data) {
    if (!side.alert_level) {
      side.alert_level = octet;
      continue;
    }
    const bool ends = *side.alert_level == fatal || octet == close_notify;
    side.alert_level.reset();
    if (!ends) continue;
    if (!state_.has_client_hello() && !state_.has_server_hello()) return Progress::give_up;
    state_.set_alert(octet);
    return conclude(TlsOutcome::failed, std::nullopt, out);
  }
  return Progress::more;
}

Progress TlsDissector::on_message(Direction direction, const TlsMessage& message, Output& out) {
  const bool from_server = direction != client_ && state_.has_server_hello();
  switch (message.type) {
    case TlsHandshake::client_hello: return on_client_hello(direction, message, out);
    case TlsHandshake::server_hello: return on_server_hello(direction, message, out);
    case TlsHandshake::certificate:
      if (from_server && !state_.on_certificates(message.body, out)) {
        out.anomaly("tls", event::Reason::tls_malformed, "certificate");
      }
      return Progress::more;
    case TlsHandshake::server_key_exchange:
      if (from_server) state_.on_server_key_exchange(message.body);
      return Progress::more;
    case TlsHandshake::certificate_request:
      if (from_server) state_.on_certificate_request();
      return Progress::more;
    case TlsHandshake::server_hello_done:
      if (from_server) state_.on_full_handshake();
      return Progress::more;
    default: return Progress::more;
  }
}

Progress TlsDissector::on_client_hello(Direction direction, const TlsMessage& message,
                                       Output& out) {
  if (state_.has_client_hello()) {
    if (direction != client_) return malformed("ClientHello from the server", out);
    if (state_.retried()) state_.on_second_client_hello(message.time);
    return Progress::more;
  }
  Side& from = side(direction);
  const bool sslv2 = from.sslv2;
  from.sslv2 = false;
  const auto hello = sslv2 ? parse_sslv2_client_hello(from.records.sslv2_version(), message.body)
                           : parse_client_hello(message.body);
  if (!hello || (state_.has_server_hello() && direction != client_)) {
    return malformed("ClientHello", out);
  }
  client_ = direction;
  if (hello->flawed) {
    out.anomaly("tls", event::Reason::tls_malformed, "ClientHello extension");
  }
  if (sslv2) {
    state_.on_sslv2_client_hello(*hello, message.time);
  } else {
    state_.on_client_hello(*hello, message.time, texts(out));
  }
  return Progress::more;
}

Progress TlsDissector::on_server_hello(Direction direction, const TlsMessage& message,
                                       Output& out) {
  if (state_.has_client_hello() && direction == client_) {
    return malformed("ServerHello from the client", out);
  }
  if (state_.has_server_hello()) return Progress::more;
  const auto hello = parse_server_hello(message.body);
  if (!hello) return malformed("ServerHello", out);
  client_ = reverse(direction);
  if (hello->flawed) {
    out.anomaly("tls", event::Reason::tls_malformed, "ServerHello extension");
  }
  if (hello->retry) {
    state_.on_retry_request(*hello);
  } else {
    state_.on_server_hello(*hello, message.time, texts(out));
  }
  return Progress::more;
}

// The other side says what it says all the same: its hello, where that is still to come, and when
// both have said theirs whether the handshake completes. That only the client tells in TLS 1.3,
// where records of the server look alike before and after.
Progress TlsDissector::on_gap(Direction direction, std::uint64_t /*size*/,
                              std::optional<Timestamp> /*had*/, Output& out) {
  const bool from_client = direction == client_;
  const bool other_said = from_client ? state_.has_server_hello() : state_.has_client_hello();
  const bool both_said = state_.has_server_hello() && state_.has_client_hello();
  const bool tells_end = both_said && !(from_client && is_tls13(state_.version()));
  if ((other_said && !tells_end) || !is_read(side(reverse(direction)))) return abandon(out);
  Side& from = side(direction);
  from.lost = true;
  from.messages.forget();
  return Progress::more;
}

// The side that is captured says what it says all the same.
Progress TlsDissector::on_unseen(Direction direction, std::uint64_t /*size*/,
                                 std::optional<Timestamp> /*had*/, Output& /*out*/) {
  side(direction).unseen = true;
  return Progress::more;
}

void TlsDissector::on_end(Timestamp /*now*/, Output& out) {
  if (!state_.has_client_hello() && !state_.has_server_hello()) return;
  if (!std::ranges::all_of(sides_, is_read)) {
    (void)abandon(out);
    return;
  }
  const bool done = established() || shown_;
  state_.report(done ? TlsOutcome::established : TlsOutcome::failed, shown_, out);
}

/// RFC 5246 E.2, strictly: the lengths fill the record exactly.
Verdict probe_sslv2(Bytes data) noexcept {
  Reader reader{data};
  const std::uint16_t size = reader.be16() & 0x7fffU;
  const std::uint8_t type = reader.u8();
  const std::uint16_t version = reader.be16();
  const std::uint16_t ciphers = reader.be16();
  const std::uint16_t session_id = reader.be16();
  const std::uint16_t challenge = reader.be16();
  if (data.size() >= 3 && type != 1) return Verdict::no;
  if (!reader.ok()) return Verdict::unsure;
  const bool known = version == tls_version::ssl2 || (version >> 8U) == 3;
  const bool lengths = ciphers != 0 && ciphers % 3 == 0 && (session_id == 0 || session_id == 16) &&
                       challenge >= 16 && challenge <= 32 &&
                       9U + ciphers + session_id + challenge == size;
  return known && lengths ? Verdict::yes : Verdict::no;
}

/// Goes on behind a record that does not even hold the header of its message.
Verdict probe_next_record(Bytes rest) noexcept {
  if (rest.empty()) return Verdict::unsure;
  if (rest[0] != 22) return Verdict::no;
  if (rest.size() == 1) return Verdict::unsure;
  return rest[1] == 3 ? Verdict::yes : Verdict::no;
}

/// A handshake record with the beginning of a hello, of either side: a capture that starts in the
/// middle may have the ends the wrong way round.
Verdict probe(const Segment& start, const FlowContext& /*flow*/) {
  const Bytes data = start.data;
  if (data.empty()) return Verdict::unsure;
  if ((data.front() & 0x80U) != 0) return probe_sslv2(data);
  Reader reader{data};
  const std::uint8_t content = reader.u8();
  const std::uint8_t major = reader.u8();
  const std::uint8_t minor = reader.u8();
  const std::uint16_t record = reader.be16();
  const std::uint8_t type = reader.u8();
  const std::uint32_t message = reader.be24();
  const std::uint8_t hello_major = reader.u8();
  const std::size_t size = data.size();
  if (content != 22 || (size >= 2 && major != 3) || (size >= 3 && minor > 4)) return Verdict::no;
  if (size >= 5 && (record == 0 || record > max_tls_record)) return Verdict::no;
  if (size >= 6 && type != 1 && type != 2) return Verdict::no;
  if (size >= 5 && record < 4)
    return probe_next_record(data.subspan(std::min<std::size_t>(size, 5U + record)));
  // A ClientHello has its record for itself; other messages may follow a ServerHello.
  if (size >= 9 &&
      (message < 38 || message > TlsMessages::max_size || (type == 1 && record > message + 4))) {
    return Verdict::no;
  }
  if (record < 5 && size >= 9) return Verdict::yes;
  if (size < 10) return Verdict::unsure;
  return hello_major == 3 || hello_major == 0x7f ? Verdict::yes : Verdict::no;
}

/// `Protocol::describe` of one record's body, which may lie only partly in the packet.
void describe_record(TlsContent content, std::size_t length, Bytes body, TextLine& line) {
  constexpr std::size_t alert_size = 2;
  constexpr std::size_t header_size = 4;
  constexpr std::size_t full_record = std::size_t{1} << 14U;  // what is longer goes on in another
  switch (content) {
    case TlsContent::change_cipher_spec: line.add("change_cipher_spec"); return;
    case TlsContent::heartbeat: line.add("heartbeat"); return;
    case TlsContent::application_data: line.add("application_data ").add(length); return;
    case TlsContent::alert:
      line.add("alert");
      // An encrypted one is longer.
      if (length == alert_size && body.size() >= alert_size)
        line.add(" ").add(tls_alert_name(body[1]).view());
      return;
    case TlsContent::handshake: break;
  }
  Reader reader{body};
  const std::uint8_t type = reader.u8();
  const std::size_t size = reader.be24();
  const std::string_view name = tls_handshake_name(type);
  // What is encrypted has neither a type nor a length that fits.
  if (!reader.ok() || name.empty() || size + header_size > TlsMessages::max_size ||
      (size + header_size > length && length < full_record)) {
    line.add("handshake");
    return;
  }
  line.add(name);
  if (type != static_cast<std::uint8_t>(TlsHandshake::client_hello) || size > reader.left()) return;
  const auto hello = parse_client_hello(reader.take(size));
  if (hello && !hello->server_name.empty()) line.add(" ").add(as_text(hello->server_name));
}

void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  constexpr int most = 4;  // records that are named
  Reader reader{packet.data};
  for (int i = 0; i < most && reader.left() != 0; ++i) {
    const std::uint8_t content = reader.u8();
    const std::uint8_t major = reader.u8();
    const std::uint8_t minor = reader.u8();
    const std::size_t length = reader.be16();
    if (!reader.ok() || content < 20 || content > 24 || major != 3 || minor > 4 || length == 0 ||
        length > max_tls_record)
      return;
    if (i != 0) line.add(", ");
    describe_record(static_cast<TlsContent>(content), length,
                    reader.take(std::min(length, reader.left())), line);
  }
}

constexpr std::array<std::uint16_t, 11> ports{443, 465, 563, 636,  853, 989,
                                              990, 993, 995, 5061, 8443};
constexpr std::array events{&event::schema_of<Tls>};

}  // namespace

extern const Protocol tls_protocol;
constexpr Protocol tls_protocol{.name = "tls",
                                .transports = mask(Transport::tcp),
                                .ports = ports,
                                .events = events,
                                .probe = probe,
                                .may_follow = true,
                                .state_size = sizeof(TlsDissector),
                                .construct = construct<TlsDissector>,
                                .describe = describe};

static_assert(sizeof(TlsDissector) <= 512);

}  // namespace ntan::app

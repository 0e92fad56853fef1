// QUIC (RFC 9000, 9001, 9369): follows a connection until it is encrypted, and reads the hellos
// that its Initial packets carry.
//
// An Initial is decrypted with keys that follow from the connection ID of the client's first one.
// That anybody can make us do; so a connection has few tries, and a shard few in a second.
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "app/observed.h"
#include "app/protocol.h"
#include "app/quic_crypto.h"
#include "app/quic_error.h"
#include "app/quic_event.h"
#include "app/quic_packet.h"
#include "app/quic_stream.h"
#include "app/tls_event.h"
#include "app/tls_record.h"
#include "app/tls_state.h"
#include "base/digest.h"

namespace ntan::app {
namespace quic {
namespace {

constexpr std::uint8_t max_tries = 8;  // of one side of a connection
constexpr std::uint32_t max_datagram = 65535;
constexpr int max_coalesced = 4;             // packets of a datagram that are looked at
constexpr std::size_t max_versions = 16;     // of a Version Negotiation
constexpr std::uint32_t min_initial = 1200;  // RFC 9000 14.1: the datagram of a client's Initial

constexpr bool is_long(std::uint8_t first) noexcept {
  return (first & 0x80U) != 0;
}

/// RFC 9000 19.
namespace frame {
constexpr std::uint64_t padding = 0x00;
constexpr std::uint64_t ping = 0x01;
constexpr std::uint64_t ack = 0x02;
constexpr std::uint64_t ack_ecn = 0x03;
constexpr std::uint64_t crypto = 0x06;
constexpr std::uint64_t connection_close = 0x1c;
}  // namespace frame

/// `false`, unless that could not be seen.
std::optional<bool> if_false(bool hidden) noexcept {
  return hidden ? std::nullopt : std::optional{false};
}

class QuicDissector final : public Dissector {
 public:
  explicit QuicDissector(const FlowContext& flow) noexcept
      : memory_(flow.memory),
        made_anew_(flow.made_anew),
        state_(*flow.memory, Ja4Transport::quic),
        crypto_{QuicCryptoStream{*flow.memory}, QuicCryptoStream{*flow.memory}} {}

  Progress consume(const Segment& segment, Output& out) override;
  void on_end(Timestamp now, Output& out) override;

 private:
  /// Keys, and what they were made of.
  struct Keys {
    std::uint32_t version = 0;
    QuicConnectionId id;
    std::optional<QuicInitialKeys> keys;
  };

  /// What the frames of one packet say.
  struct Seen {
    bool ack = false;
    bool fresh = false;  ///< CRYPTO octets that were not there before
    bool known = false;  ///< CRYPTO octets that were
    std::optional<std::uint64_t> error;
  };

  /// An Initial on its way to being read.
  struct Sealed {
    const QuicPacket& packet;
    const Segment& segment;
    Buffer& room;
  };

  [[nodiscard]] bool from_client(Direction direction) const noexcept {
    return direction == client_;
  }
  [[nodiscard]] QuicCryptoStream& crypto(Direction direction) noexcept {
    return crypto_[from_client(direction) ? 0 : 1];
  }
  [[nodiscard]] bool hellos_done() const noexcept {
    return state_.has_client_hello() && state_.has_server_hello();
  }

  [[nodiscard]] bool waits() const noexcept;
  [[nodiscard]] bool is_of_before(const QuicPacket& packet, Direction direction) const noexcept;
  [[nodiscard]] bool begins_another(const QuicPacket& packet, const Segment& segment, Output& out);
  [[nodiscard]] Progress take(const QuicPacket& packet, const Segment& segment, Output& out);
  void on_packet(const QuicPacket& packet, const Segment& segment, Output& out);
  void on_initial(const QuicPacket& packet, const Segment& segment, Output& out);
  void on_client_initial(const QuicPacket& packet, const std::optional<Seen>& seen,
                         const Segment& segment);
  void on_client_packet(const QuicPacket& packet, Timestamp time);
  void on_server_packet(const QuicPacket& packet, Timestamp time);
  void on_client_answer(Timestamp time);
  void on_retry(const QuicPacket& packet);
  void on_negotiation(const QuicPacket& packet);
  [[nodiscard]] bool is_short(Bytes packet, const Segment& segment) const;
  [[nodiscard]] bool is_wanted(Direction direction) const noexcept;
  [[nodiscard]] std::optional<Bytes> open(const Sealed& sealed, Output& out);
  [[nodiscard]] std::optional<Bytes> open_client(const Sealed& sealed, Output& out);
  [[nodiscard]] std::optional<Bytes> open_with(const QuicConnectionId& id, QuicSide side,
                                               const Sealed& sealed, Output& out);
  [[nodiscard]] std::optional<Seen> take_frames(Bytes frames, const Segment& segment, Output& out);
  void take_crypto(Reader& frame, Direction direction, Seen& seen, Output& out);
  void take_messages(const Segment& segment, Output& out);
  /// These return whether the side can be read on.
  [[nodiscard]] bool on_message(TlsHandshake type, Bytes body, const Segment& segment, Output& out);
  [[nodiscard]] bool on_client_hello(Bytes body, const Segment& segment, Output& out);
  [[nodiscard]] bool on_server_hello(Bytes body, const Segment& segment, Output& out);
  void malformed(std::string_view detail, Direction direction, Output& out);
  void report(TlsOutcome outcome, std::optional<Timestamp> done, Output& out);
  void emit(TlsOutcome outcome, Output& out);

  Budget* memory_;
  bool made_anew_;  ///< for another connection of the same ends
  TlsState state_;
  std::array<QuicCryptoStream, 2> crypto_;  ///< of the client, of the server
  std::array<Keys, 2> keys_;
  Direction client_ = Direction::to_server;  ///< the direction the client sends in
  std::array<std::uint8_t, 2> tries_{};      ///< of the client's packets, of the server's
  std::uint8_t offered_ = 0;                 ///< of server_versions_
  bool retried_ = false;
  bool negotiated_ = false;
  bool token_ = false;
  bool zero_rtt_ = false;
  bool repeated_ = false;      ///< the client's Initial, before it was answered
  bool unread_ = false;        ///< something of the server's that was not read
  bool heard_ = false;         ///< the client has sent what only an answer lets it send
  std::uint64_t sent_in_ = 0;  ///< number of the packet with the client's last Initial
  std::optional<bool> decrypted_;
  std::uint32_t version_ = 0;
  std::array<std::uint32_t, max_versions> server_versions_{};
  std::optional<QuicConnectionId> dcid_;    ///< of the client's first Initial
  std::optional<QuicConnectionId> key_id_;  ///< what the keys are made of
  std::optional<QuicConnectionId> client_scid_;
  std::optional<QuicConnectionId> server_scid_;
  std::optional<std::uint64_t> error_;
  std::optional<Timestamp> first_time_;   ///< the client's first Initial
  std::optional<Timestamp> sent_time_;    ///< the last one that said something new
  std::optional<Timestamp> server_time_;  ///< the server's first packet
  std::optional<std::int64_t> rtt_server_us_;
  std::optional<std::int64_t> rtt_client_us_;
};

Progress QuicDissector::consume(const Segment& segment, Output& out) {
  const bool whole = segment.data.size() == segment.size;
  Reader datagram{segment.data};
  for (int i = 0; i < max_coalesced && !datagram.done(); ++i) {
    if (!is_long(datagram.peek())) {
      if (!from_client(segment.direction) || !is_short(datagram.rest(), segment)) break;
      on_client_answer(segment.time);
      report(TlsOutcome::established, segment.time, out);
      return Progress::idle;
    }
    const auto packet = take_quic_packet(datagram);
    if (!packet || (packet->cut && whole)) {
      // What follows a packet may be anything that fills the datagram up.
      if (i == 0 && whole && !waits() && (packet || packet.flaw() == Flaw::bad_length))
        out.anomaly("quic", event::Reason::quic_malformed, "header");
      unread_ = unread_ || (!packet && !from_client(segment.direction));
      break;
    }
    const Progress progress = take(*packet, segment, out);
    if (progress != Progress::more) return progress;
  }
  return waits() ? Progress::idle : Progress::more;
}

Progress QuicDissector::take(const QuicPacket& packet, const Segment& segment, Output& out) {
  if (begins_another(packet, segment, out)) {
    report(TlsOutcome::failed, std::nullopt, out);
    return Progress::anew;
  }
  if (is_of_before(packet, segment.direction)) return Progress::more;
  on_packet(packet, segment, out);
  if (waits()) return Progress::idle;
  if (!error_) return Progress::more;
  if (is_quic_crypto_error(*error_)) state_.set_alert(static_cast<std::uint8_t>(*error_));
  report(TlsOutcome::failed, std::nullopt, out);
  return Progress::idle;
}

/// Behind a connection of the same ends only a client's Initial that can be read begins another.
bool QuicDissector::waits() const noexcept {
  return made_anew_ && !decrypted_.value_or(false);
}

/// Of the connection before this one. Where the client's ID is empty nothing tells them apart.
bool QuicDissector::is_of_before(const QuicPacket& packet, Direction direction) const noexcept {
  if (!made_anew_ || !client_scid_) return false;
  return (from_client(direction) ? packet.scid : packet.dcid) != *client_scid_;
}

/// Whether the client has given this connection up, and tries another: its first Initial has keys
/// that follow from its own ID, one that nobody has given it. What begins sooner may be another
/// one beside this.
bool QuicDissector::begins_another(const QuicPacket& packet, const Segment& segment, Output& out) {
  constexpr std::chrono::seconds patience{3};
  if (packet.type != QuicPacketType::initial || packet.cut || !packet.token.empty() ||
      !from_client(segment.direction) || segment.size < min_initial)
    return false;
  if (!dcid_ || !first_time_ || segment.time - *first_time_ < patience) return false;
  const QuicConnectionId& id = packet.dcid;
  if (id == *dcid_ || id == key_id_ || id == server_scid_) return false;
  Buffer room{*memory_, max_datagram};
  return open_with(id, QuicSide::client, {.packet = packet, .segment = segment, .room = room}, out)
      .has_value();
}

void QuicDissector::on_packet(const QuicPacket& packet, const Segment& segment, Output& out) {
  if (packet.type == QuicPacketType::initial) on_initial(packet, segment, out);
  if (from_client(segment.direction)) {
    on_client_packet(packet, segment.time);
  } else {
    on_server_packet(packet, segment.time);
  }
}

void QuicDissector::on_client_packet(const QuicPacket& packet, Timestamp time) {
  if (packet.type == QuicPacketType::version_negotiation) return;
  if (!server_time_) version_ = packet.version;
  if (!client_scid_) client_scid_ = packet.scid;
  if (packet.type == QuicPacketType::zero_rtt) zero_rtt_ = true;
  if (packet.type == QuicPacketType::handshake) {
    // RFC 9000 7.2: it goes to the ID that the server chose.
    if (!server_scid_) server_scid_ = packet.dcid;
    on_client_answer(time);
  } else if (!dcid_) {
    dcid_ = packet.dcid;
  }
}

void QuicDissector::on_server_packet(const QuicPacket& packet, Timestamp time) {
  if (packet.type == QuicPacketType::retry) return on_retry(packet);
  if (packet.type == QuicPacketType::version_negotiation) return on_negotiation(packet);
  // RFC 9368 2.3: it may have answered in the client's version at first.
  if (packet.type != QuicPacketType::zero_rtt) version_ = packet.version;
  if (server_time_) return;
  server_time_ = time;
  server_scid_ = packet.scid;
  if (!repeated_ && !retried_ && !negotiated_) rtt_server_us_ = elapsed_us(sent_time_, time);
}

/// A packet of the client that it sends only when it has heard of the server.
void QuicDissector::on_client_answer(Timestamp time) {
  heard_ = true;
  if (server_time_ && !rtt_client_us_) rtt_client_us_ = elapsed_us(server_time_, time);
}

// RFC 9001 5.2: after it the keys follow from the connection ID that the server chose.
void QuicDissector::on_retry(const QuicPacket& packet) {
  if (server_time_ || retried_) return;
  retried_ = true;
  key_id_ = packet.scid;
}

void QuicDissector::on_negotiation(const QuicPacket& packet) {
  if (server_time_ || negotiated_) return;
  negotiated_ = true;
  // RFC 9000 17.2.1: what the client sent, the other way round.
  if (!dcid_) dcid_ = packet.scid;
  Reader versions{packet.versions};
  while (versions.left() >= sizeof(std::uint32_t) && offered_ < max_versions)
    server_versions_[offered_++] = versions.be32();
  // The client begins anew, and not with the same words.
  client_scid_.reset();
  key_id_.reset();
  first_time_.reset();
  sent_time_.reset();
  if (!state_.has_client_hello()) crypto_[0].restart();
}

/// Whether the rest of a client's datagram is a packet with a short header. What fills a datagram
/// up has the second bit off; so may a packet (RFC 9287), and then its connection ID tells.
/// Otherwise that says nothing: it may be another one by now (RFC 9000 19.15).
bool QuicDissector::is_short(Bytes packet, const Segment& segment) const {
  constexpr std::size_t smallest = 21;  // RFC 9000 10.3
  const std::size_t size = packet.size() + (segment.size - segment.data.size());
  if (size < smallest || (!state_.has_client_hello() && !server_scid_)) return false;
  const Bytes id = server_scid_ ? server_scid_->bytes() : Bytes{};
  const bool named = !id.empty() && packet.size() > id.size() &&
                     std::ranges::equal(packet.subspan(1, id.size()), id);
  // Those of the connection before may still come.
  if (made_anew_) return server_time_ && (named || id.empty());
  return named || (packet.front() & 0x40U) != 0;
}

void QuicDissector::on_initial(const QuicPacket& packet, const Segment& segment, Output& out) {
  std::optional<Seen> seen;
  if (!packet.cut) {
    Buffer room{*memory_, max_datagram};
    const auto frames = open({.packet = packet, .segment = segment, .room = room}, out);
    if (frames) seen = take_frames(*frames, segment, out);
  }
  if (seen) error_ = seen->error;
  if (from_client(segment.direction)) on_client_initial(packet, seen, segment);
}

void QuicDissector::on_client_initial(const QuicPacket& packet, const std::optional<Seen>& seen,
                                      const Segment& segment) {
  if (!dcid_ || (negotiated_ && !first_time_)) dcid_ = packet.dcid;
  if (!packet.token.empty()) token_ = true;
  if (seen) decrypted_ = true;
  if (server_time_) {
    if (seen && seen->ack) on_client_answer(segment.time);
    return;
  }
  if (!first_time_) first_time_ = segment.time;
  const bool fresh = seen && seen->fresh;
  // What was not read may be what was sent before; of one datagram it is not.
  const bool again = seen ? seen->known : segment.packet != sent_in_;
  if (sent_time_ && !fresh && again) repeated_ = true;
  if (!sent_time_ || fresh) sent_time_ = segment.time;
  sent_in_ = segment.packet;
}

/// Whether the frames of an Initial may tell anything. A client's say nothing new between its hello
/// and the answer, but cost tries.
bool QuicDissector::is_wanted(Direction direction) const noexcept {
  if (!from_client(direction) || !state_.has_client_hello()) return true;
  return server_time_ && (!rtt_client_us_ || state_.retried());
}

std::optional<Bytes> QuicDissector::open(const Sealed& sealed, Output& out) {
  if (!is_wanted(sealed.segment.direction)) return std::nullopt;
  if (from_client(sealed.segment.direction)) return open_client(sealed, out);
  if (key_id_) return open_with(*key_id_, QuicSide::server, sealed, out);
  // Nothing of a client was seen. Perhaps the ends are the wrong way round.
  if (dcid_ || sealed.segment.size < min_initial) return std::nullopt;
  const QuicConnectionId& id = sealed.packet.dcid;
  const auto frames = open_with(id, QuicSide::client, sealed, out);
  if (frames) {
    client_ = sealed.segment.direction;
    key_id_ = id;
  }
  return frames;
}

std::optional<Bytes> QuicDissector::open_client(const Sealed& sealed, Output& out) {
  if (sealed.segment.size < min_initial) return std::nullopt;
  if (!decrypted_) decrypted_ = false;
  const QuicConnectionId& id = sealed.packet.dcid;
  if (key_id_) {
    const auto frames = open_with(*key_id_, QuicSide::client, sealed, out);
    if (frames || id == *key_id_) return frames;
  }
  const auto frames = open_with(id, QuicSide::client, sealed, out);
  if (frames) key_id_ = id;
  return frames;
}

std::optional<Bytes> QuicDissector::open_with(const QuicConnectionId& id, QuicSide side,
                                              const Sealed& sealed, Output& out) {
  const std::size_t index = side == QuicSide::client ? 0 : 1;
  if (tries_[index] == max_tries || !out.may_decrypt()) return std::nullopt;
  ++tries_[index];
  const QuicPacket& packet = sealed.packet;
  Keys& keys = keys_[index];
  if (!keys.keys || keys.version != packet.version || keys.id != id)
    keys = {packet.version, id, derive_quic_keys(packet.version, side, id.bytes())};
  sealed.room.clear();
  const auto plain = sealed.room.extend(packet.octets.size());
  if (!keys.keys || plain.empty()) return std::nullopt;
  return open_quic_packet(*keys.keys, packet.octets, packet.number_offset, plain);
}

/// The numbers of an ACK frame (RFC 9000 19.3), of which none matters here.
void skip_ack(Reader& frame, std::uint64_t type) noexcept {
  constexpr int ecn_counts = 3;
  const auto skip = [&frame] { (void)read_quic_integer(frame); };
  skip();  // largest acknowledged
  skip();  // delay
  std::uint64_t ranges = read_quic_integer(frame);
  skip();  // first range
  for (; ranges != 0 && frame.ok(); --ranges) {
    skip();  // gap
    skip();  // range
  }
  for (int i = 0; type == frame::ack_ecn && i < ecn_counts; ++i) skip();
}

void QuicDissector::take_crypto(Reader& frame, Direction direction, Seen& seen, Output& out) {
  const std::uint64_t offset = read_quic_integer(frame);
  const Bytes data = frame.take(read_quic_integer(frame));
  if (!frame.ok()) return;
  const auto added = crypto(direction).add(offset, data);
  seen.fresh = seen.fresh || added == QuicCryptoStream::Added::fresh;
  seen.known = seen.known || added == QuicCryptoStream::Added::known;
  if (added == QuicCryptoStream::Added::excess) malformed("CRYPTO octets", direction, out);
}

/// Nothing where the packet does not parse: who makes such says nothing that counts.
std::optional<QuicDissector::Seen> QuicDissector::take_frames(Bytes frames, const Segment& segment,
                                                              Output& out) {
  Seen seen;
  Reader reader{frames};
  while (reader.ok() && !reader.done()) {
    switch (const std::uint64_t type = read_quic_integer(reader); type) {
      case frame::padding:
      case frame::ping: break;
      case frame::ack:
      case frame::ack_ecn:
        seen.ack = true;
        skip_ack(reader, type);
        break;
      case frame::crypto: take_crypto(reader, segment.direction, seen, out); break;
      case frame::connection_close:
        seen.error = read_quic_integer(reader);
        (void)read_quic_integer(reader);  // type of the frame that led to it
        reader.skip(read_quic_integer(reader));
        break;
      default: malformed("frame", segment.direction, out); return std::nullopt;
    }
  }
  if (!reader.ok()) {
    malformed("frame", segment.direction, out);
    return std::nullopt;
  }
  take_messages(segment, out);
  return seen;
}

void QuicDissector::take_messages(const Segment& segment, Output& out) {
  constexpr std::size_t header_size = 4;
  QuicCryptoStream& stream = crypto(segment.direction);
  std::size_t taken = 0;
  Reader reader{stream.ready()};
  while (reader.left() >= header_size) {
    const std::uint8_t type = reader.u8();
    const std::size_t size = reader.be24();
    if (size > QuicCryptoStream::max_size) {
      malformed("handshake message", segment.direction, out);
      return;
    }
    const Bytes body = reader.take(size);
    if (!reader.ok()) break;
    taken += header_size + size;
    if (!on_message(static_cast<TlsHandshake>(type), body, segment, out)) return;
  }
  stream.take(taken);
  if (!hellos_done()) return;
  for (QuicCryptoStream& done : crypto_) done.close();
}

bool QuicDissector::on_message(TlsHandshake type, Bytes body, const Segment& segment, Output& out) {
  const bool client = from_client(segment.direction);
  if (type == TlsHandshake::client_hello && client) return on_client_hello(body, segment, out);
  if (type == TlsHandshake::server_hello && !client) return on_server_hello(body, segment, out);
  malformed("handshake message", segment.direction, out);
  return false;
}

bool QuicDissector::on_client_hello(Bytes body, const Segment& segment, Output& out) {
  if (state_.has_client_hello()) {
    if (state_.retried()) state_.on_second_client_hello(segment.time);
    return true;
  }
  const auto hello = parse_client_hello(body);
  if (!hello) {
    malformed("ClientHello", segment.direction, out);
    return false;
  }
  if (hello->flawed) out.anomaly("quic", event::Reason::quic_malformed, "ClientHello extension");
  const bool wanted = out.wants<Tls>() || out.wants<Quic>();
  state_.on_client_hello(*hello, first_time_.value_or(segment.time),
                         wanted ? TlsTexts::kept : TlsTexts::skipped);
  return true;
}

bool QuicDissector::on_server_hello(Bytes body, const Segment& segment, Output& out) {
  const auto hello = parse_server_hello(body);
  if (!hello) {
    malformed("ServerHello", segment.direction, out);
    return false;
  }
  if (hello->flawed) out.anomaly("quic", event::Reason::quic_malformed, "ServerHello extension");
  if (hello->retry) {
    state_.on_retry_request(*hello);
  } else {
    state_.on_server_hello(*hello, segment.time,
                           out.wants<Tls>() ? TlsTexts::kept : TlsTexts::skipped);
  }
  return true;
}

/// Nothing more of that side can be read.
void QuicDissector::malformed(std::string_view detail, Direction direction, Output& out) {
  out.anomaly("quic", event::Reason::quic_malformed, detail);
  crypto(direction).close();
}

void QuicDissector::report(TlsOutcome outcome, std::optional<Timestamp> done, Output& out) {
  if (out.wants<Quic>()) emit(outcome, out);
  if (state_.has_client_hello() || state_.has_server_hello()) state_.report(outcome, done, out);
}

void QuicDissector::emit(TlsOutcome outcome, Output& out) {
  using IdText = std::array<char, 2 * QuicConnectionId::max_size>;
  std::array<IdText, 3> texts;  // NOLINT(*-member-init): written below
  const auto hex = [](const std::optional<QuicConnectionId>& id, IdText& text) {
    if (!id) return std::string_view{};
    const char* const end = append_hex(text.data(), id->bytes());
    return std::string_view{text.data(), end};
  };
  std::array<QuicVersionName, max_versions> names;
  std::array<std::string_view, max_versions> versions;
  for (std::size_t i = 0; i < offered_; ++i) {
    names[i] = quic_version_name(server_versions_[i]);
    versions[i] = names[i].view();
  }
  const bool answered = server_time_.has_value() || heard_;
  const bool readable = server_time_ || state_.has_client_hello();
  const QuicVersionName version = version_ != 0 ? quic_version_name(version_) : QuicVersionName{};
  const QuicErrorName error = error_ ? quic_error_name(*error_) : QuicErrorName{};
  out.emit(Quic{
      .version = version.view(),
      .sni = state_.server_name(),
      .dcid = hex(dcid_, texts[0]),
      .client_scid = hex(client_scid_, texts[1]),
      .server_scid = hex(server_scid_, texts[2]),
      .server_versions = std::span{versions}.first(offered_),
      .retry = if_true(retried_),
      .token = if_true(token_),
      .zero_rtt = if_true(zero_rtt_),
      .decrypted = decrypted_,
      .answered = answered ? std::optional{true} : if_false(unread_),
      .established = outcome == TlsOutcome::established ? std::optional{true} : if_false(!readable),
      .error = error.view(),
      .hs_rtt_server_us = rtt_server_us_,
      .hs_rtt_client_us = rtt_client_us_});
}

void QuicDissector::on_end(Timestamp /*now*/, Output& out) {
  report(state_.has_client_hello() ? TlsOutcome::failed : TlsOutcome::unknown, std::nullopt, out);
}

/// Of a version that has a meaning here: whether the lengths fit. Where the capture has cut the
/// packet the version says enough. Kept out of line: few datagrams come this far.
[[gnu::noinline]] Verdict probe_packet(const Segment& start, std::uint32_t version) {
  const bool readable = is_readable_quic(version);
  const bool whole = start.data.size() == start.size;
  Reader datagram{start.data};
  const auto packet = take_quic_packet(datagram);
  if (!packet || (packet->cut && whole)) return readable && !whole ? Verdict::yes : Verdict::no;
  if (version == quic_version::negotiation) return Verdict::unsure;
  // Of a version that is not read the first packet must be as large as a client's is.
  return readable || start.size >= min_initial ? Verdict::yes : Verdict::no;
}

/// The version, of which one in four billion is that of octets which mean something else.
Verdict probe(const Segment& start, const FlowContext& /*flow*/) {
  constexpr std::size_t version_end = 5;
  if (start.data.size() < version_end || !is_long(start.data.front())) return Verdict::no;
  const auto version = load_be<std::uint32_t>(start.data.data() + 1);
  const bool meant = version == quic_version::negotiation || is_readable_quic(version) ||
                     is_quic_grease(version) || is_google_quic(version);
  return meant ? probe_packet(start, version) : Verdict::no;
}

std::string_view type_name(QuicPacketType type) noexcept {
  switch (type) {
    case QuicPacketType::initial: return "initial";
    case QuicPacketType::zero_rtt: return "0-rtt";
    case QuicPacketType::handshake: return "handshake";
    case QuicPacketType::retry: return "retry";
    case QuicPacketType::version_negotiation: return "version_negotiation";
    case QuicPacketType::opaque: return "long header";
  }
  return {};
}

void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  Reader datagram{packet.data};
  for (int i = 0; i < max_coalesced && !datagram.done() && is_long(datagram.peek()); ++i) {
    const auto one = take_quic_packet(datagram);
    if (!one) return;
    if (i != 0) line.add(", ");
    line.add(type_name(one->type));
    if (one->type != QuicPacketType::version_negotiation)
      line.add(" ").add(quic_version_name(one->version).view());
  }
}

constexpr std::array<std::uint16_t, 1> ports{443};
constexpr std::array events{&event::schema_of<Quic>, &event::schema_of<Tls>};

}  // namespace
}  // namespace quic

extern const Protocol quic_protocol;
const Protocol quic_protocol{.name = "quic",
                             .transports = mask(Transport::udp),
                             .ports = quic::ports,
                             .events = quic::events,
                             .probe = quic::probe,
                             .wakes = 0x80,  // long headers
                             .state_size = sizeof(quic::QuicDissector),
                             .construct = construct<quic::QuicDissector>,
                             .describe = quic::describe};

}  // namespace ntan::app

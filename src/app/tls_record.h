// The record layer of TLS, and the handshake messages inside: one side of a TCP stream in, whole
// messages out, however they were cut into segments and records. A message that lies in one
// segment is handed over where it lies; only a split one is copied.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/time.h"

namespace ntan::app {

enum class TlsContent : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24,
};

/// The record length that RFC 5246 6.2.3 allows: 2^14 octets of text, 2,048 of expansion.
inline constexpr std::size_t max_tls_record = (std::size_t{1} << 14U) + 2048;

/// Cuts a stream into records.
class TlsRecords {
 public:
  enum class Step : std::uint8_t {
    more,      ///< the input is used up
    begin,     ///< a record header is complete: see content(), length(), time()
    fragment,  ///< octets of the record's body, `data`
    sslv2,  ///< the stream begins with an SSLv2 header; sslv2_version() and length() tell the rest
    bad,    ///< not a record header: the stream cannot be followed
  };

  struct Piece {
    Step step = Step::more;
    Bytes data;
  };

  /// Takes the next piece off the front of `input`, which arrived at `now`.
  [[nodiscard]] Piece next(Bytes& input, Timestamp now) noexcept;

  [[nodiscard]] TlsContent content() const noexcept { return static_cast<TlsContent>(header_[0]); }

  /// Octets of the body; in SSLv2 form those after the version.
  [[nodiscard]] std::uint16_t length() const noexcept { return length_; }

  /// When the first octet of the record came.
  [[nodiscard]] Timestamp time() const noexcept { return time_; }

  /// In SSLv2 form: the message type (1 CLIENT-HELLO, 4 SERVER-HELLO) and the version after it.
  [[nodiscard]] std::uint8_t sslv2_type() const noexcept { return header_[2]; }

  [[nodiscard]] std::uint16_t sslv2_version() const noexcept {
    return load_be<std::uint16_t>(header_.data() + 3);
  }

 private:
  [[nodiscard]] Step read_header() noexcept;

  std::array<std::uint8_t, 5> header_{};
  std::uint8_t header_size_ = 0;
  bool started_ = false;
  std::uint16_t length_ = 0;
  std::uint16_t left_ = 0;
  Timestamp time_;
};

enum class TlsHandshake : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
};

struct TlsMessage {
  TlsHandshake type{};  ///< as on the wire, known or not
  Bytes body;           ///< empty for types that are not looked into and for those past the cap
  Timestamp time;       ///< when its first octet came
};

/// Puts handshake messages together from fragments.
class TlsMessages {
 public:
  static constexpr std::size_t max_size = std::size_t{64} << 10U;

  explicit TlsMessages(Budget& memory) noexcept : body_(memory, max_size) {}

  /// Takes octets off the front of `input` until a message is whole. Its body lives until forget()
  /// or, if it lay in `input`, as long as that. Requires: forget() since the last message.
  [[nodiscard]] std::optional<TlsMessage> next(Bytes& input, Timestamp now);

  /// Gives the memory of the last message back.
  void forget() noexcept { body_.release(); }

  /// No memory was left for a message: what follows cannot be followed.
  [[nodiscard]] bool refused() const noexcept { return refused_; }

  /// Expects the body of a message whose header was framed otherwise (SSLv2).
  void expect(TlsHandshake type, std::uint32_t length, Timestamp now) noexcept;

 private:
  [[nodiscard]] TlsMessage complete(Bytes body) noexcept;
  void read_header() noexcept;

  Buffer body_;
  std::array<std::uint8_t, 4> header_{};
  std::uint8_t header_size_ = 0;
  bool skipped_ = false;  ///< the body is passed over, not kept
  bool refused_ = false;
  std::uint32_t left_ = 0;
  Timestamp time_;
};

}  // namespace ntan::app

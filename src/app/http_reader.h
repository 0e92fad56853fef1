// Cuts one direction of an HTTP/1.x connection into heads and bodies, from pieces of any size.
#pragma once

#include <cstdint>
#include <string_view>

#include "app/http_head.h"
#include "base/budget.h"
#include "base/bytes.h"
#include "base/time.h"

namespace ntan::app {

/// Byte driven. A head that lies in one piece is handed over in place, others are gathered in a
/// Buffer; bodies are counted. Every octet is looked at once, those of a head's first piece twice
/// if it is not the last.
class HttpReader {
 public:
  /// Octets that are searched for the next start line before this direction is given up.
  static constexpr std::uint64_t max_search = std::uint64_t{4} * 1024 * 1024;

  enum class Kind : std::uint8_t {
    more,      ///< the piece is used up
    head,      ///< `head`: up to and including its empty line, unless `cut`: the lines that fit, of
               ///< a larger one, whose rest is passed over. Requires: begin_body() next
    body,      ///< `size` octets of content
    end,       ///< the message is complete
    flawed,    ///< `detail`: malformed; the next start line is searched for
    overlong,  ///< the same of a start line; `head`: its front
    hopeless,  ///< no memory, or no start line found: nothing more comes of this direction
  };

  struct Step {
    Kind kind = Kind::more;
    Bytes head;  ///< valid until the next call
    bool cut = false;
    std::uint64_t size = 0;
    std::string_view detail;
  };

  struct Gap {
    std::uint64_t body = 0;  ///< octets of the body that lie in it
    enum class Effect : std::uint8_t {
      crossed,  ///< reading goes on behind it
      lost,     ///< within a message whose rest cannot be told apart
      past,     ///< past the end of a message: the next one begins in it
      between,  ///< where a message was to begin
    } effect{};
  };

  HttpReader(HttpSide side, Budget& memory) noexcept : held_(memory, http_max_head), side_(side) {}

  /// Takes octets from the front of `rest` up to the next thing to say.
  [[nodiscard]] Step next(Bytes& rest, Timestamp now);

  /// Says what follows the head just handed over.
  void begin_body(HttpFraming framing) noexcept;

  /// The body may not come: if what follows begins another request, the message was complete
  /// without it. Where the size of a chunk has begun to come, nothing is doubted. Requires: a
  /// request of whose content nothing came yet.
  void doubt_body() noexcept;

  [[nodiscard]] Gap on_gap(std::uint64_t size) noexcept;

  /// Behind a gap: whether the message ends there.
  [[nodiscard]] bool pass_end() noexcept {
    if (state_ != State::ended) return false;
    state_ = State::idle;
    return true;
  }

  /// No octet follows: `end` if that completes a message, `flawed` if it cuts one, else `more`.
  [[nodiscard]] Step finish() noexcept;

  /// The whole lines so far of a head whose end is still to come; valid until the next call.
  [[nodiscard]] Bytes unfinished_head() const noexcept;

  /// What is there of a start line, or after a loss of what may be one, whose end is still to come;
  /// valid until the next call.
  [[nodiscard]] Bytes unfinished_start() const noexcept;

  /// Arrival of the first octet of the latest head.
  [[nodiscard]] Timestamp started() const noexcept { return started_; }

  /// A head has begun, and its end is still to come.
  [[nodiscard]] bool in_head() const noexcept { return state_ == State::head; }

  /// The place in the octets was lost and not found again yet.
  [[nodiscard]] bool searching() const noexcept { return state_ == State::search; }

  /// Octets looked at so far.
  [[nodiscard]] std::uint64_t examined() const noexcept { return examined_; }

 private:
  enum class State : std::uint8_t {
    idle,  ///< between messages: blank lines are skipped (RFC 9112 2.2)
    head,
    head_rest,  ///< of one that is too large: up to its empty line, then `after_`
    body,       ///< left_ octets
    until_close,
    chunk_size,
    chunk_extension,
    chunk_data,  ///< left_ octets
    chunk_end,
    trailer,
    doubted_body,    ///< as body, or the next request
    doubted_chunks,  ///< as chunk_size, or the next request
    ended,           ///< `end` is due
    search,          ///< for the next start line
    closed,
  };

  /// One line, or the part of it that is here.
  struct Line {
    Bytes here;             ///< with its line feed
    std::size_t size = 0;   ///< without line feed, earlier parts included
    bool complete = false;  ///< the line feed is here
    bool blank = false;     ///< nothing but the line end, earlier parts included
  };

  /// Octets that a search takes at once.
  struct Part {
    std::size_t size = 0;
    bool of_line = false;
  };

  [[nodiscard]] Line look_at_line(Bytes rest) noexcept;
  void lose_place() noexcept;
  void forget_line() noexcept;
  [[nodiscard]] Step flawed(std::string_view detail) noexcept;
  [[nodiscard]] Step hopeless() noexcept;
  [[nodiscard]] Step hand_over_head(Bytes& rest, std::size_t size);
  [[nodiscard]] Step overlong(Bytes& rest, const Line& line, std::size_t examined) noexcept;
  [[nodiscard]] Step hand_over_front(Bytes& rest, const Line& line, std::size_t examined);
  [[nodiscard]] bool hold_line(Bytes part, Timestamp now);
  [[nodiscard]] Step begin_head(Bytes& rest, Timestamp now) noexcept;
  [[nodiscard]] Step read_head(Bytes& rest);
  [[nodiscard]] Step read_head_rest(Bytes& rest) noexcept;
  [[nodiscard]] Step read_counted(Bytes& rest) noexcept;
  [[nodiscard]] Step read_chunk_size(Bytes& rest) noexcept;
  [[nodiscard]] Step read_chunk_extension(Bytes& rest) noexcept;
  [[nodiscard]] Step read_chunk_end(Bytes& rest) noexcept;
  [[nodiscard]] Step read_trailer(Bytes& rest) noexcept;
  [[nodiscard]] Step read_doubted(Bytes& rest, Timestamp now);
  [[nodiscard]] Step settle_on_body() noexcept;
  [[nodiscard]] Step settle_on_request() noexcept;
  [[nodiscard]] Step search_request(Bytes& rest, Timestamp now);
  [[nodiscard]] Part next_part(std::string_view text) const noexcept;
  [[nodiscard]] Step search_response(Bytes& rest, Timestamp now);
  [[nodiscard]] Step step(Bytes& rest, Timestamp now);

  Buffer held_;  ///< a head, or in search or doubt what may be a start line, so far
  Timestamp started_{};
  std::uint64_t left_ = 0;  ///< of the body or chunk; in search: octets until given up
  std::uint64_t examined_ = 0;
  std::uint32_t line_ = 0;     ///< octets of the line so far
  std::uint32_t lines_ = 0;    ///< of the head or trailer so far
  std::uint32_t section_ = 0;  ///< octets of the trailer so far
  std::uint8_t digits_ = 0;    ///< of the chunk size so far
  std::uint8_t last_ = 0;      ///< last octet looked at of an incomplete line, or in search
  HttpSide side_;
  State state_ = State::idle;
  State after_ = State::idle;  ///< what follows head_rest
  bool head_goes_on_ = false;  ///< of the head just handed over more is to come
  bool handed_over_ = false;   ///< held_ holds a head that was handed over
  bool overlong_ = false;      ///< in search of a request: the line is too long for one
};

}  // namespace ntan::app

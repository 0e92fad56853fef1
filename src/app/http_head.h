// Heads of HTTP/1.x messages as values (RFC 9112 2 to 6): start line, the few fields that are
// reported, and all that decides where the message ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ntan::app {

enum class HttpSide : std::uint8_t { request, response };

/// Of the versions that are read; a digit follows (RFC 9112 2.3).
inline constexpr std::string_view http_version_prefix = "HTTP/1.";
inline constexpr std::size_t http_max_line = std::size_t{8} * 1024;
inline constexpr std::size_t http_max_head = std::size_t{32} * 1024;
inline constexpr std::size_t http_max_fields = 128;
inline constexpr std::size_t http_max_method = 32;

/// A token of at most 32 octets.
[[nodiscard]] bool is_http_method(std::string_view text) noexcept;

/// Whether the text begins with what may be a method, and goes on like a request line or ends
/// there.
[[nodiscard]] bool may_begin_http_request(std::string_view text) noexcept;

/// A start line.
struct HttpStartLine {
  std::string_view method;   ///< request only
  std::string_view target;   ///< request only; empty only if the line is flawed
  std::string_view reason;   ///< response only; may be empty
  std::uint16_t status = 0;  ///< response only
  char minor = '1';          ///< digit after `HTTP/1.`; no_minor in a flawed line
  bool cut = false;          ///< the target may go on in octets that were not seen

  static constexpr char no_minor = '\0';
};

/// One of the methods in use.
[[nodiscard]] bool is_known_http_method(std::string_view text) noexcept;

/// A path, `*` or an absolute URI of HTTP, or the beginning of one.
[[nodiscard]] bool is_http_target(std::string_view text) noexcept;

/// Reads a start line without its line end; nothing if it is none of HTTP/1.x.
[[nodiscard]] std::optional<HttpStartLine> parse_start_line(HttpSide side, std::string_view line);

/// Reads a request line whose method is well known, but whose target or version is missing or odd.
/// Nothing if the line names the version of another protocol that shares methods with HTTP (SIP,
/// RTSP, ICAP), or is the CONNECT frame of STOMP.
[[nodiscard]] std::optional<HttpStartLine> parse_flawed_request_line(std::string_view line);

/// Reads what there is of a request line whose end was not captured: its method is well known, its
/// target has begun and is a path, an absolute URI or, of CONNECT, a host. It may be cut, too.
[[nodiscard]] std::optional<HttpStartLine> parse_cut_request_line(std::string_view seen);

/// Reads what there is of a status line whose end was not captured, its code at least.
[[nodiscard]] std::optional<HttpStartLine> parse_cut_status_line(std::string_view seen) noexcept;

/// Whether the text begins another request rather than what may be a body: a well-known method,
/// then a path, `*`, an absolute URI or, of CONNECT, anything. Nothing while that cannot be told,
/// which is within 24 octets; what was told stays true of a longer text.
[[nodiscard]] std::optional<bool> begins_http_request(std::string_view text) noexcept;

/// A token, then a colon; of a field of that name alone if one is given, in lower case.
[[nodiscard]] bool is_http_field(std::string_view line, std::string_view name = {}) noexcept;

/// What a head says. Views borrow from it; a folded value keeps its line ends, see http_unfold().
struct HttpHead {
  HttpStartLine start;
  std::string_view host;
  std::string_view user_agent;
  std::string_view referer;
  std::string_view content_type;
  std::string_view server;
  std::string_view location;
  bool has_length = false;
  bool names_coding = false;                    ///< a Transfer-Encoding field is there
  bool transfer_coded = false;                  ///< and says more than `identity`
  bool chunked = false;                         ///< and `chunked` is its last coding
  bool expects_continue = false;                ///< of a request (RFC 9110 10.1.1)
  bool folded = false;                          ///< a value goes on in another line
  bool cut = false;                             ///< larger than is read: fields are missing
  std::optional<std::uint64_t> content_length;  ///< first valid one
  std::uint32_t hosts = 0;
  std::uint32_t fields = 0;
  std::string_view flaw;       ///< first thing malformed; a literal, empty if nothing is
  std::string_view smuggling;  ///< why recipients may disagree about the end; a literal
};

/// Reads a head up to and including its empty line; nothing if its first line is no start line, not
/// even a flawed one.
/// Linear in its size, folds and repeated fields included.
[[nodiscard]] std::optional<HttpHead> parse_http_head(HttpSide side, Bytes head);

/// Writes a value with each fold, and the blanks around it, as one space (RFC 9112 5.2). Returns
/// the octets that takes, which are no more than the value has; where `out` is null, nothing is
/// written.
[[nodiscard]] std::size_t http_unfold(std::string_view value, char* out) noexcept;

/// Where the body that follows a head ends.
struct HttpFraming {
  enum class Kind : std::uint8_t {
    none,
    length,  ///< after `length` octets
    chunked,
    until_close,
    unknown,  ///< nobody can tell: look for the next start line
  };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
};

/// RFC 9112 6.3, for a request. Of a cut head without a word on it only methods that have no body
/// tell.
[[nodiscard]] HttpFraming request_framing(const HttpHead& head) noexcept;

/// What of the request decides about the end of its response.
enum class HttpMethod : std::uint8_t { other, head, connect };
[[nodiscard]] HttpMethod http_method(std::string_view name) noexcept;

/// RFC 9112 6.3, for a response to a request of that method. After a 101 or a 2xx to CONNECT
/// another protocol follows: that is the caller's to know.
[[nodiscard]] HttpFraming response_framing(const HttpHead& head, HttpMethod method) noexcept;

}  // namespace ntan::app

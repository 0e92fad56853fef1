#include "app/http_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace ntan::app {
namespace {

constexpr std::size_t max_chunk_digits = 16;

/// Octets after which it is settled whether they begin a request, empty lines before it included.
constexpr std::size_t max_doubt = 32;

/// 0 to 15, or -1.
int hex_value(std::uint8_t octet) noexcept {
  if (octet >= '0' && octet <= '9') return octet - '0';
  if (octet >= 'a' && octet <= 'f') return octet - 'a' + 10;
  if (octet >= 'A' && octet <= 'F') return octet - 'A' + 10;
  return -1;
}

std::size_t line_ends_at_front(Bytes octets) noexcept {
  const auto first = std::ranges::find_if(
      octets, [](std::uint8_t octet) { return octet != '\r' && octet != '\n'; });
  return static_cast<std::size_t>(first - octets.begin());
}

void drop_front(Bytes& rest, std::size_t count) noexcept {
  rest = rest.subspan(count);
}

std::string_view without_line_end(Bytes line) noexcept {
  std::string_view text = as_text(line);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Of a status line that is searched for.
constexpr std::size_t max_status_line = 1024;

/// A response may stand behind this octet, the last one of a body whose end was not known: images
/// and JSON end with no line. What speaks of HTTP puts a blank or a quote there.
bool may_end_body(std::uint8_t octet) noexcept {
  constexpr std::string_view speaking = " \t\"'`(=:/";
  return speaking.find(static_cast<char>(octet)) == std::string_view::npos;
}

/// Where a status line begins, or may at the end of the text; else the text's size.
std::size_t find_status(std::string_view text) noexcept {
  if (const std::size_t at = text.find(http_version_prefix); at != std::string_view::npos)
    return at;
  std::size_t at = text.size() - std::min(text.size(), http_version_prefix.size() - 1);
  while (at != text.size() && !http_version_prefix.starts_with(text.substr(at))) ++at;
  return at;
}

/// Octets of a head at the front, up to and including its empty line; 0 if its end is not here or
/// it is too large. Requires: the first octet is no line end.
std::size_t whole_head(Bytes rest) noexcept {
  const std::uint8_t* const begin = rest.data();
  const std::uint8_t* const end = begin + std::min(rest.size(), http_max_head);
  const std::uint8_t* line = begin;
  while (line != end) {
    const void* const found = std::memchr(line, '\n', static_cast<std::size_t>(end - line));
    if (found == nullptr) return 0;
    const auto* const feed = static_cast<const std::uint8_t*>(found);
    const auto size = static_cast<std::size_t>(feed - line);
    if (size == 0 || (size == 1 && *line == '\r'))
      return static_cast<std::size_t>(feed - begin) + 1;
    line = feed + 1;
  }
  return 0;
}

}  // namespace

HttpReader::Step HttpReader::next(Bytes& rest, Timestamp now) {
  if (handed_over_) {
    held_.release();
    handed_over_ = false;
  }
  while (!rest.empty() || state_ == State::ended) {
    const Step said = step(rest, now);
    if (said.kind != Kind::more) return said;
  }
  return {};
}

HttpReader::Step HttpReader::step(Bytes& rest, Timestamp now) {
  switch (state_) {
    case State::idle: return begin_head(rest, now);
    case State::head: return read_head(rest);
    case State::head_rest: return read_head_rest(rest);
    case State::body:
    case State::until_close:
    case State::chunk_data: return read_counted(rest);
    case State::chunk_size: return read_chunk_size(rest);
    case State::chunk_extension: return read_chunk_extension(rest);
    case State::chunk_end: return read_chunk_end(rest);
    case State::trailer: return read_trailer(rest);
    case State::doubted_body:
    case State::doubted_chunks: return read_doubted(rest, now);
    case State::ended: state_ = State::idle; return {.kind = Kind::end};
    case State::search:
      return side_ == HttpSide::request ? search_request(rest, now) : search_response(rest, now);
    case State::closed: rest = {}; return {};
  }
  return {};
}

void HttpReader::begin_body(HttpFraming framing) noexcept {
  left_ = framing.length;
  digits_ = 0;
  switch (framing.kind) {
    case HttpFraming::Kind::none: state_ = State::ended; break;
    case HttpFraming::Kind::length: state_ = left_ == 0 ? State::ended : State::body; break;
    case HttpFraming::Kind::chunked: state_ = State::chunk_size; break;
    case HttpFraming::Kind::until_close: state_ = State::until_close; break;
    case HttpFraming::Kind::unknown: lose_place(); break;
  }
  if (head_goes_on_ && state_ != State::search) {
    after_ = state_;
    state_ = State::head_rest;
  }
  head_goes_on_ = false;
}

void HttpReader::doubt_body() noexcept {
  if (state_ == State::body) {
    state_ = State::doubted_body;
  } else if (state_ == State::chunk_size && digits_ == 0) {
    state_ = State::doubted_chunks;
  }
}

Bytes HttpReader::unfinished_head() const noexcept {
  if (state_ != State::head || lines_ == 0) return {};
  // What is held ends with the line that goes on.
  const Bytes held = held_.view();
  return held.first(held.size() - std::min<std::size_t>(line_, held.size()));
}

Bytes HttpReader::unfinished_start() const noexcept {
  const bool at_start = state_ == State::search ? !overlong_ : state_ == State::head && lines_ == 0;
  return at_start && !handed_over_ ? held_.view() : Bytes{};
}

HttpReader::Gap HttpReader::on_gap(std::uint64_t size) noexcept {
  using Effect = Gap::Effect;
  switch (state_) {
    case State::search: forget_line(); [[fallthrough]];
    case State::closed: return {.effect = Effect::crossed};
    case State::until_close: return {.body = size, .effect = Effect::crossed};
    case State::body:
    case State::chunk_data:
      if (size <= left_) {
        left_ -= size;
        if (left_ == 0) state_ = state_ == State::body ? State::ended : State::chunk_end;
        return {.body = size, .effect = Effect::crossed};
      }
      break;
    case State::idle:
    case State::ended: lose_place(); return {.effect = Effect::between};
    default: break;
  }
  const bool in_body = state_ == State::body;
  const bool in_data = in_body || state_ == State::chunk_data;
  const Gap gap{.body = in_data ? left_ : 0, .effect = in_body ? Effect::past : Effect::lost};
  lose_place();
  return gap;
}

HttpReader::Step HttpReader::finish() noexcept {
  const State at = state_;
  state_ = State::closed;
  held_.release();
  handed_over_ = false;
  switch (at) {
    case State::until_close:
    case State::ended: return {.kind = Kind::end};
    case State::idle:
    case State::search:
    case State::closed: return {};
    default: return {.kind = Kind::flawed, .detail = "cut by the end of the connection"};
  }
}

// Inlined by force: it runs for every line, and its result takes more to hand over than to find.
[[gnu::always_inline]] inline HttpReader::Line HttpReader::look_at_line(Bytes rest) noexcept {
  const std::size_t feed = as_text(rest).find('\n');
  Line line{.complete = feed != std::string_view::npos};
  const std::size_t part = line.complete ? feed : rest.size();
  line.here = rest.first(line.complete ? part + 1 : part);
  line.size = line_ + part;
  examined_ += line.here.size();
  if (part != 0) last_ = rest[part - 1];
  line.blank = line.complete && (line.size == 0 || (line.size == 1 && last_ == '\r'));
  line_ = line.complete ? 0 : static_cast<std::uint32_t>(line.size);
  return line;
}

void HttpReader::lose_place() noexcept {
  forget_line();
  left_ = max_search;
  state_ = State::search;
}

void HttpReader::forget_line() noexcept {
  if (!handed_over_) held_.release();
  line_ = 0;
  overlong_ = false;
  last_ = '\n';  // what came before is not known: a message may have ended there
}

HttpReader::Step HttpReader::flawed(std::string_view detail) noexcept {
  lose_place();
  return {.kind = Kind::flawed, .detail = detail};
}

HttpReader::Step HttpReader::hopeless() noexcept {
  held_.release();
  state_ = State::closed;
  return {.kind = Kind::hopeless};
}

HttpReader::Step HttpReader::begin_head(Bytes& rest, Timestamp now) noexcept {
  const std::size_t blank = line_ends_at_front(rest);
  examined_ += blank;
  drop_front(rest, blank);
  if (rest.empty()) return {};
  started_ = now;
  line_ = 0;
  lines_ = 0;
  state_ = State::head;
  return {};
}

HttpReader::Step HttpReader::read_head(Bytes& rest) {
  // Most heads come in one piece: that they do is seen in half the time of the walk below, which
  // the few others pay twice for their first piece.
  if (lines_ == 0 && line_ == 0 && held_.empty()) {
    if (const std::size_t size = whole_head(rest); size != 0) {
      examined_ += size;
      return hand_over_head(rest, size);
    }
  }
  std::size_t at = 0;
  while (at < rest.size()) {
    const Line line = look_at_line(rest.subspan(at));
    at += line.here.size();
    if (held_.size() + at > http_max_head) return hand_over_front(rest, line, at);
    if (!line.complete) break;
    ++lines_;
    if (line.blank) return hand_over_head(rest, at);
  }
  if (!held_.append(rest)) return hopeless();
  rest = {};
  return {};
}

HttpReader::Step HttpReader::hand_over_head(Bytes& rest, std::size_t size) {
  Bytes head = rest.first(size);
  drop_front(rest, size);
  if (!held_.empty()) {
    if (!held_.append(head)) return hopeless();
    handed_over_ = true;
    head = held_.view();
  }
  state_ = State::ended;
  return {.kind = Kind::head, .head = head};
}

/// The start line itself is too large. What it began with is handed over.
HttpReader::Step HttpReader::overlong(Bytes& rest, const Line& line,
                                      std::size_t examined) noexcept {
  handed_over_ = !held_.empty();
  const Bytes front = handed_over_ ? held_.view() : rest.first(examined);
  const std::uint8_t last = last_;
  drop_front(rest, examined);
  lose_place();
  if (!line.complete) {  // the search must not begin in the middle of it
    overlong_ = true;
    last_ = last;
  }
  return {.kind = Kind::overlong, .head = front, .detail = "start line longer than 32 KiB"};
}

/// Of a head that is too large, the lines before `line`, with which it became so.
HttpReader::Step HttpReader::hand_over_front(Bytes& rest, const Line& line, std::size_t examined) {
  const std::size_t line_size = line.size + (line.complete ? 1 : 0);
  const std::size_t kept = held_.size() + examined - line_size;
  if (lines_ == 0) return overlong(rest, line, examined);
  if (kept > held_.size() && !held_.append(rest.first(kept - held_.size()))) return hopeless();
  drop_front(rest, examined);
  handed_over_ = true;
  head_goes_on_ = !line.blank;
  state_ = State::ended;
  return {.kind = Kind::head, .head = held_.view().first(kept), .cut = true};
}

HttpReader::Step HttpReader::read_head_rest(Bytes& rest) noexcept {
  const Line line = look_at_line(rest);
  drop_front(rest, line.here.size());
  if (line.blank) state_ = after_;
  return {};
}

HttpReader::Step HttpReader::read_counted(Bytes& rest) noexcept {
  std::uint64_t size = rest.size();
  if (state_ != State::until_close) {
    size = std::min(size, left_);
    left_ -= size;
    if (left_ == 0) state_ = state_ == State::body ? State::ended : State::chunk_end;
  }
  drop_front(rest, size);
  line_ = 0;
  return {.kind = Kind::body, .size = size};
}

HttpReader::Step HttpReader::read_chunk_size(Bytes& rest) noexcept {
  if (digits_ == 0) left_ = 0;
  while (!rest.empty() && hex_value(rest.front()) >= 0) {
    if (digits_ == max_chunk_digits) return flawed("chunk size longer than 16 digits");
    left_ = (left_ << 4U) | static_cast<std::uint64_t>(hex_value(rest.front()));
    ++digits_;
    ++examined_;
    drop_front(rest, 1);
  }
  if (rest.empty()) return {};
  constexpr std::string_view may_follow = ";\r\n \t";
  const char next = static_cast<char>(rest.front());
  if (digits_ == 0 || may_follow.find(next) == std::string_view::npos) {
    return flawed("chunk size is no number");
  }
  if (left_ > std::numeric_limits<std::int64_t>::max()) return flawed("chunk size above 2^63");
  line_ = 0;
  state_ = State::chunk_extension;
  return {};
}

HttpReader::Step HttpReader::read_chunk_extension(Bytes& rest) noexcept {
  const Line line = look_at_line(rest);
  drop_front(rest, line.here.size());
  if (line.size > http_max_line) return flawed("chunk extension longer than 8 KiB");
  if (!line.complete) return {};
  digits_ = 0;
  lines_ = 0;
  section_ = 0;
  state_ = left_ == 0 ? State::trailer : State::chunk_data;
  return {};
}

HttpReader::Step HttpReader::read_chunk_end(Bytes& rest) noexcept {
  const std::uint8_t octet = rest.front();
  ++examined_;
  if (octet == '\n') {
    line_ = 0;
    state_ = State::chunk_size;
  } else if (octet == '\r' && line_ == 0) {
    line_ = 1;
  } else {
    return flawed("chunk without line end");
  }
  drop_front(rest, 1);
  return {};
}

HttpReader::Step HttpReader::read_trailer(Bytes& rest) noexcept {
  const Line line = look_at_line(rest);
  drop_front(rest, line.here.size());
  section_ += static_cast<std::uint32_t>(line.here.size());
  if (line.complete && line.blank) {
    state_ = State::ended;
    return {};
  }
  lines_ += line.complete ? 1 : 0;
  if (section_ > http_max_head || lines_ > http_max_fields) return flawed("trailer too large");
  return {};
}

HttpReader::Step HttpReader::read_doubted(Bytes& rest, Timestamp now) {
  std::array<std::uint8_t, max_doubt> both{};
  const Bytes held = held_.view();
  Bytes start = rest.first(std::min(rest.size(), max_doubt - held.size()));
  if (!held.empty()) {
    std::ranges::copy(start, std::ranges::copy(held, both.begin()).out);
    start = Bytes{both}.first(held.size() + start.size());
  }
  // RFC 9112 2.2: an empty line may stand before a request.
  const auto request = begins_http_request(as_text(start.subspan(line_ends_at_front(start))));
  if (request) return *request ? settle_on_request() : settle_on_body();
  const bool complete = state_ == State::doubted_body && held.size() + rest.size() >= left_;
  if (complete || start.size() == max_doubt) return settle_on_body();
  examined_ += rest.size();
  if (line_ends_at_front(held) == held.size()) started_ = now;
  if (!held_.append(rest)) return hopeless();
  rest = {};
  return {};
}

/// What was held is read as the body that it is.
HttpReader::Step HttpReader::settle_on_body() noexcept {
  std::array<std::uint8_t, max_doubt> octets{};
  const std::size_t size = held_.size();
  std::ranges::copy(held_.view(), octets.begin());
  held_.release();
  Bytes held = Bytes{octets}.first(size);
  const bool chunks = state_ == State::doubted_chunks;
  state_ = chunks ? State::chunk_size : State::body;
  if (held.empty()) return {};
  return chunks ? read_chunk_size(held) : read_counted(held);
}

/// What was held is the front of a head; the message before it is over.
HttpReader::Step HttpReader::settle_on_request() noexcept {
  held_.drop_front(line_ends_at_front(held_.view()));
  line_ = static_cast<std::uint32_t>(held_.size());
  lines_ = 0;
  state_ = held_.empty() ? State::idle : State::head;
  return {.kind = Kind::end};
}

bool HttpReader::hold_line(Bytes part, Timestamp now) {
  if (held_.empty()) started_ = now;
  return held_.append(part);
}

HttpReader::Step HttpReader::search_request(Bytes& rest, Timestamp now) {
  const Line line = look_at_line(rest);
  if (line.here.size() >= left_) return hopeless();
  left_ -= line.here.size();
  if (overlong_ || line.size > http_max_line) {
    overlong_ = !line.complete;
    held_.release();
    drop_front(rest, line.here.size());
    return {};
  }
  // What is held is the unfinished end of an earlier segment, mostly of a body: a request that this
  // one begins with is no end of its line.
  const bool alone = held_.empty() || begins_http_request(as_text(line.here)).value_or(false);
  if (alone && line.complete && parse_start_line(side_, without_line_end(line.here))) {
    held_.release();
    state_ = State::idle;
    return {};
  }
  if (!line.complete || !held_.empty()) {
    if (!hold_line(line.here, now)) return hopeless();
  }
  drop_front(rest, line.here.size());
  if (!line.complete) return {};
  if (!held_.empty() && parse_start_line(side_, without_line_end(held_.view()))) {
    lines_ = 1;
    state_ = State::head;
    return {};
  }
  held_.release();
  return {};
}

/// How much of `text` belongs to one thing, and whether that may be of a status line.
HttpReader::Part HttpReader::next_part(std::string_view text) const noexcept {
  const std::size_t held = held_.size();
  if (held == 0) {
    const std::size_t at = find_status(text);
    if (at != 0) return {.size = at};
    return {.size = 1, .of_line = may_end_body(last_)};
  }
  if (held < http_version_prefix.size()) {
    const bool goes_on = text.front() == http_version_prefix[held];
    return {.size = goes_on ? 1U : 0U, .of_line = goes_on};
  }
  const std::size_t room = max_status_line - held;
  const std::size_t feed = text.substr(0, room).find('\n');
  const bool ends = feed != std::string_view::npos;
  return {.size = ends ? feed + 1 : std::min(text.size(), room), .of_line = true};
}

// Octet by octet in effect, so that it is the same however the stream is cut.
HttpReader::Step HttpReader::search_response(Bytes& rest, Timestamp now) {
  while (!rest.empty()) {
    const Part part = next_part(as_text(rest));
    if (part.size == 0) {  // no other one begins in what was held, but one may with this octet
      last_ = held_.view().back();
      held_.release();
      continue;
    }
    if (part.size >= left_) return hopeless();
    left_ -= part.size;
    examined_ += part.size;
    const Bytes octets = rest.first(part.size);
    drop_front(rest, part.size);
    last_ = octets.back();
    if (!part.of_line) continue;
    if (!hold_line(octets, now)) return hopeless();
    if (last_ != '\n' && held_.size() < max_status_line) continue;
    if (last_ == '\n' && parse_start_line(side_, without_line_end(held_.view()))) {
      lines_ = 1;
      state_ = State::head;
      return {};
    }
    held_.release();
  }
  return {};
}

}  // namespace ntan::app

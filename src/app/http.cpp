#include "app/http.h"

#include <array>
#include <optional>

#include "app/http_exchange.h"
#include "app/http_head.h"
#include "app/http_probe.h"
#include "app/http_reader.h"

namespace ntan::app {
namespace {

using event::Note;
using event::Reason;

constexpr std::string_view layer = "http";
constexpr std::size_t max_requests = 256;  ///< unanswered at a time; then the oldest is reported
constexpr std::size_t max_informational = 8;
constexpr int max_flaws = 5;

HttpKeep to_keep(Output& out) {
  return out.wants<Http>() ? HttpKeep::texts : HttpKeep::nothing;
}

/// Reads what the reader hands over as a head.
std::optional<HttpHead> head_of(HttpSide side, const HttpReader::Step& step) {
  auto head = parse_http_head(side, step.head);
  if (!head || !step.cut) return head;
  head->cut = true;
  if (head->flaw.empty()) head->flaw = "head larger than 32 KiB";
  return head;
}

class HttpDissector final : public Dissector {
 public:
  explicit HttpDissector(const FlowContext& flow) noexcept
      : requests_in_(HttpSide::request, *flow.memory),
        responses_in_(HttpSide::response, *flow.memory),
        queue_(*flow.memory),
        response_(*flow.memory) {}

  Progress consume(const Segment& segment, Output& out) override;
  Progress on_gap(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                  Output& out) override;
  Progress on_unseen(Direction direction, std::uint64_t size, std::optional<Timestamp> had,
                     Output& out) override;
  Progress on_half_close(Direction direction, Timestamp time, Output& out) override;
  void on_timer(Timer timer, std::uint32_t token, Timestamp now, Output& out) override;
  void on_end(Timestamp now, Output& out) override;

 private:
  void orient(const Segment& segment);
  Progress take_requests(Bytes rest, Timestamp now, Output& out);
  Progress take_responses(Bytes rest, Timestamp now, Output& out);
  [[nodiscard]] HttpRequest* enqueue(const HttpHead& head, HttpKeep keep, Output& out);
  [[nodiscard]] HttpRequest* enqueue_unread(Output& out);
  [[nodiscard]] bool take_unreadable_request(std::string_view detail, Output& out);
  [[nodiscard]] bool begin_request(const HttpHead& head, HttpFraming framing, Output& out);
  void report_lost(Output& out);
  [[nodiscard]] bool take_cut_request(Output& out);
  void end_request(std::optional<Timestamp> last);
  void lose_unreadable(Bytes head, Output& out);
  [[nodiscard]] Progress begin_response(const HttpHead& head, Timestamp now, Output& out);
  [[nodiscard]] bool take_cut_response(Output& out);
  [[nodiscard]] bool open_response(const HttpHead& head, Output& out);
  void doubt_body();
  void measure_first_byte(const HttpRequest& request, Output& out);
  void end_response(std::optional<Timestamp> last, Output& out);
  [[nodiscard]] bool request_gap(std::uint64_t size, std::optional<Timestamp> had);
  [[nodiscard]] bool take_lost_request(Output& out);
  void lose_response(Output& out);
  void await_body(Output& out);
  void response_gap(std::uint64_t size, std::optional<Timestamp> had, Output& out);
  void cut_response(Output& out);
  void report_unanswered(std::size_t index, Output& out);
  void report_all(Output& out);
  [[nodiscard]] Progress give_up(Output& out);
  [[nodiscard]] bool flawed(std::string_view detail, Output& out);
  void tell_flaws(const HttpHead& head, Output& out);
  void tell_response(const HttpHead& head, Output& out);
  void pop_front();

  /// The client has sent its head, and waits for a word on it before it sends the body.
  [[nodiscard]] bool asks_first(const HttpRequest& request) const noexcept {
    return &request == receiving_ && request.waits && request.body == 0;
  }

  /// Of the requests in the queue, how many have a response under way: 0 or 1.
  [[nodiscard]] std::size_t being_answered() const noexcept {
    return response_.open && response_.paired ? 1 : 0;
  }

  HttpReader requests_in_;
  HttpReader responses_in_;
  HttpQueue queue_;
  HttpRequest* receiving_ = nullptr;  ///< in the queue, and its body goes on
  HttpResponse response_;
  std::array<std::uint16_t, max_informational> informational_{};
  std::uint8_t informational_count_ = 0;
  std::uint8_t flaws_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t dropped_ =
      0;                     ///< reported unanswered at the cap: their responses are still to come
  std::uint32_t token_ = 0;  ///< of the response that a timer is armed for
  Direction request_direction_ = Direction::to_server;
  bool oriented_ = false;
  bool armed_ = false;
  bool went_on_ = false;    ///< since the timer was armed octets of the response came
  bool pipelines_ = false;  ///< the client does not wait for responses
};

/// In flows without a SYN the client may have been guessed wrong: who sends status lines is the
/// server.
void HttpDissector::orient(const Segment& segment) {
  oriented_ = true;
  const std::string_view text = as_text(segment.data);
  if (text.starts_with(http_version_prefix)) {
    request_direction_ = reverse(segment.direction);
  } else if (segment.direction != request_direction_ && probe_http_request(text) == Verdict::yes) {
    request_direction_ = segment.direction;
  }
}

Progress HttpDissector::consume(const Segment& segment, Output& out) {
  if (!oriented_) orient(segment);
  if (segment.direction == request_direction_) {
    return take_requests(segment.data, segment.time, out);
  }
  const Progress progress = take_responses(segment.data, segment.time, out);
  went_on_ = true;
  if (progress == Progress::more && response_.open && !armed_) await_body(out);
  return progress;
}

Progress HttpDissector::take_requests(Bytes rest, Timestamp now, Output& out) {
  using Kind = HttpReader::Kind;
  for (;;) {
    const HttpReader::Step step = requests_in_.next(rest, now);
    switch (step.kind) {
      case Kind::more: return Progress::more;
      case Kind::head:
        if (const auto head = head_of(HttpSide::request, step)) {
          if (!begin_request(*head, request_framing(*head), out)) return give_up(out);
          queue_.back().last = now;
        } else {
          requests_in_.begin_body({.kind = HttpFraming::Kind::unknown});
          if (!take_unreadable_request("no request line", out)) return give_up(out);
        }
        break;
      case Kind::overlong:
        if (!take_unreadable_request(step.detail, out)) return give_up(out);
        break;
      case Kind::body:
        if (receiving_ != nullptr) receiving_->body += step.size;
        break;
      case Kind::end: end_request(now); break;
      case Kind::flawed:
        receiving_ = nullptr;
        if (!flawed(step.detail, out)) return give_up(out);
        break;
      case Kind::hopeless: return give_up(out);
    }
  }
}

/// The youngest request from now on. Null without memory.
HttpRequest* HttpDissector::enqueue(const HttpHead& head, HttpKeep keep, Output& out) {
  report_lost(out);
  if (queue_.size() == max_requests) {
    queue_.count_crowded_out();
    report_unanswered(being_answered(), out);
    ++dropped_;
  }
  const bool pipelined = !queue_.empty();
  pipelines_ = pipelines_ || pipelined;
  HttpRequest* const request = queue_.push(head, keep);
  if (request == nullptr) return nullptr;
  request->pipelined = pipelined;
  request->depth = ++depth_;
  return request;
}

/// A request that will be answered, of which nothing else is known. Null without memory.
HttpRequest* HttpDissector::enqueue_unread(Output& out) {
  HttpRequest* const request = enqueue({}, HttpKeep::nothing, out);
  if (request != nullptr) request->unread = true;
  return request;
}

/// RFC 9112 2.2: the server answers what is no request line all the same, with 400 (Bad Request).
/// False without memory, and where there is too much of it.
bool HttpDissector::take_unreadable_request(std::string_view detail, Output& out) {
  return enqueue_unread(out) != nullptr && flawed(detail, out);
}

bool HttpDissector::begin_request(const HttpHead& head, HttpFraming framing, Output& out) {
  tell_flaws(head, out);
  out.note({.kind = Note::Kind::http_request});
  HttpRequest* const request = enqueue(head, to_keep(out), out);
  if (request == nullptr) return false;
  request->first = requests_in_.started();
  const bool unknown = framing.kind == HttpFraming::Kind::unknown;
  request->has_body = !unknown && framing.kind != HttpFraming::Kind::none;
  request->chunked = framing.kind == HttpFraming::Kind::chunked;
  request->waits = head.expects_continue;
  receiving_ = unknown ? nullptr : request;
  requests_in_.begin_body(framing);
  return true;
}

/// A client that waits for responses has got those whose octets were lost.
void HttpDissector::report_lost(Output& out) {
  while (responses_in_.searching() && !pipelines_ && queue_.size() > being_answered()) {
    queue_.at(being_answered()).gap = true;
    report_unanswered(being_answered(), out);
  }
}

/// Takes a request whose head has no end, or goes on in octets that were not seen, as far as it
/// was. False without memory.
bool HttpDissector::take_cut_request(Output& out) {
  const Bytes seen = requests_in_.unfinished_head();
  std::optional<HttpHead> head;
  if (!seen.empty()) {
    head = parse_http_head(HttpSide::request, seen);
  } else if (const auto line = parse_cut_request_line(as_text(requests_in_.unfinished_start()))) {
    head.emplace().start = *line;
  }
  if (!head) return true;
  if (!begin_request(*head, {.kind = HttpFraming::Kind::unknown}, out)) return false;
  queue_.back().gap = true;
  return true;
}

/// Its last octet came at `last`; nothing if that is not known.
void HttpDissector::end_request(std::optional<Timestamp> last) {
  if (receiving_ != nullptr && last) {
    receiving_->last = *last;
    receiving_->complete = true;
  }
  receiving_ = nullptr;
}

Progress HttpDissector::take_responses(Bytes rest, Timestamp now, Output& out) {
  using Kind = HttpReader::Kind;
  for (;;) {
    const HttpReader::Step step = responses_in_.next(rest, now);
    switch (step.kind) {
      case Kind::more: return Progress::more;
      case Kind::head:
        if (const auto head = head_of(HttpSide::response, step)) {
          const Progress progress = begin_response(*head, now, out);
          if (progress != Progress::more) return progress;
        } else {
          lose_unreadable(step.head, out);
          responses_in_.begin_body({.kind = HttpFraming::Kind::unknown});
          if (!flawed("no status line", out)) return give_up(out);
        }
        break;
      case Kind::body:
        if (response_.open && response_.body) *response_.body += step.size;
        break;
      case Kind::end: end_response(now, out); break;
      case Kind::flawed:
        cut_response(out);
        if (!flawed(step.detail, out)) return give_up(out);
        break;
      case Kind::overlong:
        lose_unreadable(step.head, out);
        if (!flawed(step.detail, out)) return give_up(out);
        break;
      case Kind::hopeless: return give_up(out);
    }
  }
}

/// A head that cannot be read is the response to its request; octets that are none are not.
void HttpDissector::lose_unreadable(Bytes head, Output& out) {
  cut_response(out);
  if (!as_text(head).starts_with(http_version_prefix)) return;
  if (dropped_ != 0) {
    --dropped_;
  } else if (!queue_.empty()) {
    report_unanswered(0, out);
  }
}

Progress HttpDissector::begin_response(const HttpHead& head, Timestamp now, Output& out) {
  const std::uint16_t status = head.start.status;
  tell_response(head, out);
  if (status / 100 == 1 && status != 101) {
    if (informational_count_ < max_informational) {
      informational_.at(informational_count_++) = status;
    }
    if (status == 100 && dropped_ == 0 && !queue_.empty()) queue_.at(0).waits = false;
    responses_in_.begin_body({});
    return Progress::more;
  }
  if (!open_response(head, out)) return give_up(out);
  doubt_body();
  const HttpMethod method = response_.paired ? queue_.at(0).kind : HttpMethod::other;
  const HttpFraming framing = response_framing(head, method);
  const bool unknown = framing.kind == HttpFraming::Kind::unknown;
  if (!unknown && framing.kind != HttpFraming::Kind::none) response_.body = 0;
  response_.chunked = framing.kind == HttpFraming::Kind::chunked;
  responses_in_.begin_body(framing);
  if (status != 101 && !(method == HttpMethod::connect && status / 100 == 2)) return Progress::more;
  end_response(now, out);
  report_all(out);
  return Progress::restart;
}

/// Opens a final response whose head has no end, or goes on in octets that were not seen, as far as
/// it was. False without memory.
bool HttpDissector::take_cut_response(Output& out) {
  const Bytes seen = responses_in_.unfinished_head();
  std::optional<HttpHead> head;
  if (!seen.empty()) {
    head = parse_http_head(HttpSide::response, seen);
  } else if (const auto line = parse_cut_status_line(as_text(responses_in_.unfinished_start()))) {
    head.emplace().start = *line;
  }
  if (!head || head->start.status / 100 == 1) return true;
  tell_response(*head, out);
  const bool kept = open_response(*head, out);
  response_.gap = true;
  return kept;
}

/// Pairs a final response with the oldest request. False without memory.
bool HttpDissector::open_response(const HttpHead& head, Output& out) {
  cut_response(out);  // the one before, of which the end was not found
  response_.open = true;
  response_.paired = dropped_ == 0 && !queue_.empty();
  if (dropped_ == 0 && !response_.paired) ++depth_;  // a request that was not seen
  if (dropped_ != 0) --dropped_;
  response_.body = std::nullopt;
  response_.ttfb_us = std::nullopt;
  response_.early = false;
  response_.gap = false;
  armed_ = false;
  if (response_.paired) measure_first_byte(queue_.at(0), out);
  return response_.keep(head, to_keep(out));
}

/// RFC 9110 10.1.1: a client that asked whether to send its body, and was told something final, may
/// do without it.
void HttpDissector::doubt_body() {
  if (response_.paired && asks_first(queue_.at(0))) requests_in_.doubt_body();
}

void HttpDissector::measure_first_byte(const HttpRequest& request, Output& out) {
  const Timestamp first = responses_in_.started();
  const bool asks = asks_first(request);
  if ((&request == receiving_ && !asks) || (request.complete && first < request.last)) {
    response_.early = true;
    response_.ttfb_us = 0;
  } else if (request.complete || (asks && first >= request.last)) {
    response_.ttfb_us = static_cast<std::uint64_t>(to_us(first - request.last));
  }
  if (response_.ttfb_us) {
    out.note({.kind = Note::Kind::http_ttfb_us, .value = *response_.ttfb_us});
  }
}

/// The last octet of a response came at `last` (or is known not to come, with 101 and CONNECT);
/// nothing if that is not known.
void HttpDissector::end_response(std::optional<Timestamp> last, Output& out) {
  if (!response_.open) return;
  const HttpRequest* request = response_.paired ? &queue_.at(0) : nullptr;
  std::optional<std::uint64_t> total_us;
  if (last && request != nullptr && !request->unread && *last >= request->first) {
    total_us = static_cast<std::uint64_t>(to_us(*last - request->first));
    out.note({.kind = Note::Kind::http_total_us, .value = *total_us});
  }
  if (out.wants<Http>()) {
    Http record = describe(request, &response_);
    record.complete = true;
    record.informational = std::span{informational_}.first(informational_count_);
    record.total_us = total_us;
    out.emit(record);
  }
  pop_front();
}

/// Reports the response under way as far as it was seen.
void HttpDissector::cut_response(Output& out) {
  if (!response_.open) return;
  if (out.wants<Http>()) {
    Http record = describe(response_.paired ? &queue_.at(0) : nullptr, &response_);
    record.informational = std::span{informational_}.first(informational_count_);
    out.emit(record);
  }
  pop_front();
}

/// Forgets the response under way, and its request.
void HttpDissector::pop_front() {
  if (response_.paired) {
    if (receiving_ == &queue_.at(0)) receiving_ = nullptr;
    queue_.erase(0);
  }
  response_.open = false;
  response_.paired = false;
  response_.release();
  informational_count_ = 0;
}

void HttpDissector::report_unanswered(std::size_t index, Output& out) {
  HttpRequest& request = queue_.at(index);
  if (out.wants<Http>() && !request.unread) {
    Http record = describe(&request, nullptr);
    if (index == 0) {
      record.informational = std::span{informational_}.first(informational_count_);
    }
    out.emit(record);
  }
  if (index == 0) informational_count_ = 0;
  if (receiving_ == &request) receiving_ = nullptr;
  queue_.erase(index);
}

void HttpDissector::report_all(Output& out) {
  cut_response(out);
  while (!queue_.empty()) report_unanswered(0, out);
}

Progress HttpDissector::give_up(Output& out) {
  report_all(out);
  return Progress::give_up;
}

/// Counts a flaw; false when there are too many to go on.
bool HttpDissector::flawed(std::string_view detail, Output& out) {
  out.anomaly(layer, Reason::http_malformed, detail);
  return ++flaws_ < max_flaws;
}

void HttpDissector::tell_flaws(const HttpHead& head, Output& out) {
  if (!head.smuggling.empty()) out.anomaly(layer, Reason::http_smuggling, head.smuggling);
  if (!head.flaw.empty()) out.anomaly(layer, Reason::http_malformed, head.flaw);
}

void HttpDissector::tell_response(const HttpHead& head, Output& out) {
  const std::uint16_t status = head.start.status;
  tell_flaws(head, out);
  if (status >= 100 && status <= 599) out.note({.kind = Note::Kind::http_status, .value = status});
}

Progress HttpDissector::on_gap(Direction direction, std::uint64_t size,
                               std::optional<Timestamp> had, Output& out) {
  if (direction != request_direction_) return on_unseen(direction, size, had, out);
  const bool begun = requests_in_.in_head();
  const std::uint32_t known = depth_;
  if (!take_cut_request(out)) return give_up(out);
  const bool unreadable = begun && depth_ == known;
  const bool lost = request_gap(size, had) || unreadable;
  return !lost || take_lost_request(out) ? Progress::more : give_up(out);
}

/// The requests that were answered in it are known, so of responses it is a gap like others. Of
/// requests nothing tells how many it holds.
Progress HttpDissector::on_unseen(Direction direction, std::uint64_t size,
                                  std::optional<Timestamp> had, Output& out) {
  if (direction == request_direction_) {
    if (!take_cut_request(out)) return give_up(out);
    (void)request_gap(size, had);
  } else {
    if (!take_cut_response(out)) return give_up(out);
    response_gap(size, had, out);
  }
  return Progress::more;
}

/// Returns whether another request begins in it.
bool HttpDissector::request_gap(std::uint64_t size, std::optional<Timestamp> had) {
  using Effect = HttpReader::Gap::Effect;
  const HttpReader::Gap gap = requests_in_.on_gap(size);
  if (receiving_ != nullptr) {
    receiving_->gap = true;
    receiving_->body += gap.body;
    if (gap.effect != Effect::crossed) {
      receiving_ = nullptr;  // when its last octet came is not known
    } else if (requests_in_.pass_end()) {
      end_request(had);
    }
  }
  // An empty line between two requests is none (RFC 9112 2.2).
  constexpr std::uint64_t least_request = std::string_view{"GET / HTTP/1.1\r\n\r\n"}.size();
  const bool begins = gap.effect == Effect::between || gap.effect == Effect::past;
  return begins && size - gap.body >= least_request;
}

/// One at least. False without memory.
bool HttpDissector::take_lost_request(Output& out) {
  HttpRequest* const request = enqueue_unread(out);
  if (request != nullptr) request->gap = true;
  return request != nullptr;
}

/// The head of the next final response was not seen.
void HttpDissector::lose_response(Output& out) {
  if (dropped_ != 0) {
    --dropped_;
  } else if (!queue_.empty()) {
    queue_.at(0).gap = true;
    report_unanswered(0, out);
  }
}

void HttpDissector::response_gap(std::uint64_t size, std::optional<Timestamp> had, Output& out) {
  using Effect = HttpReader::Gap::Effect;
  // More is lost, after the request that waits: its response.
  report_lost(out);
  // Nothing more is known of a response whose head was cut, or whose end is searched for.
  const bool searching = responses_in_.searching();
  went_on_ = true;
  const HttpReader::Gap gap = responses_in_.on_gap(size);
  if (response_.open) {
    response_.gap = true;
    if (response_.body) *response_.body += gap.body;
    if (searching || gap.effect != Effect::crossed) cut_response(out);
    if (gap.effect == Effect::past) lose_response(out);
  } else if (gap.effect != Effect::crossed) {
    lose_response(out);
  }
  if (responses_in_.pass_end()) end_response(had, out);
}

Progress HttpDissector::on_half_close(Direction direction, Timestamp time, Output& out) {
  using Kind = HttpReader::Kind;
  if (direction == request_direction_) {
    if (!take_cut_request(out)) return give_up(out);
    if (requests_in_.finish().kind == Kind::end) end_request(time);
    receiving_ = nullptr;
  } else {
    if (!take_cut_response(out)) return give_up(out);
    const Kind kind = responses_in_.finish().kind;
    if (kind == Kind::end) end_response(time, out);
    if (kind == Kind::flawed) cut_response(out);
  }
  return Progress::more;
}

/// A response that is still coming is not over, however long it takes.
void HttpDissector::await_body(Output& out) {
  out.arm(Timer::body_60s, ++token_);
  armed_ = true;
  went_on_ = false;
}

void HttpDissector::on_timer(Timer /*timer*/, std::uint32_t token, Timestamp /*now*/, Output& out) {
  if (!armed_ || token != token_ || !response_.open) return;
  if (!went_on_) return cut_response(out);
  await_body(out);
}

void HttpDissector::on_end(Timestamp /*now*/, Output& out) {
  static_cast<void>(take_cut_request(out) && take_cut_response(out));
  report_all(out);
}

/// A packet that begins with a start line.
void describe(Transport /*transport*/, const Segment& packet, TextLine& line) {
  const std::string_view text = as_text(packet.data);
  // Before a line is searched for: most packets are the middle of a body.
  if (!text.starts_with(http_version_prefix) && !may_begin_http_request(text)) return;
  std::string_view first = text.substr(0, text.find('\n'));
  if (first.ends_with('\r')) first.remove_suffix(1);
  if (const auto request = parse_start_line(HttpSide::request, first)) {
    const HttpPieces target = pieces_of_target(*request);
    line.add(request->method).add(" ").add(target.before);
    if (target.masked) line.add(HttpPieces::mask).add(target.after);
  } else if (const auto response = parse_start_line(HttpSide::response, first)) {
    line.add(response->status).add(" ").add(response->reason);
  }
}

constexpr std::array<std::uint16_t, 8> ports{80, 8080, 8000, 8008, 8081, 8888, 3128, 5000};
constexpr std::array<const event::Schema*, 1> events{&event::schema_of<Http>};

}  // namespace

const Protocol http_protocol{.name = "http",
                             .transports = mask(Transport::tcp),
                             .ports = ports,
                             .events = events,
                             .probe = probe_http,
                             .state_size = sizeof(HttpDissector),
                             .construct = construct<HttpDissector>,
                             .describe = describe};

static_assert(sizeof(HttpDissector) <= 640);

}  // namespace ntan::app

#include "app/http_probe.h"

#include <algorithm>

#include "app/http_head.h"

namespace ntan::app {
namespace {

constexpr bool is_line_end(char c) noexcept {
  return c == '\r' || c == '\n';
}

/// A request line that is flawed is believed when a field follows it: the methods are words that
/// other protocols have as commands. NNTP's POST is followed by fields too: where neither a target
/// nor a version speaks for HTTP, the field has to.
Verdict probe_flawed_request(std::string_view line, std::string_view rest) {
  const auto start = parse_flawed_request_line(line);
  if (!start) return Verdict::no;
  const bool speaks =
      is_http_target(start->target) || line.find(" HTTP/") != std::string_view::npos;
  const std::size_t end = rest.find('\n');
  if (is_http_field(rest.substr(0, end), speaks ? "" : "host")) return Verdict::yes;
  if (is_http_field(rest.substr(0, end))) return Verdict::no;
  return end == std::string_view::npos ? Verdict::unsure : Verdict::no;
}

/// Logs quote request lines: behind their time, say, which may be a token, the rest would be a
/// target with blanks in it.
bool is_believable(const HttpStartLine& start) {
  return start.target.find(' ') == std::string_view::npos || is_http_target(start.target) ||
         is_known_http_method(start.method);
}

}  // namespace

Verdict probe_http_request(std::string_view text) {
  constexpr std::size_t surely = 1024;  // a target longer than most probes ever see
  // Nearly all streams of other protocols end here, before their segment is searched for a line.
  if (!may_begin_http_request(text)) return Verdict::no;
  const std::size_t end = text.find('\n');
  if (end != std::string_view::npos) {
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const auto start = parse_start_line(HttpSide::request, line))
      return is_believable(*start) ? Verdict::yes : Verdict::no;
    return probe_flawed_request(line, text.substr(end + 1));
  }
  const std::size_t blank = text.find(' ');
  const std::string_view method = text.substr(0, blank);
  if (!text.empty() && !is_http_method(method)) return Verdict::no;
  if (blank == std::string_view::npos) return Verdict::unsure;
  const std::string_view target = text.substr(blank + 1);
  const bool path = target.starts_with('/') || target.starts_with("http://");
  return path && target.size() >= surely ? Verdict::yes : Verdict::unsure;
}

namespace {

/// Of a request line whose end was not captured a path is enough.
Verdict probe_start(std::string_view text, bool cut) {
  const Verdict verdict = probe_http_request(text);
  const bool believed = verdict == Verdict::unsure && cut && parse_cut_request_line(text);
  return believed ? Verdict::yes : verdict;
}

}  // namespace

Verdict probe_http(const Segment& start, const FlowContext& /*flow*/) {
  constexpr std::size_t status_line = 12;
  std::string_view text = as_text(start.data);
  const auto first = std::find_if_not(text.begin(), text.end(), is_line_end);
  text.remove_prefix(static_cast<std::size_t>(first - text.begin()));
  if (text.empty()) return start.data.size() < status_line ? Verdict::unsure : Verdict::no;
  if (http_version_prefix.starts_with(text.substr(0, http_version_prefix.size()))) {
    if (text.size() < status_line) return Verdict::unsure;
    const bool more = text.size() > status_line && is_line_end(text[status_line]);
    const std::string_view line = text.substr(0, more ? status_line : status_line + 1);
    return parse_start_line(HttpSide::response, line) ? Verdict::yes : Verdict::no;
  }
  return probe_start(text, start.data.size() < start.size);
}

}  // namespace ntan::app

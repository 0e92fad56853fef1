#include "app/http_exchange.h"

namespace ntan::app {
namespace {

/// Longest text of an event but for the URI.
constexpr std::size_t max_text = 1024;
constexpr std::string_view mask = "***";

/// A text around user information; `after` starts at the @.
struct Split {
  std::string_view before;
  std::string_view after;
};

/// Finds user information in the authority of a URI, an authority or a network-path reference
/// (RFC 3986 3.2.1); `after` is empty if there is none.
Split split_user_information(std::string_view uri) noexcept {
  if (uri.find('@') == std::string_view::npos) return {.before = uri};
  std::size_t start = 0;
  const std::size_t first_special = uri.find_first_of("/?#");
  if (first_special == 0) {
    if (!uri.starts_with("//")) return {.before = uri};
    start = 2;
  } else if (first_special != std::string_view::npos && uri[first_special - 1] == ':' &&
             uri.substr(first_special).starts_with("//")) {
    start = first_special + 2;
  }
  const std::string_view authority = uri.substr(start, uri.substr(start).find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {.before = uri};
  return {.before = uri.substr(0, start), .after = uri.substr(start + at)};
}

template <class Texts>
bool keep_text(Texts& texts, std::size_t index, std::string_view text) {
  const bool kept = texts.append(text.substr(0, max_text));
  texts.close(index);
  return kept;
}

/// Keeps a URI without its user information. It is looked for in the whole text: a cut must not
/// leave half of it.
template <class Texts>
bool keep_uri(Texts& texts, std::size_t index, std::string_view uri, std::size_t most) {
  const Split split = split_user_information(uri);
  bool kept = texts.append(split.before.substr(0, most));
  if (!split.after.empty()) {
    kept = kept && texts.append(mask) && texts.append(split.after.substr(0, most));
  }
  texts.close(index);
  return kept;
}

std::optional<bool> only_true(bool flag) noexcept {
  return flag ? std::optional{true} : std::nullopt;
}

std::string_view version(char minor) noexcept {
  constexpr std::string_view all = "1.01.11.21.31.41.51.61.71.81.9";
  return all.substr(3 * static_cast<std::size_t>(minor - '0'), 3);
}

void describe_request(Http& record, const HttpRequest& request) {
  record.method = request.text.at(HttpRequest::method);
  record.host = request.text.at(HttpRequest::host);
  record.uri = request.text.at(HttpRequest::uri);
  if (request.minor != HttpStartLine::no_minor) record.version = version(request.minor);
  record.user_agent = request.text.at(HttpRequest::user_agent);
  record.referer = request.text.at(HttpRequest::referer);
  record.request_content_type = request.text.at(HttpRequest::content_type);
  record.request_body_bytes = request.body;
  record.depth = request.depth;
  record.pipelined = only_true(request.pipelined);
  record.connect = only_true(request.kind == HttpMethod::connect);
}

void describe_response(Http& record, const HttpResponse& response) {
  if (record.method.empty()) record.version = version(response.minor);
  record.status = response.status;
  record.reason = response.text.at(HttpResponse::reason);
  record.content_type = response.text.at(HttpResponse::content_type);
  record.server = response.text.at(HttpResponse::server);
  record.location = response.text.at(HttpResponse::location);
  record.response_body_bytes = response.body;
  record.ttfb_us = response.ttfb_us;
  record.upgrade = only_true(response.status == 101);
  record.early = only_true(response.early);
}

}  // namespace

bool HttpRequest::keep(const HttpHead& head) {
  minor = head.start.minor;
  kind = http_method(head.start.method);
  const std::size_t size = head.start.method.size() + head.host.size() + head.start.target.size() +
                           head.user_agent.size() + head.referer.size() + head.content_type.size();
  return text.reserve(size) && keep_text(text, method, head.start.method) &&
         keep_uri(text, host, head.host, max_text) &&
         keep_uri(text, uri, head.start.target, http_max_line) &&
         keep_text(text, user_agent, head.user_agent) &&
         keep_uri(text, referer, head.referer, max_text) &&
         keep_text(text, content_type, head.content_type);
}

bool HttpResponse::keep(const HttpHead& head) {
  text.release();
  minor = head.start.minor;
  status = head.start.status;
  const std::size_t size = head.start.reason.size() + head.content_type.size() +
                           head.server.size() + head.location.size();
  return text.reserve(size) && keep_text(text, reason, head.start.reason) &&
         keep_text(text, content_type, head.content_type) && keep_text(text, server, head.server) &&
         keep_uri(text, location, head.location, max_text);
}

Http describe(const HttpRequest* request, const HttpResponse* response) {
  Http record;
  if (request != nullptr) describe_request(record, *request);
  if (response != nullptr) describe_response(record, *response);
  record.chunked = only_true((request != nullptr && request->chunked) ||
                             (response != nullptr && response->chunked));
  record.gap =
      only_true((request != nullptr && request->gap) || (response != nullptr && response->gap));
  return record;
}

}  // namespace ntan::app

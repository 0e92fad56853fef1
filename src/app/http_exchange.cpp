#include "app/http_exchange.h"

#include <algorithm>
#include <new>
#include <span>

namespace ntan::app {
namespace {

/// Longest text of an event but for the URI.
constexpr std::size_t max_text = 1024;

/// A fold leaves blanks, which stand in no URI: recipients may drop them wherever they are.
constexpr std::string_view blanks = " \t\r\n";

/// Where the authority begins in a URI, an authority or a network-path reference (RFC 3986 3.2).
std::optional<std::size_t> authority_of(std::string_view uri) noexcept {
  const std::size_t special = std::min(uri.find_first_of("/?#"), uri.size());
  const std::size_t last = uri.substr(0, special).find_last_not_of(blanks);
  const bool first = last == std::string_view::npos;
  const std::size_t second = uri.find_first_not_of(blanks, special + 1);
  const bool slashes = special != uri.size() && uri[special] == '/' &&
                       second != std::string_view::npos && uri[second] == '/';
  if (first) return slashes ? std::optional{second + 1} : std::nullopt;
  return slashes && uri[last] == ':' ? second + 1 : 0;
}

/// Finds user information in the authority of a text (RFC 3986 3.2.1); `after` starts at the @.
HttpPieces split_user_information(std::string_view uri) noexcept {
  if (uri.find('@') == std::string_view::npos) return {.before = uri};
  const auto start = authority_of(uri);
  if (!start) return {.before = uri};
  const std::string_view authority = uri.substr(*start, uri.substr(*start).find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {.before = uri};
  return {.before = uri.substr(0, *start), .after = uri.substr(*start + at), .masked = true};
}

/// The same of a text that may go on: before its authority has ended nobody knows whether an @
/// comes. CONNECT names a host, which stays as far as nothing but its port can follow.
HttpPieces split_cut_authority(std::string_view uri) noexcept {
  const auto start = authority_of(uri);
  if (!start || uri.find_first_of("/?#", *start) != std::string_view::npos)
    return split_user_information(uri);
  const bool host = *start == 0 && uri.find('@') == std::string_view::npos;
  const std::size_t shown = host ? std::min(uri.find(':'), uri.size() - 1) + 1 : *start;
  return {.before = uri.substr(0, shown), .masked = shown < uri.size()};
}

HttpPieces pieces_of_text(std::string_view text) noexcept {
  return {.before = text.substr(0, max_text)};
}

/// A URI without its user information. It is looked for in the whole text: a cut must not leave
/// half of it.
HttpPieces pieces_of_uri(std::string_view uri, std::size_t most) noexcept {
  const HttpPieces split = split_user_information(uri);
  return {.before = split.before.substr(0, most),
          .after = split.after.substr(0, most),
          .masked = split.masked};
}

std::optional<bool> only_true(bool flag) noexcept {
  return flag ? std::optional{true} : std::nullopt;
}

std::string_view version(char minor) noexcept {
  constexpr std::string_view all = "1.01.11.21.31.41.51.61.71.81.9";
  return all.substr(3 * static_cast<std::size_t>(minor - '0'), 3);
}

void describe_request(Http& record, const HttpRequest& request) {
  record.method = request.text(HttpRequest::method);
  record.host = request.text(HttpRequest::host);
  record.uri = request.text(HttpRequest::uri);
  if (request.minor != HttpStartLine::no_minor) record.version = version(request.minor);
  record.user_agent = request.text(HttpRequest::user_agent);
  record.referer = request.text(HttpRequest::referer);
  record.request_content_type = request.text(HttpRequest::content_type);
  if (request.has_body) record.request_body_bytes = request.body;
  record.depth = request.depth;
  record.pipelined = only_true(request.pipelined);
  record.connect = only_true(request.kind == HttpMethod::connect);
}

void describe_response(Http& record, const HttpResponse& response) {
  if (record.method.empty()) record.version = version(response.minor);
  record.status = response.status;
  record.reason = response.text(HttpResponse::reason);
  record.content_type = response.text(HttpResponse::content_type);
  record.server = response.text(HttpResponse::server);
  record.location = response.text(HttpResponse::location);
  record.response_body_bytes = response.body;
  record.ttfb_us = response.ttfb_us;
  record.upgrade = only_true(response.status == 101);
  record.early = only_true(response.early);
}

}  // namespace

HttpPieces pieces_of_target(const HttpStartLine& start) noexcept {
  return start.cut ? split_cut_authority(start.target) : split_user_information(start.target);
}

HttpRequest* HttpRequest::make(const HttpHead& head, HttpKeep keep, Budget& memory) {
  HttpTexts<texts> kept{.folded = head.folded};
  if (keep == HttpKeep::texts) {
    kept.texts = {pieces_of_text(head.start.method),     pieces_of_uri(head.host, max_text),
                  pieces_of_target(head.start),          pieces_of_text(head.user_agent),
                  pieces_of_uri(head.referer, max_text), pieces_of_text(head.content_type)};
  }
  const std::size_t size = sizeof(HttpRequest) + kept.size();
  if (!memory.take(size)) return nullptr;
  auto* const request = new (::operator new(size)) HttpRequest;
  kept.copy(request->octets(), request->ends_);
  request->minor = head.start.minor;
  request->kind = http_method(head.start.method);
  return request;
}

void HttpRequest::destroy(HttpRequest* request, Budget& memory) noexcept {
  const std::size_t size = request->size();
  memory.give_back(size);
  request->~HttpRequest();
  ::operator delete(static_cast<void*>(request), size);
}

HttpRequest* HttpQueue::push(const HttpHead& head, HttpKeep keep) {
  HttpRequest* const request = HttpRequest::make(head, keep, *memory_);
  if (request == nullptr) return nullptr;
  (empty() ? first_ : last_->next) = request;
  last_ = request;
  ++size_;
  return request;
}

void HttpQueue::erase(std::size_t index) noexcept {
  HttpRequest** const at = link(index);
  HttpRequest* const request = *at;
  if (request == last_) last_ = index == 0 ? nullptr : &this->at(index - 1);
  *at = request->next;
  --size_;
  HttpRequest::destroy(request, *memory_);
}

HttpRequest** HttpQueue::link(std::size_t index) noexcept {
  HttpRequest** at = &first_;
  for (; index != 0; --index) at = &(*at)->next;
  return at;
}

bool HttpResponse::keep(const HttpHead& head, HttpKeep what) {
  release();
  minor = head.start.minor;
  status = head.start.status;
  if (what == HttpKeep::nothing) return true;
  const HttpTexts<texts> kept{{pieces_of_text(head.start.reason), pieces_of_text(head.content_type),
                               pieces_of_text(head.server), pieces_of_uri(head.location, max_text)},
                              head.folded};
  const std::span<std::uint8_t> room = octets.extend(kept.size());
  if (room.size() < kept.size()) return false;
  // NOLINTNEXTLINE(*-reinterpret-cast): octets and characters are the same
  kept.copy(reinterpret_cast<char*>(room.data()), ends);
  return true;
}

void HttpResponse::release() noexcept {
  octets.release();
  ends = {};
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

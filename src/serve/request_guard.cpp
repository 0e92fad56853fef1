#include "serve/request_guard.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/lower.h"

namespace ntan::serve {
namespace {

/// Takes as long for a wrong token as for a right one of the same length.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// `host` in small letters.
bool is_proxied(std::string_view host, const GuardRules& rules) {
  if (contains(rules.proxied, host)) return true;
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view behind = host.substr(colon + 1);
  const bool is_port =
      !behind.empty() && behind.find_first_not_of("0123456789") == std::string_view::npos;
  return is_port && contains(rules.proxied, host.substr(0, colon));
}

/// `host` in small letters.
bool is_our_host(std::string_view host, const GuardRules& rules) {
  if (is_proxied(host, rules)) return true;
  const std::string port = fmt::format(":{}", rules.port);
  if (host.ends_with(port)) {
    host.remove_suffix(port.size());
  } else if (rules.port != 80) {
    return false;  // a browser leaves only the port of the scheme away
  }
  return contains(rules.hosts, host);
}

/// `host` as above.
bool is_our_origin(std::string_view origin, std::string_view host, const GuardRules& rules) {
  if (origin == fmt::format("http://{}", host)) return true;
  return is_proxied(host, rules) && origin == fmt::format("https://{}", host);
}

bool is_json(std::string_view type) noexcept {
  return type.substr(0, type.find(';')) == "application/json";
}

bool has_token(std::string_view authorization, std::string_view token) noexcept {
  constexpr std::string_view scheme = "Bearer ";
  if (token.empty() || !authorization.starts_with(scheme)) return false;
  return same_secret(authorization.substr(scheme.size()), token);
}

/// The files of the page hold nothing that is not public.
bool needs_no_token(std::string_view path) noexcept {
  return !path.starts_with("/api/") && path != "/metrics";
}

}  // namespace

std::optional<Refusal> judge(const RequestHead& head, const GuardRules& rules) {
  const std::string host = head.hosts.size() == 1 ? to_lower(head.hosts.front()) : std::string{};
  if (!is_our_host(host, rules))
    return Refusal{421, "this server does not answer for that host name; --allow-host adds one"};
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!reads && head.method != "POST") return Refusal{405, "only GET, HEAD and POST"};
  if (head.fetch_site && *head.fetch_site != "same-origin" && *head.fetch_site != "none")
    return Refusal{403, "a page of another site may not ask this"};
  if (head.origin && !is_our_origin(*head.origin, host, rules))
    return Refusal{403, "a page of another origin may not ask this"};
  if (!reads && (!is_json(head.content_type) || !head.has_mark))
    return Refusal{403, "a change needs Content-Type: application/json and X-Ntan: 1"};
  if (!head.owner && !needs_no_token(head.path) && !has_token(head.authorization, rules.token))
    return Refusal{401, "another user's: open the address with the token that ntan has printed"};
  return std::nullopt;
}

}  // namespace ntan::serve

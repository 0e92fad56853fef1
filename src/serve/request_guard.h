// Who may ask: decided from the head of a request alone, before anything is looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntan::serve {

/// What the guard looks at. Views borrow from the request.
struct RequestHead {
  std::string_view method;
  std::string_view path;
  std::vector<std::string_view> hosts;  ///< every Host header
  std::optional<std::string_view> origin;
  std::optional<std::string_view> fetch_site;  ///< Sec-Fetch-Site
  std::string_view content_type;
  std::string_view authorization;
  bool has_mark = false;  ///< X-Ntan, which no form and no foreign script can send
  bool owner = false;     ///< the peer runs as who started this program, or as root
};

struct GuardRules {
  std::vector<std::string> hosts;  ///< that Host may say: small letters, without port
  /// Names that a proxy has for us: as above, but it may listen on any port, and speak TLS.
  std::vector<std::string> proxied;
  std::uint16_t port = 0;
  std::string token;  ///< who is not the owner has to know it
};

struct Refusal {
  unsigned status = 403;
  std::string reason;
};

/// Nothing if the request may be answered. In this order:
///
///   421  Host is missing, double, or none of ours: a name that was made to point here
///   405  another method than GET, HEAD, POST
///   403  a page of another origin asks (Origin, Sec-Fetch-Site)
///   403  a POST that a form could have sent: it needs JSON and X-Ntan
///   401  not the owner and no token; the page's own files need none
[[nodiscard]] std::optional<Refusal> judge(const RequestHead& head, const GuardRules& rules);

}  // namespace ntan::serve

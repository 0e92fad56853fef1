#include "serve/http_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <netdb.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

#include <fmt/core.h>

#include "serve/http_library.h"
#include "serve/json_text.h"
#include "serve/peer_user.h"

namespace ntan::serve {
namespace {

constexpr std::size_t block_size = std::size_t{16} << 10U;
constexpr unsigned head_ticks = 10;  ///< a request's head, and then its body, within each
/// What the kernel takes for a client that does not read; by itself that grows to megabytes,
/// minutes of ticks.
constexpr int send_buffer = 64 << 10;
constexpr std::size_t most_parameters = 16;

constexpr auto security_headers = std::to_array<std::pair<const char*, const char*>>({
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
     "data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
});

class Waker final : public BodyWaker {
 public:
  explicit Waker(MHD_Connection* connection, int descriptor) noexcept
      : connection_(connection), descriptor_(descriptor) {}

  void wake() noexcept override {
    if (!suspended_ || gone_) return;
    suspended_ = false;
    http_library().resume_connection(connection_);
  }
  void cut() noexcept override {
    if (gone_) return;
    (void)::shutdown(descriptor_, SHUT_RDWR);
    wake();
  }
  [[nodiscard]] bool gone() const noexcept override { return gone_; }
  /// Whether the client has ended the connection: while it is suspended, the library does not look.
  [[nodiscard]] bool hung_up() const noexcept {
    char next = 0;
    return gone_ || (suspended_ && ::recv(descriptor_, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
  }

  void suspend() noexcept {
    if (gone_ || suspended_) return;
    suspended_ = true;
    http_library().suspend_connection(connection_);
  }
  void leave() noexcept { gone_ = true; }

 private:
  MHD_Connection* connection_;
  int descriptor_;
  bool suspended_ = false;
  bool gone_ = false;
};

/// One TCP connection.
struct Connection {
  int descriptor = -1;
  bool owner = false;
  bool busy = false;           ///< between the end of a request and that of its reply
  unsigned ticks = 0;          ///< since it last had nothing to do
  std::weak_ptr<Waker> waker;  ///< of its latest request
};

/// A reply that comes later.
class Later final : public PendingReply {
 public:
  explicit Later(std::shared_ptr<Waker> waker) : waker_(std::move(waker)) {}

  void complete(Reply reply) override {
    reply_ = std::move(reply);
    waker_->wake();
  }
  [[nodiscard]] bool gone() const noexcept override { return waker_->hung_up(); }
  [[nodiscard]] std::optional<Reply>& reply() noexcept { return reply_; }

 private:
  std::shared_ptr<Waker> waker_;
  std::optional<Reply> reply_;
};

/// One request on its way.
struct Exchange {
  std::string body;
  bool too_large = false;
  bool asked = false;
  bool last = false;  ///< of its connection: nobody knows where it ends
  std::optional<Refusal> refusal;
  std::shared_ptr<Waker> waker;
  std::shared_ptr<Later> later;
};

std::string_view header(MHD_Connection* connection, const char* name) noexcept {
  const char* value = http_library().lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::optional<std::string_view> optional_header(MHD_Connection* connection,
                                                const char* name) noexcept {
  const char* value = http_library().lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::nullopt : std::optional{std::string_view{value}};
}

MHD_Result collect_host(void* hosts, MHD_ValueKind /*kind*/, const char* name, const char* value) {
  if (::strcasecmp(name, "Host") == 0 && value != nullptr)
    static_cast<std::vector<std::string_view>*>(hosts)->emplace_back(value);
  return MHD_YES;
}

/// What tells where a request ends.
struct Framing {
  unsigned lengths = 0;
  unsigned codings = 0;
  bool other_coding = false;  ///< than `chunked`
  bool bad_name = false;
};

MHD_Result collect_framing(void* framing, MHD_ValueKind /*kind*/, const char* name,
                           const char* value) {
  auto& found = *static_cast<Framing*>(framing);
  // RFC 9112 5.1: with a blank before its colon, a proxy may know a field that we do not.
  found.bad_name = found.bad_name || std::strpbrk(name, " \t") != nullptr;
  if (::strcasecmp(name, "Content-Length") == 0) ++found.lengths;
  if (::strcasecmp(name, "Transfer-Encoding") == 0) {
    ++found.codings;
    if (value == nullptr || ::strcasecmp(value, "chunked") != 0) found.other_coding = true;
  }
  return MHD_YES;
}

/// Where lengths can contradict each other, a proxy before us may see another request than we do.
/// No page of ours sends chunks.
std::optional<Refusal> judge_framing(MHD_Connection* connection) {
  Framing framing;
  http_library().get_connection_values(connection, MHD_HEADER_KIND, collect_framing, &framing);
  if (framing.bad_name) return Refusal{400, "the name of a header has no blank in it"};
  if (framing.lengths <= 1 && framing.codings == 0) return std::nullopt;
  if (framing.lengths == 0 && framing.other_coding)
    return Refusal{501, "a body is sent as it is, with its length"};
  return Refusal{400, "a body needs one length, and no chunks"};
}

MHD_Result collect_parameter(void* target, MHD_ValueKind /*kind*/, const char* name,
                             const char* value) {
  auto& all = *static_cast<decltype(Request::query)*>(target);
  if (all.size() == most_parameters) return MHD_NO;
  all.emplace_back(name, value == nullptr ? "" : value);
  return MHD_YES;
}

/// What libmicrohttpd reads a streamed body through.
struct Stream {
  std::unique_ptr<BodySource> source;
  std::shared_ptr<Waker> waker;
};

// Nothing that is thrown may pass through the library, which is C: here and in on_access().
ssize_t read_stream(void* context, std::uint64_t /*position*/, char* out,
                    std::size_t size) noexcept {
  auto& stream = *static_cast<Stream*>(context);
  BodySource::Part part;
  try {
    part = stream.source->read({out, size});
  } catch (const std::exception&) {
    return MHD_CONTENT_READER_END_WITH_ERROR;  // the reply has begun: its end is all that is left
  }
  if (part.size != 0) return static_cast<ssize_t>(part.size);
  if (part.next == BodySource::Next::end) return MHD_CONTENT_READER_END_OF_STREAM;
  stream.waker->suspend();
  return 0;
}

void free_stream(void* context) {
  delete static_cast<Stream*>(context);  // NOLINT(cppcoreguidelines-owning-memory): C interface
}

MHD_Response* make_response(Reply& reply, const std::shared_ptr<Waker>& waker) {
  if (reply.source != nullptr) {
    reply.source->attach(waker);
    auto stream = std::make_unique<Stream>(Stream{std::move(reply.source), waker});
    return http_library().create_response_from_callback(MHD_SIZE_UNKNOWN, block_size, read_stream,
                                                        stream.release(), free_stream);
  }
  if (reply.file.open()) {
    MHD_Response* response =
        http_library().create_response_from_fd64(reply.file_size, reply.file.get());
    if (response != nullptr) (void)reply.file.release();  // it is the library's now
    return response;
  }
  if (!reply.fixed.empty()) {
    // The library takes what it does not change by a pointer to what it could.
    void* octets = const_cast<std::uint8_t*>(reply.fixed.data());  // NOLINT(*-const-cast)
    return http_library().create_response_from_buffer(reply.fixed.size(), octets,
                                                      MHD_RESPMEM_PERSISTENT);
  }
  return http_library().create_response_from_buffer(reply.body.size(), reply.body.data(),
                                                    MHD_RESPMEM_MUST_COPY);
}

/// False, and errno, where nobody can listen.
bool listen_at(const Descriptor& socket, const addrinfo& place) noexcept {
  const auto set = [&socket](int level, int name) {
    const int on = 1;
    return ::setsockopt(socket.get(), level, name, &on, sizeof on) == 0;
  };
  // A crowd that comes at once waits in the kernel: whoever finds the queue full is only let in at
  // the retry of its SYN, a second later.
  constexpr int backlog = SOMAXCONN;
  return socket.open() && set(SOL_SOCKET, SO_REUSEADDR) &&
         (place.ai_family != AF_INET6 || set(IPPROTO_IPV6, IPV6_V6ONLY)) &&
         ::bind(socket.get(), place.ai_addr, place.ai_addrlen) == 0 &&
         ::listen(socket.get(), backlog) == 0;
}

std::uint16_t port_of(const Descriptor& listener) noexcept {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  // NOLINTNEXTLINE(*-reinterpret-cast): the socket interface
  (void)::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  sockaddr_in v4{};
  std::memcpy(&v4, &bound, sizeof v4);  // the port stands at the same place in both families
  return ntohs(v4.sin_port);
}

}  // namespace

std::optional<std::string_view> Request::parameter(std::string_view name) const noexcept {
  const auto found = std::find_if(query.begin(), query.end(),
                                  [name](const auto& one) { return one.first == name; });
  return found == query.end() ? std::nullopt : std::optional{found->second};
}

Reply error_reply(unsigned status, std::string_view text, std::span<const std::string> hints) {
  Reply reply;
  reply.status = status;
  JsonText json(reply.body);
  json.begin_object();
  json.member("error", text);
  json.key("hints");
  json.begin_array();
  for (const std::string& hint : hints) json.text(hint);
  json.end_array();
  json.end_object();
  return reply;
}

std::vector<int> open_listeners(const ListenAddress& address) {
  std::vector<std::string> hosts{address.host};
  if (address.host == "localhost") hosts = {"127.0.0.1", "::1"};
  std::vector<Descriptor> listeners;
  std::uint16_t port = address.port;
  for (const std::string& host : hosts) {
    addrinfo wanted{};
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string service = fmt::format("{}", port);
    if (::getaddrinfo(host.c_str(), service.c_str(), &wanted, &found) != 0)
      throw std::runtime_error(fmt::format("'{}' is no address to listen on", host));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
    Descriptor listener{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!listen_at(listener, *found)) {
      const int failed = errno;
      // A machine without IPv6 has one loopback address.
      if (!listeners.empty() && (failed == EADDRNOTAVAIL || failed == EAFNOSUPPORT)) continue;
      throw std::system_error(failed, std::generic_category(),
                              fmt::format("cannot listen on {} port {}", host, port));
    }
    // The second address takes the port that the kernel chose for the first.
    if (port == 0) port = port_of(listener);
    listeners.push_back(std::move(listener));
  }
  std::vector<int> numbers;
  numbers.reserve(listeners.size());
  for (Descriptor& listener : listeners) numbers.push_back(listener.release());
  return numbers;
}

// --- the server

struct HttpServer::State {
  GuardRules rules;
  std::vector<std::uint32_t> owners;
  ServerLimits limits;
  Handler& handler;
  std::vector<MHD_Daemon*> daemons;
  std::list<Connection> connections;
  std::array<std::uint64_t, 5> replies{};

  MHD_Result access(MHD_Connection* connection, const char* url, const char* method,
                    const char* data, std::size_t* size, void** context);
  [[nodiscard]] RequestHead head_of(MHD_Connection* connection, const char* url,
                                    const char* method) const;
  std::optional<Reply> answer(MHD_Connection* connection, const char* url, const char* method,
                              Exchange& exchange) const;
  MHD_Result send(MHD_Connection* connection, Reply& reply, const Exchange& exchange);
  MHD_Result refuse_and_close(MHD_Connection* connection, const Refusal& refusal,
                              const Exchange& exchange);
  [[nodiscard]] static Connection* of(MHD_Connection* connection) noexcept {
    const MHD_ConnectionInfo* info =
        http_library().get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
  }

  // NOLINTNEXTLINE(readability-function-size): C interface
  static MHD_Result on_access(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char* /*version*/, const char* data,
                              std::size_t* size, void** context) noexcept {
    try {
      return static_cast<State*>(self)->access(connection, url, method, data, size, context);
    } catch (const std::exception&) {
      return MHD_NO;  // ends the connection
    }
  }
  static void on_completed(void* /*self*/, MHD_Connection* connection, void** context,
                           MHD_RequestTerminationCode /*code*/) {
    auto* const exchange = static_cast<Exchange*>(*context);
    if (Connection* known = of(connection); known != nullptr) {
      known->busy = false;
      known->ticks = 0;
    }
    if (exchange == nullptr) return;
    exchange->waker->leave();
    delete exchange;  // NOLINT(cppcoreguidelines-owning-memory): C interface
    *context = nullptr;
  }
  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode code);
};

void HttpServer::State::on_connection(void* self, MHD_Connection* connection, void** context,
                                      MHD_ConnectionNotificationCode code) {
  auto& state = *static_cast<State*>(self);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    const auto* const gone = static_cast<Connection*>(*context);
    state.connections.remove_if([gone](const Connection& one) { return &one == gone; });
    *context = nullptr;
    return;
  }
  const MHD_ConnectionInfo* info =
      http_library().get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const int descriptor = info == nullptr ? -1 : info->connect_fd;
  (void)::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  const auto user = peer_user(descriptor);
  const bool owner =
      user && std::find(state.owners.begin(), state.owners.end(), *user) != state.owners.end();
  state.connections.push_back({.descriptor = descriptor, .owner = owner});
  *context = &state.connections.back();
}

RequestHead HttpServer::State::head_of(MHD_Connection* connection, const char* url,
                                       const char* method) const {
  RequestHead head{.method = method, .path = url};
  http_library().get_connection_values(connection, MHD_HEADER_KIND, collect_host, &head.hosts);
  head.origin = optional_header(connection, "Origin");
  head.fetch_site = optional_header(connection, "Sec-Fetch-Site");
  head.content_type = header(connection, "Content-Type");
  head.authorization = header(connection, "Authorization");
  head.has_mark = !header(connection, "X-Ntan").empty();
  const Connection* known = of(connection);
  head.owner = known != nullptr && known->owner;
  return head;
}

// Called for the head, for each part of the body, and when all is there; again when a reply that
// was waited for has come.
MHD_Result HttpServer::State::access(MHD_Connection* connection, const char* url,
                                     const char* method, const char* data, std::size_t* size,
                                     void** context) {
  if (*context == nullptr) {
    auto exchange = std::make_unique<Exchange>();
    Connection* known = of(connection);
    if (known == nullptr) return MHD_NO;
    known->ticks = 0;
    exchange->waker = std::make_shared<Waker>(connection, known->descriptor);
    known->waker = exchange->waker;
    const std::optional<Refusal> unsound = judge_framing(connection);
    exchange->last = unsound.has_value();
    if (!unsound) exchange->refusal = judge(head_of(connection, url, method), rules);
    const Exchange& begun = *exchange.get();
    *context = exchange.release();
    return unsound ? refuse_and_close(connection, *unsound, begun) : MHD_YES;
  }
  Exchange& exchange = *static_cast<Exchange*>(*context);
  if (*size != 0) {
    exchange.too_large = exchange.too_large || exchange.body.size() + *size > limits.body_octets;
    if (!exchange.too_large && !exchange.refusal) exchange.body.append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  if (exchange.later != nullptr) {
    if (auto& reply = exchange.later->reply()) return send(connection, *reply, exchange);
  }
  if (exchange.asked) return MHD_YES;
  exchange.asked = true;
  if (Connection* known = of(connection); known != nullptr) known->busy = true;
  std::optional<Reply> reply = answer(connection, url, method, exchange);
  if (reply) return send(connection, *reply, exchange);
  // What is kept for later may be complete already; then nobody would wake the connection.
  if (auto& early = exchange.later->reply()) return send(connection, *early, exchange);
  exchange.waker->suspend();
  return MHD_YES;
}

std::optional<Reply> HttpServer::State::answer(MHD_Connection* connection, const char* url,
                                               const char* method, Exchange& exchange) const {
  if (exchange.refusal) return error_reply(exchange.refusal->status, exchange.refusal->reason);
  if (exchange.too_large) return error_reply(413, "the request is too large");
  Request request{.method = method, .path = url, .body = exchange.body};
  if (request.method == "HEAD") request.method = "GET";
  http_library().get_connection_values(connection, MHD_GET_ARGUMENT_KIND, collect_parameter,
                                       &request.query);
  request.last_event_id = header(connection, "Last-Event-ID");
  request.accepts_gzip =
      header(connection, "Accept-Encoding").find("gzip") != std::string_view::npos;
  exchange.later = std::make_shared<Later>(exchange.waker);
  try {
    return handler.answer(request, exchange.later);
  } catch (const std::exception& error) {
    return error_reply(500, error.what());
  }
}

MHD_Result HttpServer::State::send(MHD_Connection* connection, Reply& reply,
                                   const Exchange& exchange) {
  MHD_Response* response = make_response(reply, exchange.waker);
  if (response == nullptr) return MHD_NO;
  const auto add = [response](const char* name, const std::string& value) {
    (void)http_library().add_response_header(response, name, value.c_str());
  };
  add("Content-Type", reply.type);
  add("Cache-Control", reply.lasting ? "no-cache" : "no-store");
  if (reply.compressed) add("Content-Encoding", "gzip");
  if (!reply.file_name.empty()) {
    // A file of the user's may be called anything.
    std::replace_if(
        reply.file_name.begin(), reply.file_name.end(),
        [](char c) { return c < ' ' || c == '"' || c == '\\' || c == '/' || c > '~'; }, '_');
    add("Content-Disposition", fmt::format("attachment; filename=\"{}\"", reply.file_name));
  }
  if (reply.status == 401) add("WWW-Authenticate", "Bearer");
  if (reply.status == 405) add("Allow", "GET, HEAD, POST");
  if (exchange.last) add("Connection", "close");
  for (const auto& [name, value] : security_headers)
    (void)http_library().add_response_header(response, name, value);
  const std::size_t place = std::clamp<std::size_t>(reply.status / 100, 1, replies.size()) - 1;
  ++replies[place];
  const MHD_Result queued = http_library().queue_response(connection, reply.status, response);
  http_library().destroy_response(response);
  return queued;
}

// RFC 9112 6.3: what follows such a head may be its body or another request; it is neither to us.
MHD_Result HttpServer::State::refuse_and_close(MHD_Connection* connection, const Refusal& refusal,
                                               const Exchange& exchange) {
  if (Connection* known = of(connection); known != nullptr) known->busy = true;
  Reply reply = error_reply(refusal.status, refusal.reason);
  return send(connection, reply, exchange);
}

HttpServer::HttpServer(std::span<const int> listeners, GuardRules rules,
                       std::vector<std::uint32_t> owners, const ServerLimits& limits,
                       Handler& handler)
    : state_(std::make_unique<State>(State{.rules = std::move(rules),
                                           .owners = std::move(owners),
                                           .limits = limits,
                                           .handler = handler,
                                           .daemons = {},
                                           .connections = {}})) {
  for (const int listener : listeners) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): C interface
    MHD_Daemon* daemon = http_library().start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &State::on_access,
        state_.get(), MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
        limits.connections, MHD_OPTION_CONNECTION_TIMEOUT, limits.idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.header_octets, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, &State::on_completed, state_.get(),
        MHD_OPTION_NOTIFY_CONNECTION, &State::on_connection, state_.get(), MHD_OPTION_END);
    if (daemon == nullptr) throw std::runtime_error("the HTTP server does not start");
    state_->daemons.push_back(daemon);
  }
}

// The library does not stop while somebody is waited for.
HttpServer::~HttpServer() {
  for (const Connection& connection : state_->connections) {
    if (const auto waker = connection.waker.lock()) waker->wake();
  }
  for (MHD_Daemon* daemon : state_->daemons) http_library().stop_daemon(daemon);
}

std::vector<int> HttpServer::descriptors() const {
  std::vector<int> all;
  for (MHD_Daemon* daemon : state_->daemons) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): C interface
    const MHD_DaemonInfo* info = http_library().get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info != nullptr) all.push_back(info->epoll_fd);
  }
  return all;
}

std::optional<int> HttpServer::timeout() const {
  std::optional<int> least;
  for (MHD_Daemon* daemon : state_->daemons) {
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (http_library().get_timeout(daemon, &ms) != MHD_YES) continue;
    constexpr MHD_UNSIGNED_LONG_LONG most = 1'000;
    const int wait = static_cast<int>(std::min(ms, most));
    least = least ? std::min(*least, wait) : wait;
  }
  return least;
}

void HttpServer::run() {
  for (MHD_Daemon* daemon : state_->daemons) http_library().run(daemon);
}

// The library's own time-out begins anew with every octet.
void HttpServer::tick() noexcept {
  for (Connection& connection : state_->connections) {
    if (connection.busy || ++connection.ticks <= head_ticks) continue;
    (void)::shutdown(connection.descriptor, SHUT_RDWR);
  }
}

std::span<const std::uint64_t, 5> HttpServer::replies() const noexcept {
  return state_->replies;
}

std::size_t HttpServer::connections() const noexcept {
  return state_->connections.size();
}

}  // namespace ntan::serve

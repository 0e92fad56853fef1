// HTTP by libmicrohttpd, without a thread of its own: whoever owns the server waits for
// descriptors() and calls run(). Only its implementation knows the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "serve/request_guard.h"

namespace ntan::serve {

/// Wakes a body that waits. Kept by whoever produces it; does nothing once the client has gone.
class BodyWaker {
 public:
  virtual ~BodyWaker() = default;
  virtual void wake() noexcept = 0;
  /// Ends the connection at once: the client does not read.
  virtual void cut() noexcept = 0;
  [[nodiscard]] virtual bool gone() const noexcept = 0;
};

/// A body that is made while it is sent.
class BodySource {
 public:
  enum class Next : std::uint8_t {
    more,
    wait,  ///< nothing now: BodyWaker::wake() tells when
    end,
  };
  struct Part {
    std::size_t size = 0;  ///< octets written; 0 only with wait and end
    Next next = Next::more;
  };

  virtual ~BodySource() = default;
  virtual void attach(const std::shared_ptr<BodyWaker>& /*waker*/) {}
  /// What it throws ends the connection.
  virtual Part read(std::span<char> out) = 0;
};

struct Reply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::string file_name;                ///< the browser saves it under this name
  std::span<const std::uint8_t> fixed;  ///< in place of `body`: octets that live for ever
  bool compressed = false;              ///< they are gzip
  std::unique_ptr<BodySource> source;   ///< in place of `body`
  Descriptor file;                      ///< in place of `body`
  std::uint64_t file_size = 0;
  bool lasting = false;  ///< the browser may keep it until the next version
};

/// A reply that is not there yet.
class PendingReply {
 public:
  virtual ~PendingReply() = default;
  virtual void complete(Reply reply) = 0;
  /// The client does not wait for it any more. It is still to be completed: that ends the
  /// connection.
  [[nodiscard]] virtual bool gone() const noexcept = 0;
};

struct Request {
  std::string_view method;
  std::string_view path;
  std::vector<std::pair<std::string_view, std::string_view>> query;
  std::string_view body;
  std::string_view last_event_id;
  bool accepts_gzip = false;

  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers at once, or keeps `later` and returns nothing. What it throws is a reply too: 500.
  [[nodiscard]] virtual std::optional<Reply> answer(const Request& request,
                                                    const std::shared_ptr<PendingReply>& later) = 0;
};

/// `{"error":…,"hints":[…]}`.
[[nodiscard]] Reply error_reply(unsigned status, std::string_view text,
                                std::span<const std::string> hints = {});

struct ListenAddress {
  std::string host;  ///< numeric; `localhost` stands for both loopback addresses
  std::uint16_t port = 0;
};
/// Sockets that listen there. Throws std::system_error, and std::runtime_error for a host that is
/// no address.
[[nodiscard]] std::vector<int> open_listeners(const ListenAddress& address);

struct ServerLimits {
  unsigned connections = 512;
  std::size_t header_octets = std::size_t{32} << 10U;  ///< and what else one connection needs
  std::size_t body_octets = std::size_t{64} << 10U;
  unsigned idle_seconds = 15;  ///< a request has to come, and a reply to go on, within these
};

class HttpServer {
 public:
  /// Takes the listeners. `owners`: users who need no token. Throws std::runtime_error.
  HttpServer(std::span<const int> listeners, GuardRules rules, std::vector<std::uint32_t> owners,
             const ServerLimits& limits, Handler& handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// To be waited for until one is readable.
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Milliseconds after which run() has something to do; nothing if only descriptors tell.
  [[nodiscard]] std::optional<int> timeout() const;
  void run();
  /// Once a second: ends connections that do not come to the point.
  void tick() noexcept;

  /// Replies given, by class of status (1xx first).
  [[nodiscard]] std::span<const std::uint64_t, 5> replies() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ntan::serve

// A server and its clients in one thread: whoever waits for a client lets the server run.
#pragma once

#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/descriptor.h"
#include "serve/http_server.h"

namespace ntan::test {

inline constexpr std::string_view loopback_token = "0123456789abcdef0123456789abcdef";

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in small letters
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

class Loopback {
 public:
  explicit Loopback(serve::Handler& handler, const serve::ServerLimits& limits = {},
                    std::vector<std::uint32_t> owners = {static_cast<std::uint32_t>(::geteuid())}) {
    const std::vector<int> listeners = serve::open_listeners({.host = "127.0.0.1", .port = 0});
    sockaddr_in own{};
    socklen_t size = sizeof own;
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket interface
    REQUIRE(::getsockname(listeners.front(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    port_ = ntohs(own.sin_port);
    server_.emplace(listeners,
                    serve::GuardRules{.hosts = {"127.0.0.1", "localhost"},
                                      .port = port_,
                                      .token = std::string{loopback_token}},
                    std::move(owners), limits, handler);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string host() const { return fmt::format("127.0.0.1:{}", port_); }
  [[nodiscard]] serve::HttpServer& server() noexcept { return *server_; }
  void stop() { server_.reset(); }
  /// Lets the server do what there is to do.
  void run(int rounds = 20) {
    for (int i = 0; i < rounds && server_; ++i) {
      std::vector<pollfd> polls;
      for (const int one : server_->descriptors()) polls.push_back({one, POLLIN, 0});
      (void)::poll(polls.data(), polls.size(), 1);
      server_->run();
    }
  }

 private:
  std::uint16_t port_ = 0;
  std::optional<serve::HttpServer> server_;
};

/// One connection to a Loopback.
class HttpClient {
 public:
  explicit HttpClient(Loopback& loopback)
      : loopback_(&loopback), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(loopback.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The kernel accepts for the server, so this does not wait for it.
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket interface
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }

  void close() noexcept { socket_.reset(); }
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

  /// Sends as much as is taken within a moment; returns how much that was.
  std::size_t send(std::string_view text) {
    std::size_t sent = 0;
    for (int idle = 0; sent < text.size() && idle < 200;) {
      const ssize_t part = ::send(socket_.get(), text.data() + sent, text.size() - sent,
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
      if (part > 0) sent += static_cast<std::size_t>(part);
      if (part < 0 && errno != EAGAIN) return sent;
      idle = part > 0 ? 0 : idle + 1;
      loopback_->run(1);
    }
    return sent;
  }

  /// `headers` are whole lines. Host is there already.
  void ask(std::string_view method, std::string_view target, std::string_view headers = {},
           std::string_view body = {}) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", method, target, loopback_->host(), headers);
    if (method == "POST") text += fmt::format("Content-Length: {}\r\n", body.size());
    text += fmt::format("\r\n{}", body);
    send(text);
  }

  /// What has come until `done` says so or the connection ends; the test fails where nothing more
  /// comes.
  template <class Done>
  std::string receive(Done&& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    std::array<char, 65536> block{};
    while (!done(std::string_view{received_})) {
      const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), MSG_DONTWAIT);
      if (got > 0) {
        received_.append(block.data(), static_cast<std::size_t>(got));
        continue;
      }
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        ended_ = true;
        break;
      }
      if (std::chrono::steady_clock::now() > give_up) FAIL("nothing comes: " << received_);
      loopback_->run(1);
    }
    return std::exchange(received_, {});
  }

  /// Whether the server has closed the connection within a moment.
  [[nodiscard]] bool ended() {
    std::array<char, 4096> block{};
    for (int i = 0; i < 100; ++i) {
      loopback_->run(1);
      const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
    }
    return false;
  }

  /// All that comes until the server closes the connection.
  std::string rest() {
    std::string all = receive([](std::string_view) { return false; });
    loopback_->run();
    return all;
  }

  enum class Body : std::uint8_t { expected, none };

  /// The next reply, whole.
  HttpReply reply(Body body = Body::expected) {
    const auto has_head = [](std::string_view text) {
      return text.find("\r\n\r\n") != std::string_view::npos;
    };
    std::string text = receive(has_head);
    REQUIRE(has_head(text));
    const std::size_t head_end = text.find("\r\n\r\n") + 2;
    HttpReply reply = parse_head(std::string_view{text}.substr(0, head_end));
    received_ = text.substr(head_end + 2);
    if (body == Body::none) return reply;
    if (reply.header("transfer-encoding") == "chunked") {
      reply.body = read_chunks();
    } else {
      const auto size = static_cast<std::size_t>(
          std::strtoull(reply.header("content-length").c_str(), nullptr, 10));
      std::string rest = receive([size](std::string_view got) { return got.size() >= size; });
      REQUIRE(rest.size() >= size);
      reply.body = rest.substr(0, size);
      received_ = rest.substr(size);
    }
    return reply;
  }

  HttpReply get(std::string_view target, std::string_view headers = {}) {
    ask("GET", target, headers);
    return reply();
  }
  HttpReply post(std::string_view target, std::string_view body,
                 std::string_view headers = "Content-Type: application/json\r\nX-Ntan: 1\r\n") {
    ask("POST", target, headers, body);
    return reply();
  }

  /// One chunk's octets; empty for the last.
  std::string chunk() {
    const auto has_line = [](std::string_view text) {
      return text.find("\r\n") != std::string_view::npos;
    };
    std::string text = receive(has_line);
    REQUIRE(has_line(text));
    const std::size_t line_end = text.find("\r\n");
    const std::size_t size = std::strtoull(text.c_str(), nullptr, 16);
    const std::size_t whole = line_end + 2 + size + 2;
    received_ = std::move(text);
    text = receive([whole](std::string_view got) { return got.size() >= whole; });
    REQUIRE(text.size() >= whole);
    received_ = text.substr(whole);
    return text.substr(line_end + 2, size);
  }

 private:
  static HttpReply parse_head(std::string_view head) {
    HttpReply reply;
    REQUIRE(head.starts_with("HTTP/1.1 "));
    reply.status = static_cast<unsigned>(std::strtoul(head.data() + 9, nullptr, 10));
    for (std::size_t begin = head.find("\r\n") + 2; begin < head.size();) {
      const std::size_t end = head.find("\r\n", begin);
      const std::string_view line = head.substr(begin, end - begin);
      const std::size_t colon = line.find(": ");
      REQUIRE(colon != std::string_view::npos);
      std::string name{line.substr(0, colon)};
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      CHECK(reply.headers.emplace(name, line.substr(colon + 2)).second);
      begin = end + 2;
    }
    return reply;
  }

  std::string read_chunks() {
    std::string all;
    for (std::string part = chunk(); !part.empty(); part = chunk()) all += part;
    return all;
  }

  Loopback* loopback_;
  Descriptor socket_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace ntan::test

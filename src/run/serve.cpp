#include "run/serve.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <string>
#include <sys/random.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "run/console.h"
#include "run/privileges.h"
#include "run/process_clock.h"
#include "run/schemas.h"
#include "run/served_run.h"
#include "run/signals.h"
#include "serve/api.h"
#include "source/interfaces.h"
#include "source/source.h"

namespace ntan::run {
namespace {

constexpr std::int64_t tick_ns = 1'000'000'000;

/// 128 bits that nobody guesses.
std::string make_token() {
  std::array<std::uint8_t, 16> octets{};
  if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size()))
    throw std::system_error(errno, std::generic_category(), "cannot get a random number");
  std::string text;
  for (const std::uint8_t octet : octets) text += fmt::format("{:02x}", octet);
  return text;
}

/// Asked for at every address.
bool is_wildcard(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string host_in_address(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::vector<std::string> host_names(const Options& options) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "[::1]"};
  const std::string own = host_in_address(options.listen.host);
  if (std::find(names.begin(), names.end(), own) == names.end()) names.push_back(own);
  // Those are no names that somebody else could make point here.
  if (is_wildcard(options.listen.host)) {
    for (const source::NetworkInterface& one : source::list_interfaces()) {
      for (const std::string& address : one.addresses) names.push_back(host_in_address(address));
    }
  }
  return names;
}

std::vector<std::uint32_t> owners() {
  std::vector<std::uint32_t> users{0, static_cast<std::uint32_t>(::geteuid())};
  if (const auto caller = sudo_caller_id()) users.push_back(*caller);
  return users;
}

class PageListener final : public RunListener {
 public:
  explicit PageListener(serve::Api& api) noexcept : api_(&api) {}

  void run_begins() override { api_->run_begins(); }
  void state_changed() override { api_->state_changed(); }
  void scan_told(std::string_view line) override { api_->scan_told(line); }

 private:
  serve::Api* api_;
};

std::vector<int> listeners(const Options& options) {
  try {
    return serve::open_listeners({.host = options.listen.host, .port = options.listen.port});
  } catch (const std::system_error& error) {
    const bool taken = error.code() == std::errc::address_in_use;
    const bool forbidden = error.code() == std::errc::permission_denied;
    const std::string hint =
        taken       ? "another program listens there: --listen :PORT takes another port"
        : forbidden ? "ports below 1024 are root's: --listen :8080"
                    : "--listen takes an address of this machine: 127.0.0.1:8080";
    throw source::Error(forbidden ? source::Error::Kind::permission : source::Error::Kind::runtime,
                        error.what(), {hint});
  }
}

/// Addresses at which other machines reach a page that listens everywhere.
std::vector<std::string> outward_addresses(bool of_v6) {
  std::vector<std::string> found;
  for (const source::NetworkInterface& one : source::list_interfaces()) {
    for (const std::string& address : one.addresses) {
      const bool v6 = address.find(':') != std::string::npos;
      // One of a link needs the name of an interface of the other machine.
      const bool of_link = v6 && address.starts_with("fe80");
      if (!is_loopback(address) && !of_link && v6 == of_v6) found.push_back(address);
    }
  }
  return found;
}

void say_where(const Options& options, const std::string& token) {
  const auto address_of = [&options](const std::string& host) {
    return fmt::format("http://{}:{}/", host_in_address(host), options.listen.port);
  };
  const bool everywhere = is_wildcard(options.listen.host);
  const std::string here = everywhere ? "localhost" : options.listen.host;
  say(fmt::format("the page is at {}", address_of(here)));
  if (everywhere || is_loopback(here))
    say(fmt::format("other users of this machine: {}#t={}", address_of(here), token));
  std::vector<std::string> outward;
  if (everywhere) {
    outward = outward_addresses(options.listen.host == "::");
  } else if (!is_loopback(here)) {
    outward.push_back(here);
  }
  for (const std::string& address : outward)
    say(fmt::format("from another machine, not encrypted: {}#t={}", address_of(address), token));
}

/// Waits for requests and for the run, and ticks once a second.
class ServeLoop {
 public:
  ServeLoop(serve::HttpServer& server, serve::Api& api, ServedRun& run) noexcept
      : server_(&server), api_(&api), run_(&run) {}

  void turn(source::Interrupt& interrupt) {
    wait(interrupt);
    interrupt.clear();
    more_ = run_->run();
    if (process_clock_ns() >= next_tick_) tick();
    // Last, so that what there is to tell is sent before the next wait.
    server_->run();
  }

 private:
  void wait(const source::Interrupt& interrupt) {
    waited_for_ = server_->descriptors();
    run_->descriptors(waited_for_);
    waited_for_.push_back(interrupt.descriptor());
    polls_.clear();
    for (const int one : waited_for_) polls_.push_back({.fd = one, .events = POLLIN, .revents = 0});
    if (::poll(polls_.data(), polls_.size(), wait_ms()) < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for requests");
  }

  [[nodiscard]] int wait_ms() {
    if (more_) return 0;
    const std::int64_t left_ms = (next_tick_ - process_clock_ns()) / 1'000'000;
    const int wait = static_cast<int>(std::max<std::int64_t>(0, left_ms));
    return std::min(wait, server_->timeout().value_or(wait));
  }

  void tick() {
    // After a long pause (a suspended machine) there is one tick, not all that were missed.
    next_tick_ = std::max(next_tick_ + tick_ns, process_clock_ns());
    run_->tick();
    api_->tick();
    server_->tick();
  }

  serve::HttpServer* server_;
  serve::Api* api_;
  ServedRun* run_;
  std::int64_t next_tick_ = process_clock_ns() + tick_ns;
  bool more_ = false;  ///< the run has something left to do
  std::vector<int> waited_for_;
  std::vector<pollfd> polls_;
};

}  // namespace

ExitCode serve(const Options& options, source::Interrupt& interrupt) {
  // Opened as who we are, so that a port below 1024 can be had; then only what a capture needs is
  // kept.
  const std::vector<int> sockets = listeners(options);
  const std::vector<std::uint32_t> users = owners();
  // Saved input is read as whoever calls, as `read` does.
  const bool live = options.files.empty() && !options.event_stream;
  const bool becomes = live || called_by_sudo() || !options.user.empty();
  keep_only_capture(becomes ? identity_to_take(options.user) : std::nullopt, live);
  const std::string token = make_token();
  serve::Digest digest(options.keep_size);
  ServedRun run(options, digest);
  serve::Api api({.version = NTAN_VERSION, .schemas = schemas()}, digest, run);
  PageListener listener(api);
  run.set_listener(listener);
  serve::HttpServer server(sockets,
                           {.hosts = host_names(options),
                            .proxied = options.allowed_hosts,
                            .port = options.listen.port,
                            .token = token},
                           users, {}, api);
  run.begin();
  say_where(options, token);

  ServeLoop loop(server, api, run);
  while (!interrupt.stopped()) loop.turn(interrupt);
  run.finish();
  api.close();
  server.run();
  return ExitCode::done;
}

}  // namespace ntan::run

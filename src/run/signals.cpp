#include "run/signals.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <unistd.h>

namespace ntan::run {
namespace {

constexpr int exit_second_interrupt = 130;
/// Wrappers pass a signal on that the terminal has sent to all: that is one wish.
constexpr std::int64_t one_wish_ns = 100'000'000;
constexpr std::array handled{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
/// Writing returns the error that these are of, EPIPE and EFBIG: then the records that went out
/// whole are known.
constexpr std::array ignored{SIGPIPE, SIGXFSZ};
static_assert(handled.size() + ignored.size() == SignalGuard::signals);

// Handlers have no other way to what they must reach.
std::atomic<source::Interrupt*> target{nullptr};  // NOLINT(*-non-const-global-variables)
std::atomic<bool> report_asked{false};            // NOLINT(*-non-const-global-variables)
std::atomic<bool> flush_asked{false};             // NOLINT(*-non-const-global-variables)
std::atomic<bool> at_once{false};                 // NOLINT(*-non-const-global-variables)
/// When the first stop was asked for; 0 until then.
std::atomic<std::int64_t> stopped_ns{0};  // NOLINT(*-non-const-global-variables)

/// May be called in a handler (POSIX.1 signal safety).
std::int64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

extern "C" void on_signal(int number) {
  source::Interrupt* interrupt = target.load();
  switch (number) {
    case SIGUSR1: report_asked = true; break;
    case SIGUSR2: flush_asked = true; break;
    default:
      if (std::int64_t first = 0;
          at_once || (!stopped_ns.compare_exchange_strong(first, now_ns()) &&
                      now_ns() - first > one_wish_ns)) {
        _exit(exit_second_interrupt);
      }
      if (interrupt != nullptr) interrupt->stop();
      return;
  }
  if (interrupt != nullptr) interrupt->wake();
}

/// What was there before.
struct sigaction set_handler(int number, void (*handler)(int)) {
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = handler;  // NOLINT(*-union-access)
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, &before);
  return before;
}

bool is_ignored(int number) {
  struct sigaction now{};
  sigaction(number, nullptr, &now);
  return now.sa_handler == SIG_IGN;  // NOLINT(*-union-access)
}

}  // namespace

SignalGuard::SignalGuard(source::Interrupt& interrupt) {
  target = &interrupt;
  stopped_ns = 0;
  for (std::size_t i = 0; i < handled.size(); ++i) {
    // nohup asks for that. Of INT only shells do, for what they start in the background, and a
    // script that ends it by that signal means it.
    const bool spared = handled[i] == SIGHUP && is_ignored(SIGHUP);
    before_[i] = set_handler(handled[i], spared ? SIG_IGN : on_signal);
  }
  for (std::size_t i = 0; i < ignored.size(); ++i)
    before_[handled.size() + i] = set_handler(ignored[i], SIG_IGN);
}

SignalGuard::~SignalGuard() {
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &before_[i], nullptr);
  for (std::size_t i = 0; i < ignored.size(); ++i)
    sigaction(ignored[i], &before_[handled.size() + i], nullptr);
  target = nullptr;
}

LeaveAtOnce::LeaveAtOnce() noexcept {
  at_once = true;
}

LeaveAtOnce::~LeaveAtOnce() {
  at_once = false;
}

bool SignalGuard::stop_asked() noexcept {
  return stopped_ns != 0;
}

Requests SignalGuard::take_requests() noexcept {
  // Asked after every batch: a load costs nothing, an exchange as much as decoding a packet.
  const auto take = [](std::atomic<bool>& asked) { return asked && asked.exchange(false); };
  return {.report = take(report_asked), .flush = take(flush_asked)};
}

}  // namespace ntan::run

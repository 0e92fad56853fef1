#include "run/signals.h"

#include <array>
#include <atomic>
#include <csignal>
#include <unistd.h>

namespace ntan::run {
namespace {

constexpr int exit_second_interrupt = 130;
constexpr std::array handled{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

// Handlers have no other way to what they must reach.
std::atomic<source::Interrupt*> target{nullptr};  // NOLINT(*-non-const-global-variables)
std::atomic<int> stops{0};                        // NOLINT(*-non-const-global-variables)
std::atomic<bool> report_asked{false};            // NOLINT(*-non-const-global-variables)
std::atomic<bool> flush_asked{false};             // NOLINT(*-non-const-global-variables)

extern "C" void on_signal(int number) {
  source::Interrupt* interrupt = target.load();
  switch (number) {
    case SIGUSR1: report_asked = true; break;
    case SIGUSR2: flush_asked = true; break;
    default:
      if (stops.fetch_add(1) != 0) _exit(exit_second_interrupt);
      if (interrupt != nullptr) interrupt->stop();
      return;
  }
  if (interrupt != nullptr) interrupt->wake();
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;  // NOLINT(*-union-access)
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

SignalGuard::SignalGuard(source::Interrupt& interrupt) {
  target = &interrupt;
  stops = 0;
  for (const int number : handled) set_handler(number, on_signal);
  set_handler(SIGPIPE, SIG_IGN);
}

SignalGuard::~SignalGuard() {
  for (const int number : handled) set_handler(number, SIG_DFL);
  set_handler(SIGPIPE, SIG_DFL);
  target = nullptr;
}

bool SignalGuard::stop_asked() noexcept {
  return stops != 0;
}

Requests SignalGuard::take_requests() noexcept {
  // Asked after every batch: a load costs nothing, an exchange as much as decoding a packet.
  const auto take = [](std::atomic<bool>& asked) { return asked && asked.exchange(false); };
  return {.report = take(report_asked), .flush = take(flush_asked)};
}

}  // namespace ntan::run

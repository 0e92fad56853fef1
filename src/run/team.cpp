#include "run/team.h"

#include <csignal>
#include <system_error>
#include <utility>

namespace ntan::run {
namespace {

// Rounds are even numbers.
constexpr std::uint64_t step = 2;
constexpr std::uint64_t end = 1;

/// No signal reaches a thread that begins meanwhile.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

Team::Team(std::size_t helpers) {
  const SignalsBlocked blocked;
  threads_.reserve(helpers);
  for (std::size_t i = 0; i < helpers; ++i) {
    try {
      threads_.emplace_back([this] { help(); });
    } catch (const std::system_error&) {
      break;  // a limit on threads: with fewer the output is the same
    }
  }
}

Team::~Team() {
  round_.fetch_or(end);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::start(std::size_t count, Task task) {
  task_ = std::move(task);
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(threads_.size(), std::memory_order_relaxed);
  round_.fetch_add(step);
  round_.notify_all();
}

void Team::finish() {
  work();
  for (std::size_t busy = busy_.load(); busy != 0; busy = busy_.load()) busy_.wait(busy);
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Team::help() {
  std::uint64_t seen = 0;
  while (true) {
    round_.wait(seen);
    const std::uint64_t round = round_.load();
    if (round == seen) continue;
    if ((round & end) != 0) return;
    seen = round;
    work();
    if (busy_.fetch_sub(1) == 1) busy_.notify_all();
  }
}

void Team::work() {
  while (true) {
    const std::size_t mine = next_.fetch_add(1, std::memory_order_relaxed);
    if (mine >= count_) return;
    try {
      task_(mine);
    } catch (...) {
      const std::scoped_lock lock(failing_);
      if (failure_ == nullptr) failure_ = std::current_exception();
    }
  }
}

}  // namespace ntan::run

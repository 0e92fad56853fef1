// Threads that share out numbered tasks, round by round.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ntan::run {

class Team {
 public:
  using Task = std::function<void(std::size_t)>;

  /// `helpers` threads besides the one that asks. They take no signals.
  explicit Team(std::size_t helpers);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  /// Helpers begin task(0) … task(count - 1), each once, in no order. Requires: no round is open.
  void start(std::size_t count, Task task);
  /// Takes part in the open round until all of it is done. Throws what a task has thrown first.
  void finish();

 private:
  void help();
  void work();

  std::vector<std::thread> threads_;
  Task task_;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> busy_{0};     ///< helpers that have not left the round
  std::atomic<std::uint64_t> round_{0};  ///< odd once they are to end
  std::mutex failing_;
  std::exception_ptr failure_;
};

}  // namespace ntan::run

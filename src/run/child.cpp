#include "run/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace ntan::run {
namespace {

constexpr int packets_number = 3;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
  Pipe pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) fail("cannot make a pipe");
  // A burst of events must not hold the capture up.
  constexpr int pipe_size = 1 << 20;
  (void)::fcntl(ends[1], F_SETPIPE_SZ, pipe_size);  // less where the system forbids it
  return pipe;
}

/// In the child, between fork and exec: only what is safe there. A descriptor that already has its
/// number would stay close-on-exec.
bool place(int descriptor, int number) noexcept {
  if (descriptor == number) return ::fcntl(descriptor, F_SETFD, 0) == 0;
  return ::dup2(descriptor, number) == number;
}

}  // namespace

Descriptor own_program() {
  Descriptor program{::open("/proc/self/exe", O_PATH | O_CLOEXEC)};
  if (!program.open()) fail("cannot open this program's file");
  return program;
}

std::string_view read_some(Descriptor& from, std::span<char> block) noexcept {
  const ssize_t got = ::read(from.get(), block.data(), block.size());
  if (got > 0) return {block.data(), static_cast<std::size_t>(got)};
  const bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (!later) from.reset();
  return {};
}

Child::Child(const Descriptor& program, std::span<const std::string> arguments,
             const Wiring& wiring) {
  Pipe output;
  if (wiring.output < 0) output = make_pipe();
  Pipe errors = make_pipe();
  Pipe packets;
  if (wiring.packets) packets = make_pipe();
  const Descriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!nothing.open()) fail("cannot open /dev/null");
  std::vector<std::string> words{"ntan"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int from_input = wiring.input < 0 ? nothing.get() : wiring.input;
  const int to_output = wiring.output < 0 ? output.write.get() : wiring.output;
  const int to_packets = wiring.packets ? packets.write.get() : nothing.get();
  const pid_t parent = ::getpid();
  // Whoever has started us may not have cared about children: then exit codes would be lost.
  (void)std::signal(SIGCHLD, SIG_DFL);

  process_ = ::fork();
  if (process_ < 0) fail("cannot start a run");
  if (process_ == 0) {
    constexpr int cannot_run = 127;
    // Above the numbers that are wanted, so that none is overwritten before its turn.
    constexpr int free_number = 16;
    const int kept_input = ::fcntl(from_input, F_DUPFD_CLOEXEC, free_number);
    const int kept_output = ::fcntl(to_output, F_DUPFD_CLOEXEC, free_number);
    const int kept_errors = ::fcntl(errors.write.get(), F_DUPFD_CLOEXEC, free_number);
    const int kept_packets = ::fcntl(to_packets, F_DUPFD_CLOEXEC, free_number);
    const int kept_program = ::fcntl(program.get(), F_DUPFD_CLOEXEC, free_number);
    // In a group of its own, or Ctrl-C would reach it as well: told twice, a run leaves at once.
    const bool good = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 &&
                      ::getppid() == parent && place(kept_input, STDIN_FILENO) &&
                      place(kept_output, STDOUT_FILENO) && place(kept_errors, STDERR_FILENO) &&
                      place(kept_packets, packets_number);
    if (good) ::fexecve(kept_program, pointers.data(), environ);
    ::_exit(cannot_run);
  }
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
  packets_ = std::move(packets.read);
}

Child::~Child() {
  if (code_ || process_ <= 0) return;
  (void)::kill(process_, SIGKILL);
  (void)::waitpid(process_, nullptr, 0);
}

void Child::stop() const noexcept {
  if (!code_ && process_ > 0) (void)::kill(process_, SIGINT);
}

void Child::kill() const noexcept {
  if (!code_ && process_ > 0) (void)::kill(process_, SIGKILL);
}

std::optional<int> Child::ended() noexcept {
  if (code_ || process_ <= 0) return code_;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  constexpr int by_signal = 128;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : by_signal + WTERMSIG(status);
  return code_;
}

}  // namespace ntan::run

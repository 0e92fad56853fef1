#include "sink/pipe_queue.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace ntan::sink {
namespace {

/// Signals do not shorten the patience.
bool writable(int descriptor, std::chrono::milliseconds patience) noexcept {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + patience;
  pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
  int count = ::poll(&ready, 1, static_cast<int>(patience.count()));
  while (count < 0 && errno == EINTR) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    const auto rest = std::max(left, milliseconds{0});
    count = ::poll(&ready, 1, static_cast<int>(rest.count()));
  }
  return count > 0;
}

// After poll() a pipe takes PIPE_BUF octets at once; a socket need not, but can be told not to
// wait.
ssize_t write_now(int descriptor, std::string_view data) noexcept {
  const ssize_t sent = ::send(descriptor, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(descriptor, data.data(), data.size());
}

}  // namespace

bool PipeQueue::fits(int descriptor) noexcept {
  struct stat facts{};
  return ::fstat(descriptor, &facts) == 0 && (S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode));
}

bool PipeQueue::abandoned(int descriptor) noexcept {
  pollfd state{.fd = descriptor, .events = 0, .revents = 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

bool PipeQueue::push(std::string_view record, std::string_view rest) {
  const std::size_t more = record.size() + rest.size() + sizeof(std::size_t);
  if (size() + records() * sizeof(std::size_t) + more > limit_) return false;
  octets_ += record;
  octets_ += rest;
  ends_.push_back(octets_.size());
  return true;
}

int PipeQueue::write(int descriptor, std::chrono::milliseconds patience, std::size_t most) {
  std::size_t total = 0;
  while (size() != 0 && total < most && writable(descriptor, patience)) {
    const ssize_t count = write_now(descriptor, next());
    if (count >= 0) {
      take_off(static_cast<std::size_t>(count));
      total += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void PipeQueue::clear() noexcept {
  octets_.clear();
  ends_.clear();
  written_ = 0;
  records_written_ = 0;
}

/// As many whole records as go into PIPE_BUF, or a part of one that does not.
std::string_view PipeQueue::next() const noexcept {
  const std::size_t most = std::min<std::size_t>(written_ + PIPE_BUF, octets_.size());
  const auto first = ends_.begin() + static_cast<std::ptrdiff_t>(records_written_);
  const auto beyond = std::upper_bound(first, ends_.end(), most);
  const std::size_t end = beyond == first ? most : *(beyond - 1);
  return std::string_view{octets_}.substr(written_, end - written_);
}

void PipeQueue::take_off(std::size_t count) {
  written_ += count;
  const auto first = ends_.begin() + static_cast<std::ptrdiff_t>(records_written_);
  records_written_ =
      static_cast<std::size_t>(std::upper_bound(first, ends_.end(), written_) - ends_.begin());
  if (written_ == octets_.size()) {
    clear();
  } else if (written_ > octets_.size() / 2) {
    // Seldom enough that each octet is moved about once.
    octets_.erase(0, written_);
    ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(records_written_));
    for (std::size_t& end : ends_) end -= written_;
    written_ = 0;
    records_written_ = 0;
  }
}

}  // namespace ntan::sink

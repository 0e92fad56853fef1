#include "source/byte_stream.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ntan::source {

DescriptorStream::DescriptorStream(Descriptor descriptor, Interrupt* interrupt)
    : descriptor_(std::move(descriptor)), interrupt_(interrupt) {
  struct stat status{};
  may_block_ = ::fstat(descriptor_.get(), &status) != 0 || !S_ISREG(status.st_mode);
  // Advice only: doubles the kernel's read-ahead where it is taken.
  (void)::posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

/// Waits for octets; false when woken for something else, and once when a pause has begun.
bool DescriptorStream::wait() {
  if (!may_block_) return true;
  constexpr int pause_ms = 100;
  const int patience = interrupt_ == nullptr || pause_told_ ? -1 : pause_ms;
  std::array<pollfd, 2> ready{{{.fd = descriptor_.get(), .events = POLLIN, .revents = 0},
                               {.fd = interrupt_ == nullptr ? -1 : interrupt_->descriptor(),
                                .events = POLLIN,
                                .revents = 0}}};
  int count = 0;
  while ((count = ::poll(ready.data(), ready.size(), patience)) < 0) {
    if (errno != EINTR) return true;  // read(2) will say what is wrong
  }
  pause_told_ = count == 0;
  if (pause_told_) return false;
  if (interrupt_ == nullptr || ready[1].revents == 0) return true;
  interrupt_->clear();
  if (interrupt_->stopped()) finish(StreamState::ended);
  return false;
}

std::size_t DescriptorStream::read(std::span<std::uint8_t> into) {
  while (state() == StreamState::open && wait()) {
    const ssize_t got = ::read(descriptor_.get(), into.data(), into.size());
    if (got > 0) {
      position_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (got == 0) return finish(StreamState::ended);
    if (errno == EINTR || errno == EAGAIN) continue;
    return finish(StreamState::failed, "cannot read: " + std::generic_category().message(errno));
  }
  return 0;
}

}  // namespace ntan::source

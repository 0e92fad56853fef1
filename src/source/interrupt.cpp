#include "source/interrupt.h"

#include <cerrno>
#include <cstdint>
#include <string>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "source/source.h"

namespace ntan::source {

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!descriptor_.open()) {
    throw Error(Error::Kind::runtime,
                "cannot create an eventfd: " + std::generic_category().message(errno));
  }
}

void Interrupt::wake() noexcept {
  const int saved = errno;
  const std::uint64_t one = 1;
  // A full counter is as good as a written one.
  [[maybe_unused]] const auto written = ::write(descriptor_.get(), &one, sizeof one);
  errno = saved;
}

void Interrupt::stop() noexcept {
  stopped_.store(true, std::memory_order_relaxed);
  wake();
}

void Interrupt::clear() noexcept {
  std::uint64_t pending = 0;
  [[maybe_unused]] const auto got = ::read(descriptor_.get(), &pending, sizeof pending);
}

}  // namespace ntan::source

#include "base/pages.h"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <system_error>
#include <utility>

namespace ntan {
namespace {

// Small, because sixteen shards have such ranges; larger steps gain little more.
constexpr std::size_t step = std::size_t{16} << 10U;

}  // namespace

Pages::Pages(std::size_t size) : size_(size) {
  void* memory = ::mmap(nullptr, std::max<std::size_t>(size, 1), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "cannot reserve memory");
  data_ = static_cast<std::byte*>(memory);
}

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      present_(std::exchange(other.present_, 0)) {}

Pages::~Pages() {
  if (data_ != nullptr) (void)::munmap(data_, std::max<std::size_t>(size_, 1));
}

void Pages::make_present(std::size_t size) noexcept {
  const std::size_t end = std::min((size + step - 1) / step * step, size_);
#ifdef MADV_POPULATE_WRITE
  // Kernels before 5.14 refuse; pages then come with their first touch.
  (void)::madvise(data_ + present_, end - present_, MADV_POPULATE_WRITE);
#endif
  present_ = end;
}

}  // namespace ntan

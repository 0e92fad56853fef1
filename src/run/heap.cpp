#include "run/heap.h"

#include <cstdint>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ntan::run {
namespace {

constexpr int step = 128 << 10;

std::byte* heap_end() noexcept {
  return static_cast<std::byte*>(::sbrk(0));
}

}  // namespace

Heap::Heap() noexcept {
  (void)::mallopt(M_TOP_PAD, step);  // NOLINT(concurrency-mt-unsafe): before there are threads
  end_ = heap_end();
}

void Heap::keep_present() noexcept {
  std::byte* const end = heap_end();
  if (end > end_) {
#ifdef MADV_POPULATE_WRITE
    constexpr std::uintptr_t page = 4096;
    // NOLINTNEXTLINE(*-reinterpret-cast): an address to round
    const std::size_t behind = reinterpret_cast<std::uintptr_t>(end_) % page;
    std::byte* const from = end_ - behind;
    (void)::madvise(from, static_cast<std::size_t>(end - from), MADV_POPULATE_WRITE);
#endif
  }
  end_ = end;
}

}  // namespace ntan::run

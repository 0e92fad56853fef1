#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local bool counting = false;
thread_local std::uint64_t allocations = 0;

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Replaces the operators of the whole test program; the array and nothrow forms end here too.
void* operator new(std::size_t size) {
  if (counting) ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);  // NOLINT(*-no-malloc, *-owning-memory)
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT(*-no-malloc, *-owning-memory)
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);  // NOLINT(*-no-malloc, *-owning-memory)
}

#endif

namespace ntan::test {

bool can_count_allocations() noexcept {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

AllocationCount::AllocationCount() noexcept {
  allocations = 0;
  counting = true;
}

AllocationCount::~AllocationCount() {
  counting = false;
}

std::uint64_t AllocationCount::value() const noexcept {
  return allocations;
}

}  // namespace ntan::test

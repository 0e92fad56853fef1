// Counts what operator new gives out, while a test asks for it.
#pragma once

#include <cstdint>

namespace ntan::test {

/// Whether this build can count: sanitizers have allocators of their own.
[[nodiscard]] bool can_count_allocations() noexcept;

/// Counts the allocations of this thread while it lives. One at a time.
class AllocationCount {
 public:
  AllocationCount() noexcept;
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;
  ~AllocationCount();

  [[nodiscard]] std::uint64_t value() const noexcept;
};

}  // namespace ntan::test

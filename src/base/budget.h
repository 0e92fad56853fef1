// A share of memory, and buffers that grow only inside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace ntan {

/// Octets that one kind of state may hold; each virtual shard owns its own. What was refused is
/// counted.
struct Budget {
  std::size_t limit = 0;
  std::size_t used = 0;
  std::uint64_t refused = 0;

  /// Takes `size` octets, or counts the refusal.
  [[nodiscard]] bool take(std::size_t size) noexcept {
    if (size > limit - used) {
      ++refused;
      return false;
    }
    used += size;
    return true;
  }

  void give_back(std::size_t size) noexcept { used -= size; }
};

/// Octets kept from the network (a message split over segments), paid from a Budget.
/// Capacity grows by doubling up to `cap`, so a message costs O(log n) allocations.
class Buffer {
 public:
  Buffer(Budget& budget, std::size_t cap) noexcept : budget_(&budget), cap_(cap) {}

  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&&) = delete;

  ~Buffer() { release(); }

  /// Appends all of `data`, or nothing and returns false (cap or budget reached).
  [[nodiscard]] bool append(Bytes data);
  /// Forgets the first `count` octets. Requires: count <= size().
  void drop_front(std::size_t count) noexcept;

  void clear() noexcept { octets_.clear(), start_ = 0; }

  /// Empties the buffer and gives its memory back.
  void release() noexcept;

  [[nodiscard]] Bytes view() const noexcept { return Bytes{octets_}.subspan(start_); }

  [[nodiscard]] std::size_t size() const noexcept { return octets_.size() - start_; }

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  Budget* budget_;
  std::size_t cap_;
  std::size_t start_ = 0;
  std::vector<std::uint8_t> octets_;
};

}  // namespace ntan

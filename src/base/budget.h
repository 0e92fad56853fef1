// A share of memory, and buffers that grow only inside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/bytes.h"

namespace ntan {

/// Octets that one kind of state may hold; each virtual shard owns its own. What was refused is
/// counted.
struct Budget {
  std::size_t limit = 0;
  std::size_t used = 0;
  std::uint64_t refused = 0;
  std::uint64_t crowded_out = 0;  ///< entries that gave way to others though there was memory

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
  Buffer(Budget& budget, std::uint32_t cap) noexcept : budget_(&budget), cap_(cap) {}

  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  ~Buffer() { release(); }

  /// Appends all of `data`, or nothing and returns false (cap or budget reached).
  [[nodiscard]] bool append(Bytes data) {
    if (data.empty()) return true;
    if (data.size() > capacity_ - size_ && !grow(data.size(), smallest)) return false;
    std::memcpy(octets_.get() + size_, data.data(), data.size());
    size_ += static_cast<std::uint32_t>(data.size());
    return true;
  }

  /// Makes room for `more` octets in one piece, for who knows what comes; false as append().
  [[nodiscard]] bool reserve(std::size_t more) {
    return more <= capacity_ - size_ || grow(more, 0);
  }

  /// Appends `more` octets for the caller to write; none where append() would return false.
  [[nodiscard]] std::span<std::uint8_t> extend(std::size_t more) {
    if (!reserve(more)) return {};
    size_ += static_cast<std::uint32_t>(more);
    return {octets_.get() + size_ - more, more};
  }

  /// For who writes into the middle.
  [[nodiscard]] std::uint8_t* data() noexcept { return octets_.get(); }

  void clear() noexcept { size_ = 0; }

  /// Forgets the first `count` octets. Requires: count <= size().
  void drop_front(std::size_t count) noexcept {
    size_ -= static_cast<std::uint32_t>(count);
    if (size_ != 0) std::memmove(octets_.get(), octets_.get() + count, size_);
  }

  /// Empties the buffer and gives its memory back.
  void release() noexcept {
    if (capacity_ != 0) free();
  }

  [[nodiscard]] Bytes view() const noexcept { return {octets_.get(), size_}; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  static constexpr std::size_t smallest = 256;

  /// Room for `more` octets than there are, and at least for `least` in all.
  [[nodiscard]] bool grow(std::size_t more, std::size_t least);
  void free() noexcept;

  Budget* budget_;
  std::unique_ptr<std::uint8_t[]> octets_;  // NOLINT(*-c-arrays): never zeroed
  std::uint32_t cap_;
  std::uint32_t capacity_ = 0;  ///< at most cap_
  std::uint32_t size_ = 0;
};

}  // namespace ntan

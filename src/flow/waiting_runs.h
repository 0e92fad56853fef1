// Octets of a TCP stream that arrived ahead of others, until those come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/time.h"

namespace ntan::flow {

/// A run of octets at its place in the stream; `captured` may hold less than `size`.
struct Run {
  std::int64_t start = 0;  ///< 0 is the first octet of the stream; negative before it
  std::uint32_t size = 0;
  Bytes captured;

  [[nodiscard]] std::int64_t end() const noexcept { return start + size; }

  /// Requires: count <= size.
  [[nodiscard]] Run first(std::uint32_t count) const noexcept;
  void drop_front(std::uint32_t count) noexcept;
};

/// Runs above the first hole: sorted, disjoint, copied into memory of a Budget.
class WaitingRuns {
 public:
  static constexpr std::size_t max_runs = 64;
  static constexpr std::size_t max_octets = std::size_t{64} * 1024;

  struct Conflict {
    std::int64_t start = 0;  ///< first octet that differs
    std::uint32_t size = 0;  ///< up to the last that differs in the same overlap
  };

  /// Null if the budget is used up.
  [[nodiscard]] static std::unique_ptr<WaitingRuns> make(Budget& memory);

  explicit WaitingRuns(Budget& memory) noexcept : memory_(&memory) {}

  WaitingRuns(const WaitingRuns&) = delete;
  WaitingRuns& operator=(const WaitingRuns&) = delete;
  ~WaitingRuns();

  /// Copies `run`, or returns false: no room or no memory. Requires: overlaps no run held.
  [[nodiscard]] bool insert(const Run& run, Timestamp now);
  void drop_front(std::size_t count) noexcept;

  [[nodiscard]] Run at(std::size_t index) const noexcept;
  [[nodiscard]] Timestamp arrival(std::size_t index) const noexcept { return runs_[index].arrived; }
  /// Index of the first run that ends above `position`; size() if none does.
  [[nodiscard]] std::size_t find(std::int64_t position) const noexcept;
  [[nodiscard]] std::optional<Conflict> compare(const Run& run) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  /// Octets held in memory, and octets the runs stand for (more where the capture cut).
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }

  [[nodiscard]] std::uint64_t extent() const noexcept { return extent_; }

  /// Arrival of the oldest run.
  [[nodiscard]] Timestamp oldest() const noexcept { return oldest_; }

 private:
  struct Kept {
    std::int64_t start = 0;
    Timestamp arrived;
    std::uint32_t size = 0;
    std::uint32_t captured = 0;
    std::unique_ptr<std::uint8_t[]> octets;  // NOLINT(*-c-arrays)
  };

  Budget* memory_;
  std::size_t count_ = 0;
  std::size_t octets_ = 0;
  std::uint64_t extent_ = 0;
  Timestamp oldest_ = Timestamp::max();
  std::array<Kept, max_runs> runs_;
};

}  // namespace ntan::flow

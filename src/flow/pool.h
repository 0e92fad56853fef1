// Memory of a few fixed sizes, recycled: state that some flows need and many do not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/budget.h"

namespace ntan::flow {

/// Blocks of 64, 256, 1,024 and 4,096 octets out of 64 KiB chunks. A chunk is paid from the Budget
/// when it is made and never given back: what a flood needed once, the next one finds ready.
class Pool {
 public:
  explicit Pool(Budget& budget) noexcept : budget_(&budget) {}

  /// A block of at least `size` octets, or nullptr when the budget is spent. Requires: size <=
  /// 4,096.
  [[nodiscard]] void* take(std::size_t size);
  /// Requires: `block` came from take(size).
  void give_back(void* block, std::size_t size) noexcept;

 private:
  static constexpr std::size_t chunk_size = std::size_t{64} << 10U;
  static constexpr std::array<std::size_t, 4> sizes{64, 256, 1024, 4096};

  struct FreeBlock {
    FreeBlock* next = nullptr;
  };

  static std::size_t size_class(std::size_t size) noexcept;
  bool refill(std::size_t size_class);

  Budget* budget_;
  std::array<FreeBlock*, sizes.size()> free_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;  // NOLINT(*-c-arrays)
};

}  // namespace ntan::flow

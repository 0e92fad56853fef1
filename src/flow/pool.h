// Memory of a few fixed sizes, recycled: state that some flows need and many do not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/budget.h"
#include "base/pages.h"

namespace ntan::flow {

/// Blocks of twelve sizes from 64 to 4,096 octets, out of chunks. A chunk is paid from the Budget
/// when it is made and never given back: what a flood needed once, the next one finds ready. Memory
/// is touched only as far as blocks were ever taken.
class Pool {
 public:
  static constexpr std::size_t largest = 4096;

  explicit Pool(Budget& budget) noexcept : budget_(&budget) {}

  /// A block of at least `size` octets, or nullptr when the budget is spent. Requires: size <=
  /// largest.
  [[nodiscard]] void* take(std::size_t size) {
    SizeClass& blocks = classes_[class_of(size)];
    if (blocks.free != nullptr) {
      FreeBlock* block = blocks.free;
      blocks.free = block->next;
      return block;
    }
    return carve(blocks, class_of(size));
  }

  /// Whether take(size) gets a block that was given back. Requires: size <= largest.
  [[nodiscard]] bool has_free(std::size_t size) const noexcept {
    return classes_[class_of(size)].free != nullptr;
  }

  /// Requires: `block` came from take(size).
  void give_back(void* block, std::size_t size) noexcept {
    SizeClass& blocks = classes_[class_of(size)];
    blocks.free = new (block) FreeBlock{blocks.free};
  }

 private:
  static constexpr std::size_t chunk_size = std::size_t{8} << 10U;
  static constexpr std::size_t step = 32;
  static constexpr std::array<std::uint16_t, 12> sizes{64,  96,  128, 160,  192,  256,
                                                       352, 416, 512, 1024, 2048, 4096};

  struct FreeBlock {
    FreeBlock* next = nullptr;
  };

  struct SizeClass {
    FreeBlock* free = nullptr;
    std::byte* fresh = nullptr;  ///< never taken yet, up to `end`
    std::byte* end = nullptr;
  };

  // From a size in `step`s to the smallest class that holds it.
  static constexpr auto class_by_step = [] {
    std::array<std::uint8_t, largest / step + 1> classes{};
    for (std::size_t i = 0; i < classes.size(); ++i) {
      while (sizes[classes[i]] < i * step) ++classes[i];
    }
    return classes;
  }();

  static constexpr std::size_t class_of(std::size_t size) noexcept {
    return class_by_step[(size + step - 1) / step];
  }

  static constexpr std::size_t reserved_size = std::size_t{1} << 20U;

  [[nodiscard]] void* carve(SizeClass& blocks, std::size_t size_class);
  [[nodiscard]] std::byte* next_chunk();

  Budget* budget_;
  std::array<SizeClass, sizes.size()> classes_{};
  std::vector<Pages> reserved_;  // each of `reserved_size`; chunks come from the last
  std::size_t chunks_ = 0;
};

}  // namespace ntan::flow

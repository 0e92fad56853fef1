// The heap's growth, made present ahead of its first touch.
#pragma once

#include <cstddef>

namespace ntan::run {

/// Lets the heap grow in large steps and makes each step present at once: the many small pieces
/// that dissectors keep would otherwise cost one page fault every few kilobytes.
class Heap {
 public:
  Heap() noexcept;

  /// Call now and then; costs a few instructions unless the heap has grown.
  void keep_present() noexcept;

 private:
  std::byte* end_ = nullptr;
};

}  // namespace ntan::run

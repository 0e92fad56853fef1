#include "flow/pool.h"

#include <new>

namespace ntan::flow {

std::size_t Pool::size_class(std::size_t size) noexcept {
  std::size_t at = 0;
  while (at + 1 < sizes.size() && sizes[at] < size) ++at;
  return at;
}

void* Pool::take(std::size_t size) {
  const std::size_t at = size_class(size);
  if (free_[at] == nullptr && !refill(at)) return nullptr;
  FreeBlock* block = free_[at];
  free_[at] = block->next;
  return block;
}

void Pool::give_back(void* block, std::size_t size) noexcept {
  const std::size_t at = size_class(size);
  free_[at] = new (block) FreeBlock{free_[at]};
}

bool Pool::refill(std::size_t at) {
  if (!budget_->take(chunk_size)) return false;
  chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk_size));  // NOLINT(*-c-arrays)
  std::byte* chunk = chunks_.back().get();
  for (std::size_t offset = chunk_size; offset >= sizes[at]; offset -= sizes[at]) {
    free_[at] = new (chunk + offset - sizes[at]) FreeBlock{free_[at]};
  }
  return true;
}

}  // namespace ntan::flow

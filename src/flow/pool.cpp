#include "flow/pool.h"

#include <new>

namespace ntan::flow {

void* Pool::carve(SizeClass& blocks, std::size_t size_class) {
  const std::size_t size = sizes[size_class];
  if (blocks.fresh == blocks.end) {
    if (!budget_->take(chunk_size)) return nullptr;
    chunks_.push_back(
        std::make_unique_for_overwrite<std::byte[]>(chunk_size));  // NOLINT(*-c-arrays)
    blocks.fresh = chunks_.back().get();
    blocks.end = blocks.fresh + chunk_size / size * size;
  }
  std::byte* block = blocks.fresh;
  blocks.fresh += size;
  return block;
}

}  // namespace ntan::flow

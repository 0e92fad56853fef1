#include "flow/pool.h"

#include <new>

namespace ntan::flow {

void* Pool::carve(SizeClass& blocks, std::size_t size_class) {
  const std::size_t size = sizes[size_class];
  if (blocks.fresh == blocks.end) {
    if (!budget_->take(chunk_size)) return nullptr;
    blocks.fresh = next_chunk();
    blocks.end = blocks.fresh + chunk_size / size * size;
  }
  std::byte* block = blocks.fresh;
  blocks.fresh += size;
  return block;
}

std::byte* Pool::next_chunk() {
  constexpr std::size_t per_reservation = reserved_size / chunk_size;
  const std::size_t place = chunks_++ % per_reservation;
  if (place == 0) reserved_.emplace_back(reserved_size);
  Pages& pages = reserved_.back();
  pages.use((place + 1) * chunk_size);
  return pages.data() + place * chunk_size;
}

}  // namespace ntan::flow

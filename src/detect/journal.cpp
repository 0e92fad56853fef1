#include "detect/journal.h"

#include <bit>

namespace ntan::detect {

bool Journal::make_room(JournalMemory& memory) {
  if (probes_.size() < max_probes) return memory.widen(probes_);
  erase(spared_first_ == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(spared_first_)));
  return true;
}

void Journal::erase(std::size_t at) noexcept {
  probes_.erase(at);
  const std::uint64_t older = (std::uint64_t{1} << at) - 1;
  spared_first_ = (spared_first_ & older) | (spared_first_ >> 1U & ~older);
}

}  // namespace ntan::detect

#include "detect/journal.h"

#include <bit>

namespace ntan::detect {

bool Journal::make_room(JournalMemory& memory) {
  if (probes_.size() < max_probes) return memory.widen(probes_);
  erase(reported_ == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(reported_)));
  return true;
}

void Journal::erase(std::size_t at) noexcept {
  probes_.erase(at);
  const std::uint64_t older = (std::uint64_t{1} << at) - 1;
  reported_ = (reported_ & older) | (reported_ >> 1U & ~older);
}

}  // namespace ntan::detect

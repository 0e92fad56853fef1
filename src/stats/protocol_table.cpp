#include "stats/protocol_table.h"

#include <algorithm>

namespace ntan::stats {

std::size_t ProtocolTable::place_of(std::string_view name) noexcept {
  const auto known = std::ranges::find(rows(), name, &Row::name);
  const auto place = static_cast<std::size_t>(known - rows().begin());
  if (place < size_) return place;
  if (size_ < capacity) {
    rows_[size_].name = name;
    return size_++;
  }
  rows_.back().name = other_name;
  return capacity;
}

}  // namespace ntan::stats

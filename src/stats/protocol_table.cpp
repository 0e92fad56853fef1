#include "stats/protocol_table.h"

#include <algorithm>

namespace ntan::stats {

std::size_t ProtocolTable::place_of(std::string_view name) noexcept {
  // Names live for ever: nearly always it is the same text, and its place says so.
  for (std::size_t place = 0; place < size_; ++place) {
    const std::string_view known = rows_[place].name;
    if (known.data() == name.data() && known.size() == name.size()) return place;
  }
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

#include "stats/protocol_table.h"

#include <algorithm>

namespace ntan::stats {

ProtocolTable::Row& ProtocolTable::find(std::string_view name) noexcept {
  const auto known = std::ranges::find(rows(), name, &Row::name);
  auto at = static_cast<std::size_t>(known - rows().begin());
  if (at == size_) {
    if (size_ < capacity) {
      rows_[size_++].name = name;
    } else {
      at = capacity;
      rows_[at].name = other_name;
    }
  }
  recent_[recent_place(name)] = {.text = name.data(), .size = name.size(), .row = at};
  return rows_[at];
}

}  // namespace ntan::stats

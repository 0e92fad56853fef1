// One value as plain text: what CSV cells and table columns are made of.
#pragma once

#include <string>

#include "event/value.h"

namespace ntan::event {

/// Appends a value that is no list, by the rules of event/text.h; nothing for an absent one and for
/// lists, which every format joins in its own way.
void append_plain(std::string& out, const Value& value, const Style& style);

/// Whether a member is one column of its own outside JSON.
[[nodiscard]] constexpr bool is_flat(Kind kind) noexcept {
  return kind != Kind::list && kind != Kind::records;
}

}  // namespace ntan::event

#pragma once

#include <string>

namespace ntan::run {

enum class ListForm { table, json };

/// The interfaces of this machine, one a line; the one of the default route is marked.
/// Throws source::Error.
[[nodiscard]] std::string interface_list(ListForm form);

}  // namespace ntan::run

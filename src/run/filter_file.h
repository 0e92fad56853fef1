#pragma once

#include <string>

namespace ntan::run {

/// The filter that a file holds (-F): comments from `#` to the end of a line become blanks, as
/// tcpdump has it. At most 64 KiB. Throws std::system_error for a file that cannot be read,
/// std::runtime_error for one that is too long.
[[nodiscard]] std::string read_filter_file(const std::string& path);

}  // namespace ntan::run

// What a file is, told by its first octets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ntan::source {

/// Octets at the front of a file that are enough for describe_format().
inline constexpr std::size_t format_head_size = 64;

struct OtherFormat {
  std::string_view what;  ///< `it is a snoop capture`, `looks like text`; empty: no idea
  std::string_view hint;  ///< what turns it into something readable; may be empty
};

/// For files that are not pcap, pcapng or packed in a known way.
[[nodiscard]] OtherFormat describe_format(Bytes head) noexcept;

}  // namespace ntan::source

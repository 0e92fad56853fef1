// Port numbers by who listens on them.
#pragma once

#include <cstdint>

namespace ntan {

/// 0 to 1023 are system ports (RFC 6335 6).
inline constexpr std::uint16_t first_user_port = 1024;

}  // namespace ntan

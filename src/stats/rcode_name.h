#pragma once

#include <cstdint>

#include "event/value.h"

namespace ntan::stats {

/// `NOERROR`, `NXDOMAIN`, …; `RCODE12` without a name (RFC 6895 2.3). Dissectors tell the number
/// only.
[[nodiscard]] event::FixedText<10> rcode_name(std::uint16_t rcode) noexcept;

}  // namespace ntan::stats

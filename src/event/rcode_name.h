#pragma once

#include <cstdint>

#include "event/value.h"

namespace ntan::event {

/// `NOERROR`, `NXDOMAIN`, …; `RCODE12` without a name (RFC 6895 2.3). Twelve bits with EDNS
/// (RFC 6891 6.1.3). Here since the dns event names the code, and the summary counts by it.
[[nodiscard]] FixedText<10> rcode_name(std::uint16_t rcode) noexcept;

}  // namespace ntan::event

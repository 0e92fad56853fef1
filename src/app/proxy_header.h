// What a proxy says before it passes a connection on: the PROXY protocol of HAProxy, versions 1 and
// 2. The octets of another protocol follow, as its client sent them.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace ntan::app {

/// Octets of the header at the front of a stream, 0 if there is none; nothing while that cannot be
/// told, or while its end is still to come.
[[nodiscard]] std::optional<std::size_t> proxy_header_size(Bytes start) noexcept;

}  // namespace ntan::app

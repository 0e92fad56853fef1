// Whether octets look like the beginning of HTTP/1.x.
#pragma once

#include <string_view>

#include "app/protocol.h"

namespace ntan::app {

/// Whether the octets so far could begin a request line. A line that goes on for long is taken for
/// one before its version is seen.
[[nodiscard]] Verdict probe_http_request(std::string_view text);

/// Whether one side begins with a request or a status line; Protocol::probe.
[[nodiscard]] Verdict probe_http(const Segment& start, const FlowContext& flow);

}  // namespace ntan::app

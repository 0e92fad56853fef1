// HTTP/2 without TLS (RFC 9113): recognised by its preface, not dissected.
#pragma once

#include "app/protocol.h"

namespace ntan::app {

extern const Protocol http2_protocol;

}  // namespace ntan::app

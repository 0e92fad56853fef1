// A packet in a few words, for the `packet` event.
#pragma once

#include "app/protocol.h"
#include "base/text_line.h"
#include "wire/decoded.h"

namespace ntan::run {

/// `http GET /index.html`, `tcp SA seq 1 ack 2 win 64240 len 0`, `udp len 32`; what is neither IP
/// nor ARP by its bucket. `protocol` is the flow's, null if there is none or it was not recognised.
void describe_packet(const wire::Decoded& decoded, const wire::Extra& extra,
                     const app::Protocol* protocol, TextLine& line);

}  // namespace ntan::run

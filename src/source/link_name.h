// What a link type is called, also one that is not decoded.
#pragma once

#include <string>

#include "base/packet.h"

namespace ntan::source {

/// The number by which libpcap knows the link type of a file.
[[nodiscard]] int dlt_of(LinkType link) noexcept;

/// `ethernet`, `frelay`, …: our name, else libpcap's in small letters; `LINKTYPE40000` where
/// neither has one.
[[nodiscard]] std::string link_name(LinkType link);

}  // namespace ntan::source

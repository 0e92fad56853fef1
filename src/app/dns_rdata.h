// RDATA as text, the way zone files and dig have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "app/dns_text.h"
#include "base/bytes.h"
#include "base/parsed.h"

namespace ntan::app::dns {

struct Rdata {
  std::uint16_t type = 0;
  std::uint16_t code = 0;  ///< class
  Bytes octets;
  Bytes message;  ///< from the first octet of the message to the last of `octets`
};

/// Appends the text of `rdata`, nothing if it is empty. What contradicts its type is written as
/// `\# length hex` (RFC 3597 5), and the flaw returned; Flaw::unsupported means that `budget`, the
/// octets of names that may still be expanded, is spent.
[[nodiscard]] std::optional<Flaw> add_rdata(TextArena& text, const Rdata& rdata,
                                            std::size_t& budget) noexcept;

/// The client subnet among the options of an OPT record as address/source/scope; empty without one.
[[nodiscard]] Parsed<std::string_view> read_client_subnet(TextArena& text, Bytes options) noexcept;

}  // namespace ntan::app::dns

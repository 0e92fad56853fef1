// Names inside certificates as text: distinguished names (RFC 4514) and object identifiers.
#pragma once

#include <optional>
#include <string>

#include "app/der.h"
#include "base/bytes.h"
#include "base/parsed.h"

namespace ntan::app {

/// The content of a Name as RFC 4514 text, last component first: `CN=example.org,O=Example,C=DE`.
/// Attributes that people have names for go by them, others by OID and hex.
[[nodiscard]] Parsed<std::string> distinguished_name(Bytes name, DerAllowance& allowance);

/// The content of an OBJECT IDENTIFIER in dotted form; nothing if it is cut or an arc has more than
/// 63 bits.
[[nodiscard]] std::optional<std::string> oid_text(Bytes oid);

}  // namespace ntan::app

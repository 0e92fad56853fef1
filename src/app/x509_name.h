// Names inside certificates as text: distinguished names (RFC 4514) and object identifiers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/der.h"
#include "base/bytes.h"

namespace ntan::app {

/// An OBJECT IDENTIFIER to compare with, encoded by the compiler from its dotted form.
class KnownOid {
 public:
  consteval explicit KnownOid(std::string_view dotted) {
    std::uint64_t first = 0;
    for (std::size_t i = 0; !dotted.empty(); ++i) {
      const std::uint64_t arc = take_arc(dotted);
      if (i == 0) first = 40 * arc;
      if (i == 1) append(first + arc);  // X.690 8.19.4
      if (i > 1) append(arc);
    }
  }

  /// Whether the content of an OBJECT IDENTIFIER has these arcs and no other. Leading zeros in an
  /// arc, which DER forbids, hide nothing.
  [[nodiscard]] constexpr bool is(Bytes oid) const noexcept {
    std::size_t at = 0;
    bool arc_starts = true;
    for (const std::uint8_t octet : oid) {
      if (arc_starts && octet == 0x80) continue;
      if (at == size_ || octets_[at] != octet) return false;
      ++at;
      arc_starts = (octet & 0x80U) == 0;
    }
    return at == size_ && arc_starts && oid.back() != 0x80;
  }

 private:
  static consteval std::uint64_t take_arc(std::string_view& dotted) {
    std::uint64_t arc = 0;
    while (!dotted.empty() && dotted.front() != '.') {
      arc = 10 * arc + static_cast<std::uint64_t>(dotted.front() - '0');
      dotted.remove_prefix(1);
    }
    if (!dotted.empty()) dotted.remove_prefix(1);
    return arc;
  }

  consteval void append(std::uint64_t arc) {
    std::size_t digits = 1;
    while (arc >> (7 * digits) != 0) ++digits;
    for (std::size_t i = digits; i-- > 0;) {
      const std::uint64_t more = i == 0 ? 0 : 0x80;
      octets_.at(size_++) = static_cast<std::uint8_t>((arc >> (7 * i) & 0x7fU) | more);
    }
  }

  std::array<std::uint8_t, 11> octets_{};
  std::uint8_t size_ = 0;
};

/// Appends the content of a Name as RFC 4514 text, last component first:
/// `CN=example.org,O=Example,C=DE`. Attributes that people have names for go by them, others by OID
/// and hex. False if it does not parse.
[[nodiscard]] bool append_distinguished_name(std::string& text, Bytes name,
                                             DerAllowance& allowance);

/// The content of an OBJECT IDENTIFIER in dotted form; nothing if it is cut or an arc has more than
/// 63 bits.
[[nodiscard]] std::optional<std::string> oid_text(Bytes oid);

}  // namespace ntan::app

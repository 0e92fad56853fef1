// Names of DNS numbers, as the IANA registries "Domain Name System (DNS) Parameters" give them.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/value.h"

namespace ntan::app::dns {

/// Longest name of a number: `CLASS65535`, `NSEC3PARAM`.
using CodeName = event::FixedText<10>;

enum class Type : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  hinfo = 13,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  naptr = 35,
  dname = 39,
  opt = 41,
  ds = 43,
  rrsig = 46,
  nsec = 47,
  dnskey = 48,
  nsec3 = 50,
  nsec3param = 51,
  tlsa = 52,
  smimea = 53,
  cds = 59,
  cdnskey = 60,
  svcb = 64,
  https = 65,
  spf = 99,
  ixfr = 251,
  axfr = 252,
  caa = 257,
};

inline constexpr std::uint16_t class_in = 1;

/// `A`, `HTTPS`, …; `TYPE1234` for a number without a name (RFC 3597 5).
[[nodiscard]] CodeName type_name(std::uint16_t type) noexcept;
/// `IN`, `CH`, …; `CLASS5` without a name.
[[nodiscard]] CodeName class_name(std::uint16_t code) noexcept;
/// `QUERY`, `NOTIFY`, …; `OPCODE7` without a name.
[[nodiscard]] CodeName opcode_name(std::uint8_t opcode) noexcept;

}  // namespace ntan::app::dns

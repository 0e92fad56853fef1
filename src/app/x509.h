// X.509 certificates (RFC 5280): the facts people look for, nothing verified.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/parsed.h"
#include "event/value.h"

namespace ntan::app {

/// Names that are kept of a certificate's subjectAltName.
inline constexpr std::size_t max_alt_names = 16;

/// What a field of a certificate says is missing, by an empty text or nothing, where its value is
/// one that RFC 5280 forbids.
struct Certificate {
  std::string serial;   ///< lower-case hex behind a minus if negative, no octet for the sign alone
  std::string issuer;   ///< `CN=…,O=…,C=…`: RFC 4514, UTF-8, unknown attributes by number
  std::string subject;  ///< the same
  std::optional<std::chrono::sys_seconds> not_before;
  std::optional<std::chrono::sys_seconds> not_after;
  std::vector<std::string> alt_names;  ///< DNS names, addresses, URIs, mail addresses, in order
  std::string key_type;  ///< rsa, rsa-pss, dsa, ec, ed25519, …, or the algorithm's OID
  std::optional<std::uint16_t> key_bits;
  bool flawed = false;  ///< a value is forbidden, or there are two of subjectAltName
};

/// Parses one DER certificate. bad_length: lengths or the structure do not fit, so that where its
/// fields are is not known.
[[nodiscard]] Parsed<Certificate> parse_certificate(Bytes certificate);

/// `2024-01-31T23:59:59Z`
using CertificateTime = event::FixedText<20>;

/// Requires: a year from 0 to 9999, as certificates have them.
[[nodiscard]] CertificateTime to_text(std::chrono::sys_seconds time) noexcept;

}  // namespace ntan::app

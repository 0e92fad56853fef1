// Message digests, through OpenSSL: fingerprints and ids need them, nothing here is a secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace ntan {

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };

inline constexpr std::size_t max_digest_size = 32;

/// The octets of a digest: 16 (MD5), 20 (SHA-1), 32 (SHA-256).
struct DigestValue {
  std::array<std::uint8_t, max_digest_size> octets{};
  std::size_t size = 0;

  [[nodiscard]] Bytes bytes() const noexcept { return Bytes{octets}.first(size); }
};

/// One-shot digest; costs little more than the hashing.
[[nodiscard]] DigestValue digest(DigestKind kind, Bytes data) noexcept;

/// Appends two lower-case hex digits per octet and returns the new end.
/// Requires: 2 * bytes.size() octets at `out`.
char* append_hex(char* out, Bytes bytes) noexcept;

}  // namespace ntan

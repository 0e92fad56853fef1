// Message digests, through OpenSSL: fingerprints and ids need them, nothing here is a secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

struct evp_md_st;      // OpenSSL's EVP_MD: its headers stay in digest.cpp
struct evp_md_ctx_st;  // EVP_MD_CTX

namespace ntan {

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };

inline constexpr std::size_t max_digest_size = 32;

/// The octets of a digest: 16 (MD5), 20 (SHA-1), 32 (SHA-256); none where the system's policy
/// refuses the algorithm (FIPS and MD5).
struct DigestValue {
  std::array<std::uint8_t, max_digest_size> octets{};
  std::size_t size = 0;

  [[nodiscard]] Bytes bytes() const noexcept { return Bytes{octets}.first(size); }
};

/// A digest whose algorithm is looked up and whose context is allocated once. Not thread-safe.
class Digest {
 public:
  explicit Digest(DigestKind kind) noexcept;

  /// The digest of `data`; what was hashed before leaves no trace.
  [[nodiscard]] DigestValue of(Bytes data) noexcept;

 private:
  struct Free {
    void operator()(evp_md_st* algorithm) const noexcept;
    void operator()(evp_md_ctx_st* context) const noexcept;
  };

  std::unique_ptr<evp_md_st, Free> algorithm_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// One-shot digest. MD5 goes through a context that the calling thread reuses; SHA-1 and SHA-256
/// keep theirs on the stack, and cost little more than the hashing.
[[nodiscard]] DigestValue digest(DigestKind kind, Bytes data) noexcept;

/// Appends two lower-case hex digits per octet and returns the new end.
/// Requires: 2 * bytes.size() octets at `out`.
char* append_hex(char* out, Bytes bytes) noexcept;

}  // namespace ntan

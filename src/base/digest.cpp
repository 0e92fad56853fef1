#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/digits.h"

namespace ntan {
namespace {

const char* openssl_name(DigestKind kind) noexcept {
  switch (kind) {
    case DigestKind::md5: return "MD5";
    case DigestKind::sha1: return "SHA1";
    case DigestKind::sha256: return "SHA2-256";
  }
  return "";
}

// The plain functions are deprecated in favour of EVP, whose set-up and tear-down cost more than
// the hashing of the one or two blocks that we have. They are not subject to a provider's policy;
// no policy refuses these two.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

DigestValue sha1(Bytes data) noexcept {
  DigestValue value{.size = SHA_DIGEST_LENGTH};
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, data.data(), data.size());
  SHA1_Final(value.octets.data(), &context);
  return value;
}

DigestValue sha256(Bytes data) noexcept {
  DigestValue value{.size = SHA256_DIGEST_LENGTH};
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, data.data(), data.size());
  SHA256_Final(value.octets.data(), &context);
  return value;
}

#pragma GCC diagnostic pop

}  // namespace

void Digest::Free::operator()(evp_md_st* algorithm) const noexcept {
  EVP_MD_free(algorithm);
}

void Digest::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Digest::Digest(DigestKind kind) noexcept
    : algorithm_(EVP_MD_fetch(nullptr, openssl_name(kind), nullptr)), context_(EVP_MD_CTX_new()) {
  // Bound once: later calls pass no algorithm, which skips the lookup inside OpenSSL.
  if (algorithm_ == nullptr || context_ == nullptr ||
      EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1) {
    context_.reset();
  }
}

DigestValue Digest::of(Bytes data) noexcept {
  DigestValue value;
  unsigned size = 0;
  if (context_ == nullptr || EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), value.octets.data(), &size) != 1) {
    return {};
  }
  value.size = size;
  return value;
}

DigestValue digest(DigestKind kind, Bytes data) noexcept {
  switch (kind) {
    case DigestKind::md5: {
      thread_local Digest md5{DigestKind::md5};
      return md5.of(data);
    }
    case DigestKind::sha1: return sha1(data);
    case DigestKind::sha256: return sha256(data);
  }
  return {};
}

char* append_hex(char* out, Bytes bytes) noexcept {
  for (const std::uint8_t octet : bytes) out = append_hex_octet(out, octet);
  return out;
}

}  // namespace ntan

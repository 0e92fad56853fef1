#include "base/digest.h"

#include <openssl/evp.h>

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
    case DigestKind::sha1: {
      thread_local Digest sha1{DigestKind::sha1};
      return sha1.of(data);
    }
    case DigestKind::sha256: {
      thread_local Digest sha256{DigestKind::sha256};
      return sha256.of(data);
    }
  }
  return {};
}

char* append_hex(char* out, Bytes bytes) noexcept {
  for (const std::uint8_t octet : bytes) out = append_hex_octet(out, octet);
  return out;
}

}  // namespace ntan

#include "base/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "base/digits.h"

namespace ntan {

// The plain functions are deprecated in favour of EVP, whose set-up and tear-down cost more than
// the hashing of the one or two blocks that we have, and which brings all of OpenSSL along.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

template <class Context, auto init, auto update, auto final>
DigestValue hash(Bytes data, std::size_t size) noexcept {
  DigestValue value{.size = size};
  Context context;  // NOLINT(*-member-init): init does
  init(&context);
  update(&context, data.data(), data.size());
  final(value.octets.data(), &context);
  return value;
}

}  // namespace

DigestValue digest(DigestKind kind, Bytes data) noexcept {
  switch (kind) {
    case DigestKind::md5:
      return hash<MD5_CTX, MD5_Init, MD5_Update, MD5_Final>(data, MD5_DIGEST_LENGTH);
    case DigestKind::sha1:
      return hash<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final>(data, SHA_DIGEST_LENGTH);
    case DigestKind::sha256:
      return hash<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>(data, SHA256_DIGEST_LENGTH);
  }
  return {};
}

#pragma GCC diagnostic pop

char* append_hex(char* out, Bytes bytes) noexcept {
  for (const std::uint8_t octet : bytes) out = append_hex_octet(out, octet);
  return out;
}

}  // namespace ntan

#include "base/digest.h"

#include <bit>
#include <cstring>

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "base/digits.h"

namespace ntan {

// The plain functions are deprecated in favour of EVP, whose set-up and tear-down cost more than
// the hashing of the one or two blocks that we have, and which brings all of OpenSSL along.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

constexpr std::size_t block_size = 64;

struct Md5 {
  using Context = MD5_CTX;
  static constexpr auto init = MD5_Init;
  static constexpr auto update = MD5_Update;
  static constexpr auto transform = MD5_Transform;
  static constexpr std::endian order = std::endian::little;

  static std::array<std::uint32_t, 4> words(const Context& state) noexcept {
    return {state.A, state.B, state.C, state.D};
  }
};

struct Sha1 {
  using Context = SHA_CTX;
  static constexpr auto init = SHA1_Init;
  static constexpr auto update = SHA1_Update;
  static constexpr auto transform = SHA1_Transform;
  static constexpr std::endian order = std::endian::big;

  static std::array<std::uint32_t, 5> words(const Context& state) noexcept {
    return {state.h0, state.h1, state.h2, state.h3, state.h4};
  }
};

struct Sha256 {
  using Context = SHA256_CTX;
  static constexpr auto init = SHA256_Init;
  static constexpr auto update = SHA256_Update;
  static constexpr auto transform = SHA256_Transform;
  static constexpr std::endian order = std::endian::big;

  static std::array<std::uint32_t, 8> words(const Context& state) noexcept {
    return std::to_array(state.h);
  }
};

/// Stores a word in the order of octets that the digest has.
template <class Kind, class Word>
void store(std::uint8_t* at, Word word) noexcept {
  if constexpr (Kind::order == std::endian::big) {
    store_be<Word>(at, word);
  } else if constexpr (sizeof(Word) == sizeof(std::uint64_t)) {
    store_be<Word>(at, __builtin_bswap64(word));
  } else {
    store_be<Word>(at, __builtin_bswap32(word));
  }
}

// The last blocks are padded here (RFC 1321 3.1, FIPS 180-4 5.1.1) and handed over whole: what
// OpenSSL does to collect a block, and to wipe it, takes longer than the hashing of a short text.
template <class Kind>
DigestValue hash(Bytes data) noexcept {
  // NOLINTNEXTLINE(*-member-init): init does
  __attribute__((uninitialized)) typename Kind::Context state;
  Kind::init(&state);
  const std::size_t rest = data.size() % block_size;
  const std::size_t whole = data.size() - rest;
  if (whole != 0) Kind::update(&state, data.data(), whole);

  constexpr std::size_t length_size = sizeof(std::uint64_t);
  // NOLINTNEXTLINE(*-member-init): as far as it is used
  __attribute__((uninitialized)) std::array<std::uint8_t, 2 * block_size> tail;
  const std::size_t end = rest < block_size - length_size ? block_size : 2 * block_size;
  std::memset(tail.data(), 0, block_size);
  if (end != block_size) std::memset(tail.data() + block_size, 0, block_size);
  if (rest != 0) std::memcpy(tail.data(), data.data() + whole, rest);
  tail[rest] = 0x80;
  store<Kind>(tail.data() + end - length_size, std::uint64_t{8} * data.size());
  for (std::size_t at = 0; at < end; at += block_size) Kind::transform(&state, tail.data() + at);

  const auto words = Kind::words(state);
  DigestValue value{.size = sizeof words};
  for (std::size_t i = 0; i < words.size(); ++i)
    store<Kind>(value.octets.data() + sizeof(std::uint32_t) * i, words[i]);
  return value;
}

}  // namespace

DigestValue digest(DigestKind kind, Bytes data) noexcept {
  switch (kind) {
    case DigestKind::md5: return hash<Md5>(data);
    case DigestKind::sha1: return hash<Sha1>(data);
    case DigestKind::sha256: return hash<Sha256>(data);
  }
  return {};
}

#pragma GCC diagnostic pop

char* append_hex(char* out, Bytes bytes) noexcept {
  while (bytes.size() >= sizeof(std::uint32_t)) {
    out = append_hex32(out, load_be<std::uint32_t>(bytes.data()));
    bytes = bytes.subspan(sizeof(std::uint32_t));
  }
  for (const std::uint8_t octet : bytes) out = append_hex_octet(out, octet);
  return out;
}

}  // namespace ntan

#include "app/quic_crypto.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "app/quic_packet.h"

namespace ntan::app {
namespace {

constexpr std::size_t secret_size = 32;
constexpr std::size_t tag_size = 16;
constexpr std::size_t sample_size = 16;
constexpr std::size_t max_number_size = 4;

using Secret = std::array<std::uint8_t, secret_size>;
using Salt = std::array<std::uint8_t, 20>;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

using Library = std::unique_ptr<OSSL_LIB_CTX, Free<OSSL_LIB_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, Free<EVP_MAC_free>>;
using MacState = std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>>;
using CipherState = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;

/// OpenSSL that reads no configuration file.
Library new_library() {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  return Library{OSSL_LIB_CTX_new()};
}

/// What OpenSSL looks up by name, once: it costs more than a packet does.
struct Algorithms {
  Library library = new_library();
  Mac hmac{EVP_MAC_fetch(library.get(), "HMAC", nullptr)};
  Cipher block{EVP_CIPHER_fetch(library.get(), "AES-128-ECB", nullptr)};
  Cipher aead{EVP_CIPHER_fetch(library.get(), "AES-128-GCM", nullptr)};
};

const Algorithms& algorithms() {
  static const Algorithms instance;
  return instance;
}

/// HMAC with SHA-256. The state is kept from call to call.
bool hmac(Bytes key, Bytes text, Secret& out) {
  thread_local const MacState state = [] {
    MacState made{EVP_MAC_CTX_new(algorithms().hmac.get())};
    std::array<char, 7> name{"SHA256"};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end()};
    if (made != nullptr && EVP_MAC_CTX_set_params(made.get(), parameters.data()) != 1) made.reset();
    return made;
  }();
  std::size_t size = 0;
  return state != nullptr && EVP_MAC_init(state.get(), key.data(), key.size(), nullptr) == 1 &&
         EVP_MAC_update(state.get(), text.data(), text.size()) == 1 &&
         EVP_MAC_final(state.get(), out.data(), &size, out.size()) == 1 && size == out.size();
}

/// HKDF-Expand-Label (RFC 8446 7.1) without context. As no more than one digest is wanted, RFC 5869
/// 2.3 is one HMAC.
bool expand(const Secret& secret, std::string_view label, std::span<std::uint8_t> out) {
  constexpr std::string_view prefix = "tls13 ";
  std::array<std::uint8_t, 48> info{};
  info[1] = static_cast<std::uint8_t>(out.size());
  info[2] = static_cast<std::uint8_t>(prefix.size() + label.size());
  std::uint8_t* end = info.data() + 3;
  end = std::ranges::copy(as_bytes(prefix), end).out;
  end = std::ranges::copy(as_bytes(label), end).out;
  *end++ = 0;  // length of the context
  *end++ = 1;  // number of the block
  Secret block{};
  if (!hmac(secret, Bytes{info.data(), end}, block)) return false;
  std::copy_n(block.begin(), out.size(), out.begin());
  return true;
}

/// RFC 9001 5.2, RFC 9369 3.3.1, and what the drafts had before.
constexpr Salt salt_v1{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                       0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr Salt salt_v2{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                       0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr Salt salt_draft_29{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                             0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
constexpr Salt salt_draft_23{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                             0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};

/// Requires: is_readable_quic(version).
const Salt& salt_of(std::uint32_t version) noexcept {
  constexpr std::uint32_t draft_29 = 0xff00001d;
  constexpr std::uint32_t draft_33 = 0xff000021;
  if (version == quic_version::v2) return salt_v2;
  if (version == quic_version::v1 || version >= draft_33) return salt_v1;
  return version >= draft_29 ? salt_draft_29 : salt_draft_23;
}

struct Labels {
  std::string_view key;
  std::string_view iv;
  std::string_view header;
};

constexpr Labels labels_v1{"quic key", "quic iv", "quic hp"};
constexpr Labels labels_v2{"quicv2 key", "quicv2 iv", "quicv2 hp"};

/// RFC 9001 5.4.3: one block of AES.
std::optional<std::array<std::uint8_t, 16>> mask_of(const QuicInitialKeys& keys,
                                                    const std::uint8_t* sample) {
  thread_local const CipherState state{EVP_CIPHER_CTX_new()};
  std::array<std::uint8_t, 16> mask{};
  int size = 0;
  if (state == nullptr ||
      EVP_EncryptInit_ex2(state.get(), algorithms().block.get(), keys.header.data(), nullptr,
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(state.get(), 0) != 1 ||
      EVP_EncryptUpdate(state.get(), mask.data(), &size, sample, sample_size) != 1 ||
      size != sample_size)
    return std::nullopt;
  return mask;
}

/// AEAD_AES_128_GCM (RFC 5116): `sealed` ends with the tag.
bool open_sealed(const QuicInitialKeys& keys, std::span<const std::uint8_t, 12> nonce,
                 Bytes associated, Bytes sealed, std::uint8_t* out) {
  thread_local const CipherState state{EVP_CIPHER_CTX_new()};
  const Bytes text = sealed.first(sealed.size() - tag_size);
  std::array<std::uint8_t, tag_size> tag{};
  std::ranges::copy(sealed.last(tag_size), tag.begin());
  int size = 0;
  return state != nullptr &&
         EVP_DecryptInit_ex2(state.get(), algorithms().aead.get(), keys.key.data(), nonce.data(),
                             nullptr) == 1 &&
         EVP_DecryptUpdate(state.get(), nullptr, &size, associated.data(),
                           static_cast<int>(associated.size())) == 1 &&
         EVP_DecryptUpdate(state.get(), out, &size, text.data(), static_cast<int>(text.size())) ==
             1 &&
         EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
         EVP_DecryptFinal_ex(state.get(), out + text.size(), &size) == 1;
}

}  // namespace

std::optional<QuicInitialKeys> derive_quic_keys(std::uint32_t version, QuicSide side,
                                                Bytes connection_id) {
  if (!is_readable_quic(version)) return std::nullopt;
  const Labels& labels = version == quic_version::v2 ? labels_v2 : labels_v1;
  Secret initial{};
  Secret secret{};
  QuicInitialKeys keys;
  // HKDF-Extract (RFC 5869 2.2) is the HMAC of the octets under the salt.
  if (!hmac(salt_of(version), connection_id, initial) ||
      !expand(initial, side == QuicSide::client ? "client in" : "server in", secret) ||
      !expand(secret, labels.key, keys.key) || !expand(secret, labels.iv, keys.iv) ||
      !expand(secret, labels.header, keys.header))
    return std::nullopt;
  return keys;
}

std::optional<Bytes> open_quic_packet(const QuicInitialKeys& keys, Bytes packet,
                                      std::size_t number_offset, std::span<std::uint8_t> room) {
  // RFC 9001 5.4.2: the sample is taken as if the packet number were as long as can be.
  const std::size_t sample = number_offset + max_number_size;
  if (packet.size() < sample + sample_size) return std::nullopt;
  const auto mask = mask_of(keys, packet.data() + sample);
  if (!mask) return std::nullopt;

  // The header as it was before it was masked is authenticated: it goes before the frames.
  const std::uint8_t first = packet[0] ^ ((*mask)[0] & 0x0fU);
  const std::size_t number_size = (first & 3U) + std::size_t{1};
  const std::size_t header_size = number_offset + number_size;
  if (packet.size() < header_size + tag_size) return std::nullopt;
  std::copy_n(packet.begin(), header_size, room.begin());
  room[0] = first;
  std::array<std::uint8_t, 12> nonce = keys.iv;
  for (std::size_t i = 0; i < number_size; ++i) {
    const std::uint8_t octet = packet[number_offset + i] ^ (*mask)[1 + i];
    room[number_offset + i] = octet;
    nonce[nonce.size() - number_size + i] ^= octet;
  }
  const Bytes sealed = packet.subspan(header_size);
  if (!open_sealed(keys, nonce, Bytes{room.data(), header_size}, sealed, room.data() + header_size))
    return std::nullopt;
  return Bytes{room.data() + header_size, sealed.size() - tag_size};
}

}  // namespace ntan::app

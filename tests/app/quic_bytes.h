// Builders of QUIC packets for tests: sealed as RFC 9001 5 says, with keys that the code under test
// derives and that its own test compares with the RFC.
#pragma once

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

#include "app/quic_crypto.h"
#include "app/quic_packet.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace ntan::test {

using namespace literals;  // NOLINT(*-using-namespace): builders are made of such

/// A QUIC integer of two octets. Requires: value < 16,384.
inline Octets quic_integer(std::size_t value) {
  return {static_cast<std::uint8_t>(0x40U | value >> 8U), static_cast<std::uint8_t>(value)};
}

inline Octets version_octets(std::uint32_t version) {
  Octets octets(4);
  store_be(octets.data(), version);
  return octets;
}

inline Octets crypto_frame(std::size_t offset, Bytes data) {
  return join("06"_hex, quic_integer(offset), quic_integer(data.size()), data);
}

/// An Initial before it is sealed.
struct QuicInitial {
  std::uint32_t version = app::quic_version::v1;
  app::QuicSide side = app::QuicSide::client;
  Bytes key_id;  ///< what the keys follow from
  Bytes dcid;
  Bytes scid;
  Bytes token;
  Octets frames;
  std::size_t size = 1200;  ///< of the packet, filled up with PADDING frames
};

/// The first `size` octets of what OpenSSL makes of `text`.
inline Octets encrypted(const EVP_CIPHER* cipher, Bytes key, const std::uint8_t* nonce,
                        Bytes associated, Bytes text, Octets* tag) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> state{EVP_CIPHER_CTX_new(),
                                                                              EVP_CIPHER_CTX_free};
  Octets out(text.size() + 16);
  int size = 0;
  bool good = EVP_EncryptInit_ex(state.get(), cipher, nullptr, key.data(), nonce) == 1;
  if (!associated.empty()) {
    good = good && EVP_EncryptUpdate(state.get(), nullptr, &size, associated.data(),
                                     static_cast<int>(associated.size())) == 1;
  }
  good = good && EVP_EncryptUpdate(state.get(), out.data(), &size, text.data(),
                                   static_cast<int>(text.size())) == 1;
  out.resize(static_cast<std::size_t>(size));
  if (tag != nullptr) {
    std::array<std::uint8_t, 16> rest{};
    tag->resize(16);
    good = good && EVP_EncryptFinal_ex(state.get(), rest.data(), &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag->data()) == 1;
  }
  if (!good) throw std::runtime_error("OpenSSL");
  return out;
}

/// The datagram of one Initial with a packet number of one octet, 0.
inline Octets sealed(const QuicInitial& initial) {
  const auto keys = app::derive_quic_keys(initial.version, initial.side, initial.key_id);
  if (!keys) throw std::runtime_error("no keys");
  const std::uint8_t first = initial.version == app::quic_version::v2 ? 0xd0 : 0xc0;
  Octets header =
      join(Octets{first}, version_octets(initial.version), with_length(1, initial.dcid),
           with_length(1, initial.scid), quic_integer(initial.token.size()), initial.token);
  constexpr std::size_t length_size = 2;
  constexpr std::size_t number_size = 1;
  constexpr std::size_t tag_size = 16;
  const std::size_t fixed = header.size() + length_size + number_size + tag_size;
  Octets frames = initial.frames;
  if (fixed + frames.size() < initial.size) frames.resize(initial.size - fixed);
  const std::size_t number_offset = header.size() + length_size;
  header = join(header, quic_integer(number_size + frames.size() + tag_size), "00"_hex);

  Octets tag;
  const Octets text =
      encrypted(EVP_aes_128_gcm(), keys->key, keys->iv.data(), header, frames, &tag);
  Octets packet = join(header, text, tag);
  const Octets mask = encrypted(EVP_aes_128_ecb(), keys->header, nullptr, {},
                                Bytes{packet}.subspan(number_offset + 4, 16), nullptr);
  packet[0] ^= static_cast<std::uint8_t>(mask[0] & 0x0fU);
  packet[number_offset] ^= mask[1];
  return packet;
}

/// A packet with a long header that is not looked into: random octets stand for what is encrypted.
inline Octets quic_long(std::uint8_t first, std::uint32_t version, Bytes dcid, Bytes scid,
                        std::size_t size = 32) {
  return join(Octets{first}, version_octets(version), with_length(1, dcid), with_length(1, scid),
              quic_integer(size), Octets(size, 0xa5));
}

}  // namespace ntan::test

// SipHash-1-3 (Aumasson, Bernstein): a hash whose collisions cannot be found without its key, at a
// few times the cost of hash_words().
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace ntan {

struct SipKey {
  std::uint64_t low = 0;   ///< octets 0 to 7, little-endian
  std::uint64_t high = 0;  ///< octets 8 to 15
};

/// SipHash-1-3 of the words as octets, little-endian.
[[nodiscard]] constexpr std::uint64_t siphash_1_3(std::span<const std::uint64_t> words,
                                                  const SipKey& key) noexcept {
  std::array<std::uint64_t, 4> v{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
                                 key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
  const auto round = [&v] {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  };
  const auto compress = [&v, &round](std::uint64_t word) {
    v[3] ^= word;
    round();
    v[0] ^= word;
  };
  for (const std::uint64_t word : words) compress(word);
  // The last block holds the octets that fill no word, here none, and the length modulo 256.
  compress(static_cast<std::uint64_t>(words.size() * sizeof(std::uint64_t)) << 56U);
  v[2] ^= 0xffU;
  for (int i = 0; i < 3; ++i) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

}  // namespace ntan

// One keyed hash for table keys: folded 64x64 multiply, a few nanoseconds for a flow's key. Not
// cryptographic: a secret seed keeps strangers from choosing keys that collide.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ntan {

__extension__ using Uint128 = unsigned __int128;

/// Secret words of a hash. Two tables with different keys place the same keys differently.
struct HashKey {
  std::array<std::uint64_t, 4> words{};

  /// Words derived from one number (splitmix64); equal seeds give equal keys.
  [[nodiscard]] static constexpr HashKey from_seed(std::uint64_t seed) noexcept {
    HashKey key;
    for (auto& word : key.words) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
      word = (z ^ (z >> 31U)) | 1U;
    }
    return key;
  }
};

[[nodiscard]] constexpr std::uint64_t folded_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Hash of a few 64-bit words. Unrolled: a loop over a known number of words is not at -O2.
template <std::size_t size>
[[nodiscard]] constexpr std::uint64_t hash_words(const std::array<std::uint64_t, size>& words,
                                                 const HashKey& key) noexcept {
  std::uint64_t state = key.words[0] ^ (size * 0x9e3779b97f4a7c15U);
  const auto add = [&state, &key](std::uint64_t first, std::uint64_t second) {
    state = folded_multiply(first ^ key.words[1] ^ state, second ^ key.words[2]) ^
            (state << 29U | state >> 35U);
  };
  [&]<std::size_t... pair>(std::index_sequence<pair...>) {
    (add(words[2 * pair], words[2 * pair + 1]), ...);
  }(std::make_index_sequence<size / 2>{});
  if constexpr (size % 2 == 1) {
    state = folded_multiply(words[size - 1] ^ key.words[1] ^ state, key.words[3]);
  }
  return folded_multiply(state ^ key.words[2], key.words[3] ^ 0xd6e8feb86659fd93U);
}

/// The key of everything that reaches the output (ids, shard of a flow): the same in every run.
inline constexpr HashKey fixed_hash_key = HashKey::from_seed(0x6e74616e);  // "ntan"

}  // namespace ntan

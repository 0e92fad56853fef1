#include "base/siphash.h"

#include <array>
#include <cstdint>
#include <span>

#include <catch2/catch.hpp>

namespace ntan {
namespace {

/// Octets 0, 1, 2, … as words.
constexpr std::array<std::uint64_t, 6> counting{
    0x0706050403020100U, 0x0f0e0d0c0b0a0908U, 0x1716151413121110U,
    0x1f1e1d1c1b1a1918U, 0x2726252423222120U, 0x2f2e2d2c2b2a2928U,
};

}  // namespace

// The values of the reference implementation; CPython 3.11, which hashes bytes by SipHash-1-3,
// gives the same for the keys that it can be made to use.
TEST_CASE("siphash: the reference's values") {
  const SipKey zero;
  const SipKey counted{.low = counting[0], .high = counting[1]};
  const auto [key, words, expected] = GENERATE_COPY(table<SipKey, std::size_t, std::uint64_t>({
      {zero, 0, 0xd1fba762150c532cU},
      {zero, 1, 0xead411e67ebe2eeaU},
      {zero, 2, 0x8972188433a5c5b7U},
      {zero, 6, 0xfe1f2445ba50237fU},
      {counted, 0, 0xabac0158050fc4dcU},
      {counted, 1, 0x369095118d299a8eU},
      {counted, 2, 0xcc4fdd1a7d908b66U},
      {counted, 6, 0x9f3143f8df074c46U},
  }));
  CHECK(siphash_1_3(std::span{counting}.first(words), key) == expected);
}

}  // namespace ntan

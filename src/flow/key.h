// Which packets belong together: the two ends in a fixed order, so both directions find the same
// flow.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/hash.h"
#include "base/siphash.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// Addresses, ports, protocol, IP version, outer VLAN id and VNI. Never tunnel endpoints, TEIDs or
/// GRE keys: those differ per direction. Kept as words in network order, so hashing and comparing
/// are loads.
struct FlowKey {
  std::array<std::uint64_t, 6> words{};

  friend constexpr bool operator==(const FlowKey&, const FlowKey&) = default;
};

/// A key and which end of it sent the packet.
struct DirectedKey {
  FlowKey key;
  bool from_low = true;  ///< the packet's source is the lower (address, port)
};

enum class VlanUse : std::uint8_t { keep, ignore };

/// Requires: packet.bucket is flow (or the fields of a quoted packet are filled in alike).
[[nodiscard]] DirectedKey make_key(const wire::Decoded& packet, VlanUse vlan) noexcept;

/// The key of the packet that an ICMP error quotes, seen in the tunnel and VLAN of the error.
/// `from_low` tells about the quoted packet's source.
[[nodiscard]] DirectedKey quoted_key(const wire::Decoded& error, const wire::Extra& extra,
                                     VlanUse vlan) noexcept;

/// The ends of a key. `low` is the smaller (address, port).
struct Ends {
  IpAddress low;
  IpAddress high;
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint16_t vlan = 0;
  std::uint8_t proto = 0;
};
[[nodiscard]] Ends ends(const FlowKey& key) noexcept;

/// Which of sixteen shards a flow belongs to: the same in every run, and cheap, since who knows
/// that can choose it anyway.
[[nodiscard]] constexpr std::uint8_t shard_of(const FlowKey& key) noexcept {
  constexpr auto& secret = fixed_hash_key.words;
  const auto& words = key.words;
  const std::uint64_t ends =
      words[0] * secret[0] ^ words[1] * secret[1] ^ words[2] * secret[2] ^ words[3] * secret[3];
  const std::uint64_t rest = words[4] * 0x9e3779b97f4a7c15U ^ words[5];
  return static_cast<std::uint8_t>(folded_multiply(ends ^ rest, secret[0]) >> 60U);
}

[[nodiscard]] inline std::uint64_t hash(const FlowKey& key, const HashKey& secret) noexcept {
  return hash_words(key.words, secret);
}

/// The same by SipHash-1-3: dearer, but nobody finds keys that collide.
[[nodiscard]] inline std::uint64_t hash(const FlowKey& key, const SipKey& secret) noexcept {
  return siphash_1_3(key.words, secret);
}

}  // namespace ntan::flow

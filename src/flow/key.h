// Which packets belong together: the two ends in a fixed order, so both directions find the same
// flow.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/ip_protocol.h"
#include "base/port.h"
#include "base/siphash.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// Addresses, ports, protocol, IP version, VLAN ids and VNI. Never tunnel endpoints, TEIDs or GRE
/// keys: those differ per direction. Kept as words in network order, so hashing and comparing
/// are loads.
struct FlowKey {
  std::array<std::uint64_t, 6> words{};

  /// The ends: `low` is the smaller (address, port).
  [[nodiscard]] IpAddress low() const noexcept { return address(words[0], words[1]); }
  [[nodiscard]] IpAddress high() const noexcept { return address(words[2], words[3]); }
  [[nodiscard]] std::uint16_t low_port() const noexcept {
    return static_cast<std::uint16_t>(words[4] >> 48U);
  }
  [[nodiscard]] std::uint16_t high_port() const noexcept {
    return static_cast<std::uint16_t>(words[4] >> 32U);
  }

  /// In one go: most comparisons are of equal keys, and of arrays the library would call memcmp().
  friend constexpr bool operator==(const FlowKey& left, const FlowKey& right) noexcept {
    const auto& a = left.words;
    const auto& b = right.words;
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) |
            (a[5] ^ b[5])) == 0;
  }

 private:
  [[nodiscard]] IpAddress address(std::uint64_t first, std::uint64_t second) const noexcept {
    IpAddress out;
    store_be(out.octets.data(), first);
    store_be(&out.octets[8], second);
    out.version = static_cast<IpVersion>(words[4] & 0xffU);
    return out;
  }
};

/// A key and which end of it sent the packet.
struct DirectedKey {
  FlowKey key;
  bool from_low = true;  ///< the packet's source is the lower (address, port)
};

enum class VlanUse : std::uint8_t { keep, ignore };

/// One end of a packet, and what both have in common, as they go into a key.
struct KeyEnd {
  const IpAddress& address;
  std::uint16_t port = 0;
};
struct KeyContext {
  std::uint16_t vlan = 0;
  std::uint8_t proto = 0;
  std::uint64_t network = 0;  ///< as wire::Decoded has it
};

/// Without a branch: which end is the lower changes from packet to packet.
[[nodiscard]] inline DirectedKey join_ends(const KeyEnd& source, const KeyEnd& destination,
                                           const KeyContext& context) noexcept {
  const auto high_of = [](const KeyEnd& end) {
    return load_be<std::uint64_t>(end.address.octets.data());
  };
  const auto low_of = [](const KeyEnd& end) {
    return load_be<std::uint64_t>(&end.address.octets[8]);
  };
  const std::uint64_t source_high = high_of(source);
  const std::uint64_t source_low = low_of(source);
  const std::uint64_t high_apart = source_high ^ high_of(destination);
  const std::uint64_t low_apart = source_low ^ low_of(destination);
  const std::uint32_t port_apart =
      static_cast<std::uint32_t>(source.port) ^ static_cast<std::uint32_t>(destination.port);
  const auto whole = [](std::uint64_t high, std::uint64_t low) {
    return static_cast<Uint128>(high) << 64U | low;
  };
  const Uint128 from = whole(source_high, source_low);
  const Uint128 to = whole(source_high ^ high_apart, source_low ^ low_apart);
  const bool from_low = static_cast<bool>(
      static_cast<unsigned>(from < to) |
      (static_cast<unsigned>(from == to) & static_cast<unsigned>(source.port <= destination.port)));
  // All ones where the source is the higher end and both change places.
  const std::uint64_t swap = static_cast<std::uint64_t>(from_low) - 1;
  const std::uint64_t low_high = source_high ^ (high_apart & swap);
  const std::uint64_t low_low = source_low ^ (low_apart & swap);
  const std::uint64_t low_port = source.port ^ (port_apart & swap);
  const std::uint64_t ports = low_port << 48U | (low_port ^ port_apart) << 32U;
  const std::uint64_t rest = static_cast<std::uint64_t>(context.vlan) << 16U |
                             static_cast<std::uint64_t>(context.proto) << 8U |
                             static_cast<std::uint64_t>(source.address.version);
  return {.key = {{low_high, low_low, low_high ^ high_apart, low_low ^ low_apart, ports | rest,
                   context.network}},
          .from_low = from_low};
}

/// Requires: packet.bucket is flow (or the fields of a quoted packet are filled in alike).
[[nodiscard]] inline DirectedKey make_key(const wire::Decoded& packet, VlanUse vlan) noexcept {
  const bool keep = vlan == VlanUse::keep;
  return join_ends({packet.src, packet.src_port}, {packet.dst, packet.dst_port},
                   {.vlan = keep ? packet.vlan : std::uint16_t{0},
                    .proto = packet.proto,
                    .network = keep ? packet.network : packet.network & wire::network_mask});
}

/// The key of the packet that an ICMP error quotes, seen in the tunnel and VLAN of the error.
/// `from_low` tells about the quoted packet's source.
[[nodiscard]] DirectedKey quoted_key(const wire::Decoded& error, const wire::Extra& extra,
                                     VlanUse vlan) noexcept;

/// UDP between the ports of DHCP.
[[nodiscard]] constexpr bool is_dhcp(const FlowKey& key) noexcept {
  static_assert(dhcp_client_port == dhcp_server_port + 1);
  const std::uint64_t ports = key.words[4] >> 32U;
  return (ports & 0xffffU) - dhcp_server_port <= 1 && (ports >> 16U) - dhcp_server_port <= 1 &&
         (key.words[4] >> 8U & 0xffU) == ip_protocol::udp;
}

/// Which of sixteen shards a flow belongs to: the same in every run, and cheap, since who knows
/// that can choose it anyway. All of DHCP is in the first: a client and its server speak in
/// different flows.
[[nodiscard]] constexpr std::uint8_t shard_of(const FlowKey& key) noexcept {
  if (is_dhcp(key)) [[unlikely]]
    return 0;
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

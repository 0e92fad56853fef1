// What the detector's tables find their entries by: 64-bit hashes that are the same in every run,
// and never 0. Inline, since every outcome needs a handful of them, and those of one address have
// most of their work in common.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "detect/evidence.h"

namespace ntan::detect {

/// Octets of an address as two words, for keys.
using AddressWords = std::array<std::uint64_t, 2>;

[[nodiscard]] inline AddressWords words_of(const IpAddress& address) noexcept {
  const std::uint8_t* octets = address.octets.data();
  const auto high = load_be<std::uint64_t>(octets);
  const auto low = load_be<std::uint64_t>(octets + 8);
  // IPv4 keeps its four octets in front: the version keeps it apart from an IPv6 prefix.
  return {high, low ^ static_cast<std::uint64_t>(address.version)};
}

/// words_of() the /24 of an IPv4, the /64 of an IPv6 address.
[[nodiscard]] inline AddressWords network_words_of(const IpAddress& address) noexcept {
  const auto high = load_be<std::uint64_t>(address.octets.data());
  const std::uint64_t kept = address.version == IpVersion::v4 ? UINT64_MAX << 40U : UINT64_MAX;
  return {high & kept, static_cast<std::uint64_t>(address.version)};
}

/// What a key is of: equal words in different tables give different keys.
enum class Salt : std::uint64_t { source = 1, row, column, target, host, outage, mac, pair, name };

[[nodiscard]] constexpr std::uint64_t salted(Salt salt, std::uint64_t a = 0,
                                             std::uint64_t b = 0) noexcept {
  return static_cast<std::uint64_t>(salt) << 32U | a << 16U | b;
}

template <std::size_t size>
[[nodiscard]] constexpr std::uint64_t key_of(
    const std::array<std::uint64_t, size>& words) noexcept {
  return std::max<std::uint64_t>(hash_words(words, fixed_hash_key), 1);
}

[[nodiscard]] inline std::uint64_t source_key(const IpAddress& source) noexcept {
  const auto [a, b] = words_of(source);
  return key_of<3>({a, b, salted(Salt::source)});
}

[[nodiscard]] inline std::uint64_t row_key(const IpAddress& source, const IpAddress& host,
                                           Group group) noexcept {
  const auto [a, b] = words_of(source);
  const auto [c, d] = words_of(host);
  return key_of<5>({a, b, c, d, salted(Salt::row, static_cast<std::uint64_t>(group))});
}

/// `source`: words of an address or of a network.
[[nodiscard]] inline std::uint64_t column_key(const AddressWords& source,
                                              ContactClass contact_class,
                                              std::uint16_t port) noexcept {
  const auto [a, b] = source;
  return key_of<3>({a, b, salted(Salt::column, static_cast<std::uint64_t>(contact_class), port)});
}

[[nodiscard]] inline std::uint64_t target_key(const IpAddress& host, ContactClass contact_class,
                                              std::uint16_t port) noexcept {
  const auto [a, b] = words_of(host);
  return key_of<3>({a, b, salted(Salt::target, static_cast<std::uint64_t>(contact_class), port)});
}

[[nodiscard]] inline std::uint64_t host_key(const IpAddress& host) noexcept {
  const auto [a, b] = words_of(host);
  return key_of<3>({a, b, salted(Salt::host)});
}

/// `network`: words of the source's network.
[[nodiscard]] inline std::uint64_t outage_key(const AddressWords& network, const IpAddress& host,
                                              ContactClass contact_class,
                                              std::uint16_t port) noexcept {
  const auto [a, b] = network;
  const auto [c, d] = words_of(host);
  return key_of<5>(
      {a, b, c, d, salted(Salt::outage, static_cast<std::uint64_t>(contact_class), port)});
}

/// The octets of a link address as a number of 48 bits.
[[nodiscard]] inline std::uint64_t number_of(const MacAddress& mac) noexcept {
  const std::uint8_t* octets = mac.octets.data();
  return std::uint64_t{load_be<std::uint32_t>(octets)} << 16U | load_be<std::uint16_t>(octets + 4);
}

/// `mac`: its number.
[[nodiscard]] inline std::uint64_t mac_key(std::uint64_t mac) noexcept {
  return key_of<2>({mac, salted(Salt::mac)});
}

/// What DNS told a host.
[[nodiscard]] inline std::uint64_t name_key(const IpAddress& client,
                                            const IpAddress& address) noexcept {
  const auto [a, b] = words_of(client);
  const auto [c, d] = words_of(address);
  return key_of<5>({a, b, c, d, salted(Salt::name)});
}

/// Two hosts in an order that matters.
[[nodiscard]] inline std::uint64_t pair_key(const IpAddress& first,
                                            const IpAddress& second) noexcept {
  const auto [a, b] = words_of(first);
  const auto [c, d] = words_of(second);
  return key_of<5>({a, b, c, d, salted(Salt::pair)});
}

}  // namespace ntan::detect

// Addresses as values: octets in network order, and their text.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ntan {

enum class IpVersion : std::uint8_t { none = 0, v4 = 4, v6 = 6 };

/// An IPv4 or IPv6 address. IPv4 takes the first four octets, the rest are zero.
struct IpAddress {
  std::array<std::uint8_t, 16> octets{};
  IpVersion version = IpVersion::none;

  /// Requires: 4 octets.
  [[nodiscard]] static constexpr IpAddress v4(const std::uint8_t* at) noexcept {
    IpAddress address;
    std::copy_n(at, 4, address.octets.begin());
    address.version = IpVersion::v4;
    return address;
  }

  /// Requires: 16 octets.
  [[nodiscard]] static constexpr IpAddress v6(const std::uint8_t* at) noexcept {
    IpAddress address;
    std::copy_n(at, 16, address.octets.begin());
    address.version = IpVersion::v6;
    return address;
  }

  [[nodiscard]] constexpr bool known() const noexcept { return version != IpVersion::none; }

  /// 4, 16, or 0 octets.
  [[nodiscard]] constexpr Bytes bytes() const noexcept {
    const std::size_t size = version == IpVersion::v4 ? 4 : version == IpVersion::v6 ? 16 : 0;
    return Bytes{octets.data(), size};
  }

  [[nodiscard]] bool is_multicast() const noexcept;  ///< RFC 1112 4, RFC 4291 2.7
  [[nodiscard]] bool is_broadcast() const noexcept;  ///< 255.255.255.255 only: masks are unknown

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// A block of addresses, `192.0.2.0/24`.
struct Network {
  IpAddress address;
  std::uint8_t bits = 0;  ///< of the prefix

  [[nodiscard]] bool contains(const IpAddress& other) const noexcept;
  friend constexpr bool operator==(const Network&, const Network&) = default;
};

/// True if one of them contains it.
[[nodiscard]] bool any_contains(std::span<const Network> networks,
                                const IpAddress& address) noexcept;

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// Longest address text, `ffff:…:ffff` with an embedded IPv4 tail.
inline constexpr std::size_t max_address_text = 46;
inline constexpr std::size_t max_mac_text = 17;

/// Appends canonical text (RFC 5952 for IPv6) and returns the new end; nothing for an unknown one.
/// Requires: max_address_text octets at `out`.
char* append_address(char* out, const IpAddress& address) noexcept;

/// Appends `00:11:22:aa:bb:cc`. Requires: max_mac_text octets at `out`.
char* append_mac(char* out, const MacAddress& address) noexcept;

[[nodiscard]] std::string to_string(const IpAddress& address);
[[nodiscard]] std::string to_string(const MacAddress& address);

/// Reads dotted IPv4 or RFC 4291 IPv6 text without zone.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);

}  // namespace ntan

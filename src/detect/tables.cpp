#include "detect/tables.h"

#include <algorithm>

#include "base/bytes.h"

namespace ntan::detect {
namespace {

// What a key is of: equal words in different tables give different keys.
enum class Salt : std::uint64_t { source = 1, row, column, target, host, outage, mac, pair };

template <std::size_t size>
std::uint64_t key_of(const std::array<std::uint64_t, size>& words) noexcept {
  return std::max<std::uint64_t>(hash_words(words, fixed_hash_key), 1);
}

std::uint64_t tag(Salt salt, std::uint64_t a = 0, std::uint64_t b = 0) noexcept {
  return static_cast<std::uint64_t>(salt) << 32U | a << 16U | b;
}

}  // namespace

std::array<std::uint64_t, 2> words_of(const IpAddress& address) noexcept {
  const std::uint8_t* octets = address.octets.data();
  const std::uint64_t high = load_be<std::uint64_t>(octets);
  const std::uint64_t low = load_be<std::uint64_t>(octets + 8);
  // IPv4 keeps its four octets in front: the version keeps it apart from an IPv6 prefix.
  return {high, low ^ static_cast<std::uint64_t>(address.version)};
}

IpAddress network_of(const IpAddress& address) noexcept {
  IpAddress network = address;
  const std::size_t kept = address.version == IpVersion::v4 ? 3 : 8;
  std::fill(network.octets.begin() + static_cast<std::ptrdiff_t>(kept), network.octets.end(),
            std::uint8_t{0});
  return network;
}

std::uint64_t source_key(const IpAddress& source) noexcept {
  const auto [a, b] = words_of(source);
  return key_of<3>({a, b, tag(Salt::source)});
}

std::uint64_t row_key(const IpAddress& source, const IpAddress& host, Group group) noexcept {
  const auto [a, b] = words_of(source);
  const auto [c, d] = words_of(host);
  return key_of<5>({a, b, c, d, tag(Salt::row, static_cast<std::uint64_t>(group))});
}

std::uint64_t column_key(const IpAddress& source, ContactClass contact_class,
                         std::uint16_t port) noexcept {
  const auto [a, b] = words_of(source);
  return key_of<3>({a, b, tag(Salt::column, static_cast<std::uint64_t>(contact_class), port)});
}

std::uint64_t target_key(const IpAddress& host, ContactClass contact_class,
                         std::uint16_t port) noexcept {
  const auto [a, b] = words_of(host);
  return key_of<3>({a, b, tag(Salt::target, static_cast<std::uint64_t>(contact_class), port)});
}

std::uint64_t host_key(const IpAddress& host) noexcept {
  const auto [a, b] = words_of(host);
  return key_of<3>({a, b, tag(Salt::host)});
}

std::uint64_t outage_key(const IpAddress& network, const IpAddress& host,
                         ContactClass contact_class, std::uint16_t port) noexcept {
  const auto [a, b] = words_of(network);
  const auto [c, d] = words_of(host);
  return key_of<5>(
      {a, b, c, d, tag(Salt::outage, static_cast<std::uint64_t>(contact_class), port)});
}

std::uint64_t mac_key(const MacAddress& mac) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : mac.octets) value = value << 8U | octet;
  return key_of<2>({value, tag(Salt::mac)});
}

std::uint64_t pair_key(const IpAddress& first, const IpAddress& second) noexcept {
  const auto [a, b] = words_of(first);
  const auto [c, d] = words_of(second);
  return key_of<5>({a, b, c, d, tag(Salt::pair)});
}

}  // namespace ntan::detect

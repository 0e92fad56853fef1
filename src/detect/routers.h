// Which link addresses belong to routers: they resolve addresses on behalf of others.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "detect/keys.h"
#include "detect/set_table.h"
#include "detect/tables.h"

namespace ntan::detect {

/// A link address, and what was seen behind it.
struct Station {
  std::uint64_t key = 0;
  std::array<std::uint64_t, 3> prefixes{};  ///< the first three /64 of IPv6, none twice
  IpAddress own;                            ///< as it says of itself in ARP, at first
  IpAddress carried;                        ///< the first address of a packet it sent or was handed
  std::uint32_t alias = 0;                  ///< the second such one, of IPv4
  bool router = false;

  [[nodiscard]] std::int64_t worth() const noexcept { return router ? 1 : 0; }
  [[nodiscard]] bool pinned() const noexcept { return false; }
};

/// A station is a router if packets of another source come from it, or packets for another
/// destination go to it. An IPv4 host may have two addresses, if it answers for both before it uses
/// them; an IPv6 host has many addresses, but not in more than three networks; most routers of IPv6
/// say that they are some.
class Routers {
 public:
  explicit Routers(std::size_t max_stations) : stations_(max_stations) {}

  void on_outcome(const Outcome& outcome) {
    if (!outcome.has_mac) return;
    if (outcome.from_router) return take_word_of(number_of(outcome.src_mac));
    if (outcome.contact_class == ContactClass::arp) {
      look_at(outcome.src_mac, outcome.src, Claim::own);
      return;
    }
    look_at(outcome.src_mac, outcome.src, Claim::carried);
    look_at(outcome.dst_mac, outcome.dst, Claim::carried);
  }

  /// The IPv4 address of a station that is no router; unknown if it has shown none.
  [[nodiscard]] IpAddress host_at(const MacAddress& mac) noexcept {
    const Station* station = stations_.find(mac_key(number_of(mac)));
    if (station == nullptr || station->router) return {};
    return station->own.known() ? station->own : station->carried;
  }

  [[nodiscard]] bool is_router(const MacAddress& mac) noexcept {
    const Station* station = stations_.find(mac_key(number_of(mac)));
    return station != nullptr && station->router;
  }

 private:
  /// What an address is to the station it is seen with.
  enum class Claim : std::uint8_t { own, carried };

  /// A station that is in the table, and what told nothing new of it.
  struct Settled {
    std::uint64_t mac = UINT64_MAX;
    std::uint32_t address = 0;  // IPv4
    bool router = false;        // nor does any other address
  };

  // Most packets of a link pass through few stations: once such a one is a router it stays one.
  void look_at(const MacAddress& mac, const IpAddress& address, Claim claim) {
    const std::uint64_t number = number_of(mac);
    const Settled& settled = settled_[number % settled_.size()];
    if (settled.mac != number || !settled.router) learn(number, address, claim);
  }

  [[gnu::noinline]] void take_word_of(std::uint64_t mac) {
    Settled& settled = settled_[mac % settled_.size()];
    if (is_group(mac) || (settled.mac == mac && settled.router)) return;
    station_of(mac).router = true;
    settled = {.mac = mac, .router = true};
  }

  [[gnu::noinline]] void learn(std::uint64_t mac, const IpAddress& address, Claim claim) {
    // Cooked captures do not say which station a packet went to.
    if (is_group(mac) || mac == 0) return;
    if (address.version == IpVersion::v6) return learn_prefix(mac, address);
    Settled& settled = settled_[mac % settled_.size()];
    const auto host = load_be<std::uint32_t>(address.octets.data());
    if (host == 0) return;  // who has no address yet
    if (claim == Claim::carried && settled.mac == mac && settled.address == host) return;
    Station& station = station_of(mac);
    if (claim == Claim::own && !station.own.known()) station.own = address;
    const bool alias = claim == Claim::own && station.own != address;
    if (alias && station.alias == 0) station.alias = host;
    note(station, address, host);
    settled = {.mac = mac, .address = host, .router = station.router};
  }

  void learn_prefix(std::uint64_t mac, const IpAddress& address) {
    const auto prefix = load_be<std::uint64_t>(address.octets.data());
    const bool on_link = prefix >> 54U == 0xfe80U >> 6U;  // RFC 4291 2.5.6
    if (on_link || prefix == 0 || address.is_multicast()) return;
    Station& station = station_of(mac);
    for (std::uint64_t& known : station.prefixes) {
      if (known == prefix) return;
      if (known == 0) {
        known = prefix;
        return;
      }
    }
    station.router = true;
    settled_[mac % settled_.size()] = {.mac = mac, .router = true};
  }

  static void note(Station& station, const IpAddress& address, std::uint32_t host) noexcept {
    if (station.alias == host) return;
    if (!station.carried.known()) station.carried = address;
    const IpAddress& own = station.own.known() ? station.own : station.carried;
    if (own != address || station.carried != own) station.router = true;
  }

  static bool is_group(std::uint64_t mac) noexcept { return (mac >> 40U & 1U) != 0; }

  Station& station_of(std::uint64_t mac) {
    return stations_.find_or_insert(mac_key(mac), [this](Station&) { forget(); });
  }

  void forget() noexcept { settled_.fill({}); }

  std::array<Settled, 64> settled_{};
  SetTable<Station> stations_;
};

}  // namespace ntan::detect

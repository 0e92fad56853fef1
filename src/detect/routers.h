// Which link addresses belong to routers: they resolve addresses on behalf of others.
#pragma once

#include <cstdint>

#include "detect/keys.h"
#include "detect/set_table.h"
#include "detect/tables.h"

namespace ntan::detect {

/// A link address and the IPv4 addresses seen behind it.
struct Station {
  std::uint64_t key = 0;
  IpAddress own;      ///< as it says of itself in ARP
  IpAddress carried;  ///< the first address of a packet it sent or was handed
  bool router = false;

  [[nodiscard]] std::int64_t worth() const noexcept { return router ? 1 : 0; }
  [[nodiscard]] bool pinned() const noexcept { return false; }
};

/// A station is a router if packets of another source come from it, or packets for another
/// destination go to it. IPv4 only: an IPv6 host has many addresses.
class Routers {
 public:
  explicit Routers(std::size_t max_stations) : stations_(max_stations) {}

  void on_outcome(const Outcome& outcome) {
    if (!outcome.has_mac) return;
    if (outcome.contact_class == ContactClass::arp) {
      if (Station* station = entry_of(outcome.src_mac, outcome.src); station != nullptr) {
        if (!station->own.known()) station->own = outcome.src;
        note(*station, outcome.src);
      }
      return;
    }
    if (Station* station = entry_of(outcome.src_mac, outcome.src); station != nullptr) {
      note(*station, outcome.src);
    }
    if (Station* station = entry_of(outcome.dst_mac, outcome.dst); station != nullptr) {
      note(*station, outcome.dst);
    }
  }

  [[nodiscard]] bool is_router(const MacAddress& mac) noexcept {
    const Station* station = stations_.find(mac_key(number_of(mac)));
    return station != nullptr && station->router;
  }

 private:
  Station* entry_of(const MacAddress& mac, const IpAddress& address) {
    const bool group = (mac.octets[0] & 1U) != 0;
    if (group || address.version != IpVersion::v4) return nullptr;
    return &stations_.find_or_insert(mac_key(number_of(mac)), [](Station&) {});
  }

  static void note(Station& station, const IpAddress& address) noexcept {
    if (!station.carried.known()) station.carried = address;
    const IpAddress& own = station.own.known() ? station.own : station.carried;
    if (own != address || station.carried != own) station.router = true;
  }

  SetTable<Station> stations_;
};

}  // namespace ntan::detect

// The network interfaces of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/packet.h"
#include "source/source.h"

namespace ntan::source {

struct NetworkInterface {
  enum class State : std::uint8_t { up, no_carrier, down };

  std::string name;
  State state = State::down;
  std::vector<std::string> addresses;  ///< IPv4 and IPv6 text, without prefix length and zone
  std::optional<LinkType> link;        ///< as the kernel's hardware type tells; absent: not known
  bool loopback = false;
  bool default_route = false;  ///< packets to the world leave here
};

[[nodiscard]] std::string_view to_text(NetworkInterface::State state) noexcept;

/// Interfaces of the kernel in its order, then `any`. Needs no privilege. Throws Error{runtime}.
[[nodiscard]] std::vector<NetworkInterface> list_interfaces();

/// An interface cannot be captured on before it is up: with the command that helps.
[[nodiscard]] Error interface_is_down(const std::string& name);

/// Whether /sys is there and shows this interface, not one of another network namespace with its
/// name.
[[nodiscard]] bool is_in_sysfs(const std::string& name);

/// The interface of the default route, IPv4 before IPv6.
[[nodiscard]] std::optional<std::string> default_interface();

/// The same from the text of /proc/net/route: the up default route with the least metric.
[[nodiscard]] std::optional<std::string> default_route_v4(std::string_view table);
/// The same from the text of /proc/net/ipv6_route.
[[nodiscard]] std::optional<std::string> default_route_v6(std::string_view table);

}  // namespace ntan::source

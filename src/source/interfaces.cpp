#include "source/interfaces.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>
#include <span>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "base/address.h"
#include "base/descriptor.h"
#include "base/parse_number.h"
#include "source/source.h"

namespace ntan::source {
namespace {

constexpr std::size_t max_interfaces = 65'536;

std::string read_text(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return fields;
    const std::string_view field = line.substr(0, line.find_first_of(" \t"));
    fields.push_back(field);
    line = line.substr(field.size());
  }
}

std::uint32_t number(std::string_view text, int base) {
  return parse_number<std::uint32_t>(text, base).value_or(0);
}

struct Route {
  std::string interface;
  std::uint32_t metric = 0;
};

/// The default route of least metric among the lines that `route_of` takes for one.
template <class RouteOf>
std::optional<std::string> best_route(std::string_view table, RouteOf route_of) {
  std::optional<Route> best;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table = table.substr(std::min(line.size() + 1, table.size()));
    const std::optional<Route> route = route_of(fields_of(line));
    if (route && (!best || route->metric < best->metric)) best = route;
  }
  return best ? std::optional{best->interface} : std::nullopt;
}

constexpr std::uint32_t route_up = 0x0001;
constexpr std::uint32_t route_reject = 0x0200;

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  // The system hands out sockaddr and means one of its relatives: copied, never cast.
  std::array<std::uint8_t, 28> octets{};
  if (address->sa_family == AF_INET) {
    std::memcpy(octets.data(), address, 16);
    return IpAddress::v4(octets.data() + 4);
  }
  if (address->sa_family == AF_INET6) {
    std::memcpy(octets.data(), address, 28);
    return IpAddress::v6(octets.data() + 8);
  }
  return std::nullopt;
}

/// Asked from the kernel: /sys may belong to another network namespace.
std::optional<sockaddr> hardware_address(const std::string& name) {
  ifreq request{};
  if (name.size() >= sizeof request.ifr_name) return std::nullopt;
  std::copy(name.begin(), name.end(), request.ifr_name);
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket.open() || ::ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) return std::nullopt;
  return request.ifr_hwaddr;
}

std::optional<LinkType> link_of(const std::string& name) {
  if (name == "any") return LinkType::linux_sll2;
  const std::optional<sockaddr> address = hardware_address(name);
  if (!address) return std::nullopt;
  switch (address->sa_family) {  // the ARPHRD_ number
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::ethernet;
    case ARPHRD_PPP: return LinkType::linux_sll;
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_RAWIP:
    case ARPHRD_NONE: return LinkType::raw;
    case ARPHRD_IEEE80211: return LinkType::ieee80211;
    case ARPHRD_IEEE80211_RADIOTAP: return LinkType::ieee80211_radiotap;
    default: return std::nullopt;
  }
}

NetworkInterface describe(const pcap_if_t& device) {
  NetworkInterface result;
  result.name = device.name;
  const bool up = (device.flags & PCAP_IF_UP) != 0;
  const bool carrier =
      (device.flags & PCAP_IF_CONNECTION_STATUS) != PCAP_IF_CONNECTION_STATUS_DISCONNECTED;
  result.state = !up       ? NetworkInterface::State::down
                 : carrier ? NetworkInterface::State::up
                           : NetworkInterface::State::no_carrier;
  result.loopback = (device.flags & PCAP_IF_LOOPBACK) != 0;
  result.link = link_of(result.name);
  for (const pcap_addr* entry = device.addresses; entry != nullptr; entry = entry->next) {
    if (const auto address = address_of(entry->addr))
      result.addresses.push_back(to_string(*address));
  }
  return result;
}

/// libpcap also lists what is no network interface: USB, Bluetooth, D-Bus, netfilter.
bool is_network(const std::string& name) {
  return name == "any" || ::if_nametoindex(name.c_str()) != 0;
}

}  // namespace

std::string_view to_text(NetworkInterface::State state) noexcept {
  switch (state) {
    case NetworkInterface::State::up: return "up";
    case NetworkInterface::State::no_carrier: return "no_carrier";
    case NetworkInterface::State::down: return "down";
  }
  return "down";
}

std::vector<NetworkInterface> list_interfaces() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_if_t* first = nullptr;
  if (pcap_findalldevs(&first, error.data()) != 0) {
    throw Error(Error::Kind::runtime, std::string("cannot list interfaces: ") + error.data());
  }
  const std::unique_ptr<pcap_if_t, decltype(&pcap_freealldevs)> devices{first, &pcap_freealldevs};
  const std::optional<std::string> default_name = default_interface();
  std::vector<NetworkInterface> interfaces;
  std::optional<NetworkInterface> any;
  for (const pcap_if_t* device = first; device != nullptr; device = device->next) {
    if (!is_network(device->name) || interfaces.size() == max_interfaces) continue;
    NetworkInterface interface = describe(*device);
    interface.default_route = interface.name == default_name;
    if (interface.name == "any") {
      any = std::move(interface);
    } else {
      interfaces.push_back(std::move(interface));
    }
  }
  if (any) interfaces.push_back(std::move(*any));
  return interfaces;
}

Error interface_is_down(const std::string& name) {
  return {Error::Kind::not_found, name + " is down", {"sudo ip link set dev " + name + " up"}};
}

bool is_in_sysfs(const std::string& name) {
  const auto line_of = [&name](const char* file) {
    std::string text = read_text(fmt::format("/sys/class/net/{}/{}", name, file).c_str());
    if (text.ends_with('\n')) text.pop_back();
    return text;
  };
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0 || line_of("ifindex") != fmt::format("{}", index)) return false;
  // Another namespace's may have the same number, too.
  const std::string shown = line_of("address");
  const std::optional<sockaddr> address = hardware_address(name);
  if (!address) return false;
  std::string own;
  for (const char octet : std::span{address->sa_data}.first<6>())
    own += fmt::format("{}{:02x}", own.empty() ? "" : ":", static_cast<std::uint8_t>(octet));
  return shown.empty() || shown.starts_with(own) || own.starts_with(shown);
}

std::optional<std::string> default_interface() {
  if (auto interface = default_route_v4(read_text("/proc/net/route"))) return interface;
  return default_route_v6(read_text("/proc/net/ipv6_route"));
}

std::optional<std::string> default_route_v4(std::string_view table) {
  // Iface Destination Gateway Flags RefCnt Use Metric Mask ...
  return best_route(table, [](const std::vector<std::string_view>& fields) -> std::optional<Route> {
    if (fields.size() < 8 || fields[1] != "00000000" || fields[7] != "00000000")
      return std::nullopt;
    const std::uint32_t flags = number(fields[3], 16);
    if ((flags & route_up) == 0 || (flags & route_reject) != 0) return std::nullopt;
    return Route{.interface = std::string(fields[0]), .metric = number(fields[6], 10)};
  });
}

std::optional<std::string> default_route_v6(std::string_view table) {
  // Destination, its prefix length, source, its prefix length, next hop, metric, use, use, flags,
  // name
  return best_route(table, [](const std::vector<std::string_view>& fields) -> std::optional<Route> {
    if (fields.size() < 10 || fields[1] != "00") return std::nullopt;
    if (fields[0].find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    const std::uint32_t flags = number(fields[8], 16);
    if ((flags & route_up) == 0 || (flags & route_reject) != 0 || fields[9] == "lo")
      return std::nullopt;
    return Route{.interface = std::string(fields[9]), .metric = number(fields[5], 16)};
  });
}

}  // namespace ntan::source

#include "flow/service.h"

#include <algorithm>
#include <array>

#include "wire/decoded.h"

namespace ntan::flow {
namespace {

enum class On : std::uint8_t { tcp = 1, udp = 2, both = 3, sctp = 4, streams = tcp | sctp };

struct Service {
  std::uint16_t port;
  On on;
  std::string_view name;
};

// Sorted by port. Names as IANA has them, shortened where the field says otherwise.
constexpr std::array services{
    Service{7, On::both, "echo"},
    Service{9, On::both, "discard"},
    Service{13, On::both, "daytime"},
    Service{19, On::both, "chargen"},
    Service{20, On::tcp, "ftp-data"},
    Service{21, On::tcp, "ftp"},
    Service{22, On::tcp, "ssh"},
    Service{23, On::tcp, "telnet"},
    Service{25, On::tcp, "smtp"},
    Service{37, On::both, "time"},
    Service{43, On::tcp, "whois"},
    Service{49, On::both, "tacacs"},
    Service{53, On::both, "dns"},
    Service{67, On::udp, "dhcp"},
    Service{69, On::udp, "tftp"},
    Service{79, On::tcp, "finger"},
    Service{80, On::tcp, "http"},
    Service{88, On::both, "kerberos"},
    Service{110, On::tcp, "pop3"},
    Service{111, On::both, "sunrpc"},
    Service{113, On::tcp, "ident"},
    Service{119, On::tcp, "nntp"},
    Service{123, On::udp, "ntp"},
    Service{135, On::both, "epmap"},
    Service{137, On::udp, "netbios-ns"},
    Service{138, On::udp, "netbios-dgm"},
    Service{139, On::tcp, "netbios-ssn"},
    Service{143, On::tcp, "imap"},
    Service{161, On::udp, "snmp"},
    Service{162, On::udp, "snmptrap"},
    Service{179, On::tcp, "bgp"},
    Service{194, On::tcp, "irc"},
    Service{389, On::both, "ldap"},
    Service{427, On::both, "svrloc"},
    Service{443, On::both, "https"},
    Service{445, On::tcp, "smb"},
    Service{464, On::both, "kpasswd"},
    Service{465, On::tcp, "submissions"},
    Service{500, On::udp, "isakmp"},
    Service{502, On::tcp, "modbus"},
    Service{514, On::both, "syslog"},
    Service{515, On::tcp, "printer"},
    Service{520, On::udp, "rip"},
    Service{521, On::udp, "ripng"},
    Service{547, On::udp, "dhcpv6"},
    Service{548, On::tcp, "afp"},
    Service{554, On::both, "rtsp"},
    Service{587, On::tcp, "submission"},
    Service{623, On::udp, "ipmi"},
    Service{631, On::both, "ipp"},
    Service{636, On::tcp, "ldaps"},
    Service{853, On::both, "domain-s"},
    Service{873, On::tcp, "rsync"},
    Service{902, On::both, "vmware"},
    Service{989, On::tcp, "ftps-data"},
    Service{990, On::tcp, "ftps"},
    Service{993, On::tcp, "imaps"},
    Service{995, On::tcp, "pop3s"},
    Service{1080, On::tcp, "socks"},
    Service{1194, On::both, "openvpn"},
    Service{1433, On::tcp, "ms-sql"},
    Service{1434, On::udp, "ms-sql-m"},
    Service{1521, On::tcp, "oracle"},
    Service{1701, On::udp, "l2tp"},
    Service{1723, On::tcp, "pptp"},
    Service{1812, On::udp, "radius"},
    Service{1813, On::udp, "radius-acct"},
    Service{1883, On::tcp, "mqtt"},
    Service{1900, On::udp, "ssdp"},
    Service{2049, On::both, "nfs"},
    Service{2152, On::udp, "gtp-u"},
    Service{2375, On::tcp, "docker"},
    Service{2904, On::sctp, "m2ua"},
    Service{2905, On::sctp, "m3ua"},
    Service{3128, On::tcp, "http-proxy"},
    Service{3268, On::tcp, "ldap-gc"},
    Service{3306, On::tcp, "mysql"},
    Service{3389, On::both, "rdp"},
    Service{3478, On::both, "stun"},
    Service{3544, On::udp, "teredo"},
    Service{3565, On::sctp, "m2pa"},
    Service{3702, On::udp, "ws-discovery"},
    Service{3868, On::streams, "diameter"},
    Service{4500, On::udp, "ipsec-nat-t"},
    Service{4789, On::udp, "vxlan"},
    Service{5004, On::udp, "rtp"},
    Service{5060, On::both, "sip"},
    Service{5061, On::tcp, "sips"},
    Service{5222, On::tcp, "xmpp-client"},
    Service{5269, On::tcp, "xmpp-server"},
    Service{5353, On::udp, "mdns"},
    Service{5355, On::both, "llmnr"},
    Service{5432, On::tcp, "postgresql"},
    Service{5555, On::tcp, "adb"},
    Service{5671, On::tcp, "amqps"},
    Service{5672, On::tcp, "amqp"},
    Service{5683, On::udp, "coap"},
    Service{5900, On::tcp, "vnc"},
    Service{5985, On::tcp, "winrm"},
    Service{6081, On::udp, "geneve"},
    Service{6379, On::tcp, "redis"},
    Service{6443, On::tcp, "kubernetes"},
    Service{6667, On::tcp, "irc"},
    Service{8000, On::tcp, "http-alt"},
    Service{8080, On::tcp, "http-alt"},
    Service{8443, On::tcp, "https-alt"},
    Service{8883, On::tcp, "mqtts"},
    Service{9090, On::tcp, "prometheus"},
    Service{9092, On::tcp, "kafka"},
    Service{9100, On::tcp, "jetdirect"},
    Service{9200, On::tcp, "elasticsearch"},
    Service{10000, On::tcp, "webmin"},
    Service{11211, On::both, "memcached"},
    Service{14001, On::sctp, "sua"},
    Service{20000, On::tcp, "dnp3"},
    Service{27017, On::tcp, "mongodb"},
    Service{29118, On::sctp, "sgsap"},
    Service{36412, On::sctp, "s1ap"},
    Service{36422, On::sctp, "x2ap"},
    Service{38412, On::sctp, "ngap"},
    Service{38422, On::sctp, "xnap"},
    Service{44818, On::both, "ethernet-ip"},
    Service{47808, On::udp, "bacnet"},
    Service{51820, On::udp, "wireguard"},
};
static_assert(std::is_sorted(services.begin(), services.end(),
                             [](const Service& a, const Service& b) { return a.port < b.port; }));

/// Where the service of a port stands, told by its hash: every flow that begins asks for two ports,
/// and most ports have none.
class Places {
 public:
  constexpr Places() {
    for (std::size_t i = 0; i < services.size(); ++i) {
      std::size_t slot = home(services[i].port);
      while (slots_[slot].place != 0) slot = next(slot);
      slots_[slot] = {services[i].port, static_cast<std::uint16_t>(i + 1)};
    }
  }

  /// From 1; 0: no service.
  [[nodiscard]] constexpr std::size_t find(std::uint16_t port) const noexcept {
    std::size_t slot = home(port);
    while (slots_[slot].place != 0 && slots_[slot].port != port) slot = next(slot);
    return slots_[slot].place;
  }

 private:
  struct Slot {
    std::uint16_t port = 0;
    std::uint16_t place = 0;
  };

  static constexpr std::size_t size = 512;
  static_assert(services.size() < size / 2, "a free slot is near");

  // Knuth's multiplicative hash of the port, its upper bits (The Art of Computer Programming 6.4).
  static constexpr std::size_t home(std::uint16_t port) noexcept {
    return (port * 0x9e37'79b1U) >> 23U;
  }
  static constexpr std::size_t next(std::size_t slot) noexcept { return (slot + 1) % size; }

  std::array<Slot, size> slots_{};
};

constexpr Places places;

}  // namespace

std::string_view service_name(std::uint16_t port, std::uint8_t proto) noexcept {
  const auto on = proto == ip_protocol::tcp    ? On::tcp
                  : proto == ip_protocol::udp  ? On::udp
                  : proto == ip_protocol::sctp ? On::sctp
                                               : On{};
  const std::size_t place = places.find(port);
  if (place == 0) return {};
  const Service& found = services[place - 1];
  const bool fits = (static_cast<unsigned>(found.on) & static_cast<unsigned>(on)) != 0;
  return fits ? found.name : std::string_view{};
}

}  // namespace ntan::flow

#include "event/anomaly.h"

namespace ntan::event {
namespace {

struct Words {
  std::string_view name;
  std::string_view doc;
};

constexpr Words words(Reason reason) noexcept {
  switch (reason) {
    case Reason::truncated:
      return {"truncated", "A header ends early although the frame was captured whole"};
    case Reason::bad_length:
      return {"bad_length", "A length field contradicts the octets that are there"};
    case Reason::bad_value: return {"bad_value", "A field has a value that its protocol forbids"};
    case Reason::too_deep:
      return {"too_deep", "More tunnels, tags or headers in each other than are followed"};
    case Reason::overlap_conflict:
      return {"overlap_conflict", "Overlapping TCP data differ; the first copy was kept"};
    case Reason::fragment_overlap: return {"fragment_overlap", "IP fragments overlap"};
    case Reason::fragment_too_long:
      return {"fragment_too_long", "An IP fragment ends past 65,535 octets"};
    case Reason::fragment_tiny:
      return {"fragment_tiny", "The transport header does not lie in the first IP fragment"};
    case Reason::window_violation:
      return {"window_violation", "A TCP segment lies far outside the window"};
    case Reason::dns_malformed: return {"dns_malformed", "A DNS message does not parse"};
    case Reason::http_malformed:
      return {
          "http_malformed",
          "An HTTP message breaks RFC 9112, or its head is larger than servers take: a line beyond "
          "8 KiB, more than 128 fields, more than 32 KiB in all"};
    case Reason::http_smuggling:
      return {"http_smuggling", "HTTP message lengths contradict each other"};
    case Reason::tls_malformed: return {"tls_malformed", "A TLS handshake does not parse"};
    case Reason::quic_malformed: return {"quic_malformed", "A QUIC packet does not parse"};
    case Reason::ssh_malformed: return {"ssh_malformed", "The opening of SSH does not parse"};
    case Reason::dhcp_malformed: return {"dhcp_malformed", "A DHCP message does not parse"};
    case Reason::ntp_malformed: return {"ntp_malformed", "An NTP message does not parse"};
    case Reason::icmp_malformed: return {"icmp_malformed", "An ICMP message does not parse"};
    case Reason::arp_malformed: return {"arp_malformed", "An ARP packet does not parse"};
    case Reason::arp_mismatch:
      return {"arp_mismatch", "ARP claims another hardware address than its frame"};
  }
  return {"bad_value", ""};
}

}  // namespace

std::string_view to_text(Reason reason) noexcept {
  return words(reason).name;
}

std::string_view reason_doc(Reason reason) noexcept {
  return words(reason).doc;
}

}  // namespace ntan::event

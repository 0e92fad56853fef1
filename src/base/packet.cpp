#include "base/packet.h"

namespace ntan {

std::string_view to_text(LinkType link) noexcept {
  switch (link) {
    case LinkType::null: return "null";
    case LinkType::ethernet: return "ethernet";
    case LinkType::ppp: return "ppp";
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::raw: return "raw";
    case LinkType::ppp_hdlc: return "ppp_hdlc";
    case LinkType::ppp_ether: return "ppp_ether";
    case LinkType::c_hdlc: return "c_hdlc";
    case LinkType::ieee80211: return "ieee80211";
    case LinkType::loop: return "loop";
    case LinkType::linux_sll: return "linux_sll";
    case LinkType::ieee80211_radiotap: return "ieee80211_radiotap";
    case LinkType::ipv4: return "ipv4";
    case LinkType::ipv6: return "ipv6";
    case LinkType::nflog: return "nflog";
    case LinkType::linux_sll2: return "linux_sll2";
  }
  return {};
}

}  // namespace ntan

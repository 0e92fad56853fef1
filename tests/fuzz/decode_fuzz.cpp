// decode() over any frame: the first octet picks the link type, the second how the frame was
// captured.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/arp_message.h"
#include "base/packet.h"
#include "tests/wire/invariants.h"
#include "wire/decoded.h"

namespace {

using namespace ntan;

constexpr std::array links{
    LinkType::ethernet,  LinkType::raw,       LinkType::null,
    LinkType::loop,      LinkType::linux_sll, LinkType::linux_sll2,
    LinkType::ppp,       LinkType::ppp_hdlc,  LinkType::ppp_ether,
    LinkType::c_hdlc,    LinkType::ipv4,      LinkType::ipv6,
    LinkType::ieee80211, LinkType::nflog,     LinkType::ieee80211_radiotap,
    LinkType{147},
};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input(Bytes{data, size});
  const auto link = links[input.u8() % links.size()];
  const auto capture = input.u8();
  PacketView packet;
  packet.data = input.rest();
  packet.link = link;
  packet.wire_size = static_cast<std::uint32_t>(packet.data.size() + (capture >> 1U));

  const wire::DecodeOptions options{.verify_checksums = (capture & 1U) != 0};
  wire::Decoded decoded;
  wire::Extra extra;
  wire::decode(packet, options, decoded, extra);
  require(test::is_sound(packet.data, decoded, extra));
  require(test::agrees_with_walk(packet, options, decoded, extra));
  require(packet.cut() || decoded.flaw_layer == wire::Layer::none ||
          decoded.flaw != Flaw::truncated);

  (void)wire::parse_tcp_options(decoded.option_bytes());
  if (decoded.bucket == wire::Bucket::arp) (void)ArpMessage::parse(decoded.payload_bytes());
  return 0;
}

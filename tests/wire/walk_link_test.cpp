#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

namespace {

const Octets packet4 = ipv4(17, "0001 0002 0009 0000 61"_hex);
const Octets packet6 = ipv6(17, "0001 0002 0009 0000 61"_hex);

void check_udp(const DecodedFrame& frame, IpVersion version) {
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.src.version == version);
  CHECK(frame.decoded.dst_port == 2);
  CHECK(as_text(frame.decoded.payload_bytes()) == "a");
}

}  // namespace

TEST_CASE("link: every link type leads to the packet") {
  struct Case {
    const char* name;
    LinkType link;
    Bytes header;
    IpVersion version = IpVersion::v4;
  };
  const Case cases[] = {
      {"ethernet", LinkType::ethernet, "020000000001 020000000002 0800"_hex},
      {"802.3 with SNAP", LinkType::ethernet,
       "020000000001 020000000002 0025 aaaa03 000000 0800"_hex},
      {"802.1ah", LinkType::ethernet,
       "020000000001 020000000002 88e7 00000064 020000000003 020000000004 0800"_hex},
      {"FabricPath", LinkType::ethernet,
       "020000000001 020000000002 8903 0040 020000000003 020000000004 86dd"_hex, IpVersion::v6},
      {"VN-Tag", LinkType::ethernet, "020000000001 020000000002 8926 00000000 0800"_hex},
      {"E-TAG", LinkType::ethernet, "020000000001 020000000002 893f 000000000000 86dd"_hex,
       IpVersion::v6},
      {"E-TAG and VLAN", LinkType::ethernet,
       "020000000001 020000000002 893f 200110020304 8100 0007 0800"_hex},
      {"null, little-endian", LinkType::null, "02000000"_hex},
      {"null, big-endian", LinkType::null, "00000002"_hex},
      {"null, NetBSD", LinkType::null, "18000000"_hex, IpVersion::v6},
      {"null, FreeBSD", LinkType::null, "0000001c"_hex, IpVersion::v6},
      {"null, macOS", LinkType::null, "1e000000"_hex, IpVersion::v6},
      {"null, Linux", LinkType::null, "0a000000"_hex, IpVersion::v6},
      {"loop", LinkType::loop, "00000018"_hex, IpVersion::v6},
      {"raw", LinkType::raw, {}, IpVersion::v6},
      {"raw of BSD", LinkType::raw_bsd, {}},
      {"raw of OpenBSD", LinkType::raw_openbsd, {}},
      {"IPv4", LinkType::ipv4, {}},
      {"IPv6", LinkType::ipv6, {}, IpVersion::v6},
      {"SLL", LinkType::linux_sll, "0000 0001 0006 020000000002 0000 0800"_hex},
      {"SLL with 802.2", LinkType::linux_sll,
       "0000 0001 0006 020000000002 0000 0004 aaaa03 000000 0800"_hex},
      {"SLL of a GRE device", LinkType::linux_sll, "0000 030a 0000 0000000000000000 86dd"_hex,
       IpVersion::v6},
      {"SLL of an 802.11 device that listens", LinkType::linux_sll,
       "0000 0323 0006 020000000002 0000 0004 00 00 0800 00000000"
       "0801 0000 000000000001 000000000002 000000000003 0000 aaaa03 000000 0800"_hex},
      {"SLL2", LinkType::linux_sll2, "86dd 0000 00000001 0001 00 06 020000000002 0000"_hex,
       IpVersion::v6},
      {"PPP", LinkType::ppp, "ff03 0021"_hex},
      {"PPP, address compressed", LinkType::ppp, "0057"_hex, IpVersion::v6},
      {"PPP, protocol compressed", LinkType::ppp, "21"_hex},
      {"PPP in HDLC", LinkType::ppp_hdlc, "ff03 21"_hex},
      {"Cisco HDLC in PPP", LinkType::ppp, "0f00 0800"_hex},
      {"Cisco HDLC in PPP in HDLC", LinkType::ppp_hdlc, "0f00 0800"_hex},
      {"Cisco HDLC", LinkType::c_hdlc, "8f00 86dd"_hex, IpVersion::v6},
      {"PPPoE", LinkType::ppp_ether, "1100 0007 001f 0021"_hex},
      {"NFLOG", LinkType::nflog, "02 00 0000 0600 0a00 61 00 0000 2100 0900"_hex},
      {"NFLOG, big-endian", LinkType::nflog, "0a 00 0000 0035 0009"_hex, IpVersion::v6},
      {"802.11", LinkType::ieee80211,
       "0802 0000 000000000001 000000000002 000000000003 0000 aaaa03 000000 0800"_hex},
      {"802.11 with QoS and four addresses behind radiotap", LinkType::ieee80211_radiotap,
       "00 00 0900 00000000 00"
       "8803 0000 000000000001 000000000002 000000000003 0000 000000000004 0000"
       "aaaa03 000000 0800"_hex},
      {"802.11 padded in front of its body", LinkType::ieee80211_radiotap,
       "00 00 0900 02000000 20"
       "8801 0000 000000000001 000000000002 000000000003 0000 0000 0000"
       "aaaa03 000000 0800"_hex},
      {"802.11 padded, as told behind three words of presence and a time",
       LinkType::ieee80211_radiotap,
       "00 00 1900 03000080 000000a0 00000000 0000000000000000 20"
       "8801 0000 000000000001 000000000002 000000000003 0000 0000 0000"
       "aaaa03 000000 0800"_hex},
      {"802.11 without padding, its radiotap cut in front of the flags",
       LinkType::ieee80211_radiotap,
       "00 00 0800 02000000"
       "0801 0000 000000000001 000000000002 000000000003 0000 aaaa03 000000 0800"_hex},
      {"802.11 with an aggregate of one", LinkType::ieee80211,
       "8801 0000 000000000001 000000000002 000000000003 0000 8000"
       "000000000001 000000000002 0025 aaaa03 000000 0800"_hex},
  };
  for (const auto& [name, link, header, version] : cases) {
    CAPTURE(name);
    const Octets& packet = version == IpVersion::v4 ? packet4 : packet6;
    check_udp(decode_frame(join(header, packet), {.link = link}), version);
  }
}

TEST_CASE("link: what is not IP is counted by its kind") {
  struct Case {
    const char* name;
    LinkType link;
    Bytes frame;
    Bucket bucket;
  };
  const Case cases[] = {
      {"LLDP", LinkType::ethernet, "0180c200000e 020000000002 88cc 0207"_hex, Bucket::other_l2},
      {"EAPOL", LinkType::ethernet, "0180c2000003 020000000002 888e 0101"_hex, Bucket::other_l2},
      {"STP", LinkType::ethernet, "0180c2000000 020000000002 0004 424203 00"_hex, Bucket::other_l2},
      {"CDP", LinkType::ethernet, "01000ccccccc 020000000002 0008 aaaa03 00000c 2000"_hex,
       Bucket::other_l2},
      {"PPPoE discovery", LinkType::ethernet, "ffffffffffff 020000000002 8863 1109"_hex,
       Bucket::other_l2},
      {"LCP", LinkType::ppp, "ff03 c021 0101"_hex, Bucket::other_l2},
      {"a PPP protocol without a name", LinkType::ppp, "ff03 002b 0101"_hex, Bucket::non_ip},
      {"an EtherType without a name", LinkType::ethernet, "020000000001 020000000002 1234"_hex,
       Bucket::non_ip},
      {"a netlink message", LinkType::linux_sll, "0000 0338 0000 0000000000000000 0000"_hex,
       Bucket::non_ip},
      {"another address family", LinkType::null, "07000000 00"_hex, Bucket::non_ip},
      {"an 802.11 beacon", LinkType::ieee80211, "8000 0000"_hex, Bucket::other_l2},
      {"an encrypted 802.11 frame", LinkType::ieee80211, "0841 0000"_hex, Bucket::other_l2},
  };
  for (const auto& [name, link, frame, bucket] : cases) {
    CAPTURE(name);
    CHECK(decode_frame(frame, {.link = link}).decoded.bucket == bucket);
  }
}

TEST_CASE("link: a header that is not all there is undecodable") {
  for (const auto link : {LinkType::ethernet, LinkType::linux_sll, LinkType::linux_sll2,
                          LinkType::null, LinkType::loop, LinkType::ppp, LinkType::c_hdlc,
                          LinkType::nflog, LinkType::ieee80211, LinkType::ieee80211_radiotap,
                          LinkType::raw, LinkType::ipv4, LinkType::ipv6, LinkType::ppp_ether}) {
    CAPTURE(to_text(link));
    const DecodedFrame empty = decode_frame({}, {.link = link});
    CHECK(empty.decoded.bucket == Bucket::undecodable);
    CHECK(empty.decoded.flaw == Flaw::bad_length);
    const DecodedFrame cut = decode_frame(Octets(100), {.link = link, .captured = 0});
    CHECK(cut.decoded.bucket == Bucket::undecodable);
    CHECK(cut.decoded.flaw == Flaw::truncated);
  }
}

TEST_CASE(
    "link: of an 802.11 aggregate the first packet is read, and that there are more is said") {
  const Octets one = join("000000000001 000000000002 0025 aaaa03 000000 0800"_hex, packet4);
  REQUIRE(one.size() == 14 + 0x25);
  const Bytes header = "8801 0000 000000000001 000000000002 000000000003 0000 8000"_hex;
  const DecodedFrame frame =
      decode_frame(join(header, one, "00"_hex, one), {.link = LinkType::ieee80211});
  check_udp(frame, IpVersion::v4);
  CHECK(frame.decoded.flaw_layer == Layer::link);
  CHECK(frame.decoded.flaw == Flaw::unsupported);
  const DecodedFrame with_check_sequence =
      decode_frame(join(header, one, "00 01020304"_hex), {.link = LinkType::ieee80211});
  check_udp(with_check_sequence, IpVersion::v4);
  CHECK(with_check_sequence.decoded.flaw_layer == Layer::none);
  const DecodedFrame cut =
      decode_frame(join(header, one), {.link = LinkType::ieee80211, .captured = 30});
  CHECK(cut.decoded.bucket == Bucket::undecodable);
  CHECK(cut.decoded.flaw == Flaw::truncated);
}

TEST_CASE("vlan: tags are listed outermost first, the flow takes the outermost") {
  const DecodedFrame frame = decode_frame(
      join("020000000001 020000000002 88a8 2064 8100 00c8 9100 0003 9200 0004 0800"_hex, packet4));
  check_udp(frame, IpVersion::v4);
  CHECK(frame.decoded.vlan == 100);
  REQUIRE(frame.decoded.vlan_count == 4);
  CHECK(frame.extra.vlans == std::array<std::uint16_t, 4>{100, 200, 3, 4});
  CHECK(frame.decoded.network ==
        (std::uint64_t{200} << 25U | std::uint64_t{3} << 37U | std::uint64_t{4} << 49U));
}

TEST_CASE("vlan: a fifth tag is unsupported") {
  const DecodedFrame frame = decode_frame(
      join("020000000001 020000000002 8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800"_hex,
           packet4));
  CHECK(frame.decoded.bucket == Bucket::undecodable);
  CHECK(frame.decoded.flaw_layer == Layer::vlan);
  CHECK(frame.decoded.flaw == Flaw::unsupported);
}

TEST_CASE("vlan: an 802.3 length may follow a tag") {
  const DecodedFrame frame = decode_frame("0180c2000000 020000000002 8100 0001 0004 424203 00"_hex);
  CHECK(frame.decoded.bucket == Bucket::other_l2);
  CHECK(frame.decoded.vlan == 1);
}

TEST_CASE("mpls: the inner packet shows itself by its first nibble") {
  const DecodedFrame ip4 =
      decode_frame(join("020000000001 020000000002 8847 00010040 00064140"_hex, packet4));
  check_udp(ip4, IpVersion::v4);
  REQUIRE(ip4.decoded.tunnel_depth == 1);
  CHECK(ip4.extra.tunnels[0].kind == Extra::Tunnel::mpls);
  CHECK(ip4.extra.tunnels[0].id == 100);
  const auto label = [](Bytes stack) {
    return decode_frame(join("020000000001 020000000002 8847"_hex, stack, packet4))
        .extra.tunnels[0]
        .id;
  };
  // RFC 6790 4.2: behind label 7 stands what spreads flows over links.
  CHECK(label("00010040 00007040 00063140"_hex) == 16);
  CHECK(label("00010040 00007040 00007040 00064140"_hex) == 100);
  CHECK(label("00007040 00063140"_hex) == 7);
  check_udp(decode_frame(join("020000000001 020000000002 8848 00064140"_hex, packet6)),
            IpVersion::v6);
  const auto pseudowire =
      join("020000000001 020000000002 8847 00064140 00000000 0a0000000001 0a0000000002 0800"_hex,
           packet4);
  const DecodedFrame inner = decode_frame(pseudowire);
  check_udp(inner, IpVersion::v4);
  CHECK(to_string(inner.extra.src_mac) == "0a:00:00:00:00:02");
}

TEST_CASE("arp: in a frame that a frame carries it is of the inner one's sender") {
  const Bytes arp =
      "ffffffffffff 0a0000000002 0806"
      "0001 0800 06 04 0001 0a0000000002 0a000001 000000000000 0a000002"_hex;
  const Bytes outer =
      GENERATE("020000000001 020000000002 8847 00064140 00000000"_hex,  // MPLS
               "020000000001 020000000002 6558"_hex, "020000000001 020000000002 88e7 00000064"_hex);
  const DecodedFrame frame = decode_frame(join(outer, arp));
  CHECK(frame.decoded.bucket == Bucket::arp);
  REQUIRE(frame.extra.has_mac);
  CHECK(to_string(frame.extra.src_mac) == "0a:00:00:00:00:02");
  CHECK(to_string(frame.extra.dst_mac) == "ff:ff:ff:ff:ff:ff");
}

TEST_CASE("tunnel: what a tunnel's inside carries has not sent the frame") {
  const Octets pseudowire = join("00064140 00000000 0a0000000001 0a0000000002 0800"_hex, packet4);
  const DecodedFrame frame =
      decode_frame(ethernet(0x0800, ipv4(47, join("0000 8847"_hex, pseudowire))));
  check_udp(frame, IpVersion::v4);
  CHECK(frame.decoded.tunnel_depth == 2);
  CHECK(to_string(frame.extra.src_mac) == "02:00:00:00:00:02");
}

TEST_CASE("mpls: a stack without a bottom is unsupported") {
  Octets frame = join("020000000001 020000000002 8847"_hex);
  for (int i = 0; i < 9; ++i) frame = join(frame, "00064040"_hex);
  const DecodedFrame decoded = decode_frame(frame);
  CHECK(decoded.decoded.bucket == Bucket::undecodable);
  CHECK(decoded.decoded.flaw_layer == Layer::mpls);
  CHECK(decoded.decoded.flaw == Flaw::unsupported);
}

TEST_CASE("pppoe: a session is a tunnel, its length excludes padding") {
  const DecodedFrame frame = decode_frame(
      join("020000000001 020000000002 8864 1100 0007 001f 0021"_hex, packet4, "0000"_hex));
  check_udp(frame, IpVersion::v4);
  CHECK(frame.extra.tunnels[0].kind == Extra::Tunnel::pppoe);
  CHECK(frame.extra.tunnels[0].id == 7);
  const DecodedFrame lcp =
      decode_frame("020000000001 020000000002 8864 1100 0007 0004 c021 0901"_hex);
  CHECK(lcp.decoded.bucket == Bucket::other_l2);
}

TEST_CASE("pppoe: a length past the frame is named") {
  const DecodedFrame frame =
      decode_frame(join("020000000001 020000000002 8864 1100 0007 0400 0021"_hex, packet4));
  check_udp(frame, IpVersion::v4);
  CHECK(frame.decoded.flaw_layer == Layer::pppoe);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
}

TEST_CASE("arp: a request is in a bucket of its own, padding included") {
  const DecodedFrame frame = decode_frame(
      "ffffffffffff 020000000002 0806"
      "0001 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002 0000"_hex);
  CHECK(frame.decoded.bucket == Bucket::arp);
  CHECK(frame.decoded.payload_captured == 30);
}

#include <algorithm>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;
using Tunnel = Extra::Tunnel;

namespace {

const Octets inner4 = ipv4(17, "0001 0002 0009 0000 61"_hex);
const Octets inner6 = ipv6(17, "0001 0002 0009 0000 61"_hex);

Octets udp(std::uint16_t port, Bytes payload) {
  Octets datagram = join("8235 0000 0000 0000"_hex, payload);
  put_be16(datagram, 2, port);
  put_be16(datagram, 4, datagram.size());
  return datagram;
}

Octets from(Bytes prefix, Octets packet) {
  std::ranges::copy(prefix, packet.begin() + 8);
  return packet;
}

// With the sender's address in 2001::/32.
Octets from_teredo(Octets packet) {
  return from("20010000"_hex, std::move(packet));
}

DecodedFrame raw(Bytes packet, std::size_t captured = SIZE_MAX) {
  return decode_frame(packet, {.link = LinkType::raw, .captured = captured});
}

void check_inner(const DecodedFrame& frame, IpVersion version) {
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.src.version == version);
  CHECK(frame.decoded.src_port == 1);
  CHECK(frame.decoded.dst_port == 2);
  CHECK(as_text(frame.decoded.payload_bytes()) == "a");
  CHECK(frame.decoded.flaw_layer == Layer::none);
}

}  // namespace

TEST_CASE("tunnel: the flow is the innermost packet, and the tunnel is listed") {
  struct Case {
    const char* name;
    Octets packet;
    Tunnel kind;
    std::uint32_t id = 0;
    IpVersion inner = IpVersion::v4;
  };
  const Octets frame = ethernet(0x0800, inner4);
  const Octets teredo_packet = from_teredo(inner6);
  const Case cases[] = {
      {"IPv4 in IPv4", ipv4(4, inner4), Tunnel::ipip},
      {"IPv6 in IPv6", ipv6(41, inner6), Tunnel::ipip, 0, IpVersion::v6},
      {"6in4", ipv4(41, inner6), Tunnel::sixin4, 0, IpVersion::v6},
      {"4in6", ipv6(4, inner4), Tunnel::fourin6},
      {"GRE", ipv4(47, join("0000 0800"_hex, inner4)), Tunnel::gre},
      {"GRE with checksum, key and sequence",
       ipv4(47, join("b000 86dd 00000000 00000064 00000001"_hex, inner6)), Tunnel::gre, 100,
       IpVersion::v6},
      {"GRE with Ethernet", ipv4(47, join("0000 6558"_hex, frame)), Tunnel::gre},
      {"NVGRE", ipv4(47, join("2000 6558 00006401"_hex, frame)), Tunnel::nvgre, 100},
      {"ERSPAN I", ipv4(47, join("0000 88be"_hex, frame)), Tunnel::erspan},
      {"ERSPAN II", ipv4(47, join("1000 88be 00000001 1064 0064 00000000"_hex, frame)),
       Tunnel::erspan, 100},
      {"ERSPAN III", ipv4(47, join("1000 22eb 00000001 2064 0064 00000000 00000000"_hex, frame)),
       Tunnel::erspan, 100},
      {"ERSPAN III with a platform header",
       ipv4(47, join("1000 22eb 00000001 2064 0064 00000000 00000001 0000000000000000"_hex, frame)),
       Tunnel::erspan, 100},
      {"WCCP", ipv4(47, join("0000 883e"_hex, inner4)), Tunnel::gre},
      {"WCCP 2", ipv4(47, join("0000 883e 40000102"_hex, inner4)), Tunnel::gre},
      {"GRE with PPP", ipv4(47, join("0000 880b ff03 0021"_hex, inner4)), Tunnel::gre},
      {"PPTP", ipv4(47, join("3001 880b 0021 0064 00000001 ff03 0021"_hex, inner4)), Tunnel::gre,
       100},
      {"PPTP that acknowledges, PPP header compressed",
       ipv4(47, join("3081 880b 0032 0064 00000001 00000007 57"_hex, inner6)), Tunnel::gre, 100,
       IpVersion::v6},
      {"GRE of an access point",
       ipv4(47, join("0000 8200 0801 0000 020000000001 020000000002 020000000001 1000"
                     "aaaa03 000000 0800"_hex,
                     inner4)),
       Tunnel::gre},
      {"GRE in UDP", ipv4(17, udp(4754, join("2000 0800 00000064"_hex, inner4))), Tunnel::gre, 100},
      {"L2TP", ipv4(17, udp(1701, join("0002 0001 0064 ff03 0021"_hex, inner4))), Tunnel::l2tp,
       100},
      {"L2TP with everything",
       ipv4(17, udp(1701, join("4b02 002f 0001 0064 0000 0000 0002 0000 0021"_hex, inner4))),
       Tunnel::l2tp, 100},
      {"Teredo", ipv4(17, udp(3544, teredo_packet)), Tunnel::teredo, 0, IpVersion::v6},
      {"Teredo from a link-local address", ipv4(17, udp(3544, from("fe800000"_hex, inner6))),
       Tunnel::teredo, 0, IpVersion::v6},
      {"Teredo with an origin", ipv4(17, udp(3544, join("0000 1234 0a000001"_hex, teredo_packet))),
       Tunnel::teredo, 0, IpVersion::v6},
      {"Teredo with authentication and origin",
       ipv4(17, udp(3544, join("0001 01 02 aa bbbb 0102030405060708 00 0000 1234 0a000001"_hex,
                               teredo_packet))),
       Tunnel::teredo, 0, IpVersion::v6},
      {"AYIYA", ipv4(17, udp(5072, join("1111 01 29 00000001 aaaa bbbbbbbb"_hex, inner6))),
       Tunnel::ayiya, 0, IpVersion::v6},
      {"AYIYA with IPv4", ipv4(17, udp(5072, join("0001 01 04 00000001 aa"_hex, inner4))),
       Tunnel::ayiya},
      {"VXLAN", ipv4(17, udp(4789, join("08000000 00006400"_hex, frame))), Tunnel::vxlan, 100},
      {"VXLAN on the old port", ipv6(17, udp(8472, join("08000000 00006400"_hex, frame))),
       Tunnel::vxlan, 100},
      {"VXLAN with a group policy", ipv4(17, udp(4789, join("88001234 00006400"_hex, frame))),
       Tunnel::vxlan, 100},
      {"VXLAN with all reserved bits", ipv4(17, udp(4789, join("ffffffff 000064ff"_hex, frame))),
       Tunnel::vxlan, 100},
      {"Geneve", ipv4(17, udp(6081, join("0100 6558 00006400 00000000"_hex, frame))),
       Tunnel::geneve, 100},
      {"Geneve with IPv6", ipv4(17, udp(6081, join("0000 86dd 00006400"_hex, inner6))),
       Tunnel::geneve, 100, IpVersion::v6},
      {"GTP-U", ipv4(17, udp(2152, join("30 ff 001d 00000064"_hex, inner4))), Tunnel::gtpu, 100},
      {"GTP-U with an extension",
       ipv4(17, udp(2152, join("34 ff 0025 00000064 0000 00 85 01 0000 00"_hex, inner4))),
       Tunnel::gtpu, 100},
  };
  for (const auto& [name, packet, kind, id, inner] : cases) {
    CAPTURE(name);
    const DecodedFrame decoded = raw(packet);
    check_inner(decoded, inner);
    REQUIRE(decoded.decoded.tunnel_depth == 1);
    CHECK(decoded.extra.tunnels[0].kind == kind);
    CHECK(decoded.extra.tunnels[0].id == id);
    const bool has_vni = kind == Tunnel::vxlan || kind == Tunnel::geneve || kind == Tunnel::nvgre;
    CHECK(decoded.decoded.network == (has_vni ? id + 1 : 0));
  }
}

TEST_CASE("tunnel: one that is not what its protocol says is a flow of its outer header") {
  struct Case {
    const char* name;
    std::uint8_t proto;
    Octets payload;
    Layer layer;
  };
  Octets wrong_inner = inner4;
  wrong_inner[0] = 0x44;
  const Case cases[] = {
      {"inner header malformed", 4, wrong_inner, Layer::ipv4},
      {"GRE with a source route", 47, join("4000 0800 00000000"_hex, inner4), Layer::gre},
      {"PPTP without a key", 47, join("1001 880b 00000000 00000000"_hex, inner4), Layer::gre},
      {"PPTP acknowledgement alone", 47, join("2081 880b 0000 0064 00000001"_hex), Layer::none},
      {"PPTP with encrypted PPP", 47, join("3001 880b 0006 0064 00000001 00fd 9001 a5a5"_hex),
       Layer::none},
      {"PPTP with PPP control", 47, join("3001 880b 0008 0064 00000001 ff03 c021 0901 0004"_hex),
       Layer::none},
      {"GRE without payload", 47, join("00"_hex), Layer::gre},
      {"GRE of another protocol", 47, join("0000 1234"_hex), Layer::none},
      {"GRE keepalive", 47, join("0000 0000"_hex), Layer::none},
  };
  for (const auto& [name, proto, payload, layer] : cases) {
    CAPTURE(name);
    const DecodedFrame frame = raw(ipv4(proto, payload));
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.proto == proto);
    CHECK(to_string(frame.decoded.src) == "10.0.0.1");
    CHECK(frame.decoded.src_port == 0);
    CHECK(frame.decoded.payload_size == payload.size());
    CHECK(frame.decoded.tunnel_depth == 0);
    CHECK(frame.decoded.flaw_layer == layer);
  }
}

TEST_CASE("tunnel: what Geneve's reserved bits hold is ignored") {
  const Octets packet =
      ipv4(17, udp(6081, join("003f 6558 000064ff"_hex, ethernet(0x0800, inner4))));
  const DecodedFrame frame = raw(packet);
  check_inner(frame, IpVersion::v4);
  REQUIRE(frame.decoded.tunnel_depth == 1);
  CHECK(frame.extra.tunnels[0].kind == Tunnel::geneve);
  CHECK(frame.extra.tunnels[0].id == 100);
}

TEST_CASE("tunnel: a UDP port that carries no tunnel is a plain UDP flow without flaw") {
  struct Case {
    const char* name;
    std::uint16_t port;
    Bytes payload;
  };
  const Octets trailed = join(from_teredo(inner6), "00"_hex);
  const Octets without_vni = join("f7000000 00006400"_hex, ethernet(0x0800, inner4));
  const Octets other_type = join("ff000000 00006400"_hex, ethernet(0x1234, inner4));
  const Octets with_length = join("ff000000 00006400"_hex, ethernet(29, inner4));
  const Case cases[] = {
      {"VXLAN without a network", 4789, without_vni},
      {"VXLAN with half an IPv4 header", 4789,
       "08000000 00006400 020000000001 020000000002 0800 45"_hex},
      {"VXLAN with an EtherType that is no IP", 4789, other_type},
      {"VXLAN with a length for an EtherType", 4789, with_length},
      {"VXLAN with nothing inside", 4789, "08000000 00006400"_hex},
      {"VXLAN with ARP inside", 4789, "08000000 00006400 020000000001 020000000002 0806 0001"_hex},
      {"Geneve version", 6081, "4000 6558 00006400 020000000001 020000000002 0800 45"_hex},
      {"Geneve options past the end", 6081, "3f00 6558 00006400"_hex},
      {"L2TP control", 1701, "c802 0014 0000 0000 0000 0000 8008 0000 0000 0001"_hex},
      {"L2TP version", 1701, "0003 0001 0064 ff03 0021 45"_hex},
      {"L2TP length past the end", 1701, "4002 00ff 0001 0064 ff03 0021 45"_hex},
      {"L2TP offset past the end", 1701, "0202 0001 0064 ffff 0021 45"_hex},
      {"GRE in UDP, routed", 4754, "4000 0800 00000000"_hex},
      {"GRE in UDP with a broken ERSPAN", 4754, "1000 88be 00000001 1064"_hex},
      {"Teredo with a native address at both ends", 3544, inner6},
      {"Teredo with octets behind the packet", 3544, trailed},
      {"Teredo cut in its authentication", 3544, "0001 ff ff 00"_hex},
      {"AYIYA heartbeat", 5072, "0001 00 3b 00000001 aa"_hex},
      {"AYIYA signature past the end", 5072, "0ff1 01 29 00000001 aa 60"_hex},
      {"GTP-U echo", 2152, "32 01 0004 00000000 00010000"_hex},
      {"GTP-U extension of length 0", 2152, "34 ff 0008 00000064 00000085 00000000"_hex},
      {"GTP-U with something else inside", 2152, "30 ff 0002 00000064 ffff"_hex},
  };
  for (const auto& [name, port, payload] : cases) {
    CAPTURE(name);
    const DecodedFrame frame = raw(ipv4(17, udp(port, payload)));
    CHECK(frame.decoded.bucket == Bucket::flow);
    CHECK(frame.decoded.proto == ip_protocol::udp);
    CHECK(frame.decoded.dst_port == port);
    CHECK(frame.decoded.payload_size == payload.size());
    CHECK(frame.decoded.tunnel_depth == 0);
    CHECK(frame.decoded.network == 0);
    CHECK(frame.decoded.flaw_layer == Layer::none);
  }
}

TEST_CASE("tunnel: the fifth is not entered, and the flow is that of its outer header") {
  Octets packet = inner4;
  for (int i = 0; i < 5; ++i) packet = ipv4(4, packet);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == ip_protocol::ipip);
  CHECK(frame.decoded.tunnel_depth == 4);
  CHECK(frame.decoded.flaw_layer == Layer::tunnel);
  CHECK(frame.decoded.flaw == Flaw::unsupported);
}

TEST_CASE("tunnel: that a cap ended the walk is told of tunnels known by their port, too") {
  Octets packet = inner4;
  for (int i = 0; i < 5; ++i) {
    packet = ipv4(17, udp(4789, join("08000000 00006400"_hex, ethernet(0x0800, packet))));
  }
  const DecodedFrame fifth = raw(packet);
  CHECK(fifth.decoded.bucket == Bucket::flow);
  CHECK(fifth.decoded.dst_port == 4789);
  CHECK(fifth.decoded.flaw_layer == Layer::tunnel);
  CHECK(fifth.decoded.flaw == Flaw::unsupported);

  const Octets tagged = join("020000000001 020000000002 8100 0004 8100 0005 0800"_hex, inner4);
  const Octets vxlan = ipv4(17, udp(4789, join("08000000 00006400"_hex, tagged)));
  const DecodedFrame tags =
      decode_frame(join("020000000001 020000000002 8100 0001 8100 0002 8100 0003 0800"_hex, vxlan));
  CHECK(tags.decoded.bucket == Bucket::flow);
  CHECK(tags.decoded.dst_port == 4789);
  CHECK(tags.decoded.vlan_count == 3);
  CHECK(tags.decoded.flaw_layer == Layer::vlan);
  CHECK(tags.decoded.flaw == Flaw::unsupported);

  Octets labels = ethernet(0x8847, join("00064140"_hex, inner4));
  for (int i = 0; i < 4; ++i) {
    labels = ethernet(0x0800, ipv4(17, udp(4789, join("08000000 00006400"_hex, labels))));
  }
  const DecodedFrame mpls = decode_frame(labels);
  CHECK(mpls.decoded.bucket == Bucket::flow);
  CHECK(mpls.decoded.tunnel_depth == 3);
  CHECK(is_too_deep(mpls.decoded.flaw_layer, mpls.decoded.flaw));
}

TEST_CASE("tunnel: of ARP inside the message counts, with the addresses of its own frame") {
  const Bytes message = "0001 0800 06 04 0001 0a0000000002 0a000001 000000000000 0a000002"_hex;
  const Octets arp = join("ffffffffffff 0a0000000002 0806"_hex, message);
  const Octets vxlan = join("08000000 00006400"_hex, arp);
  const Octets tunnel =
      GENERATE_COPY(ipv4(17, udp(4789, vxlan)), ipv4(47, join("0000 6558"_hex, arp)));
  const DecodedFrame frame = decode_frame(ethernet(0x0800, tunnel));
  CHECK(frame.decoded.bucket == Bucket::arp);
  CHECK(frame.decoded.tunnel_depth == 1);
  CHECK(frame.decoded.payload_bytes().size() == message.size());
  REQUIRE(frame.extra.has_mac);
  CHECK(to_string(frame.extra.src_mac) == "0a:00:00:00:00:02");
  CHECK(to_string(frame.extra.dst_mac) == "ff:ff:ff:ff:ff:ff");

  // What only looks like a tunnel is none if the message is not whole.
  const Octets cut = join("08000000 00006400"_hex, Bytes{arp}.first(30));
  const DecodedFrame other = decode_frame(ethernet(0x0800, ipv4(17, udp(4789, cut))));
  CHECK(other.decoded.bucket == Bucket::flow);
  CHECK(other.decoded.tunnel_depth == 0);
  CHECK(to_string(other.extra.src_mac) != "0a:00:00:00:00:02");
}

TEST_CASE("tunnel: a packet of many layers ends at the cap") {
  Octets frame = ethernet(0x0800, inner4);
  for (int i = 0; i < 4; ++i) {
    frame = join("020000000001 020000000002 8100 0001 0800"_hex,
                 ipv4(17, udp(4789, join("08000000 00006400"_hex, frame))));
  }
  const DecodedFrame decoded = decode_frame(frame);
  CHECK(decoded.decoded.bucket == Bucket::flow);
  CHECK(decoded.decoded.dst_port == 4789);
  CHECK(decoded.decoded.tunnel_depth < 4);
  CHECK(decoded.decoded.flaw_layer == Layer::tunnel);
  CHECK(decoded.extra.layers <= 16);
}

TEST_CASE("tunnel: an inside cut by the snaplen is a truncated flow of the outer header") {
  const DecodedFrame frame = raw(ipv4(4, inner4), 20 + 10);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == ip_protocol::ipip);
  CHECK(frame.decoded.flaw_layer == Layer::ipv4);
  CHECK(frame.decoded.flaw == Flaw::truncated);
}

TEST_CASE("tunnel: fragments and ICMP errors inside are what the frame is") {
  Octets part = inner4;
  put_be16(part, 6, 0x2000);
  const DecodedFrame fragment = raw(ipv4(4, part));
  CHECK(fragment.decoded.bucket == Bucket::fragment);
  CHECK(fragment.decoded.tunnel_depth == 1);
  const DecodedFrame error = raw(ipv4(4, ipv4(1, join("03 03 0000 00000000"_hex, inner4))));
  CHECK(error.decoded.bucket == Bucket::icmp_error);
  CHECK(error.extra.quoted_dst_port == 2);
}

TEST_CASE("tunnel: the outer VLAN stays, the inner one is listed behind it") {
  const auto inner = join("020000000001 020000000002 8100 00c8 0800"_hex, inner4);
  const DecodedFrame frame =
      decode_frame(join("020000000001 020000000002 8100 0064 0800"_hex,
                        ipv4(17, udp(4789, join("08000000 00006400"_hex, inner)))));
  check_inner(frame, IpVersion::v4);
  CHECK(frame.decoded.vlan == 100);
  REQUIRE(frame.decoded.vlan_count == 2);
  CHECK(frame.extra.vlans[1] == 200);
}

// One frame of every kind that is decoded: the start of property tests.
#pragma once

#include <vector>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

namespace ntan::test {

struct Sample {
  LinkType link = LinkType::ethernet;
  Octets frame;
};

inline Octets udp_datagram(std::uint16_t port, Bytes payload) {
  using namespace literals;
  Octets datagram = join("8235 0000 0000 0000"_hex, payload);
  put_be16(datagram, 2, port);
  put_be16(datagram, 4, datagram.size());
  return datagram;
}

inline std::vector<Octets> transport_samples() {
  using namespace literals;
  const Octets tcp =
      join("04d2 0050 01020304 05060708 8018 2000 0000 0000 0101080a0000000100000002 616263"_hex);
  const Octets dns = udp_datagram(53, "616263"_hex);
  return {
      ipv4(6, tcp),
      ipv6(6, tcp),
      ipv4(17, dns),
      ipv6(17, dns),
      ipv4(136, "0001 0002 0008 0000 6162"_hex),
      ipv4(132, "0001 0002 0a0b0c0d 00000000 06 00 0004"_hex),
      ipv4(1, "08 00 0000 1234 0001 6162"_hex),
      ipv4(1, join("03 03 0000 00000000"_hex, ipv4(6, tcp))),
      ipv6(58, join("01 04 0000 00000000"_hex, ipv6(60, join("11 00 0104 00000000"_hex, dns)))),
      ipv6(0, join("3c 00 0502 0000 0100 2b 00 0104 00000000 33 00 0000 00000000"
                   "11 01 0000 00000001 00000001"_hex,
                   dns)),
      ipv6(44, join("11 00 0001 0000beef"_hex, dns)),
      ipv4(51, join("11 04 0000 00000001 00000001 000000000000000000000000"_hex, dns)),
      join("4600001c 0001 0000 01 02 0000 0a000001 e0000016 94040000 22000000"_hex),
  };
}

inline std::vector<Octets> tunnel_samples() {
  using namespace literals;
  const Octets inner = ipv4(17, udp_datagram(53, "61"_hex));
  const Octets frame = ethernet(0x0800, inner);
  return {
      ipv4(4, inner),
      ipv6(4, inner),
      ipv4(41, ipv6(17, udp_datagram(53, "61"_hex))),
      ipv4(47, join("b000 0800 00000000 00000064 00000001"_hex, inner)),
      ipv4(47, join("2000 6558 00006401"_hex, frame)),
      ipv4(47, join("1000 88be 00000001 1064 0064 00000000"_hex, frame)),
      ipv4(47, join("1000 22eb 00000001 2064 0064 00000000 00000001 0000000000000000"_hex, frame)),
      ipv4(17, udp_datagram(4789, join("08000000 00006400"_hex, frame))),
      ipv4(17, udp_datagram(6081, join("0100 6558 00006400 00000000"_hex, frame))),
      ipv4(17, udp_datagram(2152, join("34 ff 0025 00000064 0000 00 85 01 0000 00"_hex, inner))),
  };
}

inline std::vector<Sample> frame_samples() {
  using namespace literals;
  std::vector<Sample> samples;
  auto packets = transport_samples();
  for (auto& packet : tunnel_samples()) packets.push_back(packet);
  for (const Octets& packet : packets) {
    const bool v6 = packet[0] >> 4U == 6;
    samples.push_back({LinkType::raw, packet});
    samples.push_back({LinkType::ethernet, ethernet(v6 ? 0x86dd : 0x0800, packet)});
  }
  const Octets& packet = packets.front();
  const Bytes ethernet_headers[] = {
      "020000000001 020000000002 8100 0064 0800"_hex,
      "020000000001 020000000002 88a8 0064 8100 00c8 0800"_hex,
      "020000000001 020000000002 8847 00010040 00064140"_hex,
      "020000000001 020000000002 8847 00064140 00000000 0a0000000001 0a0000000002 0800"_hex,
      "020000000001 020000000002 8864 1100 0007 0039 0021"_hex,
      "020000000001 020000000002 003f aaaa03 000000 0800"_hex,
      "020000000001 020000000002 0806"_hex,
  };
  for (const Bytes header : ethernet_headers) {
    samples.push_back({LinkType::ethernet, join(header, packet)});
  }
  samples.push_back({LinkType::null, join("02000000"_hex, packet)});
  samples.push_back(
      {LinkType::linux_sll, join("0000 0001 0006 020000000002 0000 0800"_hex, packet)});
  samples.push_back(
      {LinkType::linux_sll2, join("0800 0000 00000001 0001 00 06 020000000002 0000"_hex, packet)});
  samples.push_back({LinkType::ppp, join("ff03 0021"_hex, packet)});
  samples.push_back({LinkType::ppp_hdlc, join("0f00 0800"_hex, packet)});
  samples.push_back(
      {LinkType::nflog, join("02 00 0000 0600 0a00 61 00 0000 3b00 0900"_hex, packet)});
  samples.push_back({LinkType::ieee80211_radiotap,
                     join("00 00 0900 00000000 00"
                          "8803 0000 000000000001 000000000002 000000000003 0000 000000000004 0000"
                          "aaaa03 000000 0800"_hex,
                          packet)});
  return samples;
}

}  // namespace ntan::test

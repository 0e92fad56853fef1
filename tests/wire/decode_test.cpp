#include <cstdint>
#include <random>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"
#include "tests/wire/frame_samples.h"
#include "tests/wire/invariants.h"
#include "wire/decoded.h"

namespace {

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

constexpr Bytes ethernet_ipv4 = "020000000001 020000000002 0800"_hex;
constexpr Bytes ethernet_ipv6 = "020000000001 020000000002 86dd"_hex;
constexpr Bytes tcp_in_ipv4 =
    "45000037 1234 4000 40 06 148b 0a000001 0a000002"
    "04d2 0050 01020304 05060708 8018 2000 0000 0000 0101080a0000000100000002"
    "616263"_hex;
constexpr Bytes udp_in_ipv6 =
    "60000000 000b 11 3f 20010db8000000000000000000000001 20010db8000000000000000000000002"
    "d903 0035 000b 0000 646e73"_hex;

}  // namespace

TEST_CASE("decode: TCP in IPv4 in Ethernet") {
  const DecodedFrame frame = decode_frame(join(ethernet_ipv4, tcp_in_ipv4));
  const Decoded& d = frame.decoded;
  CHECK(d.bucket == Bucket::flow);
  CHECK(d.flaw_layer == Layer::none);
  CHECK(to_string(d.src) == "10.0.0.1");
  CHECK(to_string(d.dst) == "10.0.0.2");
  CHECK(d.proto == ip_protocol::tcp);
  CHECK(d.src_port == 1234);
  CHECK(d.dst_port == 80);
  CHECK(d.ttl == 64);
  CHECK(d.ip_id == 0x1234);
  CHECK(d.seq == 0x01020304);
  CHECK(d.ack == 0x05060708);
  CHECK(d.tcp_flags == (tcp_flag::ack | tcp_flag::psh));
  CHECK(d.window == 0x2000);
  CHECK(d.options_size == 12);
  CHECK(d.l3_size == 55);
  CHECK(d.payload_size == 3);
  CHECK(as_text(d.payload_bytes()) == "abc");
  CHECK_FALSE(d.payload_cut);
  CHECK_FALSE(d.checksum_bad);
  CHECK_FALSE(d.fragmented);
  REQUIRE(frame.extra.has_mac);
  CHECK(to_string(frame.extra.src_mac) == "02:00:00:00:00:02");
  CHECK(to_string(frame.extra.dst_mac) == "02:00:00:00:00:01");
}

TEST_CASE("decode: UDP in IPv6 in Ethernet") {
  const DecodedFrame frame = decode_frame(join(ethernet_ipv6, udp_in_ipv6));
  const Decoded& d = frame.decoded;
  CHECK(d.bucket == Bucket::flow);
  CHECK(to_string(d.src) == "2001:db8::1");
  CHECK(to_string(d.dst) == "2001:db8::2");
  CHECK(d.proto == ip_protocol::udp);
  CHECK(d.src_port == 55555);
  CHECK(d.dst_port == 53);
  CHECK(d.ttl == 63);
  CHECK(d.l3_size == 51);
  CHECK(as_text(d.payload_bytes()) == "dns");
}

TEST_CASE("decode: padding behind the datagram is no payload") {
  const DecodedFrame frame = decode_frame(join(ethernet_ipv6, udp_in_ipv6, "0000000000"_hex));
  CHECK(frame.decoded.payload_size == 3);
  CHECK(frame.decoded.flaw_layer == Layer::none);
}

TEST_CASE("decode: a payload cut by the snaplen is no flaw") {
  const DecodedFrame frame = decode_frame(join(ethernet_ipv4, tcp_in_ipv4), {.captured = 67});
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.flaw_layer == Layer::none);
  CHECK(frame.decoded.payload_cut);
  CHECK(frame.decoded.payload_size == 3);
  CHECK(frame.decoded.payload_captured == 1);
}

TEST_CASE("decode: a header cut by the snaplen behind its ports still belongs to a flow") {
  const DecodedFrame frame =
      decode_frame(join(ethernet_ipv4, tcp_in_ipv4), {.captured = 14 + 20 + 4});
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.src_port == 1234);
  CHECK(frame.decoded.dst_port == 80);
  CHECK(frame.decoded.tcp_flags == 0);
  CHECK(frame.decoded.ports_only);
  CHECK(frame.decoded.flaw_layer == Layer::tcp);
  CHECK(frame.decoded.flaw == Flaw::truncated);
}

TEST_CASE("decode: a header cut by the snaplen within its ports is undecodable") {
  const DecodedFrame frame =
      decode_frame(join(ethernet_ipv4, tcp_in_ipv4), {.captured = 14 + 20 + 3});
  CHECK(frame.decoded.bucket == Bucket::undecodable);
  CHECK(frame.decoded.flaw_layer == Layer::tcp);
  CHECK(frame.decoded.flaw == Flaw::truncated);
}

TEST_CASE("decode: an unknown link type is counted as such") {
  const DecodedFrame frame = decode_frame("010203"_hex, {.link = LinkType{999}});
  CHECK(frame.decoded.bucket == Bucket::unknown_link);
}

TEST_CASE("decode: every sample is a packet") {
  for (const auto& [link, octets] : frame_samples()) {
    CAPTURE(to_text(link), octets.size());
    const Bucket bucket = decode_frame(octets, {.link = link}).decoded.bucket;
    const bool is_arp = link == LinkType::ethernet && octets[12] == 0x08 && octets[13] == 0x06;
    CHECK((is_arp || bucket == Bucket::flow || bucket == Bucket::fragment ||
           bucket == Bucket::icmp_error));
  }
}

TEST_CASE("decode: every prefix of every sample is sound, cut or sent so") {
  for (const auto& [link, octets] : frame_samples()) {
    for (std::size_t size = 0; size <= octets.size(); ++size) {
      CAPTURE(to_text(link), octets.size(), size);
      const DecodedFrame cut = decode_frame(octets, {.link = link, .captured = size});
      REQUIRE(is_sound(cut.packet.data, cut.decoded, cut.extra));
      REQUIRE(agrees_with_walk(cut.packet, {}, cut.decoded, cut.extra));
      // What was only not captured is never the sender's fault.
      const bool blames_sender =
          cut.decoded.flaw_layer != Layer::none && cut.decoded.flaw != Flaw::truncated;
      REQUIRE_FALSE((size < octets.size() && blames_sender));
      const DecodedFrame sent = decode_frame(Bytes{octets}.first(size), {.link = link});
      REQUIRE(is_sound(sent.packet.data, sent.decoded, sent.extra));
      REQUIRE(agrees_with_walk(sent.packet, {}, sent.decoded, sent.extra));
      REQUIRE_FALSE(
          (sent.decoded.flaw_layer != Layer::none && sent.decoded.flaw == Flaw::truncated));
    }
  }
}

TEST_CASE("decode: samples with octets changed are sound, and the short cut agrees with the walk") {
  std::mt19937 random(1);
  const auto samples = frame_samples();
  for (int round = 0; round < 20000; ++round) {
    auto [link, octets] = samples[random() % samples.size()];
    for (auto changes = random() % 4; changes > 0; --changes) {
      octets[random() % octets.size()] = static_cast<std::uint8_t>(random());
    }
    const std::size_t captured = random() % 4 == 0 ? random() % octets.size() : octets.size();
    const DecodeOptions options{.verify_checksums = random() % 2 == 0};
    const DecodedFrame frame = decode_frame(
        octets, {.link = link, .captured = captured, .verify_checksums = options.verify_checksums});
    CAPTURE(round);
    REQUIRE(is_sound(frame.packet.data, frame.decoded, frame.extra));
    REQUIRE(agrees_with_walk(frame.packet, options, frame.decoded, frame.extra));
  }
}

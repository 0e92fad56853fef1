#include "wire/ipv4.h"

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

using namespace ntan;
using namespace ntan::test;
using namespace ntan::wire;

namespace {

DecodedFrame raw(Bytes packet, std::size_t captured = SIZE_MAX) {
  return decode_frame(packet, {.link = LinkType::raw, .captured = captured});
}

}  // namespace

TEST_CASE("ipv4: header lengths that contradict the packet are bad_length") {
  struct Case {
    const char* name;
    Bytes packet;
  };
  const Case cases[] = {
      {"IHL below 5", "44000018 0001 0000 40 11 0000 0a000001 0a000002 00010002"_hex},
      {"IHL past the datagram", "46000017 0001 0000 40 11 0000 0a000001 0a000002 00010002"_hex},
      {"IHL past the frame", "4f000018 0001 0000 40 11 0000 0a000001 0a000002 00010002"_hex},
      {"total length below the header", "45000013 0001 0000 40 11 0000 0a000001 0a000002"_hex},
      {"a frame of 19 octets", "45000014 0001 0000 40 11 0000 0a000001 0a0000"_hex},
  };
  for (const auto& [name, packet] : cases) {
    CAPTURE(name);
    const DecodedFrame frame = raw(packet);
    CHECK(frame.decoded.bucket == Bucket::undecodable);
    CHECK(frame.decoded.flaw_layer == Layer::ipv4);
    CHECK(frame.decoded.flaw == Flaw::bad_length);
  }
}

TEST_CASE("ipv4: a header cut by the snaplen is truncated") {
  const auto packet = ipv4(17, "0001 0002 0008 0000"_hex);
  const DecodedFrame frame = raw(packet, 19);
  CHECK(frame.decoded.bucket == Bucket::undecodable);
  CHECK(frame.decoded.flaw == Flaw::truncated);
}

TEST_CASE("ipv4: a total length past the frame is cut to it and named") {
  auto packet = ipv4(17, "0001 0002 000a 0000 6162"_hex);
  put_be16(packet, 2, 31);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.flaw_layer == Layer::ipv4);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
  CHECK(frame.decoded.l3_size == 30);
  CHECK(frame.decoded.payload_size == 2);
}

TEST_CASE("ipv4: a total length of zero is segmentation offload and takes the whole frame") {
  auto packet = ipv4(6, "0001 0002 00000001 00000002 5010 0001 0000 0000 616263"_hex);
  put_be16(packet, 2, 0);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.flaw_layer == Layer::none);
  CHECK(frame.decoded.l3_size == 43);
  CHECK(frame.decoded.payload_size == 3);
  CHECK_FALSE(frame.decoded.checksum_bad);
}

TEST_CASE("ipv4: a frame of 64 KiB and its header is one packet") {
  Octets segment = join("0001 0002 00000001 00000002 5010 0001 0000 0000"_hex);
  segment.resize(66000);
  auto packet = ipv4(6, segment);
  put_be16(packet, 2, 0);
  CHECK(raw(packet).decoded.payload_size == 66000 - 20);
}

TEST_CASE("ipv4: a bad header checksum is noted and costs nothing else") {
  auto packet = ipv4(17, "0001 0002 0008 0000"_hex);
  packet[10] ^= 1U;
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.checksum_bad);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.flaw_layer == Layer::none);
}

TEST_CASE("ipv4: options are skipped") {
  const DecodedFrame frame =
      raw("4600001c 0001 0000 01 02 0000 0a000001 e0000016 94040000 22000000"_hex);
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == ip_protocol::igmp);
  CHECK(frame.decoded.payload_size == 4);
  CHECK(frame.decoded.src_port == 0);
}

TEST_CASE("ipv4: a source route that is not finished keeps the checksum unverified") {
  struct Case {
    Bytes options;
    bool verified;
  };
  const auto c = GENERATE(values<Case>({
      {"83 07 04 0a000063 00"_hex, false},  // loose, behind its first address
      {"01 89 07 04 0a000063"_hex, false},  // strict, behind a no-operation
      {"9404 0000 | 83 07 04 0a000063 00"_hex, false},
      {"83 07 08 0a000063 00"_hex, true},  // all of it was followed
      {"07 07 04 0a000063 00"_hex, true},  // a recorded route leads nowhere
      {"00 83 07 04 0a000063"_hex, true},  // behind the end of the list
      {"83 0b 04 0a000063 00"_hex, true},  // longer than the header
      {"83 01 04 0a000063 00"_hex, true},  // shorter than its own head
      {"01 01 01 83"_hex, true},
      {"01 01 83 02"_hex, true},
  }));
  // Neither sum is right: TCP's and UDP's have the final address in theirs, ICMP's have none.
  const auto bad = [&](std::uint8_t proto, Bytes payload) {
    Octets packet = join(Bytes{ipv4(proto, {})}.first(20), c.options, payload);
    packet[0] = static_cast<std::uint8_t>(0x45U + c.options.size() / 4);
    put_be16(packet, 2, packet.size());
    put_be16(packet, 10, 0);
    put_be16(packet, 10, wire::internet_checksum(Bytes{packet}.first(20 + c.options.size())));
    return decode_frame(packet, {.link = LinkType::raw, .verify_checksums = true})
        .decoded.checksum_bad;
  };
  CHECK(bad(17, "0001 0002 0009 1234 61"_hex) == c.verified);
  CHECK(bad(1, "08 00 1234 0001 0001"_hex));
}

TEST_CASE("ipv4: a fragment waits with its place and payload") {
  auto packet = ipv4(17, "6162636465666768"_hex);
  put_be16(packet, 4, 0xbeef);
  put_be16(packet, 6, 0x2000 | 185);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.bucket == Bucket::fragment);
  CHECK(frame.decoded.fragmented);
  CHECK(frame.decoded.proto == ip_protocol::udp);
  CHECK(frame.decoded.ip_id == 0xbeef);
  CHECK(frame.extra.fragment_offset == 1480);
  CHECK(frame.extra.more_fragments);
  CHECK(as_text(frame.decoded.payload_bytes()) == "abcdefgh");
}

TEST_CASE("ipv4: do-not-fragment is no fragment") {
  auto packet = ipv4(17, "0001 0002 0008 0000"_hex);
  put_be16(packet, 6, 0x4000);
  CHECK(raw(packet).decoded.bucket == Bucket::flow);
}

TEST_CASE("ipv4: an authentication header is passed") {
  const auto packet =
      ipv4(51, "11 04 0000 00000001 00000001 000000000000000000000000 0001 0002 0009 0000 61"_hex);
  const DecodedFrame frame = raw(packet);
  CHECK(frame.decoded.proto == ip_protocol::udp);
  CHECK(frame.decoded.dst_port == 2);
  CHECK(as_text(frame.decoded.payload_bytes()) == "a");
}

TEST_CASE("ipv4: an authentication header past the packet leaves a flow of its own protocol") {
  const DecodedFrame frame = raw(ipv4(51, "11 ff 0000 00000001"_hex));
  CHECK(frame.decoded.bucket == Bucket::flow);
  CHECK(frame.decoded.proto == ip_protocol::ah);
  CHECK(frame.decoded.flaw == Flaw::bad_length);
}

TEST_CASE("ipv4: a version that is not 4 is bad_value") {
  const DecodedFrame frame =
      decode_frame(ipv6(17, "0001 0002 0008 0000"_hex), {.link = LinkType::ipv4});
  CHECK(frame.decoded.bucket == Bucket::undecodable);
  CHECK(frame.decoded.flaw == Flaw::bad_value);
}

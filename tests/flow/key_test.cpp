#include "flow/key.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

namespace ntan::flow {
namespace {

using test::literals::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it

wire::Decoded packet(std::string_view src, std::uint16_t src_port, std::string_view dst,
                     std::uint16_t dst_port, std::uint8_t proto = ip_protocol::udp) {
  wire::Decoded decoded;
  decoded.src = *parse_address(src);
  decoded.dst = *parse_address(dst);
  decoded.src_port = src_port;
  decoded.dst_port = dst_port;
  decoded.proto = proto;
  decoded.bucket = wire::Bucket::flow;
  return decoded;
}

wire::Decoded reply_to(wire::Decoded decoded) {
  std::swap(decoded.src, decoded.dst);
  std::swap(decoded.src_port, decoded.dst_port);
  return decoded;
}

const wire::Decoded sample = packet("192.0.2.9", 40000, "198.51.100.1", 53);

}  // namespace

TEST_CASE("key: both directions have one key and opposite ends") {
  const auto decoded = GENERATE(values<wire::Decoded>({
      packet("192.0.2.9", 40000, "198.51.100.1", 53),
      packet("192.0.2.9", 40000, "192.0.2.9", 53),
      packet("192.0.2.9", 5353, "192.0.2.10", 5353),
      packet("2001:db8::1", 1, "2001:db8:0:0:1::", 2),
      packet("::1", 40000, "fe80::1", 443, ip_protocol::tcp),
      packet("10.0.0.1", 0, "10.0.0.2", 0, 89),
  }));
  const DirectedKey there = make_key(decoded, VlanUse::keep);
  const DirectedKey back = make_key(reply_to(decoded), VlanUse::keep);
  CHECK(there.key == back.key);
  CHECK(there.from_low != back.from_low);
  CHECK(hash(there.key, fixed_hash_key) == hash(back.key, fixed_hash_key));
}

TEST_CASE("key: what has equal ends comes from the lower one always") {
  const auto decoded = packet("192.0.2.9", 7, "192.0.2.9", 7);
  CHECK(make_key(decoded, VlanUse::keep).from_low);
  CHECK(make_key(reply_to(decoded), VlanUse::keep).from_low);
}

TEST_CASE("key: every part of the flow's identity tells flows apart") {
  const auto changed = [](auto change) {
    wire::Decoded decoded = sample;
    change(decoded);
    return make_key(decoded, VlanUse::keep).key.words;
  };
  std::set<std::array<std::uint64_t, 6>> keys{
      changed([](auto&) {}),
      changed([](auto& d) { d.src = *parse_address("192.0.2.8"); }),
      changed([](auto& d) { d.dst = *parse_address("198.51.100.2"); }),
      changed([](auto& d) { d.src_port = 40001; }),
      changed([](auto& d) { d.dst_port = 54; }),
      changed([](auto& d) { std::swap(d.src_port, d.dst_port); }),
      changed([](auto& d) { d.proto = ip_protocol::tcp; }),
      changed([](auto& d) { d.vlan = 1; }),
      changed([](auto& d) { d.vlan = 256; }),
      changed([](auto& d) { d.network = 1; }),
      changed([](auto& d) { d.src.version = d.dst.version = IpVersion::v6; }),
  };
  CHECK(keys.size() == 11);
}

TEST_CASE("key: VLANs are one network when they are to be ignored") {
  wire::Decoded tagged = sample;
  tagged.vlan = 100;
  CHECK(make_key(tagged, VlanUse::ignore).key == make_key(sample, VlanUse::ignore).key);
  CHECK(make_key(sample, VlanUse::ignore).key == make_key(sample, VlanUse::keep).key);
  tagged.network = std::uint64_t{200} << wire::network_bits;  // a second tag
  CHECK(make_key(tagged, VlanUse::ignore).key == make_key(sample, VlanUse::ignore).key);
  wire::Decoded other = tagged;
  other.network = std::uint64_t{300} << wire::network_bits;
  CHECK_FALSE(make_key(tagged, VlanUse::keep).key == make_key(other, VlanUse::keep).key);
}

TEST_CASE("key: all of DHCP is in one shard, and little else") {
  const auto shard = [](const wire::Decoded& decoded) {
    return shard_of(make_key(decoded, VlanUse::keep).key);
  };
  CHECK(shard(packet("0.0.0.0", 68, "255.255.255.255", 67)) == 0);
  CHECK(shard(packet("10.0.0.1", 67, "255.255.255.255", 68)) == 0);
  std::set<std::uint8_t> others;
  for (std::uint8_t i = 1; i < 64; ++i) {
    const std::string client = "10.0.0." + std::to_string(i);
    CHECK(shard(packet(client, 68, "10.0.1.1", 67)) == 0);
    CHECK(shard(packet(client, 67, "10.0.1.1", 67)) == 0);
    others.insert(shard(packet(client, 69, "10.0.1.1", 67)));
    others.insert(shard(packet(client, 68, "10.0.1.1", 66)));
    others.insert(shard(packet(client, 68, "10.0.1.1", 67, ip_protocol::tcp)));
  }
  CHECK(others.size() == 16);
}

TEST_CASE("key: what differs per direction or packet is no part of it") {
  wire::Decoded other = sample;
  other.ttl = 9;
  other.tcp_flags = 0xff;
  other.seq = 77;
  other.ip_id = 5;
  other.tunnel_depth = 1;
  CHECK(make_key(other, VlanUse::keep).key == make_key(sample, VlanUse::keep).key);
}

TEST_CASE("key: its ends are those of the packet") {
  wire::Decoded decoded = GENERATE(values<wire::Decoded>({
      packet("192.0.2.9", 40000, "198.51.100.1", 53),
      packet("2001:db8::2", 1, "2001:db8::1", 65535, ip_protocol::tcp),
  }));
  const auto [key, from_low] = make_key(decoded, VlanUse::keep);
  CHECK((from_low ? key.low() : key.high()) == decoded.src);
  CHECK((from_low ? key.high() : key.low()) == decoded.dst);
  CHECK((from_low ? key.low_port() : key.high_port()) == decoded.src_port);
  CHECK((from_low ? key.high_port() : key.low_port()) == decoded.dst_port);
  CHECK(key.low() <= key.high());
}

TEST_CASE("key: a packet and the ICMP error that quotes it meet") {
  // UDP and an echo request of 192.0.2.1 to 198.51.100.1; the error comes from a router.
  struct Case {
    std::uint8_t proto;
    Bytes transport;
  };
  const auto c = GENERATE(values<Case>({{ip_protocol::udp, "d903 0035 0008 0000"_hex},
                                        {ip_protocol::icmp, "0800 0000 1234 0001"_hex}}));
  const std::uint8_t proto[]{c.proto};  // NOLINT(*-c-arrays)
  const auto datagram = test::join("4500001c 1234 4000 40"_hex, Bytes{proto},
                                   "0000 c0000201 c6336401"_hex, c.transport);
  const auto original = test::decode_frame(datagram, {.link = LinkType::raw});
  REQUIRE(original.decoded.bucket == wire::Bucket::flow);
  const auto error = test::decode_frame(
      test::ipv4(ip_protocol::icmp, test::join("0303 0000 00000000"_hex, datagram)),
      {.link = LinkType::raw});
  REQUIRE(error.decoded.bucket == wire::Bucket::icmp_error);
  wire::Decoded seen = original.decoded;
  wire::Decoded telling = error.decoded;
  seen.vlan = telling.vlan = 7;
  seen.network = telling.network = 8;
  const DirectedKey direct = make_key(seen, VlanUse::keep);
  const DirectedKey quoted = quoted_key(telling, error.extra, VlanUse::keep);
  CHECK(direct.key == quoted.key);
  CHECK(direct.from_low == quoted.from_low);
  CHECK(quoted_key(telling, error.extra, VlanUse::ignore).key ==
        make_key(seen, VlanUse::ignore).key);
  telling.network = 0;
  CHECK_FALSE(quoted_key(telling, error.extra, VlanUse::keep).key == direct.key);
}

}  // namespace ntan::flow

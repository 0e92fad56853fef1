#include "app/quic_crypto.h"

#include <catch2/catch.hpp>

#include "app/quic_packet.h"
#include "tests/app/quic_bytes.h"

namespace ntan::app {
namespace {

using namespace test;            // NOLINT(*-using-namespace)
using namespace test::literals;  // NOLINT(*-using-namespace)

const Bytes connection_id = "8394c8f03e515708"_hex;  // RFC 9001 A, RFC 9369 A

bool same(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

void check_keys(std::uint32_t version, QuicSide side, Bytes key, Bytes iv, Bytes header) {
  const auto keys = derive_quic_keys(version, side, connection_id);
  REQUIRE(keys);
  CHECK(same(keys->key, key));
  CHECK(same(keys->iv, iv));
  CHECK(same(keys->header, header));
}

// RFC 9001 A.3, the server's Initial.
const Bytes server_packet =
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780b"
    "b38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb1"
    "9fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"_hex;
const Bytes server_frames =
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a12"
    "00130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a00"
    "2b00020304"_hex;

std::optional<Bytes> open(Bytes packet, Octets& room, std::uint32_t version = quic_version::v1) {
  Reader datagram{packet};
  const auto parsed = take_quic_packet(datagram);
  const auto keys = derive_quic_keys(version, QuicSide::server, connection_id);
  if (!parsed || !keys) return std::nullopt;
  room.resize(parsed->octets.size());
  return open_quic_packet(*keys, parsed->octets, parsed->number_offset, room);
}

}  // namespace

TEST_CASE("quic: the keys of both versions are those of the RFCs") {
  check_keys(quic_version::v1, QuicSide::client, "1f369613dd76d5467730efcbe3b1a22d"_hex,
             "fa044b2f42a3fd3b46fb255c"_hex, "9f50449e04a0e810283a1e9933adedd2"_hex);
  check_keys(quic_version::v1, QuicSide::server, "cf3a5331653c364c88f0f379b6067e37"_hex,
             "0ac1493ca1905853b0bba03e"_hex, "c206b8d9b9f0f37644430b490eeaa314"_hex);
  check_keys(quic_version::v2, QuicSide::client, "8b1a0bc121284290a29e0971b5cd045d"_hex,
             "91f73e2351d8fa91660e909f"_hex, "45b95e15235d6f45a6b19cbcb0294ba9"_hex);
  check_keys(quic_version::v2, QuicSide::server, "82db637861d55e1d011f19ea71d5d2a7"_hex,
             "dd13c276499c0249d3310652"_hex, "edf6d05c83121201b436e16877593c3a"_hex);
}

TEST_CASE("quic: drafts have keys of their own, versions that are not read none") {
  const auto key = [](std::uint32_t version) {
    const auto keys = derive_quic_keys(version, QuicSide::client, connection_id);
    return keys ? Octets(keys->key.begin(), keys->key.end()) : Octets{};
  };
  CHECK(key(0xff00001b) == key(0xff00001c));
  CHECK(key(0xff00001c) != key(0xff00001d));
  CHECK(key(0xff00001d) == key(0xff000020));
  CHECK(key(0xff000020) != key(0xff000021));
  CHECK(key(0xff000021) == key(quic_version::v1));
  CHECK(key(0x1a2a3a4a).empty());
  CHECK(key(0xff000016).empty());
}

TEST_CASE("quic: the packet of the RFC opens") {
  Octets room;
  const auto frames = open(server_packet, room);
  REQUIRE(frames);
  CHECK(same(*frames, server_frames));
}

TEST_CASE("quic: a packet of which any octet is another does not open") {
  for (std::size_t i = 0; i < server_packet.size(); ++i) {
    Octets packet(server_packet.begin(), server_packet.end());
    packet[i] ^= 0x10U;
    Octets room;
    CHECK_FALSE(open(packet, room));
  }
  Octets room;
  CHECK_FALSE(open(server_packet, room, quic_version::v2));
}

TEST_CASE("quic: a packet too short for sample and tag does not open") {
  const auto keys = derive_quic_keys(quic_version::v1, QuicSide::server, connection_id);
  REQUIRE(keys);
  for (std::size_t size = 0; size < 48; ++size) {
    Octets room(size);
    CHECK_FALSE(open_quic_packet(*keys, server_packet.first(size), 18, room));
  }
}

}  // namespace ntan::app

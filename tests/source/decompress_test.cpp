#include "source/decompress.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/support/capture.h"

namespace ntan {
namespace {

using test::join;
using test::read_capture;
using namespace test::literals;

using Octets = std::vector<std::uint8_t>;
using Pack = Octets (*)(Bytes);

Octets gzip(Bytes plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Octets packed(deflateBound(&stream, plain.size()) + 64);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

Octets zstd(Bytes plain) {
  Octets packed(ZSTD_compressBound(plain.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
  return packed;
}

Octets lz4(Bytes plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Octets packed(LZ4F_compressFrameBound(plain.size(), &preferences));
  packed.resize(
      LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

/// 300 KB, so that zstd and lz4 need several blocks; hard to pack, so that blocks stay long.
Octets capture() {
  const Bytes header = "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"_hex;
  Octets file{header.begin(), header.end()};
  std::uint32_t noise = 1;
  for (std::uint32_t i = 0; i < 300; ++i) {
    Octets data(1000);
    for (auto& octet : data) {
      noise = noise * 1'664'525 + 1'013'904'223;
      octet = static_cast<std::uint8_t>(noise >> 24U);
    }
    file = join(file, test::le32(i), test::le32(0), test::le32(1000), test::le32(1000), data);
  }
  return file;
}

const Pack packs[] = {gzip, zstd, lz4};  // NOLINT(*-avoid-c-arrays)

TEST_CASE("decompress: packed captures read as plain ones") {
  const auto pack = GENERATE(from_range(std::begin(packs), std::end(packs)));
  const Octets plain = capture();
  const auto expected = read_capture(plain);
  REQUIRE(expected.packets.size() == 300);
  const Octets packed = pack(plain);
  CHECK(read_capture(packed).packets == expected.packets);
  CHECK(read_capture(packed, {.piece = 7, .buffer = 50}).packets == expected.packets);
  CHECK_FALSE(read_capture(packed).damage);
}

TEST_CASE("decompress: members that follow one another are one input") {
  const auto pack = GENERATE(from_range(std::begin(packs), std::end(packs)));
  const Octets plain = capture();
  const Octets packed = join(pack(Bytes{plain}.first(10)), pack(Bytes{plain}.subspan(10, 99'000)),
                             pack({}), pack(Bytes{plain}.subspan(99'010)));
  const auto file = read_capture(packed);
  CHECK(file.packets == read_capture(plain).packets);
  CHECK_FALSE(file.damage);
}

TEST_CASE("decompress: a cut input gives whole packets, then damage") {
  const auto pack = GENERATE(from_range(std::begin(packs), std::end(packs)));
  const Octets plain = capture();
  const Octets packed = pack(plain);
  const auto whole = read_capture(plain);
  std::size_t most = 0;
  for (std::size_t size = 150'000; size < packed.size(); size += 9'973) {
    INFO(size);
    const auto file = read_capture(Bytes{packed}.first(size));
    REQUIRE(file.damage);
    CHECK(file.damage->kind == source::Damage::Kind::truncated);
    REQUIRE(file.packets.size() < whole.packets.size());
    CHECK(std::equal(file.packets.begin(), file.packets.end(), whole.packets.begin()));
    most = std::max(most, file.packets.size());
  }
  CHECK(most >= 250);  // all blocks but the last
}

TEST_CASE("decompress: garbage behind a member is damage after all its packets") {
  const auto pack = GENERATE(from_range(std::begin(packs), std::end(packs)));
  const Octets plain = capture();
  const auto file = read_capture(join(pack(plain), "6a 75 6e 6b 6a 75 6e 6b"_hex));
  CHECK(file.packets.size() == 300);
  REQUIRE(file.damage);
  CHECK(file.damage->kind == source::Damage::Kind::corrupt);
}

TEST_CASE("decompress: zeros behind a gzip member are padding") {
  const auto file = read_capture(join(gzip(capture()), Octets(1000)));
  CHECK(file.packets.size() == 300);
  CHECK_FALSE(file.damage);
}

TEST_CASE("decompress: a broken block costs nothing that lies before it") {
  const Octets plain = capture();
  Octets packed = lz4(plain);
  packed[packed.size() - 5] ^= 0x7f;  // the end mark becomes an impossible block size
  const auto file = read_capture(packed);
  REQUIRE(file.damage);
  INFO(file.damage->text);
  CHECK(file.packets.size() == 300);
}

TEST_CASE("decompress: every single-octet change neither crashes nor hangs") {
  const auto pack = GENERATE(from_range(std::begin(packs), std::end(packs)));
  const Octets plain = capture();
  const Octets packed = pack(Bytes{plain}.first(2'000));
  for (std::size_t at = 4; at < packed.size(); at += 3) {
    Octets bad = packed;
    bad[at] ^= 0x41;
    try {
      const auto file = read_capture(bad);
      CHECK(file.packets.size() <= 2);
    } catch (const source::Error& error) {
      CHECK(error.kind() == source::Error::Kind::not_a_capture);
    }
  }
}

TEST_CASE("decompress: frames to be passed over are of zstd and lz4, whichever follows") {
  const auto pack = GENERATE(zstd, lz4);
  const Octets plain = capture();
  Octets longer = join("5f2a4d18 70110100"_hex, Octets(70'000, 0x28));
  const Octets packed = join("502a4d18 04000000 04224d18 | 512a4d18 00000000"_hex, longer,
                             pack(plain), "502a4d18 00000000"_hex);
  for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{3}}) {
    const auto file = read_capture(packed, {.piece = piece, .buffer = 50});
    CHECK(file.packets.size() == 300);
    CHECK_FALSE(file.damage);
  }
  CHECK_THROWS_WITH(read_capture(longer), "x is empty (0 bytes)");
  CHECK_THROWS_WITH(read_capture(Bytes{longer}.first(1'000)), "x: zstd data cut off");
  CHECK_THROWS_WITH(read_capture(Bytes{longer}.first(6)), "x: zstd data cut off");
  CHECK_THROWS_WITH(read_capture(join(longer, plain)), Catch::StartsWith("x: zstd data corrupt"));
}

TEST_CASE("decompress: packed twice is no capture") {
  CHECK_THROWS_WITH(read_capture(gzip(gzip(capture()))),
                    "x is not pcap or pcapng (it is gzip inside another packing)");
}

TEST_CASE("decompress: an empty packed file is said to be empty") {
  CHECK_THROWS_WITH(read_capture(gzip({})), "x is empty (0 bytes)");
}

}  // namespace
}  // namespace ntan

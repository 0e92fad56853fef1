#include "wire/checksum.h"

#include <cstdint>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/bytes.h"
#include "tests/wire/frame.h"

namespace {

using namespace ntan;
using namespace ntan::test;

/// RFC 1071 word by word.
std::uint16_t naive_checksum(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

TEST_CASE("checksum: the example of RFC 1071") {
  CHECK(wire::internet_checksum("00 01 f2 03 f4 f5 f6 f7"_hex) == 0x220d);
}

TEST_CASE("checksum: any length agrees with a sum word by word") {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    Octets data(size);
    for (auto& octet : data) octet = static_cast<std::uint8_t>(random());
    CHECK(wire::internet_checksum(data) == naive_checksum(data));
  }
  const Octets ones(65535, 0xff);
  CHECK(wire::internet_checksum(ones) == naive_checksum(ones));
}

TEST_CASE(
    "checksum: a header of any length is good with its checksum and bad with one bit changed") {
  std::mt19937 random(2);
  for (std::size_t size = 20; size <= 60; size += 4) {
    Octets header(size);
    for (auto& octet : header) octet = static_cast<std::uint8_t>(random());
    put_be16(header, 10, 0);
    put_be16(header, 10, naive_checksum(header));
    CHECK(wire::header_checksum_good(header));
    if (size == 20) CHECK(wire::header_checksum_good(Bytes{header}.first<20>()));
    header[random() % size] ^= 0x10U;
    CHECK_FALSE(wire::header_checksum_good(header));
    if (size == 20) CHECK_FALSE(wire::header_checksum_good(Bytes{header}.first<20>()));
  }
}

TEST_CASE("checksum: TCP, UDP and ICMP are verified only when asked for") {
  struct Case {
    const char* name;
    Octets frame;
    std::size_t field;  ///< where the checksum stands
  };
  const Bytes tcp = "04d2 0050 01020304 05060708 5018 2000 7b7e 0000 616263"_hex;
  const Bytes udp = "04d2 0035 000b 6f7e 616263"_hex;
  const Bytes icmp = "08 00 3494 0001 0001 6162 63"_hex;
  std::vector<Case> cases{
      {"tcp", ethernet(0x0800, ipv4(6, tcp)), 34 + 16},
      {"udp", ethernet(0x0800, ipv4(17, udp)), 34 + 6},
      {"icmp", ethernet(0x0800, ipv4(1, icmp)), 34 + 2},
      {"tcp6", ethernet(0x86dd, ipv6(6, tcp)), 54 + 16},
      {"udp6", ethernet(0x86dd, ipv6(17, udp)), 54 + 6},
      {"icmp6", ethernet(0x86dd, ipv6(58, icmp)), 54 + 2},
  };
  for (auto& [name, frame, field] : cases) {
    CAPTURE(name);
    const bool v6 = frame[12] == 0x86;
    const std::size_t start = v6 ? 54 : 34;
    const std::uint8_t proto = frame[v6 ? 20 : 23];
    // The field by the pseudo header octet for octet.
    put_be16(frame, field, 0);
    Octets summed;
    if (proto != 1) {
      const Bytes addresses = Bytes{frame}.subspan(v6 ? 22 : 26, v6 ? 32 : 8);
      summed.assign(addresses.begin(), addresses.end());
      summed.resize(summed.size() + 2);
      put_be16(summed, summed.size() - 2, frame.size() - start);
      summed.push_back(0);
      summed.push_back(proto);
    }
    summed.insert(summed.end(), frame.begin() + static_cast<std::ptrdiff_t>(start), frame.end());
    put_be16(frame, field, naive_checksum(summed));
    CHECK_FALSE(decode_frame(frame, {.verify_checksums = true}).decoded.checksum_bad);

    frame[field] ^= 1U;
    const DecodedFrame bad = decode_frame(frame, {.verify_checksums = true});
    CHECK(bad.decoded.checksum_bad);
    CHECK(bad.decoded.bucket == wire::Bucket::flow);
    CHECK_FALSE(decode_frame(frame).decoded.checksum_bad);
    const DecodedFrame cut =
        decode_frame(frame, {.captured = frame.size() - 1, .verify_checksums = true});
    CHECK_FALSE(cut.decoded.checksum_bad);
  }
}

TEST_CASE("checksum: a UDP checksum of zero was not computed") {
  const auto frame = ethernet(0x0800, ipv4(17, "04d2 0035 000b 0000 616263"_hex));
  CHECK_FALSE(decode_frame(frame, {.verify_checksums = true}).decoded.checksum_bad);
}

TEST_CASE("checksum: UDP-Lite covers what its coverage field says") {
  // 0a00 0001 + 0a00 0002 + 88 + length 0c + header, coverage 8: the payload is not summed.
  Octets udp = join("04d2 0035 0008 0000 61626364"_hex);
  Octets summed = join("0a000001 0a000002 000c 0088"_hex, Bytes{udp}.first(8));
  put_be16(udp, 6, naive_checksum(summed));
  auto frame = ethernet(0x0800, ipv4(136, udp));
  CHECK_FALSE(decode_frame(frame, {.verify_checksums = true}).decoded.checksum_bad);
  frame.back() ^= 1U;
  CHECK_FALSE(decode_frame(frame, {.verify_checksums = true}).decoded.checksum_bad);
  frame[34] ^= 1U;
  CHECK(decode_frame(frame, {.verify_checksums = true}).decoded.checksum_bad);
}

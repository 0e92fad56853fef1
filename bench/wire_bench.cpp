// Cost of decode(): nanoseconds per packet over frames that are hot in the cache.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/packet.h"
#include "tests/support/bytes.h"
#include "wire/checksum.h"
#include "wire/decoded.h"

namespace {

using namespace ntan;
using namespace ntan::test;

using Octets = std::vector<std::uint8_t>;

constexpr Bytes macs = "020000000001 020000000002"_hex;
constexpr Bytes type_ipv4 = "0800"_hex;
constexpr Bytes type_ipv6 = "86dd"_hex;
constexpr Bytes tcp_ipv4 =
    "45000037 1234 4000 40 06 148b 0a000001 0a000002"
    "04d2 0050 01020304 05060708 8018 2000 0000 0000 0101080a0000000100000002 616263"_hex;
constexpr Bytes udp_ipv4 =
    "4500001f 1234 4000 40 11 1498 0a000001 0a000002 d903 0035 000b 0000 646e73"_hex;
constexpr Bytes tcp_ipv6 =
    "60000000 0014 06 3f 20010db8000000000000000000000001 20010db8000000000000000000000002"
    "04d2 0050 01020304 05060708 5018 2000 0000 0000"_hex;
constexpr Bytes outer_vxlan =
    "45000000 1234 4000 40 11 1498 c0000201 c0000202 d903 12b5 0000 0000 0800000000007b00"_hex;

Octets vxlan_frame() {
  Octets frame = join(macs, type_ipv4, outer_vxlan, macs, type_ipv4, tcp_ipv4);
  const auto size = static_cast<std::uint8_t>(frame.size() - 14);
  frame[14 + 3] = size;
  frame[14 + 20 + 5] = static_cast<std::uint8_t>(size - 20);
  return frame;
}

Octets frame_of(int kind) {
  switch (kind) {
    case 0: return join(macs, type_ipv4, tcp_ipv4);
    case 1: return join(macs, type_ipv4, udp_ipv4);
    case 2: return join(macs, type_ipv6, tcp_ipv6);
    case 3: return join(macs, "8100 0064"_hex, type_ipv4, tcp_ipv4);
    default: return vxlan_frame();
  }
}

PacketView view_of(const Octets& frame) {
  PacketView packet;
  packet.data = frame;
  packet.wire_size = static_cast<std::uint32_t>(frame.size());
  return packet;
}

void decode_all(benchmark::State& state, const std::vector<Octets>& frames) {
  std::array<wire::Decoded, Batch::capacity> decoded;
  std::array<wire::Extra, Batch::capacity> extra;
  std::int64_t octets = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < Batch::capacity; ++i) {
      const Octets& frame = frames[next];
      next = next + 1 == frames.size() ? 0 : next + 1;
      octets += static_cast<std::int64_t>(frame.size());
      wire::decode(view_of(frame), {}, decoded[i], extra[i]);
    }
    benchmark::DoNotOptimize(decoded);
    benchmark::DoNotOptimize(extra);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Batch::capacity));
  state.SetBytesProcessed(octets);
}

/// One kind of frame: 0 TCP/IPv4, 1 UDP/IPv4, 2 TCP/IPv6, 3 VLAN, 4 VXLAN.
void decode_one_kind(benchmark::State& state) {
  decode_all(state, {frame_of(static_cast<int>(state.range(0)))});
}

/// 60 % TCP over IPv4, 20 % UDP, 15 % IPv6, 4 % VLAN, 1 % VXLAN in a fixed shuffled order.
void decode_mix(benchmark::State& state) {
  std::vector<Octets> frames;
  std::uint32_t random = 1;
  for (int i = 0; i < 1024; ++i) {
    random = random * 1664525U + 1013904223U;
    const auto percent = (random >> 16U) % 100;
    frames.push_back(frame_of(percent < 60   ? 0
                              : percent < 80 ? 1
                              : percent < 95 ? 2
                              : percent < 99 ? 3
                                             : 4));
  }
  decode_all(state, frames);
}

void checksum(benchmark::State& state) {
  const Octets data(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) {
    wire::ChecksumSum sum;
    sum.add(data);
    benchmark::DoNotOptimize(sum.good());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(decode_one_kind)->DenseRange(0, 4);
BENCHMARK(decode_mix);
BENCHMARK(checksum)->Arg(20)->Arg(1460)->Arg(65000);

}  // namespace

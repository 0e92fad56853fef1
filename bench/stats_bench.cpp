// Cost of the statistics: nanoseconds per packet, and per flow that is told of.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "stats/aggregator.h"
#include "stats/histogram.h"
#include "stats/rate.h"
#include "stats/space_saving.h"

namespace {

using namespace ntan;

constexpr std::size_t many = 4'096;  // inputs that are prepared; a power of two

/// A generator that gives the same numbers everywhere.
class Dice {
 public:
  std::uint64_t operator()() noexcept {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return state_ >> 20U;
  }

 private:
  std::uint64_t state_ = 1;
};

/// 60 % TCP, 30 % UDP, the rest ICMP and ARP.
std::vector<stats::PacketFacts> mixed_packets() {
  static constexpr std::string_view arp = "arp", ipv4 = "ipv4", ipv6 = "ipv6", tcp = "tcp",
                                    udp = "udp";
  Dice dice;
  std::vector<stats::PacketFacts> packets(many);
  for (auto& packet : packets) {
    const std::uint64_t draw = dice() % 10;
    packet = {.wire_bytes = 60 + static_cast<std::uint32_t>(dice() % 1'400),
              .captured_bytes = 60,
              .link = LinkType::ethernet,
              .network = draw == 9         ? &arp
                         : dice() % 4 == 0 ? &ipv6
                                           : &ipv4,
              .transport = draw < 6   ? &tcp
                           : draw < 9 ? &udp
                                      : nullptr};
  }
  return packets;
}

/// `gap`: ns between packets.
void packets_at(benchmark::State& state) {
  const std::vector<stats::PacketFacts> packets = mixed_packets();
  stats::Aggregator aggregator({});
  aggregator.start(from_ns(0));
  std::int64_t now = 0;
  std::size_t next = 0;
  std::int64_t octets = 0;
  for (auto _ : state) {
    stats::PacketFacts facts = packets[next++ % many];
    facts.clock = from_ns(now += state.range(0));
    octets += facts.wire_bytes;
    aggregator.on_packet(facts);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(octets);
}

void rate_at(benchmark::State& state) {
  stats::Rate rate;
  std::int64_t now = 0;
  for (auto _ : state) {
    rate.add({.clock = from_ns(now += state.range(0)), .wire_bytes = 362, .captured_bytes = 96});
    benchmark::DoNotOptimize(rate);
  }
  state.SetItemsProcessed(state.iterations());
}

void notes(benchmark::State& state) {
  Dice dice;
  stats::Aggregator aggregator({});
  aggregator.start(from_ns(0));
  for (auto _ : state) aggregator.on_note({event::Note::Kind::dns_rtt_us, dice() % 1'000'000});
  state.SetItemsProcessed(state.iterations());
}

/// Flows of `range` senders: up to 256 have a counter each, more fight for them.
void flows_of(benchmark::State& state) {
  Dice dice;
  const auto senders = static_cast<std::uint64_t>(state.range(0));
  stats::SpaceSaving talkers;
  std::array<std::uint8_t, 4> octets{};
  for (auto _ : state) {
    const std::uint64_t sender = dice() % senders;
    for (std::size_t i = 0; i < octets.size(); ++i)
      octets[i] = static_cast<std::uint8_t>(sender >> (8 * i));
    talkers.add(IpAddress::v4(octets.data()), 60 + dice() % 1'400, 1);
  }
  state.SetItemsProcessed(state.iterations());
}

void summary(benchmark::State& state) {
  const std::vector<stats::PacketFacts> packets = mixed_packets();
  stats::Aggregator aggregator({.every = std::chrono::seconds{1}});
  aggregator.start(from_ns(0));
  Dice dice;
  std::uint64_t told = 0;
  for (auto _ : state) {
    stats::PacketFacts facts = packets[told % many];
    facts.clock = from_ns(aggregator.next_due() - 1);
    aggregator.on_packet(facts);
    aggregator.on_note({event::Note::Kind::dns_rtt_us, dice() % 1'000'000});
    aggregator.close_window({}, [&told](const event::Event&) { ++told; });
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(packets_at)->Name("on_packet")->ArgName("gap_ns")->Arg(100)->Arg(10'000)->Arg(2'000'000);
BENCHMARK(rate_at)->Name("rate")->ArgName("gap_ns")->Arg(100)->Arg(10'000)->Arg(2'000'000);
BENCHMARK(notes)->Name("on_note");
BENCHMARK(flows_of)->Name("space_saving")->ArgName("senders")->Arg(200)->Arg(1'000)->Arg(1 << 24);
BENCHMARK(summary)->Name("close_window");

}  // namespace

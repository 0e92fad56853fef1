// Cost of the flow table: find and update, expiry, TCP state. The table's share of a packet's time
// grows with the number of flows, because its records no longer fit in the caches.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "flow/flow.h"
#include "flow/index.h"
#include "flow/slab.h"
#include "flow/tcp.h"
#include "flow/wheel.h"

namespace {

using namespace ntan;
using namespace ntan::flow;

constexpr std::size_t batch =
    16;  // packets whose buckets are fetched before the first is looked up
constexpr HashKey secret = HashKey::from_seed(1);

struct Packet {
  FlowKey key;
  std::uint32_t tag = 0;
};

Packet packet_of(std::uint32_t flow_number) {
  wire::Decoded decoded;
  decoded.proto = ip_protocol::tcp;
  decoded.src.version = decoded.dst.version = IpVersion::v4;
  for (std::size_t i = 0; i < 4; ++i)
    decoded.src.octets[i] = static_cast<std::uint8_t>(flow_number >> (8 * i));
  decoded.dst.octets[0] = 10;
  decoded.src_port = 40000;
  decoded.dst_port = 80;
  const FlowKey key = make_key(decoded, VlanUse::keep).key;
  return {key, static_cast<std::uint32_t>(hash(key, secret) >> 32U)};
}

/// Cheap numbers without order, so that neighbours in time are no neighbours in memory.
class Shuffle {
 public:
  std::uint32_t next(std::uint32_t bound) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>((state_ >> 32U) * bound >> 32U);
  }

 private:
  std::uint64_t state_ = 1;
};

class Table {
 public:
  explicit Table(std::uint32_t flows) : slab_(flows) {
    packets_.reserve(flows);
    for (std::uint32_t i = 0; i < flows; ++i) {
      const Packet& packet = packets_.emplace_back(packet_of(i));
      const Number number = slab_.create();
      slab_[number].key = packet.key;
      index_.insert(packet.tag, number);
    }
  }

  void prefetch_bucket(const Packet& packet) const noexcept { index_.prefetch(packet.tag); }
  void prefetch_record(const Packet& packet) const noexcept {
    const Number number = index_.candidate(packet.tag);
    if (number == 0) return;
    const auto* record = reinterpret_cast<const char*>(&slab_[number]);  // NOLINT(*-cast)
    for (std::size_t line = 0; line < 3; ++line) __builtin_prefetch(record + 64 * line);
  }
  void update(const Packet& packet, Timestamp now) noexcept {
    const Number number =
        index_.find(packet.tag, [&](Number at) { return slab_[at].key == packet.key; });
    Flow& flow = slab_[number];
    flow.last = now;
    Side& side = flow.sides[0];
    ++side.packets;
    side.wire_bytes += 1500;
    side.l3_bytes += 1480;
    side.payload_bytes += 1440;
  }
  [[nodiscard]] const Packet& packet(std::uint32_t flow) const noexcept { return packets_[flow]; }

 private:
  Slab<Flow> slab_;
  Index index_;
  std::vector<Packet> packets_;
};

enum class Fetch { on_demand, ahead };

template <Fetch fetch>
void find_and_update(benchmark::State& state) {
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  Table table(flows);
  Shuffle shuffle;
  std::array<Packet, batch> packets;
  std::int64_t ns = 0;
  for (auto _ : state) {
    // Packets arrive decoded: the copy stands for reading a key that is hot.
    for (Packet& packet : packets) {
      packet = table.packet(shuffle.next(flows));
      if constexpr (fetch == Fetch::ahead) table.prefetch_bucket(packet);
    }
    if constexpr (fetch == Fetch::ahead) {
      for (const Packet& packet : packets) table.prefetch_record(packet);
    }
    for (const Packet& packet : packets) table.update(packet, from_ns(++ns));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

/// What find_and_update spends on drawing packets, to be taken off.
void draw_packets(benchmark::State& state) {
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  const Table table(flows);
  Shuffle shuffle;
  std::array<Packet, batch> packets;
  for (auto _ : state) {
    for (Packet& packet : packets) packet = table.packet(shuffle.next(flows));
    benchmark::DoNotOptimize(packets);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void insert_and_erase(benchmark::State& state) {
  const auto flows = static_cast<Number>(state.range(0));
  Index index;
  const auto tag_of = [](Number number) { return number * 2654435761U; };
  for (Number number = 1; number <= flows; ++number) index.insert(tag_of(number), number);
  Number oldest = 1;
  Number newest = flows;
  for (auto _ : state) {
    index.erase(tag_of(oldest), oldest);
    ++oldest;
    ++newest;
    index.insert(tag_of(newest), newest);
  }
  state.SetItemsProcessed(state.iterations());
}

/// Links of flows that are touched once a second and time out a minute later.
struct Links {
  struct Entry {
    WheelLink link;
    std::int64_t due = 0;
  };
  WheelLink& link(Number number) noexcept { return entries[number].link; }
  [[nodiscard]] Due due(Number number) const noexcept {
    return {.time = entries[number].due, .sequence = number, .number = number};
  }
  [[nodiscard]] static bool is(Number, std::uint64_t) noexcept { return true; }

  std::vector<Entry> entries;
};

/// One flow filed, released a minute later and filed again: the whole cost of its expiry.
void wheel_turn(benchmark::State& state) {
  constexpr std::int64_t second = Wheel<Links>::tick_ns;
  constexpr std::int64_t lifetime = 60 * second;
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  Links links{.entries = std::vector<Links::Entry>(flows + 1)};
  Wheel<Links> wheel(links);
  wheel.start(from_ns(0));
  Shuffle shuffle;
  for (Number number = 1; number <= flows; ++number) {
    links.entries[number].due = std::int64_t{shuffle.next(60'000)} * (second / 1000) + second;
    wheel.file(number, links.due(number));
  }
  std::int64_t released = 0;
  for (auto _ : state) {
    wheel.enter_next_second();
    while (wheel.front() != nullptr) {
      const Due due = wheel.pop();
      links.entries[due.number].due = due.time + lifetime;
      wheel.file(due.number, links.due(due.number));
      ++released;
    }
  }
  state.SetItemsProcessed(released);
}

/// Segments of a connection in steady state: data one way, every second one acknowledged.
void tcp_segments(benchmark::State& state) {
  namespace flag = wire::tcp_flag;
  Budget budget{.limit = std::size_t{1} << 20U};
  Pool pool{budget};
  TcpConnection connection{pool};
  History history;
  wire::Decoded data;
  data.proto = ip_protocol::tcp;
  data.tcp_flags = flag::ack;
  data.payload_size = 1448;
  data.window = 0x4000;
  wire::Decoded ack = data;
  ack.payload_size = 0;
  std::int64_t ns = 0;
  for (auto _ : state) {
    for (int i = 0; i < 2; ++i) {
      benchmark::DoNotOptimize(
          connection.on_segment(data, Direction::to_client, from_ns(++ns), history));
      data.seq += data.payload_size;
    }
    ack.ack = data.seq;
    benchmark::DoNotOptimize(
        connection.on_segment(ack, Direction::to_server, from_ns(++ns), history));
  }
  state.SetItemsProcessed(3 * state.iterations());
}

/// A whole short connection, options of both SYNs included.
void tcp_handshake(benchmark::State& state) {
  namespace flag = wire::tcp_flag;
  constexpr std::array<std::uint8_t, 12> options{2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};
  const auto segment = [&](int flags, std::uint32_t seq, std::uint32_t ack) {
    wire::Decoded decoded;
    decoded.tcp_flags = static_cast<std::uint8_t>(flags);
    decoded.seq = seq;
    decoded.ack = ack;
    decoded.window = 0x4000;
    if ((flags & flag::syn) != 0) {
      decoded.options = options.data();
      decoded.options_size = options.size();
    }
    return decoded;
  };
  const std::array segments{segment(flag::syn, 0, 0),
                            segment(flag::syn | flag::ack, 0, 1),
                            segment(flag::ack, 1, 1),
                            segment(flag::fin | flag::ack, 1, 1),
                            segment(flag::fin | flag::ack, 1, 2),
                            segment(flag::ack, 2, 2)};
  Budget budget{.limit = std::size_t{1} << 20U};
  Pool pool{budget};
  for (auto _ : state) {
    TcpConnection connection{pool};
    History history;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const auto direction = i == 1 || i == 4 ? Direction::to_client : Direction::to_server;
      benchmark::DoNotOptimize(
          connection.on_segment(segments[i], direction, from_ns(static_cast<int>(i)), history));
    }
    benchmark::DoNotOptimize(connection.closed());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(segments.size()));
}

void make_keys(benchmark::State& state) {
  std::uint32_t number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(packet_of(++number));
  state.SetItemsProcessed(state.iterations());
}

constexpr std::int64_t thousand = 1000;

BENCHMARK(make_keys);
BENCHMARK(draw_packets)->RangeMultiplier(10)->Range(thousand, thousand* thousand);
BENCHMARK(find_and_update<Fetch::on_demand>)
    ->RangeMultiplier(10)
    ->Range(thousand, thousand* thousand);
BENCHMARK(find_and_update<Fetch::ahead>)->RangeMultiplier(10)->Range(thousand, thousand* thousand);
BENCHMARK(insert_and_erase)->RangeMultiplier(10)->Range(thousand, thousand* thousand);
BENCHMARK(wheel_turn)->RangeMultiplier(10)->Range(thousand, thousand* thousand);
BENCHMARK(tcp_segments);
BENCHMARK(tcp_handshake);

}  // namespace

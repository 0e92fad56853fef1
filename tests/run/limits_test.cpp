// What is given up when memory is short is bounded, counted and said; what is kept stays right.
#include <catch2/catch.hpp>

#include "base/hash.h"
#include "flow/key.h"
#include "tests/support/analysis.h"
#include "tests/support/bytes.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using namespace test::literals;
using test::Analysis;
using test::FlowLine;
using test::Frames;
using test::in_ethernet;
using test::ipv4;
using test::Octets;
using test::Pair;
using test::traffic_start;

constexpr std::uint32_t server = ipv4(198, 51, 100, 1);

bool hit(const Analysis& analysis, std::string_view limit) {
  const auto& limits = analysis.limits_hit;
  return std::find(limits.begin(), limits.end(), limit) != limits.end();
}

std::string broken(const Analysis& analysis) {
  return test::broken_law(analysis).value_or("");
}

Pair host(std::uint32_t number) {
  return {ipv4(10, 9, 0, 0) + number, server, 40'000, 9'000};
}

/// Connections that were there before a flood and speak once more after it. A server's answer makes
/// nine packets of each: handshake, three exchanges of data.
Frames established(std::uint32_t count, Timestamp before, Timestamp after) {
  Frames frames;
  for (std::uint32_t i = 0; i < count; ++i) {
    test::TcpScript script(frames, host(i), before + i * 10us, 1us);
    script.handshake();
    script.send(true, Octets(100));
    script.send(false, Octets(200));
    script.send(true, Octets(10));
    script.send(false, Octets(20));
    script.wait(after - before);
    script.send(true, Octets(1));
    script.send(false, Octets(2));
  }
  test::sort_by_time(frames);
  return frames;
}

/// Of so many datagrams the first fragment, with `size` octets of data, and none of the others.
Frames first_fragments(std::uint32_t count, std::size_t size) {
  Frames frames;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Octets packet = test::ipv4_packet(ipv4(10, 8, 0, 0) + i, server, 17, Octets(size),
                                            static_cast<std::uint16_t>(i), 0x2000);
    frames.push_back({.time = traffic_start + i * 1us, .data = in_ethernet(packet)});
  }
  return frames;
}

/// Established flows that do not have all their packets and octets in one record.
std::size_t damaged(const Analysis& analysis, std::uint32_t count) {
  std::size_t whole = 0;
  for (const FlowLine& flow : test::flow_lines(analysis)) {
    if (flow.dst_ip == "198.51.100.1" && flow.final && flow.packets == 9 && flow.payload == 333)
      ++whole;
  }
  return count - std::min<std::size_t>(count, whole);
}

TEST_CASE("limits: 1,000 established flows outlive 200,000 random SYNs in a full table") {
  Frames frames = established(1'000, traffic_start, traffic_start + 2s);
  test::mix_in(frames, test::syn_flood(200'000, traffic_start + 1s, 7));
  const Analysis analysis = test::analyse(frames, {.max_flows = 8'000, .only = {"flow"}});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "flows"));
  CHECK(analysis.counters.evicted >= 201'000 - 8'000);
  CHECK(damaged(analysis, 1'000) == 0);
}

TEST_CASE("limits: 1,000 established flows outlive 50,000 random UDP datagrams in a full table") {
  Frames frames = established(1'000, traffic_start, traffic_start + 2s);
  test::mix_in(frames, test::udp_flood(50'000, traffic_start + 1s, 8));
  const Analysis analysis = test::analyse(frames, {.max_flows = 8'000, .only = {"flow"}});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "flows"));
  CHECK(damaged(analysis, 1'000) == 0);
}

TEST_CASE("limits: a full table of two-sided flows still takes new ones") {
  const Frames frames = established(4'000, traffic_start, traffic_start + 1s);
  const Analysis analysis = test::analyse(frames, {.max_flows = 1'000, .only = {"flow"}});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "flows"));
}

TEST_CASE("limits: evicted flows are told of at the clock of who evicts them") {
  Frames frames = test::udp_flood(5'000, traffic_start, 9);
  const Analysis analysis = test::analyse(frames, {.max_flows = 256});
  CHECK(broken(analysis) == "");
  CHECK(analysis.counters.evicted > 4'000);
}

TEST_CASE("limits: TCP state that finds no memory is counted and packets are not lost") {
  Frames frames;
  for (std::uint32_t i = 0; i < 3'000; ++i) {
    test::TcpScript script(frames, host(i), traffic_start + i * 10us, 1us);
    script.handshake();
    script.send(true, Octets(300, 'x'));
    script.send(false, Octets(300, 'y'));
  }
  test::sort_by_time(frames);
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{4} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(!analysis.limits_hit.empty());
}

/// One segment of data each of `count` connections that were under way.
Frames midstream_flood(std::uint32_t count, Timestamp start, Duration step) {
  Frames frames;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Pair ends{ipv4(10, 64, 0, 0) + i, server, 40'000, 80};
    const Octets packet =
        test::tcp_packet(ends, {.seq = i, .ack = i, .flags = test::tcp::ack}, Octets(60, 'z'));
    frames.push_back({.time = start + i * step, .data = in_ethernet(packet)});
  }
  return frames;
}

TEST_CASE("limits: connections that begin in their middle leave memory to others") {
  Frames frames = midstream_flood(60'000, traffic_start, 50us);
  Frames others;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const Timestamp start = traffic_start + 2s + i * 10ms;
    test::TcpScript script(others, host(i), start, 1us);
    script.handshake();
    script.send(true, Octets(100));
    script.send(false, Octets(200));
    const auto id = static_cast<std::uint16_t>(i);
    const Pair asks{ipv4(10, 8, 0, 1), server, static_cast<std::uint16_t>(20'000 + i), 53};
    others.push_back(
        {.time = start, .data = in_ethernet(udp_packet(asks, test::dns_query(id, "example.org")))});
    others.push_back({.time = start + 5ms,
                      .data = in_ethernet(udp_packet(
                          asks.back(), test::dns_answer(id, "example.org", 0x01020304)))});
  }
  test::sort_by_time(others);
  test::mix_in(frames, others);
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{16} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "flows"));
  CHECK_FALSE(hit(analysis, "tcp_state"));
  CHECK_FALSE(hit(analysis, "streams"));
  CHECK(analysis.of("dns").size() == 50);
  std::size_t whole = 0;
  for (const FlowLine& flow : test::flow_lines(analysis))
    whole += flow.dst_port == 9'000 && flow.packets == 5 && flow.payload == 300 ? 1U : 0U;
  CHECK(whole == 50);
}

TEST_CASE("limits: datagrams that could not be looked into are said to be") {
  Frames frames;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Pair ends{ipv4(10, 64, 0, 0) + i, server, 40'000, 53};
    const Octets query = udp_packet(ends, test::dns_query(1, "example.org"));
    frames.push_back({.time = traffic_start + i * 1us, .data = test::in_vlan(query, 7)});
  }
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{16} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(analysis.of("dns").size() < 20'000);
  CHECK(hit(analysis, "streams"));
  CHECK(hit(analysis, "flow_details"));
}

TEST_CASE("limits: Initials that nobody meant are decrypted only so often, and it is said") {
  const Octets initial =
      test::join("c0 00000001 08 8394c8f03e515708 00 00 4496"_hex, Octets(1'200, 0xa5));
  const auto flood = [&](Duration step) {
    Frames frames;
    for (std::uint32_t i = 0; i < 3'000; ++i) {
      const Pair ends{ipv4(10, 64, 0, 0) + i, server, 40'000, 443};
      frames.push_back(
          {.time = traffic_start + i * step, .data = in_ethernet(udp_packet(ends, initial))});
    }
    return frames;
  };
  const Analysis slow = test::analyse(flood(1ms));
  CHECK_FALSE(hit(slow, "decryptions"));
  Frames frames = flood(1us);
  for (int round = 1; round < 8; ++round) {
    Frames more = flood(1us);
    for (auto& frame : more) frame.data[37] = static_cast<std::uint8_t>(round);  // another port
    test::mix_in(frames, more);
  }
  const Analysis analysis = test::analyse(frames, {.only = {"flow"}});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "decryptions"));
}

TEST_CASE("limits: segments out of order stay within their share") {
  Frames frames;
  for (std::uint32_t i = 0; i < 200; ++i) {
    test::TcpScript script(frames, host(i), traffic_start + i * 1us);
    script.handshake();
    script.lose_next();
    script.send(true, Octets(10));
    for (int segment = 0; segment < 10; ++segment) script.send(true, Octets(1'400));
  }
  test::sort_by_time(frames);
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{8} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "reassembly"));
}

TEST_CASE("limits: heads of HTTP that never end stay within their share") {
  Frames frames;
  for (std::uint32_t i = 0; i < 400; ++i) {
    Pair ends = host(i);
    ends.dst_port = 80;
    test::TcpScript script(frames, ends, traffic_start + i * 10us, 1us);
    script.handshake();
    script.send(true, test::octets("GET / HTTP/1.1\r\nHost: www.example.com\r\n"));
    for (int segment = 0; segment < 20; ++segment)
      script.send(true, test::octets("X-Long: " + std::string(1'300, 'x')));
  }
  test::sort_by_time(frames);
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{8} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "reassembly"));
}

TEST_CASE("limits: fragments without end stay within their share") {
  const Frames frames = first_fragments(20'000, 1'400);
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{16} << 20U});
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "fragments"));
  CHECK(analysis.ledger.of(wire::Bucket::fragment_incomplete).packets == 20'000);
}

TEST_CASE("limits: small fragments of many datagrams give way, and it is said") {
  const Analysis analysis = test::analyse(first_fragments(6'000, 8));
  CHECK(broken(analysis) == "");
  CHECK(hit(analysis, "fragments"));
  CHECK(analysis.ledger.of(wire::Bucket::fragment_incomplete).packets == 6'000);
}

TEST_CASE("limits: a datagram of more fragments than are kept is given up, and it is said") {
  constexpr std::size_t piece = 512;
  const auto datagram_of = [](std::size_t fragments) {
    Frames frames;
    for (const Octets& fragment :
         test::fragments_of(udp_packet(host(1), Octets(fragments * piece - 8)), piece))
      frames.push_back({.time = traffic_start, .data = in_ethernet(fragment)});
    REQUIRE(frames.size() == fragments);
    return test::analyse(frames);
  };
  const Analysis whole = datagram_of(64);
  CHECK(!hit(whole, "fragments"));
  CHECK(whole.ledger.of(wire::Bucket::flow).packets == 64);
  const Analysis given_up = datagram_of(65);
  CHECK(hit(given_up, "fragments"));
  CHECK(given_up.ledger.of(wire::Bucket::fragment_incomplete).packets == 65);
}

TEST_CASE("limits: events of one time go in parts when too many wait for each other") {
  Frames frames;
  for (std::uint32_t i = 0; i < 3'000; ++i) {
    frames.push_back({.time = traffic_start,
                      .data = in_ethernet(udp_packet(host(i), Octets(8, std::uint8_t{0xff})))});
  }
  const Analysis whole = test::analyse(frames, {.packets = true});
  CHECK(!hit(whole, "event_order"));
  const Analysis parts =
      test::analyse(frames, {.packets = true, .events_held = std::size_t{64} << 10U});
  CHECK(broken(parts) == "");
  CHECK(hit(parts, "event_order"));
  CHECK(parts.lines.size() == whole.lines.size());
  const Analysis shared =
      test::analyse(frames, {.threads = 2, .packets = true, .events_held = std::size_t{64} << 10U});
  CHECK(shared.of("packet") == parts.of("packet"));
  CHECK(shared.of("flow") == parts.of("flow"));
}

TEST_CASE("limits: queries without answer stay within their share") {
  Frames frames;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Pair ends{ipv4(10, 8, 0, 1), server, 40'000, 53};
    const Octets query = test::dns_query(static_cast<std::uint16_t>(i), "www.example.org");
    frames.push_back(
        {.time = traffic_start + i * 1us, .data = in_ethernet(udp_packet(ends, query))});
  }
  const Analysis analysis = test::analyse(frames, {.mem_limit = std::size_t{8} << 20U});
  CHECK(broken(analysis) == "");
}

TEST_CASE("limits: with the smallest memory every law still holds") {
  for (const std::uint64_t seed : {5U, 6U}) {
    const Analysis analysis = test::analyse(
        test::make_traffic({.seed = seed, .tcp = 200, .http = 100, .dns = 200, .tls = 50}),
        {.mem_limit = std::size_t{1} << 20U, .max_flows = 16});
    CHECK(broken(analysis) == "");
  }
}

// --- hash flooding

IpAddress address(std::uint32_t number) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>(number >> (24U - 8 * i));
  return IpAddress::v4(octets.data());
}

/// UDP flows of one shard whose tags under this seed fall into one bucket of its index.
std::vector<Pair> colliding_pairs(std::size_t count, std::uint64_t seed) {
  constexpr unsigned top_bits = 8;  // more than the index will use for so many
  const HashKey secret = HashKey::from_seed(seed);
  std::vector<Pair> pairs;
  wire::Decoded packet;
  packet.proto = ip_protocol::udp;
  packet.src_port = 40'000;
  packet.dst_port = 9'000;
  for (std::uint32_t number = 0; pairs.size() < count; ++number) {
    const Pair pair{ipv4(10, 0, 0, 0) + number, server, packet.src_port, packet.dst_port};
    packet.src = address(pair.src);
    packet.dst = address(pair.dst);
    const flow::FlowKey key = flow::make_key(packet, flow::VlanUse::keep).key;
    const auto tag = static_cast<std::uint32_t>(flow::hash(key, secret));
    const bool first_shard = flow::shard_of(key) == 0;
    if (tag >> (32U - top_bits) == 0 && first_shard) pairs.push_back(pair);
  }
  return pairs;
}

TEST_CASE("limits: flows chosen to collide in the index lead to another hash, once and unseen") {
  constexpr std::size_t count = 300;
  const std::vector<Pair> pairs = colliding_pairs(count, 7);
  Frames frames;
  for (std::int64_t round = 0; round < 3; ++round) {
    for (const Pair& pair : pairs) {
      frames.push_back(
          {.time = traffic_start + static_cast<std::int64_t>(frames.size()) * 1us,
           .data = in_ethernet(test::udp_packet(round == 1 ? pair.back() : pair, Octets(10)))});
    }
  }
  const Analysis flooded = test::analyse(frames, {.hash_seed = 7});
  const Analysis calm = test::analyse(frames, {.hash_seed = 8});
  CHECK(flooded.counters.rekeyed == 16);  // every shard, once
  CHECK(calm.counters.rekeyed == 0);
  CHECK(broken(flooded).empty());
  const auto flows = test::flow_lines(flooded);
  CHECK(flows.size() == count);
  for (const FlowLine& flow : flows) CHECK(flow.packets == 3);
  CHECK(flooded.lines == calm.lines);
}

}  // namespace
}  // namespace ntan

#include "run/choice.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/analysis.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using run::FlowChoice;
using run::PacketSet;
using run::ScanChoice;
using test::Frames;
using test::ipv4;
using test::Octets;
using test::Pair;
using test::traffic_start;
using test::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace tcp = test::tcp;

constexpr std::uint32_t scanner = ipv4(198, 51, 100, 9);
constexpr std::uint32_t target = ipv4(192, 0, 2, 5);
constexpr std::uint32_t other = ipv4(192, 0, 2, 77);
constexpr event::Id scan_id{0x0123456789abcdef};

IpAddress address(std::uint32_t number) {
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
      static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
  return IpAddress::v4(octets.data());
}

void add(Frames& frames, std::chrono::milliseconds at, Bytes packet) {
  frames.push_back({.time = traffic_start + at, .data = test::in_ethernet(packet)});
}

/// Numbers of the frames that are chosen, from 1.
std::vector<std::uint64_t> chosen_of(run::Choice& choice, const Frames& frames) {
  PacketSet chosen;
  Timestamp clock = frames.front().time;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const PacketView view{.time = frames[i].time,
                          .number = i + 1,
                          .data = frames[i].data,
                          .wire_size = frames[i].size_on_wire(),
                          .link = frames[i].link};
    wire::Decoded decoded;
    wire::Extra extra;
    wire::decode(view, {}, decoded, extra);
    clock = std::max(clock, view.time);
    choice.look_at({.packet = view, .decoded = decoded, .extra = extra, .clock = clock}, chosen);
  }
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 1; number <= frames.size(); ++number) {
    if (chosen.contains(number)) numbers.push_back(number);
  }
  CHECK(numbers.size() == chosen.count());
  return numbers;
}

void count(ScanChoice& choice, std::uint32_t source, std::uint32_t host, event::Id scan = scan_id) {
  detect::Probe probe;
  probe.dst = address(host);
  choice.on_counted(scan, address(source), probe);
}

void tell(ScanChoice& choice, event::Id scan, std::chrono::milliseconds first,
          std::chrono::milliseconds closed, std::optional<event::Id> group = {}) {
  event::Common common;
  common.ts = traffic_start + closed;
  detect::ScanRecord record;
  record.id = scan;
  record.group = group;
  record.first_ts = traffic_start + first;
  choice.on_scan(common, record);
}

}  // namespace

TEST_CASE("choice: a packet set knows its members and no others") {
  PacketSet set;
  CHECK_FALSE(set.contains(1));
  for (const std::uint64_t number : {1U, 63U, 64U, 100'000U, 64U}) set.add(number);
  CHECK(set.count() == 4);
  for (const std::uint64_t number : {1U, 63U, 64U, 100'000U}) CHECK(set.contains(number));
  for (const std::uint64_t number : {0U, 2U, 62U, 65U, 99'999U, 100'001U, 9'999'999U})
    CHECK_FALSE(set.contains(number));
}

TEST_CASE("choice: of a scan come the packets between its source and the hosts it probed") {
  ScanChoice choice{scan_id};
  count(choice, scanner, target);
  count(choice, other, target, {99});  // another scan
  CHECK_FALSE(choice.found());
  tell(choice, scan_id, 10ms, 50ms);
  CHECK(choice.found());
  CHECK_FALSE(choice.wants_more());
  const Pair probe{scanner, target, 4000, 80};
  const Octets syn = test::tcp_packet(probe, {.flags = tcp::syn});
  Frames frames;
  add(frames, 9ms, syn);                                                   // before it began
  add(frames, 10ms, syn);                                                  // 2
  add(frames, 11ms, test::tcp_packet(probe.back(), {.flags = tcp::rst}));  // 3
  add(frames, 12ms, test::tcp_packet({scanner, other, 4000, 80}, {.flags = tcp::syn}));
  add(frames, 13ms, test::tcp_packet({other, target, 4000, 80}, {.flags = tcp::syn}));
  // 6: a router's word that the probe did not arrive.
  const Octets error = test::join("03 01 00 00 00 00 00 00"_hex, Bytes{syn}.first(28));
  add(frames, 14ms, test::ipv4_packet(ipv4(203, 0, 113, 1), scanner, 1, error));
  frames.push_back(
      {.time = traffic_start + 15ms, .data = test::arp_frame(1, scanner, target)});  // 7
  frames.push_back({.time = traffic_start + 16ms, .data = test::arp_frame(1, other, target)});
  for (const Octets& fragment : test::fragments_of(test::udp_packet(probe, Octets(40)), 24))
    add(frames, 17ms, fragment);  // 9, 10
  add(frames, 50ms, syn);         // 11
  add(frames, 51ms, syn);         // after its end
  CHECK(chosen_of(choice, frames) == std::vector<std::uint64_t>{2, 3, 6, 7, 9, 10, 11});
}

TEST_CASE("choice: a scan that went on after its close is whole") {
  ScanChoice choice{scan_id};
  count(choice, scanner, target);
  tell(choice, scan_id, 10ms, 50ms);
  tell(choice, scan_id, 10ms, 90ms);
  Frames frames;
  const Octets syn = test::tcp_packet({scanner, target, 4000, 80}, {.flags = tcp::syn});
  for (const auto at : {5ms, 20ms, 70ms, 95ms}) add(frames, at, syn);
  CHECK(chosen_of(choice, frames) == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("choice: the id of a group stands for its members") {
  constexpr event::Id group{77};
  ScanChoice choice{group};
  count(choice, scanner, target, {1});
  count(choice, other, target, {2});
  tell(choice, {1}, 10ms, 40ms, group);
  tell(choice, {2}, 12ms, 44ms, group);
  tell(choice, group, 12ms, 44ms, group);
  REQUIRE(choice.wants_more());
  count(choice, scanner, target, {1});
  count(choice, other, target, {2});
  count(choice, ipv4(203, 0, 113, 8), target, {3});
  tell(choice, {1}, 10ms, 40ms, group);
  tell(choice, {2}, 12ms, 44ms, group);
  REQUIRE_FALSE(choice.wants_more());
  Frames frames;
  for (const std::uint32_t source : {scanner, other, ipv4(203, 0, 113, 8)})
    add(frames, 20ms, test::tcp_packet({source, target, 4000, 80}, {.flags = tcp::syn}));
  CHECK(chosen_of(choice, frames) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("choice: a scan of very many hosts takes all packets of its sources") {
  ScanChoice choice{scan_id};
  for (std::uint32_t host = 0; host <= 2 * ScanChoice::max_pairs; ++host)
    count(choice, scanner, ipv4(11, 0, 0, 0) + host);
  const std::uint32_t second = ipv4(198, 51, 100, 10);
  count(choice, second, target);
  tell(choice, scan_id, 0ms, 50ms);
  Frames frames;
  add(frames, 1ms, test::tcp_packet({scanner, other, 4000, 80}, {.flags = tcp::syn}));
  add(frames, 2ms, test::tcp_packet({other, scanner, 80, 4000}, {.flags = tcp::rst}));
  add(frames, 3ms, test::tcp_packet({other, target, 80, 4000}, {.flags = tcp::rst}));
  add(frames, 4ms, test::tcp_packet({second, other, 4000, 80}, {.flags = tcp::syn}));
  CHECK(chosen_of(choice, frames) == std::vector<std::uint64_t>{1, 2, 4});
}

TEST_CASE("choice: who asks for a scan that is not there is told which are") {
  ScanChoice choice{scan_id};
  CHECK(choice.hints().size() == 1);
  tell(choice, {0xabc}, 1ms, 2ms);
  REQUIRE(choice.hints().size() == 2);
  CHECK(choice.hints().back().starts_with("0000000000000abc  "));
}

namespace {

/// The flows of the analysis as a choice sees them.
class Flows final : public run::Watch {
 public:
  void on_flow_end(const flow::Flow& flow, Timestamp now) override {
    flows.push_back({flow, now});
    flows.back().flow.uncommon = nullptr;  // that ends with the flow
  }

  struct Ended {
    flow::Flow flow;
    Timestamp now;
  };
  std::vector<Ended> flows;
};

/// Numbers of the frames of the flow that begins with a packet; no packet of it is left over.
std::vector<std::uint64_t> chosen_of_flow(const Frames& frames, std::uint64_t first_packet) {
  Flows seen;
  test::AnalysisOptions options;
  options.watch = &seen;
  (void)test::analyse(frames, options);
  const auto at = std::ranges::find_if(seen.flows, [&](const Flows::Ended& ended) {
    return ended.flow.first_packet == first_packet;
  });
  REQUIRE(at != seen.flows.end());
  FlowChoice choice{flow::flow_id(at->flow), flow::VlanUse::keep, {}};
  choice.on_flow_end(at->flow, at->now);
  CHECK(choice.found());
  auto numbers = chosen_of(choice, frames);
  CHECK(choice.doubt({}).empty());
  CHECK(choice.waiting() == 0);
  return numbers;
}

}  // namespace

TEST_CASE("choice: of a flow come its own packets, fragments and the errors that quote it") {
  const Pair ends{scanner, target, 4000, 5000};
  const Octets datagram = test::udp_packet(ends, Octets(100));
  const Octets error = test::join("03 03 00 00 00 00 00 00"_hex, Bytes{datagram}.first(28));
  Frames frames;
  for (const Octets& fragment : test::fragments_of(datagram, 64))
    add(frames, 0ms, fragment);                                 // 1, 2
  add(frames, 1ms, test::udp_packet(ends.back(), Octets(10)));  // 3
  add(frames, 2ms, test::udp_packet({scanner, target, 4001, 5000}, Octets(10)));
  add(frames, 3ms, test::ipv4_packet(target, scanner, 1, error));  // 5
  add(frames, 200s, datagram);                                     // the same ends, another flow
  CHECK(chosen_of_flow(frames, 2) == std::vector<std::uint64_t>{1, 2, 3, 5});
  CHECK(chosen_of_flow(frames, 4) == std::vector<std::uint64_t>{4});
  CHECK(chosen_of_flow(frames, 6) == std::vector<std::uint64_t>{6});
}

TEST_CASE("choice: fragments of one id on two VLANs are of two flows") {
  const Octets datagram = test::udp_packet({scanner, target, 4000, 5000}, Octets(100));
  const auto pieces = test::fragments_of(datagram, 64);
  Frames frames;
  for (const Octets& piece : pieces) {
    for (const std::uint16_t vlan : {std::uint16_t{7}, std::uint16_t{8}})
      frames.push_back({.time = traffic_start, .data = test::in_vlan(piece, vlan)});
  }
  CHECK(chosen_of_flow(frames, 3) == std::vector<std::uint64_t>{1, 3});
  CHECK(chosen_of_flow(frames, 4) == std::vector<std::uint64_t>{2, 4});
}

TEST_CASE("choice: a fragmented packet comes whole out of a tunnel that was fragmented as well") {
  const Octets datagram = test::udp_packet({scanner, target, 4000, 5000}, Octets(100));
  Frames frames;
  std::uint16_t id = 1;
  for (const Octets& piece : test::fragments_of(datagram, 64)) {
    const Octets outer = test::ipv4_packet(ipv4(203, 0, 113, 1), ipv4(203, 0, 113, 2), 4, piece);
    for (Octets half : test::fragments_of(outer, 40)) {
      half[5] = static_cast<std::uint8_t>(id);
      add(frames, 0ms, half);
    }
    ++id;
  }
  REQUIRE(frames.size() == 5);
  CHECK(chosen_of_flow(frames, 5) == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("choice: of a fragmented ICMP error that quotes the flow come all fragments") {
  const Octets datagram = test::udp_packet({scanner, target, 4000, 5000}, Octets(100));
  const Octets error = test::join("03 03 00 00 00 00 00 00"_hex, datagram);
  Frames frames;
  add(frames, 0ms, datagram);
  for (const Octets& piece : test::fragments_of(test::ipv4_packet(target, scanner, 1, error), 72))
    add(frames, 1ms, piece);  // 2, 3
  CHECK(chosen_of_flow(frames, 1) == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("choice: a fragment that the analysis drops is no packet of the flow") {
  constexpr std::uint16_t more_fragments = 0x2000;
  const auto udp = static_cast<std::uint8_t>(ip_protocol::udp);
  const Pair ends{scanner, target, 4000, 5000};
  const auto pieces = test::fragments_of(test::udp_packet(ends, Octets(100)), 64);
  const auto id = static_cast<std::uint16_t>(pieces[0][4] << 8U | pieces[0][5]);
  const auto fragment = [&](std::size_t size, std::uint16_t word) {
    return test::ipv4_packet(scanner, target, udp, Octets(size), id, word);
  };
  Frames frames;
  add(frames, 0ms, fragment(0, 0));                    // empty
  add(frames, 0ms, fragment(9, more_fragments));       // no multiple of 8 octets
  add(frames, 0ms, fragment(16, 0x1fff));              // ends past octet 65,535
  add(frames, 0ms, pieces[0]);                         // 4
  add(frames, 0ms, fragment(0, more_fragments));       // empty, and its datagram waits
  add(frames, 0ms, pieces[0]);                         // 6: a copy is counted
  add(frames, 0ms, pieces[1]);                         // 7
  add(frames, 1ms, test::udp_packet(ends, Octets{}));  // 8
  CHECK(chosen_of_flow(frames, 7) == std::vector<std::uint64_t>{4, 6, 7, 8});
}

TEST_CASE("choice: fragments that never become a datagram are forgotten") {
  const auto udp = static_cast<std::uint8_t>(ip_protocol::udp);
  FlowChoice choice{{1}, flow::VlanUse::keep, {}};
  PacketSet chosen;
  std::uint64_t number = 0;
  const auto look_at = [&](Bytes packet, Duration at, std::size_t times = 1) {
    const Octets frame = test::in_ethernet(packet);
    PacketView view{.time = traffic_start + at,
                    .data = frame,
                    .wire_size = static_cast<std::uint32_t>(frame.size()),
                    .link = LinkType::ethernet};
    wire::Decoded decoded;
    wire::Extra extra;
    wire::decode(view, {}, decoded, extra);
    REQUIRE(decoded.bucket == wire::Bucket::fragment);
    for (std::size_t i = 0; i < times; ++i) {
      view.number = ++number;
      choice.look_at({.packet = view, .decoded = decoded, .extra = extra, .clock = view.time},
                     chosen);
    }
  };
  for (std::uint16_t id = 0; id < 1'000; ++id) {
    look_at(test::ipv4_packet(scanner, target, udp, {}, id, 1), 0s);
    look_at(test::ipv4_packet(scanner, target, udp, Octets(9), id, 0x2000), 0s);
    look_at(test::ipv4_packet(scanner, target, udp, Octets(16), id, 0x1fff), 0s);
  }
  CHECK(choice.waiting() == 0);
  // Copies are no burden to the defragmenter, and without end.
  const Octets part = test::ipv4_packet(scanner, target, udp, Octets(8), 1, 0x2000);
  look_at(part, 1s, FlowChoice::max_waiting + 10);
  CHECK(choice.waiting() == FlowChoice::max_waiting);
  look_at(test::ipv4_packet(scanner, target, udp, {}, 2, 1), 31s);
  CHECK(choice.waiting() == 0);
}

TEST_CASE("choice: packets of a flow that cannot be found again are said") {
  flow::Flow flow{};
  flow.sides[0].packets = 3;
  FlowChoice choice{flow::flow_id(flow), flow::VlanUse::keep, {}};
  choice.on_flow_end(flow, traffic_start);
  CHECK(choice.doubt({}).starts_with("3 packets"));
}

}  // namespace ntan

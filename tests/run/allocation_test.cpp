// The steady state allocates nothing: packets of flows that are known cost no operator new.
// Messages (a DNS answer, an HTTP head) may: a dissector keeps what it must in buffers of its
// budget.
#include <catch2/catch.hpp>

#include "run/engine.h"
#include "run/recorder.h"
#include "tests/support/allocations.h"
#include "tests/support/bytes.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using test::Frames;
using test::in_ethernet;
using test::ipv4;
using test::Octets;
using test::Pair;
using test::traffic_start;

class NoLines final : public run::LineSink {
 public:
  void write(const event::Schema& /*schema*/, Timestamp /*time*/, run::Format /*format*/,
             std::string_view /*line*/) override {}

  static bool wanted(const void* /*context*/, const event::Schema& schema, run::Format format) {
    return format == run::Format::json && schema.name != "packet";
  }
};

/// An engine whose packets come from frames that stay where they are.
class Run {
 public:
  void take(const Frames& frames) {
    Batch batch;
    for (const test::Frame& frame : frames) {
      batch.packets[batch.count++] = {.time = frame.time,
                                      .number = ++number_,
                                      .data = frame.data,
                                      .wire_size = frame.size_on_wire(),
                                      .interface = 0,
                                      .link = frame.link};
      if (!batch.full() && &frame != &frames.back()) continue;
      engine_.run(batch);
      batch.count = 0;
    }
  }

 private:
  NoLines sink_;
  run::Recorder recorder_{sink_, NoLines::wanted, nullptr, {}};
  std::vector<source::Interface> interfaces_{{.name = {}, .link = LinkType::ethernet}};
  run::Engine engine_{{}, recorder_, interfaces_};
  std::uint64_t number_ = 0;
};

constexpr std::uint32_t flow_count = 64;

Pair ends_of(std::uint32_t number) {
  return {ipv4(10, 0, 0, 1) + number, ipv4(198, 51, 100, 1),
          static_cast<std::uint16_t>(40'000 + number), 9'000};
}

/// `rounds` packets in order of each of the flows, in turns, a millisecond apart.
Frames rounds_of(std::uint32_t rounds, Timestamp start,
                 test::Octets (*packet)(std::uint32_t flow, std::uint32_t round)) {
  Frames frames;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    for (std::uint32_t flow = 0; flow < flow_count; ++flow)
      frames.push_back({.time = start += 1ms, .data = packet(flow, round)});
  }
  return frames;
}

Octets tcp_data(std::uint32_t flow, std::uint32_t round) {
  // Both sides speak in turns; what they say is of no known protocol.
  const bool from_client = round % 2 == 0;
  const Octets payload(500, 0xee);
  const std::uint32_t own = 101 + round / 2 * 500;
  const std::uint32_t other = 101 + (round + 1) / 2 * 500;
  const Pair ends = ends_of(flow);
  return in_ethernet(tcp_packet(
      from_client ? ends : ends.back(),
      {.seq = own, .ack = from_client ? own : other, .flags = test::tcp::psh | test::tcp::ack},
      payload));
}

Octets udp_data(std::uint32_t flow, std::uint32_t round) {
  const Pair ends = ends_of(flow);
  return in_ethernet(udp_packet(round % 2 == 0 ? ends : ends.back(), Octets(200, 0xee)));
}

Octets ping(std::uint32_t flow, std::uint32_t round) {
  const Pair ends = ends_of(flow);
  const bool request = round % 2 == 0;
  return in_ethernet(echo_packet(request ? ends : ends.back(), request ? 8 : 0,
                                 static_cast<std::uint16_t>(flow),
                                 static_cast<std::uint16_t>(round / 2), Octets(48)));
}

/// Operator new's calls for the second half of the rounds.
std::uint64_t steady_allocations(test::Octets (*packet)(std::uint32_t flow, std::uint32_t round)) {
  Run run;
  Frames all = rounds_of(400, traffic_start, packet);
  const Frames later(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
  all.resize(all.size() / 2);
  run.take(all);
  const test::AllocationCount count;
  run.take(later);
  return count.value();
}

TEST_CASE("engine: packets of known flows allocate nothing") {
  if (!test::can_count_allocations()) {
    WARN("skipped: a sanitizer allocates");
    return;
  }
  SECTION("operator new is counted") {
    const test::AllocationCount count;
    const auto memory = std::make_unique<Octets>(10);
    CHECK(count.value() == 2);
  }
  SECTION("TCP data in order") {
    CHECK(steady_allocations(tcp_data) == 0);
  }
  SECTION("UDP datagrams") {
    CHECK(steady_allocations(udp_data) == 0);
  }
  SECTION("ICMP echoes, each an event") {
    CHECK(steady_allocations(ping) == 0);
  }
}

}  // namespace
}  // namespace ntan

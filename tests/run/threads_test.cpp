// Any number of threads writes what one does: where windows end, tables and logs are full, time
// jumps.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "run/team.h"
#include "tests/support/analysis.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using run::Team;
using test::Analysis;
using test::AnalysisOptions;
using test::Frames;

/// The first line in which two, three or four threads differ from one; empty if none.
std::string difference(const Frames& frames, AnalysisOptions options) {
  const Analysis one = analyse(frames, options);
  for (const std::size_t threads : {2U, 3U, 4U}) {
    options.threads = threads;
    const Analysis several = analyse(frames, options);
    for (std::size_t i = 0; i < std::min(one.lines.size(), several.lines.size()); ++i) {
      if (one.lines[i].text != several.lines[i].text)
        return std::to_string(threads) + " threads: " + one.lines[i].text + several.lines[i].text;
    }
    if (one.lines.size() != several.lines.size()) return "one has more lines";
    if (one.ledger.backwards != several.ledger.backwards) return "packets that came late";
    if (one.counters.evicted != several.counters.evicted) return "flows given up";
    if (one.scan.contacts != several.scan.contacts) return "contacts";
  }
  return one.lines.empty() ? "no lines" : "";
}

/// A datagram of each of so many hosts, at one moment.
Frames hosts(std::uint32_t count, Timestamp time) {
  Frames frames;
  for (std::uint32_t i = 0; i < count; ++i) {
    frames.push_back({.time = time,
                      .data = test::in_ethernet(test::udp_packet(
                          {test::ipv4(10, 0, 0, 0) + i, test::ipv4(192, 0, 2, 1), 4'000, 9'000},
                          test::Octets(8)))});
  }
  return frames;
}

}  // namespace

TEST_CASE("threads: windows end between the same packets") {
  const Frames frames = test::make_traffic({.seed = 11});
  for (const Duration every : {Duration{100ms}, Duration{1s}, Duration{10s}}) {
    CHECK(difference(frames, {.summary_every = every, .summary_total = true, .packets = true}) ==
          "");
  }
}

TEST_CASE("threads: full tables give up the same") {
  Frames frames = test::make_traffic({.seed = 12});
  test::mix_in(frames, test::syn_flood(20'000, test::traffic_start + 20s, 3));
  test::mix_in(frames, test::udp_flood(20'000, test::traffic_start + 40s, 4));
  CHECK(difference(frames, {.max_flows = 512}) == "");
  CHECK(difference(frames, {.mem_limit = std::size_t{33} << 20U}) == "");
}

TEST_CASE("threads: a sampled capture is taken as one, and alike") {
  std::mt19937 random(14);
  Frames frames;
  for (const test::Frame& frame : test::make_traffic({.seed = 14, .http = 200, .scanned = 400})) {
    if (random() % 3 == 0) frames.push_back(frame);
  }
  CHECK(difference(frames, {}) == "");
  const Analysis usual = analyse(frames, {});
  CHECK(usual.lines == analyse(frames, {.shards = 1}).lines);
  CHECK(std::ranges::any_of(usual.lines, [](const test::Line& line) {
    return line.text.find(R"("capture_ok":false)") != std::string::npos &&
           line.text.find(R"("sampled")") != std::string::npos;
  }));
}

TEST_CASE("threads: more time-outs at one moment than the logs hold are told all the same") {
  Frames frames = hosts(100'000, test::traffic_start);
  // Ten minutes later all of them are over before this one.
  test::mix_in(frames, hosts(1, test::traffic_start + 10min));
  test::mix_in(frames, hosts(20'000, test::traffic_start + 20min));
  CHECK(difference(frames, {}) == "");
  CHECK(difference(frames, {.summary_every = 1min}) == "");
}

TEST_CASE("threads: gaps of years and packets that come late leave no trace") {
  Frames frames = test::make_traffic({.seed = 13});
  for (std::size_t i = 0; i < frames.size(); i += 97) frames[i].time -= 3s;
  for (std::size_t i = frames.size() / 2; i < frames.size(); ++i) frames[i].time += 24h * 365 * 3;
  CHECK(difference(frames, {.packets = true}) == "");
  CHECK(difference(frames, {.summary_every = 10s, .packets = true}) == "");
}

TEST_CASE("threads: packets larger than a flight's memory get a flight of their own") {
  Frames frames = hosts(10, test::traffic_start);
  for (std::uint32_t i = 0; i < 3; ++i) {
    test::Octets large = test::in_ethernet(test::udp_packet(
        {test::ipv4(10, 0, 1, 1), test::ipv4(192, 0, 2, 1), 4'000, 9'000}, test::Octets(8)));
    large.resize(std::size_t{3} << 20U);
    frames.push_back({.time = test::traffic_start + 1s, .data = large});
  }
  test::mix_in(frames, hosts(5'000, test::traffic_start + 2s));
  CHECK(difference(frames, {.packets = true}) == "");
}

TEST_CASE("team: every task of every round is done once") {
  Team team(3);
  for (std::size_t round = 0; round < 200; ++round) {
    std::vector<std::atomic<int>> done(round % 37);
    team.start(done.size(), [&done](std::size_t task) { ++done[task]; });
    team.finish();
    for (const auto& one : done) REQUIRE(one == 1);
  }
}

TEST_CASE("team: what a task throws is thrown at the end of its round, and the team goes on") {
  Team team(2);
  std::atomic<int> others = 0;
  team.start(9, [&others](std::size_t task) {
    if (task == 4) throw std::runtime_error("no memory");
    ++others;
  });
  CHECK_THROWS_WITH(team.finish(), "no memory");
  CHECK(others == 8);
  team.start(5, [&others](std::size_t) { ++others; });
  team.finish();
  CHECK(others == 13);
}

TEST_CASE("team: it ends without a round") {
  const Team team(4);
}

}  // namespace ntan

// The detector against the rule written down a second time: slow, in plain sets and maps, without
// any bound on memory. And the bounds themselves.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/detect/trace.h"
#include "tests/support/allocations.h"

using namespace ntan;
using namespace ntan::detect;
using namespace ntan::test;

namespace {

unsigned draw(std::mt19937& random, unsigned below) {
  return static_cast<unsigned>(random() % below);
}

/// What a step is worth, in nats, on a row and on a column; the second pair is against a
/// peer-to-peer node.
struct Worth {
  double row = 0;
  double column = 0;
  double row_peer = 0;
  double column_peer = 0;
};

/// Ports of these tests are either below 1024 or this one, which nobody scans for in particular.
constexpr std::uint16_t peer_port = 41'000;

Worth worth_of(ContactClass what, Result result, std::uint16_t port) {
  using Pair = std::pair<double, double>;
  static const std::map<std::pair<ContactClass, Result>, Pair> table{
      {{ContactClass::syn, Result::refused}, {1.76, 1.76}},
      {{ContactClass::syn, Result::silent}, {1.30, 1.30}},
      {{ContactClass::syn, Result::half_open}, {2.5, 1.0}},
      {{ContactClass::syn, Result::session}, {-2.77, -2.77}},
      {{ContactClass::fin, Result::malformed}, {2.5, 2.5}},
      {{ContactClass::ack, Result::refused}, {2.2, 2.0}},
      {{ContactClass::ack, Result::silent}, {1.0, 0.9}},
      {{ContactClass::maimon, Result::refused}, {2.2, 2.0}},
      {{ContactClass::maimon, Result::silent}, {1.2, 1.0}},
      {{ContactClass::udp, Result::refused}, {1.6, 1.6}},
      {{ContactClass::udp, Result::silent}, {0.7, 0.6}},
      {{ContactClass::udp, Result::session}, {-2.3, -2.3}},
      {{ContactClass::sctp, Result::refused}, {1.76, 1.76}},
      {{ContactClass::sctp, Result::silent}, {1.3, 1.3}},
      {{ContactClass::sctp, Result::half_open}, {2.0, 1.6}},
      {{ContactClass::sctp, Result::session}, {-2.77, -2.77}},
  };
  const auto found = table.find({what, result});
  if (found == table.end()) return {};
  const auto [row, column] = found->second;
  Worth worth{row, column, row, column};
  const bool fails = result == Result::refused || result == Result::silent;
  const bool differs = what == ContactClass::syn || what == ContactClass::udp ||
                       what == ContactClass::ack || what == ContactClass::maimon;
  if (port == peer_port && differs) {
    const double peer = result == Result::session     ? -2.5
                        : result == Result::half_open ? 2.0
                        : !fails                      ? 0
                        : what == ContactClass::syn   ? 0.405
                                                      : 0.2;
    worth.row_peer = worth.column_peer = peer;
  }
  return worth;
}

/// The first alarm of a source: by which contact, and by which test.
using Alarms = std::map<std::string, std::pair<unsigned, ScanWhy>>;

class Reference {
 public:
  void add(unsigned n, const Step& step) {
    Source& source = sources_[step.src];
    const std::tuple target{step.dst, step.contact_class, step.port};
    if (!source.seen.insert(target).second) return take_back(source, step, target);
    if (is_bad(step.result)) source.failed[target] = step.result;
    Sums& row = source.rows[{step.dst, group_of(step.contact_class)}];
    const std::pair line{step.contact_class, step.port};
    Sums& column = source.columns[line];
    ++row.contacts;
    if (resumes(source, step)) {
      source.failed.erase(target);
      return;
    }
    const bool session = step.result == Result::session;
    Worth worth = worth_for(source, step);
    if (has_failed(step.result)) source.unanswered[line].insert(step.dst);
    if (is_inside(step.contact_class)) weaken_older(source.inside_ports[line], step, worth);
    const bool bad = is_bad(step.result);
    row.move(worth.row, worth.row_peer);
    if (session) ++row.good;
    if (bad && worth.row != 0) ++row.bad;
    weigh_source(source.all, step, worth, bad);
    if (session) {
      column.move(worth.column, worth.column_peer);
      ++column.good;
      forgive(source, step.dst);
      if (step.contact_class == ContactClass::syn) forgive_datagram(source, step);
    } else if (bad && worth.column != 0) {
      weigh_column(source, column, line, step, worth);
    }
    if (alarms.contains(step.src)) return;
    if (bad && row.contacts >= 5 && row.fires(70)) {
      alarms[step.src] = {n, ScanWhy::row};
    } else if (bad && (column.unanswered >= 3 || column.handshakes >= 12) && column.fires(70)) {
      alarms[step.src] = {n, ScanWhy::column};
    } else if (bad && source.all.bad >= 12 && source.all.fires(80)) {
      alarms[step.src] = {n, ScanWhy::source};
    }
  }

  Alarms alarms;

 private:
  struct Sums {
    double client = 0;
    double peer = 0;
    int bad = 0;
    int good = 0;
    int contacts = 0;
    int unanswered = 0;
    int handshakes = 0;

    void move(double to_client, double to_peer) {
      client = std::max(-4.6, client + to_client);
      peer = std::max(-4.6, peer + to_peer);
    }

    [[nodiscard]] bool fires(int percent) const {
      constexpr double rounding = 1e-9;
      return client >= 11.5 - rounding && peer >= 6.9 - rounding && bad != 0 &&
             100 * bad >= percent * (bad + good);
    }
  };

  using Line = std::pair<ContactClass, std::uint16_t>;
  using Target = std::tuple<std::string, ContactClass, std::uint16_t>;

  struct Source {
    std::set<Target> seen;
    std::map<Target, Result> failed;
    std::set<std::string> known;  // hosts that it works with
    std::map<std::pair<std::string, Group>, Sums> rows;
    std::map<Line, Sums> columns;
    std::map<Line, std::set<std::string>> unanswered;  // hosts, all of one network
    std::map<Line, std::uint16_t> inside_ports;        // that the latest ACK of each came from
    std::map<std::string, std::vector<std::pair<Line, double>>> handshakes;  // by host
    std::map<std::pair<std::string, std::uint16_t>, double> datagrams;       // that failed
    Sums all;
  };

  // Peers make no SYNs by hand, which all of these are, to many ports of one host, and their peers
  // are not the hosts of one network.
  Worth worth_for(const Source& source, const Step& step) const {
    if (falls_back(source, step)) return {};
    Worth worth = worth_of(step.contact_class, step.result, step.port);
    const bool syn = step.contact_class == ContactClass::syn;
    if (syn) worth.row_peer = worth.row;
    if ((!syn && step.contact_class != ContactClass::udp) || !has_failed(step.result)) return worth;
    const Line line{step.contact_class, step.port};
    const auto hosts = source.unanswered.find(line);
    const auto column = source.columns.find(line);
    if (hosts != source.unanswered.end() && hosts->second.size() >= 8 &&
        column != source.columns.end() && column->second.unanswered >= 8)
      worth.column_peer = worth.column;
    return worth;
  }

  // Connections from before the capture: each from a port of its own, or towards a client.
  static void weaken_older(std::uint16_t& inside_port, const Step& step, Worth& worth) {
    if (inside_port != 0 && inside_port != step.src_port) worth.column = worth.column_peer = 0;
    if (step.src_port < 32768 && step.port >= 32768) worth = {};
    inside_port = step.src_port;
  }

  // Halves are cut to thousandths of a nat, towards zero.
  static double half(double worth) { return std::trunc(std::round(worth * 1000) / 2) / 1000; }

  static void weigh_source(Sums& all, const Step& step, const Worth& worth, bool bad) {
    if (step.result == Result::session) ++all.good;
    if (step.result == Result::half_open) return;
    const bool neutral = step.contact_class == ContactClass::udp && bad && step.port == peer_port;
    all.move(half(worth.column), neutral ? 0 : half(worth.column_peer));
    if (bad && half(worth.column) != 0) ++all.bad;
  }

  static void weigh_column(Source& source, Sums& column, const Line& line, const Step& step,
                           const Worth& worth) {
    const bool handshake = step.result == Result::half_open;
    if (handshake && source.known.contains(step.dst)) return;
    column.move(worth.column, worth.column_peer);
    ++column.bad;
    ++(handshake ? column.handshakes : column.unanswered);
    if (handshake) source.handshakes[step.dst].emplace_back(line, worth.column);
    if (step.contact_class == ContactClass::udp)
      source.datagrams[{step.dst, step.port}] = worth.column;
  }

  // What failed at first is used now.
  void take_back(Source& source, const Step& step, const Target& target) {
    const auto found = source.failed.find(target);
    if (step.result != Result::session || found == source.failed.end()) return;
    Step former = step;
    former.result = found->second;
    source.failed.erase(found);
    if (!has_failed(former.result)) return;
    const Worth was = worth_for(source, former);
    const Worth is = worth_for(source, step);
    source.unanswered[{step.contact_class, step.port}].erase(step.dst);
    const auto exchange = [](Sums& sums, double client, double peer) {
      sums.move(client, peer);
      if (sums.bad != 0) --sums.bad;
      ++sums.good;
    };
    Sums& column = source.columns[{step.contact_class, step.port}];
    exchange(source.rows[{step.dst, group_of(step.contact_class)}], is.row - was.row,
             is.row_peer - was.row_peer);
    exchange(column, is.column - was.column, is.column_peer - was.column_peer);
    const bool neutral = step.contact_class == ContactClass::udp && step.port == peer_port;
    exchange(source.all, half(is.column) - half(was.column),
             half(is.column_peer) - (neutral ? 0 : half(was.column_peer)));
    if (column.unanswered != 0) --column.unanswered;
    forgive(source, step.dst);
    if (step.contact_class == ContactClass::syn) forgive_datagram(source, step);
    if (step.contact_class == ContactClass::udp) source.datagrams.erase({step.dst, step.port});
  }

  // The end of a connection to a port that the source has called, at a host that it works with.
  static bool resumes(const Source& source, const Step& step) {
    const bool inside =
        step.contact_class == ContactClass::ack || step.contact_class == ContactClass::maimon;
    return inside && source.known.contains(step.dst) &&
           source.seen.contains({step.dst, ContactClass::syn, step.port});
  }

  // UDP to a port that the source uses over TCP.
  bool falls_back(const Source& source, const Step& step) const {
    return step.contact_class == ContactClass::udp && is_bad(step.result) &&
           source.known.contains(step.dst) && over_tcp_.contains({step.dst, step.port});
  }

  // TCP came to the aid of the same port over UDP.
  void forgive_datagram(Source& source, const Step& step) {
    over_tcp_.insert({step.dst, step.port});
    const auto found = source.datagrams.find({step.dst, step.port});
    if (found == source.datagrams.end()) return;
    Sums& column = source.columns[{ContactClass::udp, step.port}];
    column.move(-found->second, -found->second);
    --column.bad;
    --column.unanswered;
    source.datagrams.erase(found);
  }

  // Handshakes with a host that turns out to be worked with were none of a scan.
  static void forgive(Source& source, const std::string& host) {
    if (!source.known.insert(host).second) return;
    for (const auto& [line, worth] : source.handshakes[host]) {
      Sums& column = source.columns[line];
      column.move(-worth, -worth);
      --column.bad;
      --column.handshakes;
    }
    source.handshakes[host].clear();
  }

  std::map<std::string, Source> sources_;
  std::set<std::pair<std::string, std::uint16_t>> over_tcp_;  // used by somebody
};

ContactClass draw_class(std::mt19937& random) {
  switch (draw(random, 12)) {
    case 0: return ContactClass::fin;
    case 1: return ContactClass::ack;
    case 2: return ContactClass::maimon;
    case 3:
    case 4: return ContactClass::udp;
    case 5: return ContactClass::sctp;
    default: return ContactClass::syn;
  }
}

Result draw_result(std::mt19937& random, ContactClass what, bool bad) {
  if (what == ContactClass::fin) return Result::malformed;
  const bool may_work =
      what == ContactClass::syn || what == ContactClass::udp || what == ContactClass::sctp;
  if (!bad && may_work) return Result::session;
  const unsigned kind = draw(random, 10);
  if (kind == 0 && (what == ContactClass::syn || what == ContactClass::sctp))
    return Result::half_open;
  return kind < 6 ? Result::refused : Result::silent;
}

/// Forty sources that differ in how often they fail. Each has hosts of its own: nobody else's
/// services, outages or coverage bear on it.
std::vector<Step> random_steps(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Step> steps;
  for (unsigned n = 0; n < 6000; ++n) {
    const unsigned source = draw(random, 40);
    const ContactClass what = draw_class(random);
    const bool bad = draw(random, 100) < 2 * source + 10;
    const bool peer = source % 4 == 0 && draw(random, 2) == 0;
    steps.push_back({.src = "203." + std::to_string(source) + ".113.1",
                     .dst = "192." + std::to_string(source) + ".2." +
                            std::to_string(draw(random, source % 3 == 0 ? 200 : 12)),
                     .port = peer ? peer_port : low_port(draw(random, source % 3 == 1 ? 6 : 200)),
                     .result = draw_result(random, what, bad),
                     .contact_class = what,
                     .src_port = draw(random, 3) != 0 ? std::uint16_t{40'000} : low_port(n)});
  }
  return steps;
}

/// Octets of this process that are in memory.
std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t pages = 0;
  file >> size >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE(
    "scan reference: the detector raises the first alarm of each source where the rule does") {
  const unsigned seed = GENERATE(range(1U, 13U));
  const std::vector<Step> steps = random_steps(seed);
  Reference reference;
  Script script;
  Alarms found;
  for (unsigned n = 0; n < steps.size(); ++n) {
    reference.add(n, steps[n]);
    const std::size_t before = script.heard.all.size();
    script.add(steps[n]);
    for (std::size_t i = before; i < script.heard.all.size(); ++i) {
      const Told& told = script.heard.all[i];
      found.emplace(to_string(told.common.src_ip), std::pair{n, told.record.why});
    }
  }
  CAPTURE(seed);
  CHECK(found == reference.alarms);
  // The trace has to try all three tests, and sources that no test names.
  std::set<ScanWhy> fired;
  for (const auto& [source, alarm] : reference.alarms) fired.insert(alarm.second);
  CHECK(fired.size() == 3);
  CHECK(reference.alarms.size() < 38);
}

TEST_CASE(
    "scan reference: a million random sources take no more than their memory; a slow scan is "
    "named") {
  constexpr std::size_t memory = std::size_t{8} << 20U;
  // Sanitizers are slow, and their shadow is no memory of ours.
  const unsigned sources = can_count_allocations() ? 1'000'000 : 50'000;
  const std::size_t before = resident();
  Script script{{.memory = memory}};
  std::mt19937 random(7);  // NOLINT(*-msc51-cpp): the same in every run
  unsigned probes = 0;
  for (unsigned n = 0; n < sources; ++n) {
    if (n % (sources / 40) == 0) script.add({.port = low_port(probes++)});
    const unsigned a = draw(random, 1U << 24U);
    script.begin({.src = "11." + std::to_string(a % 256) + "." + std::to_string(a / 256 % 256) +
                         "." + std::to_string(a / 65536 % 256),
                  .dst = host(n % 200),
                  .port = 80});
    script.wait(std::chrono::milliseconds{30});
  }
  const auto named = std::ranges::count_if(
      script.heard.all, [](const Told& told) { return told.record.phase == ScanPhase::open; });
  CHECK(named == 1);
  CHECK(script.heard.all.front().common.src_ip == *parse_address("198.51.100.10"));
  const ScanCounters counters = script.detector.counters();
  CHECK(counters.sources_evicted > sources / 2);
  CHECK(counters.rows_evicted > sources / 2);
  if (can_count_allocations()) CHECK(resident() - before <= memory);
}

// Cost of the scan detector: nanoseconds per outcome, from sources in memory.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/hash.h"
#include "detect/scan_detector.h"

namespace {

using namespace ntan;
using namespace ntan::detect;

class Silence final : public ScanSink {
 public:
  void on_scan(const event::Common& /*common*/, const ScanRecord& record) override {
    benchmark::DoNotOptimize(record.probes);
  }
};

IpAddress address(std::uint32_t number) {
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
      static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
  return IpAddress::v4(octets.data());
}

/// The nth of a fixed series of numbers below `below`.
std::uint32_t draw(std::uint64_t n, std::uint32_t below) {
  return static_cast<std::uint32_t>(hash_words(std::array{n}, fixed_hash_key) % below);
}

struct Target {
  std::uint32_t src = 0;
  std::uint32_t dst = 0;
  std::uint16_t port = 0;
  Result result{};
};

constexpr std::uint32_t client_net = 10U << 24U;
constexpr std::uint32_t server_net = 192U << 24U;

/// One source, one host, every port, refused.
Target scan(std::uint64_t n) {
  return {client_net + static_cast<std::uint32_t>(n >> 16U), server_net,
          static_cast<std::uint16_t>(n), Result::refused};
}

/// 2,000 clients at 300 servers; one contact in fifty fails.
Target benign(std::uint64_t n) {
  constexpr std::array<std::uint16_t, 4> ports{443, 80, 53, 22};
  return {client_net + draw(4 * n, 2000), server_net + draw(4 * n + 1, 300),
          ports[draw(4 * n + 2, 4)], draw(4 * n + 3, 50) == 0 ? Result::silent : Result::session};
}

/// A flood from a million made-up sources.
Target random_sources(std::uint64_t n) {
  return {client_net + draw(n, 1'000'000), server_net + 1, 80, Result::half_open};
}

/// A contact and its result for each target, 100,000 contacts a second.
std::vector<Outcome> script(Target (*target)(std::uint64_t), std::size_t contacts) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(2 * contacts);
  for (std::size_t n = 0; n < contacts; ++n) {
    const Target to = target(n);
    Outcome outcome;
    outcome.time = outcome.first_time =
        Timestamp{} + std::chrono::microseconds{10 * static_cast<std::int64_t>(n)};
    outcome.src = address(to.src);
    outcome.dst = address(to.dst);
    outcome.src_port = 40000;
    outcome.dst_port = to.port;
    outcome.contact_class = ContactClass::syn;
    outcome.ttl = 60;
    outcome.packet = n + 1;
    outcome.has_mac = true;
    outcome.src_mac.octets = {2, 0, 0, 0, 0, 1};
    outcome.dst_mac.octets = {2, 0, 0, 0, 0, 2};
    outcomes.push_back(outcome);
    outcome.kind = Outcome::Kind::result;
    outcome.result = to.result;
    outcomes.push_back(outcome);
  }
  return outcomes;
}

void run(benchmark::State& state, Target (*target)(std::uint64_t)) {
  constexpr std::size_t contacts = 500'000;
  const std::vector<Outcome> outcomes = script(target, contacts);
  for (auto _ : state) {
    Silence silence;
    ScanDetector detector{{}, silence};
    for (const Outcome& outcome : outcomes) detector.on_outcome(outcome);
    detector.finish(outcomes.back().time);
    benchmark::DoNotOptimize(detector.counters());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(outcomes.size()));
}

BENCHMARK_CAPTURE(run, scan, scan)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, benign, benign)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, random_sources, random_sources)->Unit(benchmark::kMillisecond);

}  // namespace

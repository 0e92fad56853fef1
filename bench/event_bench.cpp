// Cost of rendering: nanoseconds per line of NDJSON, of records as traffic makes them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "app/dns_event.h"
#include "base/address.h"
#include "base/digits.h"
#include "base/time.h"
#include "event/event.h"
#include "event/text.h"
#include "flow/record.h"
#include "tests/support/bytes.h"

namespace {

using namespace ntan;
using namespace ntan::test;

constexpr Timestamp start = from_ns(1'700'000'000'123'456'789);

event::Common common_of(const IpAddress& client, const IpAddress& server) {
  event::Common common;
  common.ts = start;
  common.flow_id = event::Id{0x0123456789abcdef};
  common.community_id = event::FixedText<30>{std::string_view{"1:wCb3OG7yAFWelaUydu0D+125CLM="}};
  common.src_ip = client;
  common.src_port = 49'152;
  common.dst_ip = server;
  common.dst_port = 443;
  common.proto = "tcp";
  return common;
}

event::Common common_v4() {
  return common_of(IpAddress::v4("c0a8012a"_hex.data()), IpAddress::v4("cb007107"_hex.data()));
}

event::Common common_v6() {
  return common_of(IpAddress::v6("20010db8000000010000000000000042"_hex.data()),
                   IpAddress::v6("20010db8ac10fe01a1b2c3d4e5f60718"_hex.data()));
}

flow::FlowRecord flow_record() {
  flow::FlowRecord record;
  record.first_ts = start;
  record.last_ts = start + std::chrono::milliseconds{1234};
  record.duration_us = 1'234'000;
  record.history = event::FixedText<20>{"ShADadfF"};
  record.app = "tls";
  record.app_source = flow::AppSource::content;
  record.src_pkts = 12;
  record.dst_pkts = 34;
  record.src_bytes = 3'456;
  record.dst_bytes = 45'678;
  record.src_l3_bytes = 3'288;
  record.dst_l3_bytes = 45'202;
  record.src_payload = 2'648;
  record.dst_payload = 43'842;
  record.hs_rtt_us = 20'345;
  record.src_tcp_flags = event::FixedText<8>{std::string_view{"FSPA"}};
  record.dst_tcp_flags = event::FixedText<8>{std::string_view{"FSPA"}};
  return record;
}

void render(benchmark::State& state, const event::Event& event) {
  std::vector<char> line;
  std::int64_t octets = 0;
  for (auto _ : state) {
    line.resize(event::json_bound(event));
    const char* const end = event::append_json(line.data(), event, {});
    octets += end - line.data();
    benchmark::DoNotOptimize(line.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(octets);
}

void render_flow_v4(benchmark::State& state) {
  const event::Common common = common_v4();
  const flow::FlowRecord record = flow_record();
  render(state, event::make_event(common, record));
}

void render_flow_v6(benchmark::State& state) {
  const event::Common common = common_v6();
  const flow::FlowRecord record = flow_record();
  render(state, event::make_event(common, record));
}

void render_dns(benchmark::State& state) {
  const std::array answers{
      app::dns::Answer{.name = "www.example.org",
                       .type = app::dns::CodeName{std::string_view{"CNAME"}},
                       .ttl = 300,
                       .data = "edge-17.cdn.example.net",
                       .cache_flush = std::nullopt},
      app::dns::Answer{.name = "edge-17.cdn.example.net",
                       .type = app::dns::CodeName{std::string_view{"A"}},
                       .ttl = 60,
                       .data = "203.0.113.7",
                       .cache_flush = std::nullopt},
  };
  app::dns::Dns record;
  record.id = 0x10e1;
  record.query = "www.example.org";
  record.type = app::dns::CodeName{std::string_view{"A"}};
  record.code = app::dns::CodeName{std::string_view{"IN"}};
  record.rcode = app::dns::CodeName{std::string_view{"NOERROR"}};
  record.queried = true;
  record.answered = true;
  record.rtt_us = 18'481;
  record.answer_count = 2;
  record.answers = answers;
  const event::Common common = common_v4();
  render(state, event::make_event(common, record));
}

/// Text of that many octets, all of which stand for themselves.
void escape_plain_text(benchmark::State& state) {
  const std::string_view text = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox";
  const std::string_view part = text.substr(0, static_cast<std::size_t>(state.range(0)));
  std::array<char, event::max_text_growth * 64> out{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(event::append_text(out.data(), part, event::TextForm::json));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void write_time(benchmark::State& state) {
  std::array<char, max_time_text> out{};
  Timestamp time = start;
  for (auto _ : state) {
    benchmark::DoNotOptimize(append_time(out.data(), time, TimeDigits::micro));
    benchmark::ClobberMemory();
    time += std::chrono::microseconds{997};
  }
  state.SetItemsProcessed(state.iterations());
}

/// Integers of that many digits.
void write_integer(benchmark::State& state) {
  std::array<char, max_integer_text> out{};
  std::uint64_t value = powers_of_ten.at(static_cast<std::size_t>(state.range(0) - 1)) + 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    benchmark::DoNotOptimize(append_unsigned(out.data(), value));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(render_flow_v4);
BENCHMARK(render_flow_v6);
BENCHMARK(render_dns);
BENCHMARK(escape_plain_text)->Arg(7)->Arg(15)->Arg(63);
BENCHMARK(write_time);
BENCHMARK(write_integer)->Arg(1)->Arg(3)->Arg(6)->Arg(10)->Arg(20);

}  // namespace

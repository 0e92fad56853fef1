#include "stats/aggregator.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "stats/summary_record.h"

using namespace ntan;
using namespace ntan::stats;
using event::Note;
using Kind = event::Note::Kind;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A copy of an event, its line and its figures.
struct Told {
  Timestamp ts;
  std::string json;
  SummaryRecord record;  ///< without its lists
  std::vector<ProtocolRow> protocols;
  std::vector<InterfaceRow> interfaces;
  std::vector<TalkerRow> talkers;
  std::vector<LatencyRow> latency;
};

struct Listener {
  std::vector<Told> all;

  [[nodiscard]] Aggregator::Emit emit() {
    return [this](const event::Event& event) { keep(event); };
  }

  void keep(const event::Event& event) {
    std::string line(event::json_bound(event), '\0');
    line.resize(static_cast<std::size_t>(event::append_json(line.data(), event, {}) - line.data()));
    const auto& record = *static_cast<const SummaryRecord*>(event.record);
    all.push_back({.ts = event.common.ts,
                   .json = line,
                   .record = record,
                   .protocols = {record.protocols.begin(), record.protocols.end()},
                   .interfaces = {record.interfaces.begin(), record.interfaces.end()},
                   .talkers = {record.talkers.begin(), record.talkers.end()},
                   .latency = {record.latency.begin(), record.latency.end()}});
  }
};

/// A place that lives for ever.
SharedName named(std::string_view name) {
  static std::map<std::string, std::string_view> names;
  auto& entry = *names.emplace(name, std::string_view{}).first;
  entry.second = entry.first;
  return &entry.second;
}

PacketFacts packet(std::int64_t ns, std::uint32_t size = 100) {
  return {.clock = from_ns(ns),
          .wire_bytes = size,
          .captured_bytes = std::min(size, 96U),
          .link = LinkType::ethernet,
          .network = named("ipv4"),
          .transport = named("udp")};
}

IpAddress ip(std::string_view text) {
  return *parse_address(text);
}

/// As the engine does: windows due are closed before the packet is counted.
void feed(Aggregator& stats, const PacketFacts& packet, Listener& listener,
          const Quality& quality = {}) {
  while (stats.next_due() <= to_ns(packet.clock)) stats.close_window(quality, listener.emit());
  stats.on_packet(packet);
}

}  // namespace

TEST_CASE("aggregator: home networks tell inbound, outbound and internal traffic apart") {
  Listener listener;
  Aggregator stats(
      {.every = std::chrono::seconds{1}, .home = {{.address = ip("10.0.0.0"), .bits = 8}}});
  stats.start(from_ns(0));
  const auto flow = [&stats](std::string_view client, std::string_view server) {
    stats.on_packet(packet(0, 100));
    stats.on_flow({.client = ip(client),
                   .server = ip(server),
                   .client_packets = 2,
                   .server_packets = 3,
                   .client_bytes = 100,
                   .server_bytes = 1'000});
  };
  flow("10.0.0.1", "192.0.2.1");  // ours is the client: 100 out, 1000 in
  flow("192.0.2.9", "10.0.0.2");  // and the server: 100 in, 1000 out
  flow("10.0.0.1", "10.0.0.2");
  flow("192.0.2.1", "192.0.2.2");  // none of them is ours
  stats.close_window({}, listener.emit());
  REQUIRE(listener.all.size() == 1);
  CHECK(listener.all[0].json.find(
            R"("inbound_pkts":5,"inbound_bytes":1100,"outbound_pkts":5,"outbound_bytes":1100,)"
            R"("internal_pkts":5,"internal_bytes":1100)") != std::string::npos);
  stats.on_packet(packet(1 * second, 60));
  stats.finish(from_ns(1 * second), {}, listener.emit());
  REQUIRE(listener.all.size() == 2);
  CHECK(listener.all[1].json.find(R"("inbound_pkts":0,"inbound_bytes":0,)") != std::string::npos);
}

TEST_CASE("aggregator: without windows there is one summary, of the whole run") {
  Listener listener;
  Aggregator stats({.sensor = "probe"});
  stats.start(from_ns(1 * second));
  CHECK(stats.next_due() == INT64_MAX);
  stats.on_packet(packet(1 * second, 1000));
  stats.on_packet(packet(3 * second, 1500));
  stats.on_flow({.client = ip("10.0.0.1"),
                 .server = ip("10.0.0.53"),
                 .app = "dns",
                 .client_packets = 1,
                 .server_packets = 1,
                 .client_bytes = 1000,
                 .server_bytes = 1500,
                 .transport = "udp",
                 .began = true,
                 .ended = true});
  for (const Note note : {Note{Kind::dns_query}, Note{Kind::dns_answer}, Note{Kind::dns_rcode, 3},
                          Note{Kind::dns_rtt_us, 1234}}) {
    stats.on_note(note);
  }
  stats.finish(from_ns(3 * second), {.received = 2, .flows_active = 0}, listener.emit());
  REQUIRE(listener.all.size() == 1);
  CHECK(
      listener.all[0].json ==
      R"({"v":1,"event":"summary","ts":"1970-01-01T00:00:03.000000Z","sensor":"probe","summary":{)"
      R"("first_ts":"1970-01-01T00:00:01.000000Z","last_ts":"1970-01-01T00:00:03.000000Z",)"
      R"("interval_us":2000000,"packets":2,"bytes":2500,"captured_bytes":192,"bps":10000,"pps":1,)"
      R"("peak_1s_bps":12000,"peak_100ms_bps":120000,"burst_1ms_peak_bps":12000000,)"
      R"("peak_to_mean":1000,"bursts":2,"burst_longest_us":1000,"burst_bytes":2500,)"
      R"("flows_new":1,"flows_ended":1,"flows_active":0,)"
      R"("latency":[{"metric":"dns_rtt","n":1,"min_us":1234,"p50_us":1234,"p90_us":1234,)"
      R"("p95_us":1234,"p99_us":1234,"max_us":1234}],)"
      R"("protocols":[{"level":"link","name":"ethernet","pkts":2,"bytes":2500,"peak_1s_bps":12000},)"
      R"({"level":"network","name":"ipv4","pkts":2,"bytes":2500,"flows":1,"peak_1s_bps":12000},)"
      R"({"level":"transport","name":"udp","pkts":2,"bytes":2500,"flows":1,"peak_1s_bps":12000},)"
      R"({"level":"application","name":"dns","pkts":2,"bytes":2500,"flows":1}],)"
      R"("talkers":[{"ip":"10.0.0.53","bytes":1500,"pkts":1,"bytes_error":0},)"
      R"({"ip":"10.0.0.1","bytes":1000,"pkts":1,"bytes_error":0}],)"
      R"("dns_queries":1,"dns_answers":1,"dns_unanswered":0,"dns_retries":0,"dns_soft_retries":0,)"
      R"("dns_duplicate_answers":0,"dns_unsolicited":0,"dns_loss_ratio":0,)"
      R"("rcodes":[{"name":"NXDOMAIN","n":1}],)"
      R"("quality_received":2,"quality_dropped_by_ntan":0,"quality_truncated_packets":0,)"
      R"("quality_undecodable_packets":0,"quality_flows_evicted":0,"quality_memory_refused":0}})"
      "\n");
}

TEST_CASE("aggregator: each protocol has its fullest second") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{10}});
  stats.start(from_ns(10 * second));
  const auto add = [&](std::int64_t ms, std::uint32_t size, std::string_view transport) {
    PacketFacts one = packet(10 * second + ms * 1'000'000, size);
    one.transport = named(transport);
    feed(stats, one, listener);
  };
  add(0, 100, "udp");
  add(999, 200, "tcp");
  add(1000, 250, "udp");
  add(1999, 250, "udp");
  add(5000, 900, "tcp");
  add(6000, 400, "udp");
  add(10'000, 50, "udp");  // the next window
  stats.finish(from_ns(20 * second), {}, listener.emit());
  REQUIRE(listener.all.size() == 2);
  const auto peak = [&](std::size_t window, std::string_view name) {
    const auto& rows = listener.all[window].protocols;
    const auto row = std::ranges::find(rows, name, &ProtocolRow::name);
    REQUIRE(row != rows.end());
    return row->peak_1s_bps.value();
  };
  CHECK(peak(0, "udp") == 500 * 8);
  CHECK(peak(0, "tcp") == 900 * 8);
  CHECK(peak(0, "ipv4") == 900 * 8);
  CHECK(peak(1, "udp") == 50 * 8);
  CHECK(peak(1, "ethernet") == 50 * 8);
}

TEST_CASE("aggregator: interfaces are told apart once there is a second one") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{10}});
  stats.name_interface(0, "eth0");
  stats.name_interface(1, "eth1");
  stats.name_interface(15, "eth15");
  stats.name_interface(4'711, "eth4711");
  stats.start(from_ns(10 * second));
  const auto add = [&](std::int64_t s, std::uint32_t size, std::uint32_t interface) {
    PacketFacts one = packet(s * second, size);
    one.interface = interface;
    feed(stats, one, listener);
  };
  add(10, 100, 0);
  add(20, 100, 0);
  add(21, 300, 1);
  add(22, 200, 0);
  add(23, 200, 15);
  add(23, 200, 4'711);
  add(30, 100, 0);
  stats.finish(from_ns(31 * second), {}, listener.emit());
  REQUIRE(listener.all.size() == 3);
  CHECK(listener.all[0].interfaces.empty());
  const auto& rows = listener.all[1].interfaces;
  REQUIRE(rows.size() == 3);
  CHECK((rows[0].name == "eth0" && rows[0].pkts == 2 && rows[0].bytes == 300));
  CHECK((rows[0].peak_1s_bps == 200 * 8 && rows[0].bps.value() == 240 && rows[0].bursts == 2));
  CHECK((rows[1].name == "eth1" && rows[1].id == 1 && rows[1].pkts == 1 && rows[1].bytes == 300));
  CHECK(rows[2].name.empty());
  CHECK((rows[2].id == 15 && rows[2].pkts == 2 && rows[2].peak_100ms_bps == 4'000 * 8));
  REQUIRE(listener.all[2].interfaces.size() == 1);
  CHECK(listener.all[2].interfaces[0].bytes == 100);
}

TEST_CASE("aggregator: windows are aligned, and a packet at a border belongs to the next one") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{10}});
  stats.start(from_ns(17 * second));
  feed(stats, packet(17 * second), listener);
  feed(stats, packet(20 * second - 1), listener);
  feed(stats, packet(20 * second), listener);
  feed(stats, packet(31 * second), listener);
  stats.finish(from_ns(32 * second), {}, listener.emit());
  REQUIRE(listener.all.size() == 3);
  const std::int64_t begins[] = {17, 20, 30};
  const std::int64_t ends[] = {20, 30, 32};
  const std::uint64_t packets[] = {2, 1, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    const Told& told = listener.all[i];
    CHECK(told.record.first_ts == from_ns(begins[i] * second));
    CHECK(told.record.last_ts == from_ns(ends[i] * second));
    CHECK(told.record.interval_us == (ends[i] - begins[i]) * 1'000'000);
    CHECK(told.ts == told.record.last_ts);
    CHECK(told.record.packets == packets[i]);
  }
}

TEST_CASE("aggregator: what was not seen is absent") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{1}});
  stats.start(from_ns(0));
  feed(stats, packet(0), listener);
  feed(stats, packet(2 * second), listener);
  REQUIRE(listener.all.size() == 2);
  CHECK(listener.all[1].json ==
        R"({"v":1,"event":"summary","ts":"1970-01-01T00:00:02.000000Z","summary":{)"
        R"("first_ts":"1970-01-01T00:00:01.000000Z","last_ts":"1970-01-01T00:00:02.000000Z",)"
        R"("interval_us":1000000,"packets":0,"bytes":0,"captured_bytes":0,"bps":0,"pps":0,)"
        R"("peak_1s_bps":0,"peak_100ms_bps":0,"burst_1ms_peak_bps":0,)"
        R"("bursts":0,"burst_longest_us":0,"burst_bytes":0,)"
        R"("flows_new":0,"flows_ended":0,"flows_active":0,"quality_dropped_by_ntan":0,)"
        R"("quality_truncated_packets":0,"quality_undecodable_packets":0,)"
        R"("quality_flows_evicted":0,"quality_memory_refused":0}})"
        "\n");
}

TEST_CASE("aggregator: a single packet has no rate") {
  Listener listener;
  Aggregator stats({});
  stats.start(from_ns(5));
  stats.on_packet(packet(5));
  stats.finish(from_ns(5), {}, listener.emit());
  REQUIRE(listener.all.size() == 1);
  CHECK(!listener.all[0].record.bps);
  CHECK(!listener.all[0].record.pps);
  CHECK(listener.all[0].record.peak_1s_bps == 800);
}

TEST_CASE("aggregator: without a packet there is no summary") {
  Listener listener;
  Aggregator stats({});
  stats.finish(from_ns(0), {}, listener.emit());
  CHECK(listener.all.empty());
}

TEST_CASE("aggregator: an end at a border adds no empty summary") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{1}});
  stats.start(from_ns(0));
  feed(stats, packet(0), listener);
  stats.close_window({}, listener.emit());
  stats.finish(from_ns(second), {}, listener.emit());
  CHECK(listener.all.size() == 1);
}

TEST_CASE("aggregator: idle time is reported for 600 windows, then skipped and said") {
  const auto [gap, reported, skipped] = GENERATE(table<std::int64_t, std::size_t, std::uint64_t>({
      {600, 600, 0},
      {601, 601, 0},
      {602, 601, 1},
      {5'000, 601, 4'399},
      {9'000'000'000, 601, 8'999'999'399},
  }));
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{1}});
  stats.start(from_ns(0));
  feed(stats, packet(0), listener);
  feed(stats, packet(gap * second + 7), listener);
  CHECK(listener.all.size() == reported);
  CHECK(stats.next_due() == (gap + 1) * second);
  stats.finish(from_ns(gap * second + 8), {}, listener.emit());
  const SummaryRecord& last = listener.all.back().record;
  CHECK(last.skipped_windows.value_or(0) == skipped);
  CHECK(last.first_ts == from_ns(gap * second));
  CHECK(last.packets == 1);
}

TEST_CASE("aggregator: what ends while windows are skipped is counted in the next summary") {
  Listener listener;
  Aggregator stats({.every = std::chrono::milliseconds{10}});
  stats.start(from_ns(0));
  feed(stats, packet(0), listener);
  while (stats.next_due() != INT64_MAX) stats.close_window({}, listener.emit());
  CHECK(listener.all.size() == 601);
  stats.on_note({Kind::dns_unanswered});
  stats.on_flow({.client = ip("10.0.0.1"), .server = ip("10.0.0.2"), .ended = true});
  feed(stats, packet(3600 * second), listener);
  CHECK(listener.all.size() == 601);
  stats.close_window({}, listener.emit());
  const SummaryRecord& record = listener.all.back().record;
  CHECK(record.skipped_windows == 360'000 - 601);
  CHECK(record.dns_unanswered == 1);
  CHECK(record.flows_ended == 1);
  CHECK(record.packets == 1);
}

TEST_CASE("aggregator: a trace over all of time is reported in bounded steps") {
  Listener listener;
  Aggregator stats({.every = std::chrono::nanoseconds{1}});
  stats.start(from_ns(INT64_MIN));
  feed(stats, packet(INT64_MIN), listener);
  feed(stats, packet(INT64_MAX - 1), listener);
  stats.finish(from_ns(INT64_MAX), {}, listener.emit());
  REQUIRE(listener.all.size() == 602);
  CHECK(listener.all.back().record.skipped_windows == UINT64_MAX - 602);
}

TEST_CASE("aggregator: counters of the run become counts of the window") {
  Listener listener;
  Aggregator stats({.every = std::chrono::seconds{1}});
  stats.start(from_ns(0));
  feed(stats, packet(0), listener);
  stats.close_window({.received = 10, .truncated_packets = 3, .flows_active = 4}, listener.emit());
  stats.close_window({.received = 15, .truncated_packets = 3, .flows_active = 2}, listener.emit());
  REQUIRE(listener.all.size() == 2);
  const SummaryRecord& record = listener.all[1].record;
  CHECK(record.quality_received == 5);
  CHECK(record.quality_truncated_packets == 0);
  CHECK(record.flows_active == 2);
  CHECK(!record.quality_dropped_by_kernel);
}

TEST_CASE("aggregator: lists are cut to --top and still add up") {
  Listener listener;
  Aggregator stats({.top = 2});
  stats.start(from_ns(0));
  std::vector<std::string> names;
  for (int i = 0; i < 80; ++i) names.push_back("app" + std::to_string(i));
  for (std::uint16_t i = 0; i < 80; ++i) {
    stats.on_flow({.client = ip("10.0.0." + std::to_string(i)),
                   .server = ip("10.0.1.1"),
                   .app = names[i],
                   .client_packets = 1,
                   .client_bytes = 100U + i,
                   .transport = "tcp",
                   .began = true});
    stats.on_note({Kind::dns_rcode, i});
  }
  stats.on_note({Kind::dns_rcode, 3});
  stats.on_note({Kind::http_status, 404});
  stats.on_note({Kind::http_status, 204});
  stats.on_note({Kind::http_status, 200});
  stats.finish(from_ns(second), {}, listener.emit());
  REQUIRE(listener.all.size() == 1);
  const std::vector<ProtocolRow>& rows = listener.all[0].protocols;
  REQUIRE(rows.size() == 5);  // two without packets, tcp and ipv4, then three
  // The first 64 names have rows, so app63 is the heaviest that is known by name.
  CHECK(rows[2].name == "app63");
  CHECK(rows[3].name == "app62");
  CHECK(rows[4].name == "other");
  CHECK(rows[2].pkts + rows[3].pkts + rows[4].pkts == 80);
  CHECK(rows[2].flows.value() + rows[3].flows.value() + rows[4].flows.value() == 80);
  CHECK(rows[2].bytes + rows[3].bytes + rows[4].bytes == 80 * 100 + 79 * 80 / 2);
  CHECK(listener.all[0].talkers.size() == 2);
  CHECK_THAT(listener.all[0].json,
             Catch::Contains(R"("rcodes":[{"name":"NXDOMAIN","n":2},{"name":"NOERROR","n":1},)"
                             R"({"name":"other","n":78}],"http_requests":0,)"
                             R"("http_status":[{"class":"2xx","n":2},{"class":"4xx","n":1}])"));
}

TEST_CASE("aggregator: link types that are not decoded are named as asked for") {
  Listener listener;
  Aggregator stats({.top = 100, .link_name = [](LinkType link) {
                      return "link " + std::to_string(static_cast<unsigned>(link));
                    }});
  stats.start(from_ns(0));
  PacketFacts facts = packet(0);
  for (std::uint16_t i = 0; i < 100; ++i) {
    facts.link = LinkType{static_cast<std::uint16_t>(40'000 + i)};
    stats.on_packet(facts);
    stats.on_packet(facts);
  }
  stats.finish(from_ns(1), {}, listener.emit());
  const std::vector<ProtocolRow>& rows = listener.all.at(0).protocols;
  CHECK(rows[0].name == "link 40000");
  CHECK(rows[0].pkts == 2);
  CHECK(rows[63].name == "link 40063");
  CHECK(rows[64].name == "other");
  CHECK(rows[64].pkts == 72);
}

TEST_CASE("aggregator: of echo requests those whose fate is known make the ratio of losses") {
  struct Row {
    std::uint64_t echoes = 0, answered = 0, lost = 0;
    std::optional<double> ratio;
  };

  const auto row = GENERATE(values<Row>({
      {4, 3, 1, 0.25},
      {1'000, 3, 1, 0.25},  // the others still wait, or gave way
      {0, 0, 2, 1.0},       // sent in the window before
      {1, 3, 0, 0.0},
      {0, 1, 0, 0.0},  // sent in the window before
      {5, 0, 0, std::nullopt},
  }));
  CAPTURE(row.echoes, row.answered, row.lost);
  Listener listener;
  Aggregator stats({});
  stats.start(from_ns(0));
  if (row.echoes != 0) stats.on_note({Kind::icmp_echo, row.echoes});
  if (row.answered != 0) stats.on_note({Kind::icmp_answered, row.answered});
  if (row.lost != 0) stats.on_note({Kind::icmp_lost, row.lost});
  stats.finish(from_ns(1), {}, listener.emit());
  CHECK(listener.all.at(0).record.icmp_echoes == row.echoes);
  CHECK(listener.all.at(0).record.icmp_lost == row.lost);
  CHECK(listener.all.at(0).record.icmp_lost_ratio == row.ratio);
}

TEST_CASE("aggregator: a duration that is negative is no latency") {
  Listener listener;
  Aggregator stats({});
  stats.start(from_ns(0));
  stats.on_note({Kind::icmp_rtt_us, static_cast<std::uint64_t>(std::int64_t{-5})});
  stats.finish(from_ns(1), {}, listener.emit());
  CHECK(listener.all.at(0).latency.empty());
}

namespace {

struct Sums {
  std::uint64_t packets = 0, bytes = 0, captured = 0, flows_new = 0, flows_ended = 0;
  std::uint64_t queries = 0, handshakes = 0, echoes = 0, requests = 0, latencies = 0;
  std::uint64_t app_packets = 0, app_bytes = 0, app_flows = 0, talker_bytes = 0, received = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};

Sums sum(const std::vector<Told>& all) {
  Sums sums;
  for (const Told& told : all) {
    const SummaryRecord& r = told.record;
    sums.packets += r.packets, sums.bytes += r.bytes, sums.captured += r.captured_bytes;
    sums.flows_new += r.flows_new, sums.flows_ended += r.flows_ended;
    sums.queries += r.dns_queries.value_or(0), sums.handshakes += r.tls_handshakes.value_or(0);
    sums.echoes += r.icmp_echoes.value_or(0), sums.requests += r.http_requests.value_or(0);
    sums.received += r.quality_received.value_or(0);
    for (const LatencyRow& row : told.latency) sums.latencies += row.n;
    for (const TalkerRow& row : told.talkers) sums.talker_bytes += row.bytes;
    for (const ProtocolRow& row : told.protocols) {
      if (row.level != Level::application) continue;
      sums.app_packets += row.pkts, sums.app_bytes += row.bytes;
      sums.app_flows += row.flows.value_or(0);
    }
  }
  return sums;
}

/// The same random traffic, whatever the length of the windows.
std::vector<Told> random_run(Duration every, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  Listener listener;
  Aggregator stats({.every = every, .top = 256});
  std::int64_t now = static_cast<std::int64_t>(dice() % (20 * second)) - 10 * second;
  const std::string_view apps[] = {"dns", "http", "", "tls"};
  constexpr Kind kinds[] = {Kind::dns_query,    Kind::tls_handshake, Kind::icmp_echo,
                            Kind::http_request, Kind::dns_rtt_us,    Kind::tcp_hs_rtt_server_us};
  stats.start(from_ns(now));
  Quality quality{.received = 0};
  for (int i = 0; i < 2'000; ++i) {
    quality.received = static_cast<std::uint64_t>(i) + 1;
    feed(stats, packet(now, 60 + static_cast<std::uint32_t>(dice() % 1'400)), listener, quality);
    if (dice() % 3 == 0) stats.on_note({kinds[dice() % 6], 1});
    if (dice() % 4 == 0) {
      const std::uint64_t draw = dice();
      stats.on_flow({.client = ip("10.0.0." + std::to_string(draw % 100)),
                     .server = ip("2001:db8::" + std::to_string(draw / 128 % 100)),
                     .app = apps[draw % 4],
                     .client_packets = draw % 7,
                     .server_packets = draw % 5,
                     .client_bytes = draw % 7 * 100,
                     .server_bytes = draw % 5 * 100,
                     .transport = "tcp",
                     .began = draw % 3 == 0,
                     .ended = draw % 2 == 0});
    }
    // Bursts, pauses, and now and then a gap that is skipped.
    now += dice() % 500 == 0 ? 100 * second : static_cast<std::int64_t>(dice() % 40'000'000);
  }
  quality.received = 5'000;
  stats.finish(from_ns(now), quality, listener.emit());
  return listener.all;
}

}  // namespace

TEST_CASE("aggregator: the summaries of all windows add up to that of the whole run") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<Told> whole = random_run({}, seed);
    REQUIRE(whole.size() == 1);
    const Sums totals = sum(whole);
    CHECK(totals.packets == 2'000);
    CHECK(totals.received == 5'000);
    CHECK(totals.talker_bytes == totals.app_bytes);
    for (const std::int64_t ms : {20, 700, 1'000, 10'000, 1'000'000}) {
      const std::vector<Told> windows = random_run(std::chrono::milliseconds{ms}, seed);
      CHECK(sum(windows) == totals);
      for (std::size_t i = 1; i < windows.size(); ++i) {
        const SummaryRecord& record = windows[i].record;
        const std::int64_t left_out =
            static_cast<std::int64_t>(record.skipped_windows.value_or(0)) * ms * 1'000'000;
        CHECK(to_ns(windows[i - 1].record.last_ts) + left_out == to_ns(record.first_ts));
      }
    }
  }
}

TEST_CASE("aggregator: packets of many kinds are counted exactly at every level") {
  std::mt19937_64 dice(4);
  const std::vector<SharedName> networks{named("ipv4"), named("ipv6"), named("arp"), nullptr,
                                         named("other_l2")};
  std::vector<SharedName> transports{nullptr};
  for (int i = 0; i < 60; ++i) transports.push_back(named(std::to_string(i)));
  std::map<std::pair<Level, std::string>, std::pair<std::uint64_t, std::uint64_t>> truth;
  const auto add = [&truth](Level level, SharedName name, std::uint64_t bytes) {
    if (name == nullptr) return;
    auto& [packets, sum] = truth[{level, std::string(*name)}];
    ++packets, sum += bytes;
  };
  Listener listener;
  Aggregator stats({.top = 100});
  stats.start(from_ns(0));
  for (int i = 0; i < 20'000; ++i) {
    PacketFacts facts = packet(i, 60 + static_cast<std::uint32_t>(dice() % 1'400));
    facts.link = dice() % 2 == 0 ? LinkType::null : LinkType::raw;
    facts.network = networks[dice() % networks.size()];
    facts.transport = transports[dice() % transports.size()];
    stats.on_packet(facts);
    add(Level::link, named(to_text(facts.link)), facts.wire_bytes);
    add(Level::network, facts.network, facts.wire_bytes);
    add(Level::transport, facts.transport, facts.wire_bytes);
  }
  stats.finish(from_ns(second), {}, listener.emit());
  const std::vector<ProtocolRow>& rows = listener.all.at(0).protocols;
  CHECK(rows.size() == truth.size());
  for (const ProtocolRow& row : rows)
    CHECK(truth[{row.level, std::string(row.name)}] == std::pair{row.pkts, row.bytes});
}

TEST_CASE("aggregator: a first packet without any name is counted") {
  Listener listener;
  Aggregator stats({});
  stats.start(from_ns(0));
  stats.on_packet({.clock = from_ns(0), .wire_bytes = 60, .link = LinkType::null});
  stats.finish(from_ns(0), {}, listener.emit());
  CHECK(listener.all.at(0).record.packets == 1);
  REQUIRE(listener.all[0].protocols.size() == 1);
  CHECK(listener.all[0].protocols[0].name == "null");
  CHECK(listener.all[0].protocols[0].pkts == 1);
}

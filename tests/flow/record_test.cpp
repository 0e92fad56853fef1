#include "flow/record.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/flow/segment.h"
#include "tests/support/bytes.h"

namespace ntan::flow {
namespace {

using namespace std::chrono_literals;
using test::Talk;
using test::literals::operator""_hex;  // NOLINT(*-unused-using-decls): literals use it
namespace flag = wire::tcp_flag;
namespace ip = ip_protocol;

Flow flow_of(const wire::Decoded& first) {
  const DirectedKey made = make_key(first, VlanUse::keep);
  Flow flow;
  flow.key = made.key;
  flow.first = flow.last = from_ns(1'700'000'000'000'000'000);
  flow.orientation = orient(first, made.from_low);
  return flow;
}

Flow tcp_flow() {
  return flow_of(test::decoded({.flags = flag::syn}));
}

Flow udp_flow() {
  wire::Decoded first = test::decoded({});
  first.proto = ip::udp;
  return flow_of(first);
}

/// The names of the members that a record shows.
std::string members(const FlowRecord& record) {
  const event::Common common{};
  const event::Event event = event::make_event(common, record);
  std::string line(event::json_bound(event) + simdjson::SIMDJSON_PADDING, '\0');
  const char* end = append_json(line.data(), event, {});
  simdjson::dom::parser parser;
  const auto size = static_cast<std::size_t>(end - line.data());
  std::string names;
  for (const auto member : simdjson::dom::object(parser.parse(line.data(), size)["flow"]))
    names.append(names.empty() ? "" : " ").append(member.key);
  return names;
}

constexpr std::string_view counters =
    "src_pkts dst_pkts src_bytes dst_bytes src_l3_bytes dst_l3_bytes src_payload dst_payload "
    "peak_1s_bps";

}  // namespace

TEST_CASE("record: what was not observed is absent, not zero") {
  const std::string expected = "first_ts last_ts duration_us seq final state orient ";
  CHECK(members(make_record(udp_flow(), nullptr)) == expected + std::string(counters));
  // A lone SYN without options adds nothing.
  CHECK(members(make_record(tcp_flow(), nullptr)) == expected + std::string(counters));
}

TEST_CASE("record: a TCP flow without handshake has goodput and no times") {
  const Talk talk(">D10A <A");
  const FlowRecord record = make_record(tcp_flow(), &talk.tcp);
  CHECK(record.src_goodput_bytes == 10U);
  CHECK(record.dst_goodput_bytes == 0U);
  CHECK_FALSE(record.hs_rtt_server_us);
  CHECK_FALSE(record.hs_rtt_client_us);
  CHECK_FALSE(record.hs_rtt_us);
  CHECK_FALSE(record.connect_us);
  CHECK_FALSE(record.src_mss);
  CHECK_FALSE(record.src_wscale);
  CHECK(record.state == ConnState::OTH);
}

TEST_CASE("record: the sum of both halves needs both") {
  struct Case {
    std::string_view script;
    std::optional<std::int64_t> server, client, sum, connect;
  };
  const auto c = GENERATE(values<Case>({
      {">S +40 <SA +10 >A", 40'000, 10'000, 50'000, 50'000},
      {">S +0 <SA +0 >A", 0, 0, 0, 0},
      {">S +1000 >* +40 <SA +10 >A", {}, 10'000, {}, 1'050'000},
      {">S +40 <SA +5 <* +10 >A", 40'000, {}, {}, 55'000},
      {"<SA +10 >A", {}, 10'000, {}, {}},
      {">S +40 <SA", 40'000, {}, {}, {}},
  }));
  CAPTURE(c.script);
  const Talk talk(c.script);
  const FlowRecord record = make_record(tcp_flow(), &talk.tcp);
  CHECK(record.hs_rtt_server_us == c.server);
  CHECK(record.hs_rtt_client_us == c.client);
  CHECK(record.hs_rtt_us == c.sum);
  CHECK(record.connect_us == c.connect);
}

TEST_CASE("record: a window scale of 0 was announced, an absent one was not") {
  Talk talk;
  talk.send({.flags = flag::syn, .seq = 1000, .options = "020405b4 03030000"_hex});
  talk.play("<SA");
  const FlowRecord record = make_record(tcp_flow(), &talk.tcp);
  CHECK(record.src_wscale == std::uint8_t{0});
  CHECK(record.src_mss == 1460);
  CHECK_FALSE(record.dst_wscale);
  CHECK_FALSE(record.dst_mss);
}

TEST_CASE("record: a lone SYN shows its options") {
  Flow flow = tcp_flow();
  flow.first_syn =
      FirstSyn::of(test::decoded({.flags = flag::syn, .options = "020405b4 03030700"_hex}));
  const FlowRecord record = make_record(flow, nullptr);
  CHECK(record.src_mss == 1460);
  CHECK(record.src_wscale == std::uint8_t{7});
  CHECK_FALSE(record.dst_mss);
  CHECK_FALSE(record.src_goodput_bytes);
  CHECK(record.state == ConnState::S0);
}

TEST_CASE("record: what no header told is left out, not zero") {
  wire::Decoded cut = test::decoded({});
  cut.ports_only = true;
  Talk talk(">S <SA >D10A");
  Flow flow = tcp_flow();
  flow.sides[0] = {.payload_bytes = 10, .tcp_flags = flag::syn | flag::ack, .packets = 2};
  flow.sides[1] = {.tcp_flags = flag::syn | flag::ack, .packets = 1};
  CHECK(make_record(flow, &talk.tcp).dst_payload == 0U);
  CHECK(make_record(flow, &talk.tcp).dst_goodput_bytes == 0U);
  CHECK(make_record(flow, &talk.tcp).dst_data_segs == 0U);
  Talk half;
  half.play(">D10A");
  half.tcp.on_segment(cut, Direction::to_client, half.now(), half.history);
  flow.sides[1] = {.packets = 1};
  Uncommon uncommon{.ports_only = {false, true}};
  flow.uncommon = &uncommon;
  const FlowRecord record = make_record(flow, &half.tcp);
  CHECK(record.src_payload == 10U);
  CHECK(record.src_data_segs == 1U);
  CHECK_FALSE(record.dst_payload);
  CHECK_FALSE(record.dst_goodput_bytes);
  CHECK_FALSE(record.dst_data_segs);
  CHECK_FALSE(record.dst_rtx);
  // A side that sent nothing has sent no payload.
  flow.sides[1] = {};
  uncommon.ports_only = {};
  CHECK(make_record(flow, &half.tcp).dst_payload == 0U);
}

TEST_CASE("record: payload of datagrams cut behind their ports is left out, not zero") {
  Flow flow = udp_flow();
  flow.sides[0] = {.packets = 3};
  flow.sides[1] = {.packets = 1};
  Uncommon uncommon{.ports_only = {true, false}};
  flow.uncommon = &uncommon;
  CHECK_FALSE(make_record(flow, nullptr).src_payload);
  CHECK(make_record(flow, nullptr).dst_payload == 0U);
  // What could be read is told.
  flow.sides[0] = {.payload_bytes = 7, .packets = 4};
  CHECK(make_record(flow, nullptr).src_payload == 7U);
}

TEST_CASE("record: throughput is payload bits over the flow's duration") {
  Flow flow = udp_flow();
  flow.sides[0].payload_bytes = 1'000'000;
  CHECK_FALSE(make_record(flow, nullptr).src_throughput_bps);  // one instant has no rate
  flow.last = flow.first + 2s;
  CHECK(make_record(flow, nullptr).src_throughput_bps == 4'000'000U);
  CHECK_FALSE(make_record(flow, nullptr).dst_throughput_bps);
  flow.sides[0].payload_bytes = Count48::most;
  CHECK(make_record(flow, nullptr).src_throughput_bps == 1'125'899'906'842'620U);
  CHECK(make_record(flow, nullptr).duration_us == 2'000'000);
}

TEST_CASE("record: rare counters show once they are not zero") {
  Flow flow = udp_flow();
  Uncommon uncommon{.fragments = 2, .bad_checksums = {1, 2}, .icmp_errors = 1};
  flow.uncommon = &uncommon;
  flow.records = 4;
  const FlowRecord record = make_record(flow, nullptr);
  CHECK(record.icmp_err == 1U);
  CHECK(record.frags == 2U);
  CHECK(record.csum_bad == 3U);
  CHECK(record.seq == 4);
}

TEST_CASE("record: flags are letters from FIN to CWR") {
  CHECK(flag_text(0).view().empty());
  CHECK(flag_text(flag::syn | flag::ack).view() == "SA");
  CHECK(flag_text(0xff).view() == "FSRPAUEC");
}

}  // namespace ntan::flow

// Traces of which every number is known, since they are written down here packet by packet.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "tests/support/analysis.h"
#include "tests/support/traffic.h"

namespace ntan {
namespace {

using namespace std::chrono_literals;
using test::Frames;
using test::ipv4;
using test::Octets;
using test::Pair;
using test::traffic_start;
namespace tcp = test::tcp;

constexpr Pair ends{ipv4(10, 0, 0, 1), ipv4(198, 51, 100, 1), 40'000, 80};

struct Sack {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

/// One segment; numbers count from the sides' initial sequence numbers.
struct Seg {
  std::chrono::microseconds at{};
  bool client = true;
  std::uint8_t flags = tcp::ack;
  std::uint32_t seq = 1;
  std::uint32_t ack = 1;
  std::size_t size = 0;
  std::uint16_t window = 1000;
  std::optional<std::uint32_t> ts{};  ///< TSval; TSecr is 1
  std::vector<Sack> sack{};
  std::uint16_t ip_id = 0;
  std::optional<std::uint16_t> mss{};
  std::optional<std::uint8_t> scale{};
};

/// Segments as Ethernet frames.
class Wire {
 public:
  explicit Wire(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 0xfffffe00)
      : client_isn_(client_isn), server_isn_(server_isn) {}

  void add(const Seg& seg) {
    const std::uint32_t own = seg.client ? client_isn_ : server_isn_;
    const std::uint32_t other = seg.client ? server_isn_ : client_isn_;
    Octets header;
    const Pair way = seg.client ? ends : ends.back();
    put(header, way.src_port, 2);
    put(header, way.dst_port, 2);
    put(header, own + seg.seq, 4);
    put(header, (seg.flags & tcp::ack) != 0 ? other + seg.ack : 0, 4);
    const Octets options = options_of(seg, other);
    put(header, (20 + options.size()) / 4 << 4U, 1);
    put(header, seg.flags, 1);
    put(header, seg.window, 2);
    put(header, 0, 4);
    header.insert(header.end(), options.begin(), options.end());
    for (std::size_t i = 0; i < seg.size; ++i)
      header.push_back(static_cast<std::uint8_t>((seg.seq + i) * 31U));
    frames.push_back({.time = traffic_start + seg.at,
                      .data = v6 ? test::in_ethernet(ipv6_packet(seg.client, header), 0x86dd)
                                 : test::in_ethernet(
                                       test::ipv4_packet(way.src, way.dst, 6, header, seg.ip_id))});
  }

  void add(std::initializer_list<Seg> all) {
    for (const Seg& seg : all) add(seg);
  }

  Frames frames;
  bool v6 = false;  ///< addresses of IPv6, which have no datagram numbers

 private:
  static Octets ipv6_packet(bool from_client, const Octets& segment) {
    Octets out;
    put(out, 6U << 28U, 4);
    put(out, segment.size(), 2);
    put(out, 6U << 8U | 64U, 2);
    for (const std::uint64_t host : {from_client ? 1U : 2U, from_client ? 2U : 1U}) {
      put(out, 0x20010db8'00000000U, 8);
      put(out, host, 8);
    }
    out.insert(out.end(), segment.begin(), segment.end());
    return out;
  }

  static void put(Octets& out, std::uint64_t value, std::size_t octets) {
    for (std::size_t i = octets; i-- > 0;)
      out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }

  static Octets options_of(const Seg& seg, std::uint32_t acked_isn) {
    Octets options;
    if (seg.mss) put(options, 0x02040000U | *seg.mss, 4);
    if (seg.ts) {
      put(options, 0x0101080a, 4);
      put(options, *seg.ts, 4);
      put(options, 1, 4);
    }
    if (seg.scale) put(options, 0x01030300U | *seg.scale, 4);
    if (!seg.sack.empty()) {
      put(options, 0x01010500U | (2 + 8 * seg.sack.size()), 4);
      for (const Sack& block : seg.sack) {
        put(options, acked_isn + block.start, 4);
        put(options, acked_isn + block.end, 4);
      }
    }
    return options;
  }

  std::uint32_t client_isn_;
  std::uint32_t server_isn_;
};

/// SYN, SYN-ACK, ACK at 0, 40 and 50 ms.
void handshake(Wire& wire) {
  wire.add({{.at = 0ms, .flags = tcp::syn, .seq = 0, .mss = 1460},
            {.at = 40ms, .client = false, .flags = tcp::syn | tcp::ack, .seq = 0, .mss = 1460},
            {.at = 50ms}});
}

/// As a mirror port sends them that sees them come and go.
Frames each_twice(const Frames& once) {
  Frames twice;
  for (const test::Frame& frame : once) {
    twice.push_back(frame);
    twice.push_back(frame);
    twice.back().time += 20us;
  }
  return twice;
}

/// The last record of the only flow.
class Flow {
 public:
  explicit Flow(const Frames& frames) {
    const auto lines = test::analyse(frames, {.only = {"flow"}}).of("flow");
    REQUIRE(lines.size() == 1);
    json_ = simdjson::padded_string(lines.front());
    root_ = parser_.parse(json_);
  }

  [[nodiscard]] std::optional<std::int64_t> operator[](std::string_view name) {
    simdjson::dom::element value;
    if (root_["flow"][name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value.get_int64().value();
  }
  [[nodiscard]] std::string_view text(std::string_view name) {
    return root_["flow"][name].get_string().value();
  }
  [[nodiscard]] double ratio(std::string_view name) {
    return root_["flow"][name].get_double().value();
  }

 private:
  simdjson::padded_string json_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

}  // namespace

TEST_CASE("truth: loss before and behind the tap, a needless repeat, keep-alive, closed window") {
  Wire wire;
  handshake(wire);
  constexpr std::uint32_t mss = 1460;
  const auto s = [](std::uint32_t n) { return 1 + (n - 1) * mss; };  // where segment n begins
  const auto data = [&](std::chrono::microseconds at, std::uint32_t n) {
    return Seg{.at = at, .client = false, .seq = s(n), .ack = 101, .size = mss};
  };
  const auto ack = [&](std::chrono::microseconds at, std::uint32_t n) {
    return Seg{.at = at, .seq = 101, .ack = s(n)};
  };
  wire.add({{.at = 51ms, .size = 100}, {.at = 91ms, .client = false, .ack = 101}});
  wire.add({data(141ms, 1), data(141100us, 2), ack(151ms, 2), ack(151100us, 3)});
  // The third is lost behind the tap, the sixth before it.
  wire.add({data(151200us, 3), data(151300us, 4), data(151400us, 5)});
  Seg first = ack(161300us, 3);
  first.sack = {{s(4), s(5)}};
  Seg second = ack(161400us, 3);
  second.sack = {{s(4), s(6)}};
  Seg third = ack(171500us, 3);
  third.sack = {{s(7), s(8)}, {s(4), s(6)}};
  wire.add({first, second, data(161500us, 7), third});
  wire.add({data(211500us, 3), ack(221500us, 6), data(371500us, 6), ack(381500us, 8)});
  wire.add({data(391500us, 8), ack(401500us, 9), data(431500us, 8)});
  Seg duplicate = ack(441500us, 9);
  duplicate.sack = {{s(8), s(9)}};
  wire.add(duplicate);
  wire.add({{.at = 1000ms, .client = false, .seq = s(9) - 1, .ack = 101}, ack(1010ms, 9)});
  Seg closed = ack(1100ms, 9);
  closed.window = 0;
  Seg still = closed;
  still.at = 1310ms;
  wire.add({closed,
            {.at = 1300ms, .client = false, .seq = s(9), .ack = 101, .size = 1},
            still,
            ack(1600ms, 9),
            data(1640ms, 9),
            ack(1650ms, 10)});
  wire.add({{.at = 1700ms, .flags = tcp::fin | tcp::ack, .seq = 101, .ack = s(10)},
            {.at = 1740ms, .client = false, .flags = tcp::fin | tcp::ack, .seq = s(10), .ack = 102},
            {.at = 1750ms, .seq = 102, .ack = s(10) + 1}});

  Flow flow(wire.frames);
  // The path's halves: 40 ms and 10 ms in every sample, whatever was lost.
  CHECK(flow["hs_rtt_server_us"] == 40'000);
  CHECK(flow["hs_rtt_client_us"] == 10'000);
  CHECK(flow["rtt_server_n"] == 3);  // SYN, request, FIN
  CHECK(flow["rtt_client_n"] == 6);  // SYN-ACK, segments 1, 2, 8, 9, FIN
  for (const std::string_view name : {"min_us", "avg_us", "max_us", "srtt_us"}) {
    CAPTURE(name);
    CHECK(flow["rtt_server_" + std::string{name}] == 40'000);
    CHECK(flow["rtt_client_" + std::string{name}] == 10'000);
  }
  CHECK(flow["dst_data_segs"] == 11);
  CHECK(flow["dst_rtx"] == 3);
  CHECK(flow["dst_rtx_fast"] == 1);
  CHECK(flow["dst_rtx_upstream"] == 1);
  CHECK(flow["dst_rtx_spurious"] == 1);
  CHECK(flow["dst_rtx_rto"] == 0);
  CHECK(flow["dst_rtx_other"] == 0);
  CHECK(flow["dst_reorder"] == 0);
  CHECK(flow["dst_rtx_bytes"] == 2 * mss + 1);  // the probe's octet came again as data
  CHECK(flow["dst_goodput_bytes"] == 9 * mss);
  CHECK(flow["dst_unseen_bytes"] == 0);
  CHECK(flow["src_dupacks"] == 3);
  CHECK(flow["dst_keepalive"] == 1);
  CHECK(flow["dst_zwp"] == 1);
  CHECK(flow["src_zero_win"] == 1);
  CHECK(flow["src_zero_win_us"] == 500'000);
  CHECK(flow["src_zero_win_pkts"] == 2);
  CHECK(flow["dst_dupacks"] == 0);
  CHECK(flow["src_rtx"] == 0);
  CHECK(flow["src_rtx_fast"] == std::nullopt);
  // Of eleven one was lost behind the tap, and one of twelve before it.
  CHECK(flow.ratio("dst_loss_down_ratio") == Approx(1 / 11.).margin(1e-6));
  CHECK(flow.ratio("dst_loss_up_ratio") == Approx(1 / 12.).margin(1e-6));
  CHECK(flow.ratio("dst_loss_ratio") == Approx(2 / 11.).margin(1e-6));
  CHECK(flow.ratio("src_loss_ratio") == 0);
  CHECK(flow["dst_bif_max_bytes"] == 5 * mss);
  CHECK(flow["src_rwnd_min_bytes"] == 0);
  CHECK(flow["src_rwnd_max_bytes"] == 1000);
}

TEST_CASE("truth: windows are not told where a snaplen cut the scale off") {
  const auto snaplen = GENERATE(std::size_t{54}, std::size_t{64}, std::size_t{200});
  CAPTURE(snaplen);
  Wire wire;
  wire.add({{.at = 0ms, .flags = tcp::syn, .seq = 0, .ts = 1, .mss = 1460, .scale = 7},
            {.at = 40ms,
             .client = false,
             .flags = tcp::syn | tcp::ack,
             .seq = 0,
             .ts = 1,
             .mss = 1460,
             .scale = 7},
            {.at = 50ms, .window = 100},
            {.at = 60ms, .size = 5, .window = 100},
            {.at = 70ms, .client = false, .ack = 6, .size = 3, .window = 100},
            {.at = 80ms, .seq = 6, .ack = 4, .window = 100}});
  for (test::Frame& frame : wire.frames) {
    frame.wire_size = frame.size_on_wire();
    frame.data.resize(std::min(frame.data.size(), snaplen));
  }
  Flow flow(wire.frames);
  const bool read = snaplen == 200;
  for (const auto* name : {"src_rwnd_min_bytes", "src_rwnd_max_bytes", "dst_rwnd_max_bytes"})
    CHECK(flow[name] == (read ? std::optional<std::int64_t>{12'800} : std::nullopt));
}

TEST_CASE("truth: late segments are told from lost ones by evidence") {
  Wire wire;
  handshake(wire);
  const auto data = [](std::chrono::microseconds at, std::uint32_t n,
                       std::optional<std::uint32_t> ts, std::uint16_t ip_id = 0) {
    return Seg{.at = at, .seq = 1 + 100 * n, .size = 100, .ts = ts, .ip_id = ip_id};
  };
  // Soon, with no other evidence.
  wire.add({data(60ms, 1, {}), data(61ms, 0, {})});
  // Late, but the sender's clock says that it left first.
  wire.add({data(100ms, 3, 501), data(130ms, 2, 500)});
  // Late; its datagram has the lower number.
  wire.add({data(200ms, 5, {}, 41), data(230ms, 4, {}, 40)});
  // As late; sent again, says the clock, and the number.
  wire.add({data(300ms, 7, 600), data(330ms, 6, 630)});
  wire.add({data(400ms, 9, {}, 50), data(430ms, 8, {}, 51)});
  // Soon, and still sent again.
  wire.add({data(500ms, 11, 700), data(501ms, 10, 701)});
  Flow flow(wire.frames);
  CHECK(flow["src_reorder"] == 3);
  CHECK(flow["src_rtx"] == 3);
  CHECK(flow["src_rtx_upstream"] == 3);
  CHECK(flow["src_rtx_bytes"] == 0);
  CHECK(flow["src_goodput_bytes"] == 1200);
}

TEST_CASE("truth: what the capture lost is no loss of the network") {
  Wire wire;
  handshake(wire);
  constexpr std::uint32_t size = 200;
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto at = 100ms + i * 100ms;
    // Five are missing here, among them the first and the last; all ACKs are here.
    if (i % 2 != 0 || i == 4) wire.add(Seg{.at = at, .seq = 1 + i * size, .size = size});
    if (i == 9) wire.frames.pop_back();
    wire.add(Seg{.at = at + 40ms, .client = false, .ack = 1 + (i + 1) * size});
  }
  Flow flow(wire.frames);
  CHECK(flow["src_unseen_bytes"] == 5 * size);
  CHECK(flow["src_rtx"] == 0);
  CHECK(flow["src_reorder"] == 0);
  CHECK(flow.ratio("src_loss_ratio") == 0);
  CHECK(flow["rtt_server_n"] == 6);  // SYN, and the five that came by
  CHECK(flow["rtt_server_max_us"] == 40'000);
  CHECK(flow["rtt_server_min_us"] == 40'000);
}

TEST_CASE("truth: a capture that loses more than a window goes on behind it") {
  Wire wire;
  handshake(wire);
  constexpr std::uint32_t lost = 20'000'000;
  wire.add({{.at = 100ms, .client = false, .size = 100},
            {.at = 110ms, .ack = 101},
            {.at = 200ms, .ack = 101 + lost},
            {.at = 240ms, .client = false, .seq = 101 + lost, .size = 300},
            {.at = 250ms, .ack = 401 + lost},
            {.at = 300ms, .client = false, .seq = 401 + lost, .size = 300},
            {.at = 310ms, .ack = 701 + lost}});
  Flow flow(wire.frames);
  CHECK(flow["dst_goodput_bytes"] == 700);
  CHECK(flow["dst_unseen_bytes"] == lost);
  CHECK(flow["dst_rtx"] == 0);
  CHECK(flow.ratio("dst_loss_ratio") == 0);
  CHECK(flow["rtt_client_n"] == 4);  // SYN-ACK, and the three that came by
  CHECK(flow["rtt_client_max_us"] == 10'000);
}

TEST_CASE("truth: octets that come by after their ACK were not missed") {
  Wire wire;
  handshake(wire);
  wire.add({{.at = 100ms, .size = 200},
            {.at = 140ms, .client = false, .ack = 401},
            {.at = 141ms, .seq = 201, .size = 200}});
  Flow flow(wire.frames);
  CHECK(flow["src_unseen_bytes"] == 0);
  CHECK(flow["src_rtx"] == 0);
  CHECK(flow["src_goodput_bytes"] == 400);
  CHECK(flow["rtt_server_n"] == 1);
}

TEST_CASE("truth: repeats by time-out and for other reasons") {
  Wire wire;
  handshake(wire);
  wire.add({{.at = 100ms, .size = 100},
            {.at = 400ms, .size = 100},  // 300 ms later
            {.at = 440ms, .client = false, .ack = 101},
            {.at = 500ms, .seq = 101, .size = 100},
            {.at = 560ms, .seq = 101, .size = 100},  // sooner than any time-out: a probe
            {.at = 600ms, .client = false, .ack = 201}});
  Flow flow(wire.frames);
  CHECK(flow["src_rtx"] == 2);
  CHECK(flow["src_rtx_rto"] == 1);
  CHECK(flow["src_rtx_other"] == 1);
  CHECK(flow["src_rtx_bytes"] == 200);
  CHECK(flow["rtt_server_n"] == 1);  // Karn: the SYN only
}

TEST_CASE("truth: SYNs that come again, before and after an answer") {
  SECTION("nobody answers") {
    Wire wire;
    for (const auto at : {0ms, 1000ms, 3000ms})
      wire.add(Seg{.at = at, .flags = tcp::syn, .seq = 0});
    Flow flow(wire.frames);
    CHECK(flow["src_syn_rtx"] == 2);
    CHECK(flow["src_rtx"] == 2);
    CHECK(flow["src_rtx_rto"] == 2);
  }
  SECTION("sooner than any time-out") {
    Wire wire;
    for (const auto at : {0ms, 100ms, 1100ms}) wire.add(Seg{.at = at, .flags = tcp::syn, .seq = 0});
    Flow flow(wire.frames);
    CHECK(flow["src_syn_rtx"] == 2);
    CHECK(flow["src_rtx"] == 2);
    CHECK(flow["src_rtx_rto"] == 1);
    CHECK(flow["src_rtx_other"] == 1);
  }
  SECTION("answered, the answer repeated too") {
    Wire wire;
    wire.add({{.at = 0ms, .flags = tcp::syn, .seq = 0},
              {.at = 1000ms, .flags = tcp::syn, .seq = 0},
              {.at = 1040ms, .client = false, .flags = tcp::syn | tcp::ack, .seq = 0},
              {.at = 2040ms, .client = false, .flags = tcp::syn | tcp::ack, .seq = 0},
              {.at = 2050ms}});
    Flow flow(wire.frames);
    CHECK(flow["src_syn_rtx"] == 1);
    CHECK(flow["dst_syn_rtx"] == 1);
    CHECK(flow["src_rtx_rto"] == 1);
    CHECK(flow["dst_rtx_rto"] == 1);
    CHECK(flow["dst_loss_down_ratio"] == std::nullopt);
    CHECK(flow["rtt_server_n"] == std::nullopt);
    CHECK(flow["rtt_client_n"] == std::nullopt);
    CHECK(flow["connect_us"] == 2'050'000);
  }
}

TEST_CASE("truth: a connection that is accepted after a refusal is one flow") {
  Wire wire;
  wire.add({{.at = 0ms, .flags = tcp::syn, .seq = 0},
            {.at = 40ms, .client = false, .flags = tcp::rst | tcp::ack, .seq = 0},
            {.at = 540ms, .flags = tcp::syn, .seq = 0},
            {.at = 580ms, .client = false, .flags = tcp::syn | tcp::ack, .seq = 0},
            {.at = 590ms},
            {.at = 600ms, .size = 5},
            {.at = 640ms, .client = false, .ack = 6, .size = 100},
            {.at = 9640ms, .seq = 6, .ack = 101, .size = 5},
            {.at = 9680ms, .client = false, .seq = 101, .ack = 11},
            {.at = 9700ms, .flags = tcp::fin | tcp::ack, .seq = 11, .ack = 101},
            {.at = 9740ms, .client = false, .flags = tcp::fin | tcp::ack, .seq = 101, .ack = 12},
            {.at = 9750ms, .seq = 12, .ack = 102}});
  Flow flow(wire.frames);
  CHECK(flow.text("state") == "SF");
  CHECK(flow["src_syn_rtx"] == 1);
  CHECK(flow["src_goodput_bytes"] == 10);
  CHECK(flow["dst_goodput_bytes"] == 100);
}

TEST_CASE("truth: packets captured twice are no repeats") {
  Wire once;
  handshake(once);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto id = static_cast<std::uint16_t>(10 + i);
    once.add({{.at = 100ms + i * 50ms, .seq = 1 + i * 100, .size = 100, .ip_id = id},
              {.at = 140ms + i * 50ms, .client = false, .ack = 101 + i * 100, .ip_id = id}});
  }
  Flow flow(each_twice(once.frames));
  // No stack repeats a SYN so soon, though those here have no datagram numbers.
  CHECK(flow["src_dup_capture"] == 5);
  CHECK(flow["dst_dup_capture"] == 6);
  CHECK(flow["src_syn_rtx"] == std::nullopt);
  CHECK(flow["dst_syn_rtx"] == std::nullopt);
  CHECK(flow["src_data_segs"] == 5);
  CHECK(flow["src_rtx"] == 0);
  CHECK(flow["dst_rtx"] == 0);
  CHECK(flow["dst_dupacks"] == 0);
  CHECK(flow["rtt_server_n"] == 6);
}

TEST_CASE("truth: a burst captured once more behind itself is no burst of repeats") {
  constexpr std::uint16_t segments = 5;
  Wire wire;
  handshake(wire);
  const auto burst = [&wire](std::uint16_t first_id, std::chrono::microseconds after) {
    for (std::uint16_t i = 0; i < segments; ++i) {
      const std::uint32_t seq = 1U + 100U * i;
      const auto id = static_cast<std::uint16_t>(first_id + i);
      wire.add({{.at = 100ms + after, .seq = seq, .size = 100, .ip_id = id}});
    }
    for (std::uint16_t i = 0; i < segments; ++i) {
      const std::uint32_t ack = 101U + 100U * i;
      const auto id = static_cast<std::uint16_t>(first_id + i);
      wire.add({{.at = 140ms + after, .client = false, .ack = ack, .ip_id = id}});
    }
  };
  burst(10, 0us);
  SECTION("the same packets") {
    burst(10, 400us);
    Flow flow(wire.frames);
    CHECK(flow["src_dup_capture"] == segments);
    CHECK(flow["dst_dup_capture"] == segments);
    CHECK(flow["src_rtx"] == 0);
    CHECK(flow["dst_dupacks"] == 0);
    CHECK(flow["src_data_segs"] == segments);
    CHECK(flow.ratio("src_loss_down_ratio") == 0);
  }
  SECTION("packets of their own, as their identifications say") {
    burst(20, 400us);
    Flow flow(wire.frames);
    CHECK(flow["src_dup_capture"] == std::nullopt);
    CHECK(flow["src_rtx"] == segments);
  }
  SECTION("later than a mirror port takes") {
    burst(10, 1100us);
    Flow flow(wire.frames);
    CHECK(flow["src_dup_capture"] == std::nullopt);
    CHECK(flow["src_rtx"] == segments);
  }
}

TEST_CASE("truth: a window probe captured twice takes no octet from the data behind it") {
  Wire once;
  handshake(once);
  once.add({{.at = 100ms, .size = 100, .ip_id = 10},
            {.at = 140ms, .client = false, .ack = 101, .window = 0, .ip_id = 10},
            {.at = 400ms, .seq = 101, .size = 1, .ip_id = 11},
            {.at = 440ms, .client = false, .ack = 101, .window = 0, .ip_id = 11},
            {.at = 600ms, .client = false, .ack = 101, .ip_id = 12},
            {.at = 610ms, .seq = 101, .size = 100, .ip_id = 12},
            {.at = 650ms, .client = false, .ack = 201, .ip_id = 13}});
  Flow flow(each_twice(once.frames));
  CHECK(flow["src_zwp"] == 1);
  CHECK(flow["src_rtx"] == 0);
  CHECK(flow["src_goodput_bytes"] == 200);
  CHECK(flow["src_unseen_bytes"] == 0);
  CHECK(flow.ratio("src_loss_ratio") == 0);
}

TEST_CASE("truth: data captured twice is no repeat without datagram numbers either") {
  Wire once;
  once.v6 = true;
  handshake(once);
  once.add({{.at = 100ms, .size = 100},
            {.at = 100ms, .seq = 101, .size = 100},
            {.at = 100ms, .seq = 201, .size = 100},
            {.at = 140ms, .client = false, .ack = 101},
            {.at = 140ms, .client = false, .ack = 101},
            {.at = 140ms, .client = false, .ack = 101},
            {.at = 140ms, .client = false, .ack = 101}});
  SECTION("each packet twice") {
    Flow flow(each_twice(once.frames));
    CHECK(flow["src_dup_capture"] == 3);
    CHECK(flow["dst_dup_capture"] == 1);
    CHECK(flow["src_rtx"] == 0);
    CHECK(flow["src_syn_rtx"] == std::nullopt);
  }
  SECTION("acknowledgements alike, and what they ask for again") {
    once.add(Seg{.at = 140500us, .seq = 101, .size = 100});
    Flow flow(once.frames);
    CHECK(flow["src_dup_capture"] == std::nullopt);
    CHECK(flow["dst_dup_capture"] == std::nullopt);
    CHECK(flow["dst_dupacks"] == 3);
    CHECK(flow["src_rtx_fast"] == 1);
  }
}

TEST_CASE("truth: sequence numbers wrap, and five gigaoctets by headers only") {
  SECTION("five megaoctets across the wrap") {
    Wire wire(0xfffffc17);  // 2^32 - 1001: the SYN takes one
    handshake(wire);
    constexpr std::uint32_t size = 1000;
    for (std::uint32_t i = 0; i < 5000; ++i) {
      wire.add({{.at = 100ms + i * 1ms, .seq = 1 + i * size, .size = size},
                {.at = 100500us + i * 1ms, .client = false, .ack = 1 + (i + 1) * size}});
    }
    Flow flow(wire.frames);
    CHECK(flow["src_goodput_bytes"] == 5'000'000);
    CHECK(flow["src_payload"] == 5'000'000);
    CHECK(flow["src_rtx"] == 0);
    CHECK(flow["src_unseen_bytes"] == 0);
    CHECK(flow["rtt_server_n"] == 5001);
    CHECK(flow["rtt_server_min_us"] == 500);
    // 40 Mbit in 4.999 s.
    CHECK(flow["src_goodput_bps"] == 8'001'600);
  }
  SECTION("cut to 64 octets") {
    Wire wire;
    handshake(wire);
    // 64 KiB less 40 of headers in each; 81,000 are five gigaoctets.
    constexpr std::uint32_t size = 65'495;
    constexpr std::uint32_t count = 81'000;
    for (std::uint32_t i = 0; i < count; ++i) {
      wire.add(Seg{.at = 100ms + i * 100us, .seq = 1 + i * size});
      test::Frame& frame = wire.frames.back();
      frame.data[16] = 0xff;  // total length 65,535
      frame.data[17] = 0xff;
      frame.wire_size = 14 + 65'535;
      wire.add(Seg{.at = 100050us + i * 100us, .client = false, .ack = 1 + (i + 1) * size});
    }
    Flow flow(wire.frames);
    CHECK(flow["src_goodput_bytes"] == std::int64_t{size} * count);
    CHECK(flow["src_rtx_bytes"] == 0);
    CHECK(flow["src_unseen_bytes"] == 0);
    CHECK(flow["rtt_server_n"] == count + 1);
    CHECK(flow["src_gso_frames"] == count);
  }
}

TEST_CASE("truth: time that goes back gives no sample") {
  Wire wire;
  handshake(wire);
  wire.add({{.at = 100ms, .size = 100},
            {.at = 90ms, .client = false, .ack = 101},
            {.at = 200ms, .seq = 101, .size = 100},
            {.at = 200ms, .client = false, .ack = 201},
            {.at = 300ms, .seq = 201, .size = 100},
            {.at = 340ms, .client = false, .ack = 301}});
  Flow flow(wire.frames);
  CHECK(flow["rtt_server_n"] == 3);  // SYN, one of no time at all, one of 40 ms
  CHECK(flow["rtt_server_min_us"] == 0);
  CHECK(flow["rtt_server_max_us"] == 40'000);
}

TEST_CASE("truth: windows add up to the flows, whatever the traffic") {
  const auto every = GENERATE(Duration{0s}, Duration{1s}, Duration{10s}, Duration{60s});
  const test::Analysis analysis = test::analyse(
      test::make_traffic({.seed = 7}), {.summary_every = every, .only = {"flow", "summary"}});
  simdjson::dom::parser parser;
  const auto sum = [&](std::string_view event, std::initializer_list<std::string_view> names) {
    std::int64_t total = 0;
    for (const std::string& line : analysis.of(event)) {
      const simdjson::padded_string json(line);
      const simdjson::dom::element record = parser.parse(json)[event];
      bool final = true;
      if (event == "flow") final = record["final"].get_bool().value();
      for (const std::string_view name : names) {
        std::int64_t value = 0;
        if (final && record[name].get(value) == simdjson::SUCCESS) total += value;
      }
    }
    return total;
  };
  CHECK(sum("summary", {"tcp_data_segs"}) == sum("flow", {"src_data_segs", "dst_data_segs"}));
  CHECK(sum("summary", {"tcp_data_segs"}) > 100);
  CHECK(sum("summary", {"tcp_rtx"}) == sum("flow", {"src_rtx", "dst_rtx"}));
  CHECK(sum("summary", {"tcp_rtx"}) > 10);
  CHECK(sum("summary", {"tcp_reorder"}) == sum("flow", {"src_reorder", "dst_reorder"}));
  CHECK(sum("summary", {"tcp_dupacks"}) == sum("flow", {"src_dupacks", "dst_dupacks"}));
  CHECK(sum("summary", {"quality_unseen_bytes"}) ==
        sum("flow", {"src_unseen_bytes", "dst_unseen_bytes"}));
  // As many samples in the histograms as in the flows.
  const auto samples = [&](std::string_view metric) {
    std::int64_t total = 0;
    for (const std::string& line : analysis.of("summary")) {
      const simdjson::padded_string json(line);
      simdjson::dom::array rows;
      if (parser.parse(json)["summary"]["latency"].get(rows) != simdjson::SUCCESS) continue;
      for (const simdjson::dom::element row : rows) {
        if (row["metric"].get_string().value() == metric) total += row["n"].get_int64().value();
      }
    }
    return total;
  };
  CHECK(samples("tcp_rtt_server") == sum("flow", {"rtt_server_n"}));
  CHECK(samples("tcp_rtt_client") == sum("flow", {"rtt_client_n"}));
  CHECK(samples("tcp_rtt_server") > 50);
}

TEST_CASE("truth: the protocols of every window add up to its packets") {
  const test::Analysis analysis =
      test::analyse(test::make_traffic({.seed = 8}), {.summary_every = 10s, .only = {"summary"}});
  simdjson::dom::parser parser;
  std::int64_t windows = 0;
  for (const std::string& line : analysis.of("summary")) {
    CAPTURE(line);
    const simdjson::padded_string json(line);
    const simdjson::dom::element summary = parser.parse(json)["summary"];
    const auto packets = summary["packets"].get_int64().value();
    if (packets == 0) continue;
    std::int64_t link = 0;
    std::int64_t network = 0;
    const simdjson::dom::array rows = summary["protocols"].get_array().value();
    for (const simdjson::dom::element row : rows) {
      const auto level = row["level"].get_string().value();
      if (level == "link") link += row["pkts"].get_int64().value();
      if (level == "network") network += row["pkts"].get_int64().value();
    }
    CHECK(link == packets);
    CHECK(network == packets);
    ++windows;
  }
  CHECK(windows > 10);
}

}  // namespace ntan

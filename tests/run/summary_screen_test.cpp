#include "run/summary_screen.h"

#include <array>
#include <chrono>
#include <string>

#include <catch2/catch.hpp>

namespace ntan::run {
namespace {

using Catch::Contains;
using stats::Level;
using stats::SummaryRecord;

std::string screen(const SummaryRecord& summary) {
  std::string out;
  append_summary_screen(out, summary, event::Color::off);
  return out;
}

}  // namespace

TEST_CASE("screen: an empty run says so") {
  CHECK(screen({}) ==
        "0 packets, 0 B in 0 us\n"
        "fullest second 0 bit/s, fullest millisecond 0 bit/s\n"
        "0 flows began, 0 ended, 0 open\n"
        "\nnot decoded or lost\n"
        "  nothing\n");
}

TEST_CASE("screen: copies of a query wait for one answer") {
  CHECK_THAT(screen({.dns_queries = 3, .dns_unanswered = 1, .dns_retries = 1}),
             Contains("DNS: 1 of 2 queries unanswered, 1 retries\n"));
  CHECK_THAT(screen({.dns_queries = 1, .dns_unanswered = 0, .dns_retries = 2}),
             Contains("DNS: 0 of 0 queries"));
}

TEST_CASE("screen: packets that were looked at in part only are not passed over") {
  CHECK_THAT(screen({.unknown_link_packets = 3, .incomplete_fragments = 2}),
             Contains("  3 packets of an unknown link type, 2 fragments without the rest\n") &&
                 !Contains("nothing"));
}

TEST_CASE("screen: of several each says its time") {
  constexpr Timestamp begin = from_ns(1'700'000'000'000'000'000);
  CHECK_THAT(
      screen(
          {.first_ts = begin, .last_ts = begin + std::chrono::seconds{2}, .one_of_several = true}),
      Catch::StartsWith("2023-11-14T22:13:20.000000Z to 2023-11-14T22:13:22.000000Z\n0 packets"));
  CHECK_THAT(screen({.first_ts = begin, .whole_run = true}),
             Catch::StartsWith("whole run\n0 packets"));
}

TEST_CASE("screen: which way it went, where home networks are named") {
  CHECK_THAT(screen({.inbound_bytes = 1'200'000, .outbound_bytes = 34'000, .internal_bytes = 0}),
             Contains("1.20 MB inbound, 34.0 kB outbound, 0 B internal\n"));
  CHECK_THAT(screen({}), !Contains("inbound"));
}

TEST_CASE("screen: how much, of what, how fast, how late, how lossy, who, what was not decoded") {
  const std::array latency{stats::LatencyRow{.metric = "dns_rtt",
                                             .n = 7,
                                             .min_us = 950,
                                             .p50_us = 20'000,
                                             .p95_us = 1'500'000,
                                             .max_us = 2'000'000},
                           stats::LatencyRow{.metric = "tcp_hs_rtt_server",
                                             .n = 1,
                                             .min_us = 9,
                                             .p50_us = 9,
                                             .p95_us = 9,
                                             .max_us = 9}};
  const std::array protocols{
      stats::ProtocolRow{.level = Level::transport, .name = "tcp", .bytes = 995},
      stats::ProtocolRow{.level = Level::transport, .name = "udp", .bytes = 5}};
  constexpr std::array<std::uint8_t, 4> octets{192, 0, 2, 1};
  const std::array talkers{
      stats::TalkerRow{.ip = IpAddress::v4(octets.data()), .bytes = 700, .pkts = 7}};
  const SummaryRecord summary{.interval_us = 2'000'000,
                              .packets = 10,
                              .bytes = 1000,
                              .bps = 4000,
                              .pps = 5,
                              .peak_1s_bps = 6000,
                              .burst_1ms_peak_bps = 1'000'000,
                              .flows_new = 3,
                              .flows_ended = 2,
                              .flows_active = 1,
                              .latency = latency,
                              .protocols = protocols,
                              .talkers = talkers,
                              .loss_in_words = "0.44 % lost beyond this point",
                              .tcp_data_segs = 200,
                              .tcp_rtx = 3,
                              .tcp_rtx_fast = 2,
                              .tcp_rtx_upstream = 1,
                              .tcp_rtx_control = 1,
                              .tcp_reorder = 4,
                              .dns_queries = 8,
                              .dns_unanswered = 1,
                              .dns_retries = 2,
                              .icmp_echoes = 5,
                              .icmp_lost = 1,
                              .quality_dropped_by_kernel = 9,
                              .quality_undecodable_packets = 6};
  CHECK(screen(summary) ==
        "10 packets, 1.00 kB in 2.00 s: 4.00 kbit/s, 5 pkt/s\n"
        "fullest second 6.00 kbit/s, fullest millisecond 1.00 Mbit/s\n"
        "3 flows began, 2 ended, 1 open\n"
        "\nof what\n"
        "  transport    tcp 99.5 %, udp 0.50 %\n"
        "\nhow late                    n      min      p50      p95      max\n"
        "  dns_rtt                   7   950 us  20.0 ms   1.50 s   2.00 s\n"
        "  tcp_hs_rtt_server         1     9 us     9 us     9 us     9 us\n"
        "\nhow lossy\n"
        "  TCP: 0.44 % lost beyond this point\n"
        "  3 repeats (1 SYN or FIN) in 200 segments with data: 2 fast, 0 by time-out, 0 spurious, "
        "1 upstream, 0 other; "
        "4 reordered\n"
        "  DNS: 1 of 6 queries unanswered, 2 retries\n"
        "  ICMP: 1 of 5 echoes unanswered\n"
        "\nwho sent most\n"
        "  192.0.2.1                                   700 B          7 packets\n"
        "\nnot decoded or lost\n"
        "  6 packets made no sense, 9 packets dropped by the kernel\n");
}

}  // namespace ntan::run

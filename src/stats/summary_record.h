// The `summary` event: what a window of the trace held, and the rows of its lists.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "event/event.h"

namespace ntan::stats {

/// Quantiles of one latency. Microseconds; n, min and max are exact, the rest within 0.8 %.
struct LatencyRow {
  std::string_view metric;
  std::uint64_t n = 0;
  std::uint64_t min_us = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p90_us = 0;
  std::uint64_t p95_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t max_us = 0;

  static constexpr event::RecordInfo info{.name = "latency_row", .doc = "One kind of latency"};

  static constexpr auto fields() {
    using event::field;
    using R = LatencyRow;
    return event::fields(
        field<"metric", &R::metric>("What was measured: dns_rtt (last copy of the query to the "
                                    "answer), dns_rtt_first (first copy), http_ttfb, http_total, "
                                    "tls_ch_sh (ClientHello to ServerHello), tls_handshake, "
                                    "icmp_rtt, tcp_hs_rtt_server (SYN to SYN-ACK), "
                                    "tcp_hs_rtt_client (SYN-ACK to its ACK), tcp_hs_rtt (both), "
                                    "tcp_connect (first SYN to that ACK), tcp_rtt_server (data of "
                                    "the client to its ACK), tcp_rtt_client (of the server)"),
        field<"n", &R::n>("Measurements"), field<"min_us", &R::min_us>("Least, exact"),
        field<"p50_us", &R::p50_us>("Median, within 0.8 % as the other quantiles"),
        field<"p90_us", &R::p90_us>("90th percentile"),
        field<"p95_us", &R::p95_us>("95th percentile"),
        field<"p99_us", &R::p99_us>("99th percentile"),
        field<"max_us", &R::max_us>("Greatest, exact"));
  }
};

/// One latency of one server. Microseconds; n, min and max are exact, the rest within 1.6 %.
struct ServerRow {
  IpAddress ip;
  std::string_view metric;
  std::uint64_t n = 0;
  std::uint64_t min_us = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p95_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t max_us = 0;
  std::uint64_t n_missed = 0;

  static constexpr event::RecordInfo info{.name = "server_row",
                                          .doc = "One kind of latency of one server"};

  static constexpr auto fields() {
    using event::field;
    using R = ServerRow;
    return event::fields(
        field<"ip", &R::ip>("Who was asked"),
        field<"metric", &R::metric>("dns_rtt, http_ttfb, tls_ch_sh, icmp_rtt or tcp_hs_rtt_server, "
                                    "as in latency"),
        field<"n", &R::n>("Measurements"), field<"min_us", &R::min_us>("Least, exact"),
        field<"p50_us", &R::p50_us>("Median, within 1.6 % as the other quantiles"),
        field<"p95_us", &R::p95_us>("95th percentile"),
        field<"p99_us", &R::p99_us>("99th percentile"),
        field<"max_us", &R::max_us>("Greatest, exact"),
        field<"n_missed", &R::n_missed>(
            "Measurements that the list had no place for yet, at most; 0 with at most 32 pairs of "
            "server and metric"));
  }
};

enum class Level : std::uint8_t { link, network, transport, application };

[[nodiscard]] constexpr std::string_view to_text(Level level) noexcept {
  switch (level) {
    case Level::link: return "link";
    case Level::network: return "network";
    case Level::transport: return "transport";
    case Level::application: break;
  }
  return "application";
}

struct ProtocolRow {
  Level level{};
  std::string_view name;
  std::uint64_t pkts = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> flows;
  std::optional<std::uint64_t> peak_1s_bps;

  static constexpr event::RecordInfo info{.name = "protocol_row",
                                          .doc = "One protocol of one level"};

  static constexpr auto fields() {
    using event::field;
    using R = ProtocolRow;
    return event::fields(
        field<"level", &R::level>("link, network, transport or application; application counts "
                                  "packets of flows only"),
        field<"name", &R::name>("Protocol; unknown: a flow whose application was not recognised; "
                                "other: all that the list has no place for"),
        field<"pkts", &R::pkts>("Packets"), field<"bytes", &R::bytes>("Octets on the wire"),
        field<"flows", &R::flows>("Flows that began, under the name known by then; absent at the "
                                  "link level"),
        field<"peak_1s_bps", &R::peak_1s_bps>("Bits in the fullest second; absent for applications "
                                              "and for other"));
  }
};

struct InterfaceRow {
  std::uint32_t id = 0;
  std::string_view name;
  std::uint64_t pkts = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> bps;
  std::uint64_t peak_1s_bps = 0;
  std::uint64_t peak_100ms_bps = 0;
  std::uint64_t burst_1ms_peak_bps = 0;
  std::uint64_t bursts = 0;

  static constexpr event::RecordInfo info{.name = "interface_row",
                                          .doc = "One interface of an input that has several"};

  static constexpr auto fields() {
    using event::field;
    using R = InterfaceRow;
    return event::fields(
        field<"id", &R::id>("Which, counted from 0; 15: that one and all that follow"),
        field<"name", &R::name>("Its name, if the input tells it"),
        field<"pkts", &R::pkts>("Packets"), field<"bytes", &R::bytes>("Octets on the wire"),
        field<"bps", &R::bps>("Bits per second; absent if the window has no length"),
        field<"peak_1s_bps", &R::peak_1s_bps>("Bits in the fullest second"),
        field<"peak_100ms_bps", &R::peak_100ms_bps>("In the fullest tenth of a second, per second"),
        field<"burst_1ms_peak_bps", &R::burst_1ms_peak_bps>(
            "In the fullest millisecond, per second"),
        field<"bursts", &R::bursts>("Bursts, as of the summary"));
  }
};

struct TalkerRow {
  IpAddress ip;
  std::uint64_t bytes = 0;
  std::uint64_t pkts = 0;
  std::uint64_t bytes_error = 0;

  static constexpr event::RecordInfo info{.name = "talker_row",
                                          .doc = "One address that sent much"};

  static constexpr auto fields() {
    using event::field;
    using R = TalkerRow;
    return event::fields(
        field<"ip", &R::ip>("Sender"),
        field<"bytes", &R::bytes>("Octets on the wire it sent in flows, at most"),
        field<"pkts", &R::pkts>("Packets it sent in flows; at least, if bytes_error is not 0"),
        field<"bytes_error", &R::bytes_error>(
            "bytes is too high by no more than this; 0: exact (at most 256 addresses)"));
  }
};

struct RcodeRow {
  event::FixedText<10> name;
  std::uint64_t n = 0;

  static constexpr event::RecordInfo info{.name = "rcode_row", .doc = "One DNS response code"};

  static constexpr auto fields() {
    return event::fields(
        event::field<"name", &RcodeRow::name>(
            "Response code, RCODE12 without a name; other: all that the list has no place for"),
        event::field<"n", &RcodeRow::n>("Answers"));
  }
};

struct HttpStatusRow {
  std::string_view status_class;
  std::uint64_t n = 0;

  static constexpr event::RecordInfo info{.name = "http_status_row",
                                          .doc = "One class of HTTP status"};

  static constexpr auto fields() {
    return event::fields(
        event::field<"class", &HttpStatusRow::status_class>("1xx, 2xx, 3xx, 4xx or 5xx"),
        event::field<"n", &HttpStatusRow::n>("Responses"));
  }
};

/// Counts are of the window, so the windows of a run add up to its totals. Figures of a protocol
/// are absent where nothing of it was seen in the window.
struct SummaryRecord {
  Timestamp first_ts{};
  Timestamp last_ts{};
  std::int64_t interval_us = 0;
  std::optional<std::uint64_t> skipped_windows;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t captured_bytes = 0;
  std::optional<std::uint64_t> bps;
  std::optional<double> pps;
  std::uint64_t peak_1s_bps = 0;
  std::uint64_t peak_100ms_bps = 0;
  std::uint64_t burst_1ms_peak_bps = 0;
  std::optional<double> peak_to_mean;
  std::uint64_t bursts = 0;
  std::uint64_t burst_longest_us = 0;
  std::uint64_t burst_bytes = 0;
  std::uint64_t flows_new = 0;
  std::uint64_t flows_ended = 0;
  std::uint64_t flows_active = 0;
  std::optional<std::uint64_t> inbound_pkts;
  std::optional<std::uint64_t> inbound_bytes;
  std::optional<std::uint64_t> outbound_pkts;
  std::optional<std::uint64_t> outbound_bytes;
  std::optional<std::uint64_t> internal_pkts;
  std::optional<std::uint64_t> internal_bytes;
  std::span<const InterfaceRow> interfaces;
  std::span<const LatencyRow> latency;
  std::span<const ServerRow> servers;
  std::span<const ProtocolRow> protocols;
  std::span<const TalkerRow> talkers;
  std::string_view loss_in_words;
  std::optional<std::uint64_t> tcp_data_segs;
  std::optional<std::uint64_t> tcp_rtx;
  std::optional<std::uint64_t> tcp_rtx_fast;
  std::optional<std::uint64_t> tcp_rtx_rto;
  std::optional<std::uint64_t> tcp_rtx_spurious;
  std::optional<std::uint64_t> tcp_rtx_upstream;
  std::optional<std::uint64_t> tcp_rtx_other;
  std::optional<std::uint64_t> tcp_rtx_control;
  std::optional<std::uint64_t> tcp_reorder;
  std::optional<std::uint64_t> tcp_dupacks;
  std::optional<std::uint64_t> tcp_zero_win;
  std::optional<std::uint64_t> tcp_keepalive;
  std::optional<std::uint64_t> tcp_dup_capture;
  std::optional<std::uint64_t> tcp_gso_frames;
  std::optional<double> tcp_loss_up_ratio;
  std::optional<double> tcp_loss_down_ratio;
  std::optional<double> tcp_loss_ratio;
  std::optional<double> tcp_rtx_ratio;
  std::optional<double> tcp_reorder_ratio;
  std::optional<std::uint64_t> dns_queries;
  std::optional<std::uint64_t> dns_answers;
  std::optional<std::uint64_t> dns_unanswered;
  std::optional<std::uint64_t> dns_retries;
  std::optional<std::uint64_t> dns_soft_retries;
  std::optional<std::uint64_t> dns_duplicate_answers;
  std::optional<std::uint64_t> dns_unsolicited;
  std::optional<double> dns_loss_ratio;
  std::span<const RcodeRow> rcodes;
  std::optional<std::uint64_t> http_requests;
  std::span<const HttpStatusRow> http_status;
  std::optional<std::uint64_t> tls_handshakes;
  std::optional<std::uint64_t> tls_failed;
  std::optional<std::uint64_t> icmp_echoes;
  std::optional<std::uint64_t> icmp_lost;
  std::optional<double> icmp_lost_ratio;
  std::optional<std::uint64_t> quality_received;
  std::optional<std::uint64_t> quality_dropped_by_kernel;
  std::optional<std::uint64_t> quality_dropped_by_interface;
  std::uint64_t quality_dropped_by_ntan = 0;
  std::uint64_t quality_truncated_packets = 0;
  std::uint64_t quality_undecodable_packets = 0;
  std::uint64_t quality_flows_evicted = 0;
  std::uint64_t quality_memory_refused = 0;
  std::optional<double> quality_capture_loss_ratio;
  std::optional<std::int64_t> quality_unseen_bytes;
  std::optional<bool> whole_run;

  // For the screen; in the events they are in the ledger of run_end, or to be seen.
  std::uint64_t unknown_link_packets = 0;
  std::uint64_t incomplete_fragments = 0;
  bool one_of_several = false;  ///< windows of the run

  static constexpr event::RecordInfo info{
      .name = "summary",
      .doc =
          "A window of the trace: throughput, latency, protocols, talkers; the windows of a run "
          "add up to its totals",
      .order = event::Order::summary,
      .tables = true};

 private:
  static constexpr auto window_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"first_ts", &R::first_ts>(
            "Begin of the window: a multiple of --summary-every, or the first packet"),
        field<"last_ts", &R::last_ts>(
            "End of the window, which belongs to the next one; at the end of the run the last "
            "packet, which is counted here; live the clock when it stopped"),
        field<"interval_us", &R::interval_us>("last_ts less first_ts, microseconds"),
        field<"skipped_windows", &R::skipped_windows>(
            "Windows without a packet before this one that were not reported: idle time is "
            "reported for 600 windows only. What happened meanwhile (time-outs) is counted here"),
        field<"packets", &R::packets>("Packets read"),
        field<"bytes", &R::bytes>("Octets on the wire, link headers included"),
        field<"captured_bytes", &R::captured_bytes>("Octets captured of them"),
        field<"bps", &R::bps>("Bits per second on the wire; absent if the window has no length"),
        field<"pps", &R::pps>("Packets per second; absent if the window has no length"),
        field<"peak_1s_bps", &R::peak_1s_bps>(
            "Bits in the fullest second; seconds are those of the epoch, of one across a border "
            "of the window only the part inside counts"),
        field<"peak_100ms_bps", &R::peak_100ms_bps>(
            "Bits in the fullest tenth of a second, per second"),
        field<"burst_1ms_peak_bps", &R::burst_1ms_peak_bps>(
            "Bits in the fullest millisecond, per second"),
        field<"peak_to_mean", &R::peak_to_mean>(
            "That millisecond against the mean millisecond of the same second; a second counts "
            "whole, whatever part of it was seen"),
        field<"bursts", &R::bursts>(
            "Times that one millisecond or several in a row each carried more than ten times the "
            "mean millisecond of their second"),
        field<"burst_longest_us", &R::burst_longest_us>("The longest of these, microseconds"),
        field<"burst_bytes", &R::burst_bytes>("Octets on the wire in all of them"),
        field<"flows_new", &R::flows_new>("Flows that began"),
        field<"flows_ended", &R::flows_ended>("Flows that ended"),
        field<"flows_active", &R::flows_active>("Flows open at the end of the window"));
  }

  static constexpr auto direction_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"inbound_pkts", &R::inbound_pkts>(
            "Packets of flows that came to the --home networks from elsewhere; absent without "
            "--home"),
        field<"inbound_bytes", &R::inbound_bytes>("Their octets on the wire"),
        field<"outbound_pkts", &R::outbound_pkts>(
            "Packets of flows that went from the --home networks to elsewhere; absent without "
            "--home"),
        field<"outbound_bytes", &R::outbound_bytes>("Their octets on the wire"),
        field<"internal_pkts", &R::internal_pkts>(
            "Packets of flows between addresses of the --home networks; absent without --home"),
        field<"internal_bytes", &R::internal_bytes>("Their octets on the wire"));
  }

  static constexpr auto list_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"interfaces", &R::interfaces>("Traffic by interface, if packets came from others "
                                            "than the first; all but 15 in one row"),
        field<"latency", &R::latency>("Latencies measured in the window"),
        field<"servers", &R::servers>("Latencies of the servers that were measured most often"),
        field<"protocols", &R::protocols>(
            "Traffic by protocol, most octets first in each level; --top names and other"),
        field<"talkers", &R::talkers>("Addresses that sent most octets in flows, at most --top"));
  }

  static constexpr auto tcp_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"loss_in_words", &R::loss_in_words>(
            "Where TCP lost what, as a sentence: behind the tap, before it, and in the capture"),
        field<"tcp_data_segs", &R::tcp_data_segs>("TCP segments with payload, repeats included"),
        field<"tcp_rtx", &R::tcp_rtx>(
            "TCP segments that repeat what was sent before, SYN and FIN included"),
        field<"tcp_rtx_fast", &R::tcp_rtx_fast>("Of those: duplicate ACKs had asked for them"),
        field<"tcp_rtx_rto", &R::tcp_rtx_rto>("Of those: as late as a retransmission time-out"),
        field<"tcp_rtx_spurious", &R::tcp_rtx_spurious>(
            "Of those: everything in them had been acknowledged"),
        field<"tcp_rtx_upstream", &R::tcp_rtx_upstream>(
            "Of those: the first copy was lost before the tap"),
        field<"tcp_rtx_other", &R::tcp_rtx_other>("Of those: for another reason"),
        field<"tcp_rtx_control", &R::tcp_rtx_control>(
            "SYNs and FINs among tcp_rtx, which are no part of tcp_data_segs"),
        field<"tcp_reorder", &R::tcp_reorder>("TCP segments that came late, not again"),
        field<"tcp_dupacks", &R::tcp_dupacks>("Duplicate ACKs"),
        field<"tcp_zero_win", &R::tcp_zero_win>("Times that a TCP window closed"),
        field<"tcp_keepalive", &R::tcp_keepalive>("Keep-alive segments; not repeats"),
        field<"tcp_dup_capture", &R::tcp_dup_capture>(
            "TCP packets that were captured twice; not repeats"),
        field<"tcp_gso_frames", &R::tcp_gso_frames>(
            "TCP packets larger than their receiver takes: cut later, by the network card, so "
            "packets counted here are fewer than on the wire"),
        field<"tcp_loss_up_ratio", &R::tcp_loss_up_ratio>(
            "Part of the TCP segments that was lost before the tap"),
        field<"tcp_loss_down_ratio", &R::tcp_loss_down_ratio>(
            "Part of the TCP segments that came by and was lost behind the tap"),
        field<"tcp_loss_ratio", &R::tcp_loss_ratio>(
            "Both losses together, of the segments that came by"),
        field<"tcp_rtx_ratio", &R::tcp_rtx_ratio>(
            "Part of tcp_data_segs that were repeats: tcp_rtx without SYNs and FINs"),
        field<"tcp_reorder_ratio", &R::tcp_reorder_ratio>("tcp_reorder of tcp_data_segs"));
  }

  static constexpr auto protocol_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"dns_queries", &R::dns_queries>("DNS queries seen, copies included"),
        field<"dns_answers", &R::dns_answers>("DNS answers seen, copies included"),
        field<"dns_unanswered", &R::dns_unanswered>("DNS queries given up as unanswered"),
        field<"dns_retries", &R::dns_retries>("Copies of DNS queries"),
        field<"dns_soft_retries", &R::dns_soft_retries>(
            "DNS queries for what the same client had asked in the 10 s before without an answer, "
            "with another id or from another port"),
        field<"dns_duplicate_answers", &R::dns_duplicate_answers>(
            "DNS answers to what was answered before"),
        field<"dns_unsolicited", &R::dns_unsolicited>("DNS answers to what nobody had asked"),
        field<"dns_loss_ratio", &R::dns_loss_ratio>(
            "dns_unanswered of the DNS queries that were answered or given up in the window: what "
            "became of others is not known"),
        field<"rcodes", &R::rcodes>("DNS answers by response code, most first"),
        field<"http_requests", &R::http_requests>("HTTP requests"),
        field<"http_status", &R::http_status>("HTTP responses by class of status"),
        field<"tls_handshakes", &R::tls_handshakes>("TLS handshakes completed"),
        field<"tls_failed", &R::tls_failed>("TLS handshakes that failed"),
        field<"icmp_echoes", &R::icmp_echoes>(
            "ICMP echo requests; further copies, and those to many hosts, are left out"),
        field<"icmp_lost", &R::icmp_lost>("ICMP echo requests given up as unanswered"),
        field<"icmp_lost_ratio", &R::icmp_lost_ratio>(
            "icmp_lost of the ICMP echo requests that were lost or answered in the window: what "
            "became of others is not known"));
  }

  static constexpr auto quality_fields() {
    using event::field;
    using R = SummaryRecord;
    return event::fields(
        field<"quality_received", &R::quality_received>(
            "Packets the kernel has counted; absent if it does not tell"),
        field<"quality_dropped_by_kernel", &R::quality_dropped_by_kernel>(
            "Packets the kernel had no room for; absent if it does not tell"),
        field<"quality_dropped_by_interface", &R::quality_dropped_by_interface>(
            "Packets the interface has lost; absent if it does not tell"),
        field<"quality_dropped_by_ntan", &R::quality_dropped_by_ntan>(
            "Lines, and packets of -w, not written: their reader was too slow, or the output had "
            "failed"),
        field<"quality_truncated_packets", &R::quality_truncated_packets>(
            "Packets captured in part only"),
        field<"quality_undecodable_packets", &R::quality_undecodable_packets>(
            "Packets whose headers made no sense"),
        field<"quality_flows_evicted", &R::quality_flows_evicted>(
            "Flows given up because their table was full"),
        field<"quality_memory_refused", &R::quality_memory_refused>(
            "Times that no memory was left for part of the analysis"),
        field<"quality_capture_loss_ratio", &R::quality_capture_loss_ratio>(
            "Of the ACKs of established TCP connections, those for octets that had not come by, "
            "even where they came late: what the capture lost, not the network"),
        field<"quality_unseen_bytes", &R::quality_unseen_bytes>(
            "Those octets, less those of earlier windows that came by late after all"));
  }

  static constexpr auto run_fields() {
    return event::fields(event::field<"whole_run", &SummaryRecord::whole_run>(
        "true: no window, but the whole run once more, as --summary-total asks for; absent of "
        "others"));
  }

 public:
  static constexpr auto fields() {
    return std::tuple_cat(window_fields(), direction_fields(), list_fields(), tcp_fields(),
                          protocol_fields(), quality_fields(), run_fields());
  }
};

}  // namespace ntan::stats

// The `flow` event: what a flow looked like when it ended, or so far.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "event/event.h"
#include "flow/flow.h"

namespace ntan::flow {

/// How the application protocol was recognised.
enum class AppSource : std::uint8_t { content, port };
[[nodiscard]] std::string_view to_text(AppSource source) noexcept;

struct FlowRecord {
  Timestamp first_ts{};
  Timestamp last_ts{};
  std::int64_t duration_us = 0;
  std::uint32_t seq = 0;
  bool final = true;
  std::optional<EndReason> end_reason;
  ConnState state{};
  event::FixedText<History::capacity> history;
  Orientation orient{};
  std::string_view app;
  std::optional<AppSource> app_source;
  std::uint64_t src_pkts = 0;
  std::uint64_t dst_pkts = 0;
  std::uint64_t src_bytes = 0;
  std::uint64_t dst_bytes = 0;
  std::uint64_t src_l3_bytes = 0;
  std::uint64_t dst_l3_bytes = 0;
  std::optional<std::uint64_t> src_payload;
  std::optional<std::uint64_t> dst_payload;
  std::optional<std::uint64_t> src_goodput_bytes;
  std::optional<std::uint64_t> dst_goodput_bytes;
  std::uint64_t peak_1s_bps = 0;
  std::optional<std::uint64_t> src_throughput_bps;
  std::optional<std::uint64_t> dst_throughput_bps;
  std::optional<std::uint64_t> src_goodput_bps;
  std::optional<std::uint64_t> dst_goodput_bps;
  std::optional<std::int64_t> hs_rtt_server_us;
  std::optional<std::int64_t> hs_rtt_client_us;
  std::optional<std::int64_t> hs_rtt_us;
  std::optional<std::int64_t> connect_us;
  std::optional<std::uint32_t> rtt_server_n;
  std::optional<std::uint32_t> rtt_server_min_us;
  std::optional<std::uint32_t> rtt_server_avg_us;
  std::optional<std::uint32_t> rtt_server_max_us;
  std::optional<std::uint32_t> rtt_server_srtt_us;
  std::optional<std::uint32_t> rtt_client_n;
  std::optional<std::uint32_t> rtt_client_min_us;
  std::optional<std::uint32_t> rtt_client_avg_us;
  std::optional<std::uint32_t> rtt_client_max_us;
  std::optional<std::uint32_t> rtt_client_srtt_us;
  std::optional<std::uint32_t> rtt_ts_server_n;
  std::optional<std::uint32_t> rtt_ts_server_min_us;
  std::optional<std::uint32_t> rtt_ts_server_avg_us;
  std::optional<std::uint32_t> rtt_ts_server_max_us;
  std::optional<std::uint32_t> rtt_ts_client_n;
  std::optional<std::uint32_t> rtt_ts_client_min_us;
  std::optional<std::uint32_t> rtt_ts_client_avg_us;
  std::optional<std::uint32_t> rtt_ts_client_max_us;
  std::optional<std::uint32_t> src_data_segs;
  std::optional<std::uint32_t> dst_data_segs;
  std::optional<std::uint32_t> src_rtx;
  std::optional<std::uint32_t> dst_rtx;
  std::optional<std::uint32_t> src_rtx_fast;
  std::optional<std::uint32_t> dst_rtx_fast;
  std::optional<std::uint32_t> src_rtx_rto;
  std::optional<std::uint32_t> dst_rtx_rto;
  std::optional<std::uint32_t> src_rtx_spurious;
  std::optional<std::uint32_t> dst_rtx_spurious;
  std::optional<std::uint32_t> src_rtx_upstream;
  std::optional<std::uint32_t> dst_rtx_upstream;
  std::optional<std::uint32_t> src_rtx_other;
  std::optional<std::uint32_t> dst_rtx_other;
  std::optional<std::uint32_t> src_reorder;
  std::optional<std::uint32_t> dst_reorder;
  std::optional<std::uint32_t> src_dupacks;
  std::optional<std::uint32_t> dst_dupacks;
  std::optional<std::uint64_t> src_rtx_bytes;
  std::optional<std::uint64_t> dst_rtx_bytes;
  std::optional<std::uint64_t> src_unseen_bytes;
  std::optional<std::uint64_t> dst_unseen_bytes;
  std::optional<double> src_loss_up_ratio;
  std::optional<double> dst_loss_up_ratio;
  std::optional<double> src_loss_down_ratio;
  std::optional<double> dst_loss_down_ratio;
  std::optional<double> src_loss_ratio;
  std::optional<double> dst_loss_ratio;
  std::optional<std::uint32_t> src_syn_rtx;
  std::optional<std::uint32_t> dst_syn_rtx;
  std::optional<std::uint32_t> src_keepalive;
  std::optional<std::uint32_t> dst_keepalive;
  std::optional<std::uint32_t> src_zwp;
  std::optional<std::uint32_t> dst_zwp;
  std::optional<std::uint32_t> src_dup_capture;
  std::optional<std::uint32_t> dst_dup_capture;
  std::optional<std::uint32_t> src_zero_win;
  std::optional<std::uint32_t> dst_zero_win;
  std::optional<std::uint32_t> src_zero_win_us;
  std::optional<std::uint32_t> dst_zero_win_us;
  std::optional<std::uint32_t> src_zero_win_pkts;
  std::optional<std::uint32_t> dst_zero_win_pkts;
  std::optional<std::uint32_t> src_rwnd_min_bytes;
  std::optional<std::uint32_t> dst_rwnd_min_bytes;
  std::optional<std::uint32_t> src_rwnd_max_bytes;
  std::optional<std::uint32_t> dst_rwnd_max_bytes;
  std::optional<std::uint32_t> src_bif_max_bytes;
  std::optional<std::uint32_t> dst_bif_max_bytes;
  std::optional<std::uint32_t> src_gso_frames;
  std::optional<std::uint32_t> dst_gso_frames;
  event::FixedText<8> src_tcp_flags;
  event::FixedText<8> dst_tcp_flags;
  std::optional<std::uint16_t> src_mss;
  std::optional<std::uint16_t> dst_mss;
  std::optional<std::uint8_t> src_wscale;
  std::optional<std::uint8_t> dst_wscale;
  std::optional<std::uint32_t> icmp_err;
  std::optional<std::uint32_t> frags;
  std::optional<std::uint32_t> csum_bad;
  std::span<const std::string_view> anomalies;

  static constexpr std::array<std::string_view, 8> line{"duration_us", "end_reason", "state",
                                                        "app",         "src_pkts",   "dst_pkts",
                                                        "src_bytes",   "dst_bytes"};
  static constexpr event::RecordInfo info{
      .name = "flow",
      .doc = "A flow at its end, and every 60 s while it lives; counters are cumulative",
      .order = event::Order::flow,
      .line = line};

 private:
  static constexpr auto volume_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"first_ts", &R::first_ts>("First packet of the flow"),
        field<"last_ts", &R::last_ts>("Last packet of the flow so far"),
        field<"duration_us", &R::duration_us>("last_ts less first_ts, microseconds"),
        field<"seq", &R::seq>("Number of this record among those of the flow, from 0"),
        field<"final", &R::final>("The flow is over; interim records say false"),
        field<"end_reason", &R::end_reason>(
            "fin, rst, idle, evicted (table full) or eof; only in the final record"),
        field<"state", &R::state>("Connection state in Zeek's names: S0 S1 SF REJ S2 S3 RSTO RSTR "
                                  "RSTOS0 RSTRH SH SHR OTH"),
        field<"history", &R::history>(
            "What happened, in Zeek's letters: upper case from the originator"),
        field<"orient", &R::orient>("How the originator was told: syn, synack, reply (of ICMP, or "
                                    "to what begins SCTP), port "
                                    "or first"),
        field<"app", &R::app>("Application protocol, or the service name of the port"),
        field<"app_source", &R::app_source>(
            "content: recognised by its octets; port: named by its port only"),
        field<"src_pkts", &R::src_pkts>("Packets the originator sent"),
        field<"dst_pkts", &R::dst_pkts>("Packets the responder sent"),
        field<"src_bytes", &R::src_bytes>(
            "Octets on the wire from the originator, link headers included"),
        field<"dst_bytes", &R::dst_bytes>("Octets on the wire from the responder"),
        field<"src_l3_bytes", &R::src_l3_bytes>("Octets of IP datagrams from the originator"),
        field<"dst_l3_bytes", &R::dst_l3_bytes>("Octets of IP datagrams from the responder"),
        field<"src_payload", &R::src_payload>(
            "Octets of transport payload from the originator, repeats included; absent if "
            "transport headers of it could not be read and no other shows any"),
        field<"dst_payload", &R::dst_payload>(
            "Octets of transport payload from the responder; absent likewise"),
        field<"src_goodput_bytes", &R::src_goodput_bytes>(
            "TCP: payload octets of the originator, each counted once"),
        field<"dst_goodput_bytes", &R::dst_goodput_bytes>(
            "TCP: payload octets of the responder, each counted once"),
        field<"peak_1s_bps", &R::peak_1s_bps>(
            "Bits on the wire, both ways, in the fullest second; seconds are those of the epoch"),
        field<"src_throughput_bps", &R::src_throughput_bps>(
            "Payload bits per second of the originator over the flow's duration"),
        field<"dst_throughput_bps", &R::dst_throughput_bps>(
            "Payload bits per second of the responder"),
        field<"src_goodput_bps", &R::src_goodput_bps>(
            "src_goodput_bytes in bits per second between its first and last data"),
        field<"dst_goodput_bps", &R::dst_goodput_bps>(
            "dst_goodput_bytes in bits per second between its first and last data"));
  }

  static constexpr auto handshake_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"hs_rtt_server_us", &R::hs_rtt_server_us>(
            "SYN to SYN-ACK: the server's half of the path; absent if the SYN was repeated"),
        field<"hs_rtt_client_us", &R::hs_rtt_client_us>(
            "SYN-ACK to its ACK: the client's half; absent if the SYN-ACK was repeated"),
        field<"hs_rtt_us", &R::hs_rtt_us>("Sum of both halves"),
        field<"connect_us", &R::connect_us>(
            "First SYN to the ACK that completed the handshake, retries included"));
  }

  static constexpr auto rtt_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"rtt_server_n", &R::rtt_server_n>("Samples: segments of the client whose end was "
                                                "acknowledged, those of the handshake included"),
        field<"rtt_server_min_us", &R::rtt_server_min_us>(
            "Least: nearest to the delay of the server's half of the path, since ACKs may be held "
            "back"),
        field<"rtt_server_avg_us", &R::rtt_server_avg_us>("Mean"),
        field<"rtt_server_max_us", &R::rtt_server_max_us>("Greatest"),
        field<"rtt_server_srtt_us", &R::rtt_server_srtt_us>(
            "Smoothed as RFC 6298 says, after the last sample"),
        field<"rtt_client_n", &R::rtt_client_n>("Samples: segments of the server whose end was "
                                                "acknowledged, those of the handshake included"),
        field<"rtt_client_min_us", &R::rtt_client_min_us>(
            "Least: nearest to the delay of the client's half"),
        field<"rtt_client_avg_us", &R::rtt_client_avg_us>("Mean"),
        field<"rtt_client_max_us", &R::rtt_client_max_us>("Greatest"),
        field<"rtt_client_srtt_us", &R::rtt_client_srtt_us>(
            "Smoothed as RFC 6298 says, after the last sample"));
  }

  static constexpr auto timestamp_rtt_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"rtt_ts_server_n", &R::rtt_ts_server_n>(
            "Samples of the server's half by the timestamps option: from a TSval of the client to "
            "its echo"),
        field<"rtt_ts_server_min_us", &R::rtt_ts_server_min_us>("Least"),
        field<"rtt_ts_server_avg_us", &R::rtt_ts_server_avg_us>("Mean"),
        field<"rtt_ts_server_max_us", &R::rtt_ts_server_max_us>("Greatest"),
        field<"rtt_ts_client_n", &R::rtt_ts_client_n>(
            "Samples of the client's half by the timestamps option: from a TSval of the server to "
            "its echo"),
        field<"rtt_ts_client_min_us", &R::rtt_ts_client_min_us>("Least"),
        field<"rtt_ts_client_avg_us", &R::rtt_ts_client_avg_us>("Mean"),
        field<"rtt_ts_client_max_us", &R::rtt_ts_client_max_us>("Greatest"));
  }

  static constexpr auto repeat_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"src_data_segs", &R::src_data_segs>(
            "Segments with payload of the originator, repeats included"),
        field<"dst_data_segs", &R::dst_data_segs>(
            "Segments with payload of the responder, repeats included"),
        field<"src_rtx", &R::src_rtx>("Segments of the originator that repeat what was sent "
                                      "before, SYN and FIN included; reordered ones are none"),
        field<"dst_rtx", &R::dst_rtx>("Segments of the responder that repeat what was sent before, "
                                      "SYN and FIN included; reordered ones are none"),
        field<"src_rtx_fast", &R::src_rtx_fast>("Of those: duplicate ACKs had asked for them"),
        field<"dst_rtx_fast", &R::dst_rtx_fast>("Of those: duplicate ACKs had asked for them"),
        field<"src_rtx_rto", &R::src_rtx_rto>("Of those: as late as a retransmission time-out"),
        field<"dst_rtx_rto", &R::dst_rtx_rto>("Of those: as late as a retransmission time-out"),
        field<"src_rtx_spurious", &R::src_rtx_spurious>(
            "Of those: everything in them had been acknowledged"),
        field<"dst_rtx_spurious", &R::dst_rtx_spurious>(
            "Of those: everything in them had been acknowledged"),
        field<"src_rtx_upstream", &R::src_rtx_upstream>(
            "Of those: the first copy was lost before the tap"),
        field<"dst_rtx_upstream", &R::dst_rtx_upstream>(
            "Of those: the first copy was lost before the tap"),
        field<"src_rtx_other", &R::src_rtx_other>(
            "Of those: for another reason, a tail loss probe for instance"),
        field<"dst_rtx_other", &R::dst_rtx_other>(
            "Of those: for another reason, a tail loss probe for instance"),
        field<"src_reorder", &R::src_reorder>(
            "Segments of the originator that came late, not again"),
        field<"dst_reorder", &R::dst_reorder>(
            "Segments of the responder that came late, not again"),
        field<"src_dupacks", &R::src_dupacks>("Duplicate ACKs that the originator sent"),
        field<"dst_dupacks", &R::dst_dupacks>("Duplicate ACKs that the responder sent"));
  }

  static constexpr auto loss_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"src_rtx_bytes", &R::src_rtx_bytes>(
            "Payload octets of the originator that had been seen before"),
        field<"dst_rtx_bytes", &R::dst_rtx_bytes>(
            "Payload octets of the responder that had been seen before"),
        field<"src_unseen_bytes", &R::src_unseen_bytes>(
            "Octets of the originator that were acknowledged and never came by: the capture missed "
            "them"),
        field<"dst_unseen_bytes", &R::dst_unseen_bytes>(
            "Octets of the responder that were acknowledged and never came by: the capture missed "
            "them"),
        field<"src_loss_up_ratio", &R::src_loss_up_ratio>(
            "Part of the originator's segments that was lost before the tap"),
        field<"dst_loss_up_ratio", &R::dst_loss_up_ratio>(
            "Part of the responder's segments that was lost before the tap"),
        field<"src_loss_down_ratio", &R::src_loss_down_ratio>(
            "Part of the originator's segments that came by and was lost behind the tap"),
        field<"dst_loss_down_ratio", &R::dst_loss_down_ratio>(
            "Part of the responder's segments that came by and was lost behind the tap"),
        field<"src_loss_ratio", &R::src_loss_ratio>(
            "Both losses together, of the segments that came by"),
        field<"dst_loss_ratio", &R::dst_loss_ratio>(
            "Both losses together, of the segments that came by"),
        field<"src_syn_rtx", &R::src_syn_rtx>("SYNs of the originator that came again"),
        field<"dst_syn_rtx", &R::dst_syn_rtx>("SYNs of the responder that came again"),
        field<"src_keepalive", &R::src_keepalive>(
            "Keep-alive segments the originator sent; not repeats"),
        field<"dst_keepalive", &R::dst_keepalive>(
            "Keep-alive segments the responder sent; not repeats"),
        field<"src_zwp", &R::src_zwp>("Probes of a closed window the originator sent; not repeats"),
        field<"dst_zwp", &R::dst_zwp>("Probes of a closed window the responder sent; not repeats"),
        field<"src_dup_capture", &R::src_dup_capture>(
            "Packets of the originator that were captured twice; not repeats"),
        field<"dst_dup_capture", &R::dst_dup_capture>(
            "Packets of the responder that were captured twice; not repeats"));
  }

  static constexpr auto receiver_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"src_zero_win", &R::src_zero_win>("Times that the originator closed its window"),
        field<"dst_zero_win", &R::dst_zero_win>("Times that the responder closed its window"),
        field<"src_zero_win_us", &R::src_zero_win_us>(
            "How long its window was closed, all times together; absent past 71 minutes"),
        field<"dst_zero_win_us", &R::dst_zero_win_us>(
            "How long its window was closed, all times together; absent past 71 minutes"),
        field<"src_zero_win_pkts", &R::src_zero_win_pkts>(
            "Segments of the originator that said its window is closed"),
        field<"dst_zero_win_pkts", &R::dst_zero_win_pkts>(
            "Segments of the responder that said its window is closed"),
        field<"src_rwnd_min_bytes", &R::src_rwnd_min_bytes>(
            "Least window that the originator advertised; absent if its scale is unknown"),
        field<"dst_rwnd_min_bytes", &R::dst_rwnd_min_bytes>(
            "Least window that the responder advertised; absent if its scale is unknown"),
        field<"src_rwnd_max_bytes", &R::src_rwnd_max_bytes>(
            "Greatest window that the originator advertised"),
        field<"dst_rwnd_max_bytes", &R::dst_rwnd_max_bytes>(
            "Greatest window that the responder advertised"),
        field<"src_bif_max_bytes", &R::src_bif_max_bytes>(
            "Most octets of the originator under way, not acknowledged"),
        field<"dst_bif_max_bytes", &R::dst_bif_max_bytes>(
            "Most octets of the responder under way, not acknowledged"),
        field<"src_gso_frames", &R::src_gso_frames>(
            "Packets of the originator larger than the other end takes: cut later, by the network "
            "card"),
        field<"dst_gso_frames", &R::dst_gso_frames>(
            "Packets of the responder larger than the other end takes: cut later, by the network "
            "card"));
  }

  static constexpr auto state_fields() {
    using event::field;
    using R = FlowRecord;
    return event::fields(
        field<"src_tcp_flags", &R::src_tcp_flags>(
            "TCP flags the originator has used: F S R P A U E C"),
        field<"dst_tcp_flags", &R::dst_tcp_flags>("TCP flags the responder has used"),
        field<"src_mss", &R::src_mss>("Maximum segment size the originator announced"),
        field<"dst_mss", &R::dst_mss>("Maximum segment size the responder announced"),
        field<"src_wscale", &R::src_wscale>("Window scale the originator announced"),
        field<"dst_wscale", &R::dst_wscale>("Window scale the responder announced"),
        field<"icmp_err", &R::icmp_err>("ICMP errors that quoted this flow"),
        field<"frags", &R::frags>("Packets that came as IP fragments"),
        field<"csum_bad", &R::csum_bad>(
            "Packets with a wrong checksum; they are counted all the same"),
        field<"anomalies", &R::anomalies>("Reasons of anomalies seen in this flow"));
  }

 public:
  static constexpr auto fields() {
    return std::tuple_cat(volume_fields(), handshake_fields(), rtt_fields(), timestamp_rtt_fields(),
                          repeat_fields(), loss_fields(), receiver_fields(), state_fields());
  }
};

/// TCP flags as letters, `SA` for SYN and ACK.
[[nodiscard]] event::FixedText<8> flag_text(std::uint8_t flags) noexcept;

/// The record of a flow as it stands. Views borrow from the flow.
[[nodiscard]] FlowRecord make_record(const Flow& flow, const TcpConnection* tcp);

}  // namespace ntan::flow

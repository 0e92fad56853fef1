// The `flow` event: what a flow looked like when it ended, or so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

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
  std::string_view history;
  Orientation orient{};
  std::string_view app;
  std::optional<AppSource> app_source;
  std::uint64_t src_pkts = 0;
  std::uint64_t dst_pkts = 0;
  std::uint64_t src_bytes = 0;
  std::uint64_t dst_bytes = 0;
  std::uint64_t src_l3_bytes = 0;
  std::uint64_t dst_l3_bytes = 0;
  std::uint64_t src_payload = 0;
  std::uint64_t dst_payload = 0;
  std::optional<std::uint64_t> src_goodput_bytes;
  std::optional<std::uint64_t> dst_goodput_bytes;
  std::optional<std::uint64_t> src_throughput_bps;
  std::optional<std::uint64_t> dst_throughput_bps;
  std::optional<std::int64_t> hs_rtt_server_us;
  std::optional<std::int64_t> hs_rtt_client_us;
  std::optional<std::int64_t> hs_rtt_us;
  std::optional<std::int64_t> connect_us;
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

  static constexpr event::RecordInfo info{
      .name = "flow",
      .doc = "A flow at its end, and every 60 s while it lives; counters are cumulative",
      .order = event::Order::flow};
  static constexpr auto fields() {
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
        field<"orient", &R::orient>("How the originator was told: syn, synack, port or first"),
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
            "Octets of transport payload from the originator, repeats included"),
        field<"dst_payload", &R::dst_payload>("Octets of transport payload from the responder"),
        field<"src_goodput_bytes", &R::src_goodput_bytes>(
            "TCP: payload octets of the originator, each counted once"),
        field<"dst_goodput_bytes", &R::dst_goodput_bytes>(
            "TCP: payload octets of the responder, each counted once"),
        field<"src_throughput_bps", &R::src_throughput_bps>(
            "Payload bits per second of the originator over the flow's duration"),
        field<"dst_throughput_bps", &R::dst_throughput_bps>(
            "Payload bits per second of the responder"),
        field<"hs_rtt_server_us", &R::hs_rtt_server_us>(
            "SYN to SYN-ACK: the server's half of the path; absent if the SYN was repeated"),
        field<"hs_rtt_client_us", &R::hs_rtt_client_us>(
            "SYN-ACK to its ACK: the client's half; absent if the SYN-ACK was repeated"),
        field<"hs_rtt_us", &R::hs_rtt_us>("Sum of both halves"),
        field<"connect_us", &R::connect_us>(
            "First SYN to the ACK that completed the handshake, retries included"),
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
};

/// TCP flags as letters, `SA` for SYN and ACK.
[[nodiscard]] event::FixedText<8> flag_text(std::uint8_t flags) noexcept;

/// The record of a flow as it stands. Views borrow from the flow.
[[nodiscard]] FlowRecord make_record(const Flow& flow, const TcpConnection* tcp) noexcept;

}  // namespace ntan::flow

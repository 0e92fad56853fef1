// The first and the last line of a run. Offline they hold nothing of the machine or the moment.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "event/event.h"

namespace ntan::run {

enum class InputKind : std::uint8_t { files, live };
[[nodiscard]] std::string_view to_text(InputKind kind) noexcept;

/// Why a run ended.
enum class StopReason : std::uint8_t {
  end_of_input,
  count,
  duration,
  file_size,
  signal,
  output_closed,
  interface_gone,
  output_failed
};
[[nodiscard]] std::string_view to_text(StopReason reason) noexcept;

struct RunStart {
  std::string_view version;
  InputKind input{};
  std::span<const std::string_view> sources;
  std::string_view filter;
  std::int64_t summary_every_us = 0;
  std::uint64_t mem_limit_bytes = 0;
  std::uint64_t max_flows = 0;

  static constexpr event::RecordInfo info{
      .name = "run_start", .doc = "The first line of a run", .order = event::Order::packet};
  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"version", &RunStart::version>("Version of ntan"),
        field<"input", &RunStart::input>("files or live"),
        field<"sources", &RunStart::sources>(
            "Names of the interfaces, or of the files without their folders"),
        field<"filter", &RunStart::filter>("Packet filter in effect, pcap-filter syntax"),
        field<"summary_every_us", &RunStart::summary_every_us>(
            "Length of summary windows, microseconds; 0: one at the end"),
        field<"mem_limit_bytes", &RunStart::mem_limit_bytes>("Memory that state may take"),
        field<"max_flows", &RunStart::max_flows>("Flows that may be open at once"));
  }
};

/// One row of the ledger.
struct LedgerRow {
  std::string_view bucket;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  static constexpr event::RecordInfo info{.name = "ledger_row",
                                          .doc = "What became of some of the packets"};
  static constexpr auto fields() {
    using event::field;
    return event::fields(field<"bucket", &LedgerRow::bucket>(
                             "Where these packets ended: flow, arp, icmp_error, other_l2, non_ip, "
                             "undecodable, fragment_incomplete, unknown_link"),
                         field<"packets", &LedgerRow::packets>("Packets"),
                         field<"bytes", &LedgerRow::bytes>("Octets on the wire"));
  }
};

struct UnknownLinkRow {
  std::string_view link;
  std::uint64_t packets = 0;

  static constexpr event::RecordInfo info{.name = "unknown_link_row",
                                          .doc = "A link type that is not decoded"};
  static constexpr auto fields() {
    using event::field;
    return event::fields(field<"link", &UnknownLinkRow::link>("Its name or LINKTYPE number"),
                         field<"packets", &UnknownLinkRow::packets>("Packets of it"));
  }
};

struct RunEnd {
  StopReason stop_reason{};
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t captured_bytes = 0;
  std::optional<Timestamp> first_ts;
  std::optional<Timestamp> last_ts;
  std::uint64_t flows = 0;
  std::uint64_t events = 0;
  std::span<const LedgerRow> ledger;
  std::span<const UnknownLinkRow> unknown_links;
  bool input_truncated = false;
  bool input_damaged = false;
  std::uint64_t truncated_packets = 0;
  std::uint64_t ts_backwards = 0;
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> dropped_by_kernel;
  std::optional<std::uint64_t> dropped_by_interface;
  std::uint64_t dropped_by_ntan = 0;
  std::optional<std::uint64_t> tcp_data_segs;
  std::optional<std::uint64_t> tcp_rtx;
  std::optional<double> tcp_loss_up_ratio;
  std::optional<double> tcp_loss_down_ratio;
  std::optional<double> tcp_loss_ratio;
  std::optional<double> capture_loss_ratio;
  std::optional<std::int64_t> unseen_bytes;
  std::uint64_t flows_evicted = 0;
  std::optional<std::uint64_t> scan_forgotten;
  std::uint64_t anomalies = 0;
  std::uint64_t bad_checksums = 0;
  std::optional<bool> offload_suspected;
  std::span<const std::string_view> limits_hit;

  static constexpr event::RecordInfo info{
      .name = "run_end",
      .doc = "The last line of a run: totals, and what was lost where",
      .order = event::Order::summary};
  static constexpr auto fields() {
    using event::field;
    using R = RunEnd;
    return event::fields(
        field<"stop_reason", &R::stop_reason>("end_of_input, count, duration, file_size, signal, "
                                              "output_closed, interface_gone or output_failed"),
        field<"packets", &R::packets>("Packets read"),
        field<"bytes", &R::bytes>("Sum of their lengths on the wire"),
        field<"captured_bytes", &R::captured_bytes>("Sum of what was captured of them"),
        field<"first_ts", &R::first_ts>("Trace time of the first packet"),
        field<"last_ts", &R::last_ts>(
            "Trace clock at the end: the largest packet time; live the clock when it stopped"),
        field<"flows", &R::flows>("Flows seen"),
        field<"events", &R::events>("Events handed to the outputs, this one left out"),
        field<"ledger", &R::ledger>("Where every packet ended; sums to packets and bytes"),
        field<"unknown_links", &R::unknown_links>("Link types that are not decoded"),
        field<"input_truncated", &R::input_truncated>("An input ended in the middle of a packet"),
        field<"input_damaged", &R::input_damaged>("An input could not be read to its end"),
        field<"truncated_packets", &R::truncated_packets>(
            "Packets captured shorter than they were"),
        field<"ts_backwards", &R::ts_backwards>("Packets older than one before them"),
        field<"received", &R::received>(
            "Packets that passed the filter, as the kernel counts; includes dropped ones. Of saved "
            "captures what the statistics of pcapng say, as the next two"),
        field<"dropped_by_kernel", &R::dropped_by_kernel>(
            "Packets lost because the capture ring was full"),
        field<"dropped_by_interface", &R::dropped_by_interface>(
            "Packets the interface or its driver lost"),
        field<"dropped_by_ntan", &R::dropped_by_ntan>(
            "Lines, and packets of -w, not written: their reader was too slow, or the output had "
            "failed"),
        field<"tcp_data_segs", &R::tcp_data_segs>("TCP segments with payload, repeats included"),
        field<"tcp_rtx", &R::tcp_rtx>("TCP segments that repeat what was sent before"),
        field<"tcp_loss_up_ratio", &R::tcp_loss_up_ratio>(
            "Part of the TCP segments that was lost before the tap"),
        field<"tcp_loss_down_ratio", &R::tcp_loss_down_ratio>(
            "Part of the TCP segments that came by and was lost behind the tap"),
        field<"tcp_loss_ratio", &R::tcp_loss_ratio>(
            "Both losses together, of the segments that came by"),
        field<"capture_loss_ratio", &R::capture_loss_ratio>(
            "Of the ACKs of established TCP connections, those for octets that had not come by, "
            "even where they came late"),
        field<"unseen_bytes", &R::unseen_bytes>(
            "Those octets, less those that came late after all: what the capture lost"),
        field<"flows_evicted", &R::flows_evicted>("Flows ended early because the table was full"),
        field<"scan_forgotten", &R::scan_forgotten>(
            "Sources, targets, ports, reports and decisions that the scan detector gave up for "
            "want "
            "of memory; absent if none"),
        field<"anomalies", &R::anomalies>("Anomalies seen, those that were not told included"),
        field<"bad_checksums", &R::bad_checksums>(
            "Packets with a wrong checksum, counted all the same"),
        field<"offload_suspected", &R::offload_suspected>(
            "Wrong checksums or oversized frames look like offloading by the capturing host"),
        field<"limits_hit", &R::limits_hit>(
            "Bounds that were reached; absent where nothing was given up"));
  }
};

}  // namespace ntan::run

// What the `scan` event says: one scan with its evidence, at its beginning, on growth and at its
// end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "event/event.h"
#include "flow/outcome.h"

namespace ntan::detect {

enum class ScanPhase : std::uint8_t { open, update, close };
enum class ScanKind : std::uint8_t {
  vertical,
  horizontal,
  block,
  host_discovery,
  protocol,
  distributed_vertical,
  distributed_horizontal,
};
enum class ScanTechnique : std::uint8_t {
  tcp_syn,
  tcp_connect,
  tcp_fin,
  tcp_null,
  tcp_xmas,
  tcp_synfin,
  tcp_ack,
  tcp_maimon,
  udp,
  sctp_init,
  icmp_echo,
  icmp_timestamp,
  icmp_mask,
  arp,
  nd,
  ip_proto,
  mixed,
};
/// Which test fired.
enum class ScanWhy : std::uint8_t { row, column, source, burst, rate, distributed, reverse };
enum class Severity : std::uint8_t { low, medium, high };
/// Which directions of the traffic the evidence comes from.
enum class Visibility : std::uint8_t { two_way, one_way, answers_only };

[[nodiscard]] std::string_view to_text(ScanPhase phase) noexcept;
[[nodiscard]] std::string_view to_text(ScanKind kind) noexcept;
[[nodiscard]] std::string_view to_text(ScanTechnique technique) noexcept;
[[nodiscard]] std::string_view to_text(ScanWhy why) noexcept;
[[nodiscard]] std::string_view to_text(Severity severity) noexcept;
[[nodiscard]] std::string_view to_text(Visibility visibility) noexcept;

/// One of the first probes of a scan.
struct ScanSample {
  Timestamp ts;
  IpAddress dst_ip;
  std::optional<std::uint16_t> port;
  std::string_view outcome;  ///< empty while there is none
  double step = 0;
  double sum = 0;
  std::uint64_t packet = 0;

  static constexpr event::RecordInfo info{.name = "scan_sample", .doc = "One probe of a scan"};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"ts", &ScanSample::ts>("Trace time of the probe"),
        field<"dst_ip", &ScanSample::dst_ip>("Target"),
        field<"port", &ScanSample::port>("Port, ICMP type or IP protocol number"),
        field<"outcome", &ScanSample::outcome>("What became of it; absent while it is not known"),
        field<"step", &ScanSample::step>("Evidence it added, in nats, to its row or its column, "
                                         "whichever had the larger sum then; "
                                         "explain has the steps of the test that fired"),
        field<"sum", &ScanSample::sum>("Sum of that row or column after it, in nats"),
        field<"packet", &ScanSample::packet>(
            "Number of the packet among those that match the filter"));
  }
};

/// Views borrow from the alert and live until the sink returns. The scanner is the envelope's
/// src_ip (absent when the scan is distributed), a single target its dst_ip.
struct ScanRecord {
  event::Id id;
  ScanPhase phase{};
  std::uint32_t seq = 0;
  bool reopened = false;
  ScanKind kind{};
  std::string_view kind_hint;
  ScanTechnique technique{};
  ScanWhy why{};
  Timestamp detect_ts;
  Timestamp first_ts;
  Timestamp last_ts;
  double score = 0;
  double threshold = 0;
  double confidence = 0;
  Severity severity{};
  std::span<const IpAddress> targets;
  std::uint64_t hosts = 0;
  std::uint64_t ports = 0;
  std::uint64_t probes = 0;
  std::span<const std::string_view> port_ranges;
  std::uint64_t refused = 0;
  std::uint64_t half_open = 0;
  std::uint64_t silent = 0;
  std::uint64_t connect = 0;
  std::uint64_t data = 0;
  std::uint64_t stealth = 0;
  std::span<const std::string_view> open;
  double rate_pps = 0;
  std::span<const std::uint16_t> ttl;
  std::span<const std::uint16_t> src_ports;
  std::span<const ScanSample> sample;
  std::span<const IpAddress> members;
  std::uint64_t members_total = 0;
  std::optional<event::Id> group;
  Visibility visibility{};
  bool capture_ok = true;
  std::span<const std::string_view> guards;
  std::string_view extract;

  static constexpr std::array<std::string_view, 13> line{
      "phase", "kind",   "kind_hint",   "technique", "severity", "targets", "hosts",
      "ports", "probes", "port_ranges", "open",      "rate_pps", "extract"};
  static constexpr event::RecordInfo info{
      .name = "scan",
      .doc = "A scan with its evidence: when it is found, as it grows, and when it has ended",
      .order = event::Order::scan,
      .line = line};

  static constexpr auto fields() {
    using event::field;
    return event::fields(
        field<"id", &ScanRecord::id>("Identifies the scan in all its events: 16 hex digits"),
        field<"phase", &ScanRecord::phase>("open, update or close"),
        field<"seq", &ScanRecord::seq>("Episode, 1 for the first; the next follows within an hour, "
                                       "or six mean gaps, at most a day"),
        field<"reopened", &ScanRecord::reopened>("The scan went on after its close"),
        field<"kind", &ScanRecord::kind>(
            "Shape of the targets as known so far: vertical, horizontal, block, host_discovery, "
            "protocol, distributed_vertical or distributed_horizontal"),
        field<"kind_hint", &ScanRecord::kind_hint>(
            "decoy: one of several sources that probe the same targets at the same time; random: "
            "a block probed in no order"),
        field<"technique", &ScanRecord::technique>(
            "How targets are probed: tcp_syn, tcp_connect, tcp_fin, tcp_null, tcp_xmas, "
            "tcp_synfin, tcp_ack, tcp_maimon, udp, sctp_init, icmp_echo, icmp_timestamp, "
            "icmp_mask, arp, nd, ip_proto or mixed"),
        field<"why", &ScanRecord::why>(
            "Which test fired: row, column, source, burst, rate, distributed or reverse"),
        field<"detect_ts", &ScanRecord::detect_ts>("Trace time of the alarm"),
        field<"first_ts", &ScanRecord::first_ts>("Trace time of the first probe counted"),
        field<"last_ts", &ScanRecord::last_ts>("Trace time of the last probe counted"),
        field<"score", &ScanRecord::score>(
            "Sum of the test at the alarm or now, in nats: of its two the one nearer to its bound"),
        field<"threshold", &ScanRecord::threshold>("What the score has to reach"),
        field<"confidence", &ScanRecord::confidence>("Probability of a scan, prior 0.001"),
        field<"severity", &ScanRecord::severity>("low, medium or high"),
        field<"targets", &ScanRecord::targets>("Target addresses, the first 64"),
        field<"hosts", &ScanRecord::hosts>("Number of target addresses"),
        field<"ports", &ScanRecord::ports>("Number of ports or IP protocols"),
        field<"probes", &ScanRecord::probes>(
            "Targets (address and port) probed; repeats count once"),
        field<"port_ranges", &ScanRecord::port_ranges>("Ports or IP protocols, as ranges"),
        field<"refused", &ScanRecord::refused>("Probes answered by a refusal"),
        field<"half_open", &ScanRecord::half_open>("Probes answered, handshake not completed"),
        field<"silent", &ScanRecord::silent>("Probes without answer"),
        field<"connect", &ScanRecord::connect>("Connections closed without payload"),
        field<"data", &ScanRecord::data>("Probes with payload or an answer"),
        field<"stealth", &ScanRecord::stealth>("Probes with flags no connection begins with"),
        field<"open", &ScanRecord::open>("Targets that accepted, address:port, the first 64"),
        field<"rate_pps", &ScanRecord::rate_pps>("Probes per second"),
        field<"ttl", &ScanRecord::ttl>("TTL or hop limits seen"),
        field<"src_ports", &ScanRecord::src_ports>("Ports the probes came from, the first 16"),
        field<"sample", &ScanRecord::sample>("The first 16 probes"),
        field<"members", &ScanRecord::members>("Sources that take part, the first 64"),
        field<"members_total", &ScanRecord::members_total>("Number of sources that take part"),
        field<"group", &ScanRecord::group>("The same for sources that probe as one (decoys)"),
        field<"visibility", &ScanRecord::visibility>(
            "Directions the evidence comes from: two_way, one_way or answers_only"),
        field<"capture_ok", &ScanRecord::capture_ok>("False if more than 5 % of contacts had to be "
                                                     "forgotten before an answer was due, or if "
                                                     "most packets seem to be missing"),
        field<"guards", &ScanRecord::guards>(
            "What took weight from some of the evidence: traceroute, ftp_data, one_way, churn, "
            "outage, peer_prone, sampled, fallback, older, dhcp_check, call_back, media, "
            "elsewhere, named"),
        field<"extract", &ScanRecord::extract>(
            "Command that cuts the scan's packets out of the input; absent where they are not "
            "kept in a file, or where its name is not printable"));
  }
};

/// Receives the events of the detector, in order. The views end with the call.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  virtual void on_scan(const event::Common& common, const ScanRecord& record) = 0;

 protected:
  ScanSink() = default;
  ScanSink(const ScanSink&) = default;
  ScanSink& operator=(const ScanSink&) = default;
};

}  // namespace ntan::detect

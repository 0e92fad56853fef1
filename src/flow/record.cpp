#include "flow/record.h"

#include <algorithm>

#include "base/segment_counts.h"

namespace ntan::flow {
namespace {

std::optional<std::uint64_t> rate_bps(std::uint64_t octets, Duration duration) noexcept {
  if (octets == 0 || duration.count() <= 0) return std::nullopt;
  constexpr std::uint64_t bits_ns = 8'000'000'000U;
  const auto product = static_cast<Uint128>(octets) * bits_ns;
  return static_cast<std::uint64_t>(product / static_cast<std::uint64_t>(duration.count()));
}

template <class T>
std::optional<T> unless_zero(T value) noexcept {
  return value == 0 ? std::nullopt : std::optional{value};
}

std::optional<std::int64_t> microseconds(std::optional<Duration> duration) noexcept {
  return duration ? std::optional{to_us(*duration)} : std::nullopt;
}

/// Where the figures of one side stand.
struct SideFields {
  using Count = std::optional<std::uint32_t> FlowRecord::*;
  using Octets = std::optional<std::uint64_t> FlowRecord::*;
  using Ratio = std::optional<double> FlowRecord::*;

  Octets goodput_bps, rtx_bytes, unseen_bytes;
  Count data_segs, rtx, rtx_fast, rtx_rto, rtx_spurious, rtx_upstream, rtx_other, reorder, dupacks;
  Ratio loss_up, loss_down, loss;
  Count syn_rtx, keepalive, zwp, dup_capture;
  Count zero_win, zero_win_us, zero_win_pkts, rwnd_min, rwnd_max, bif_max, gso_frames;
};

constexpr SideFields src_fields{
    .goodput_bps = &FlowRecord::src_goodput_bps,
    .rtx_bytes = &FlowRecord::src_rtx_bytes,
    .unseen_bytes = &FlowRecord::src_unseen_bytes,
    .data_segs = &FlowRecord::src_data_segs,
    .rtx = &FlowRecord::src_rtx,
    .rtx_fast = &FlowRecord::src_rtx_fast,
    .rtx_rto = &FlowRecord::src_rtx_rto,
    .rtx_spurious = &FlowRecord::src_rtx_spurious,
    .rtx_upstream = &FlowRecord::src_rtx_upstream,
    .rtx_other = &FlowRecord::src_rtx_other,
    .reorder = &FlowRecord::src_reorder,
    .dupacks = &FlowRecord::src_dupacks,
    .loss_up = &FlowRecord::src_loss_up_ratio,
    .loss_down = &FlowRecord::src_loss_down_ratio,
    .loss = &FlowRecord::src_loss_ratio,
    .syn_rtx = &FlowRecord::src_syn_rtx,
    .keepalive = &FlowRecord::src_keepalive,
    .zwp = &FlowRecord::src_zwp,
    .dup_capture = &FlowRecord::src_dup_capture,
    .zero_win = &FlowRecord::src_zero_win,
    .zero_win_us = &FlowRecord::src_zero_win_us,
    .zero_win_pkts = &FlowRecord::src_zero_win_pkts,
    .rwnd_min = &FlowRecord::src_rwnd_min_bytes,
    .rwnd_max = &FlowRecord::src_rwnd_max_bytes,
    .bif_max = &FlowRecord::src_bif_max_bytes,
    .gso_frames = &FlowRecord::src_gso_frames,
};

constexpr SideFields dst_fields{
    .goodput_bps = &FlowRecord::dst_goodput_bps,
    .rtx_bytes = &FlowRecord::dst_rtx_bytes,
    .unseen_bytes = &FlowRecord::dst_unseen_bytes,
    .data_segs = &FlowRecord::dst_data_segs,
    .rtx = &FlowRecord::dst_rtx,
    .rtx_fast = &FlowRecord::dst_rtx_fast,
    .rtx_rto = &FlowRecord::dst_rtx_rto,
    .rtx_spurious = &FlowRecord::dst_rtx_spurious,
    .rtx_upstream = &FlowRecord::dst_rtx_upstream,
    .rtx_other = &FlowRecord::dst_rtx_other,
    .reorder = &FlowRecord::dst_reorder,
    .dupacks = &FlowRecord::dst_dupacks,
    .loss_up = &FlowRecord::dst_loss_up_ratio,
    .loss_down = &FlowRecord::dst_loss_down_ratio,
    .loss = &FlowRecord::dst_loss_ratio,
    .syn_rtx = &FlowRecord::dst_syn_rtx,
    .keepalive = &FlowRecord::dst_keepalive,
    .zwp = &FlowRecord::dst_zwp,
    .dup_capture = &FlowRecord::dst_dup_capture,
    .zero_win = &FlowRecord::dst_zero_win,
    .zero_win_us = &FlowRecord::dst_zero_win_us,
    .zero_win_pkts = &FlowRecord::dst_zero_win_pkts,
    .rwnd_min = &FlowRecord::dst_rwnd_min_bytes,
    .rwnd_max = &FlowRecord::dst_rwnd_max_bytes,
    .bif_max = &FlowRecord::dst_bif_max_bytes,
    .gso_frames = &FlowRecord::dst_gso_frames,
};

/// The same of the round-trip times of one half of the path.
struct RttFields {
  using Count = std::optional<std::uint32_t> FlowRecord::*;

  Count n = nullptr;
  Count min = nullptr;
  Count average = nullptr;
  Count max = nullptr;
  Count smoothed = nullptr;  ///< null where it is not kept
};

constexpr RttFields server_rtt{.n = &FlowRecord::rtt_server_n,
                               .min = &FlowRecord::rtt_server_min_us,
                               .average = &FlowRecord::rtt_server_avg_us,
                               .max = &FlowRecord::rtt_server_max_us,
                               .smoothed = &FlowRecord::rtt_server_srtt_us};
constexpr RttFields client_rtt{.n = &FlowRecord::rtt_client_n,
                               .min = &FlowRecord::rtt_client_min_us,
                               .average = &FlowRecord::rtt_client_avg_us,
                               .max = &FlowRecord::rtt_client_max_us,
                               .smoothed = &FlowRecord::rtt_client_srtt_us};

constexpr RttFields server_timestamp_rtt{.n = &FlowRecord::rtt_ts_server_n,
                                         .min = &FlowRecord::rtt_ts_server_min_us,
                                         .average = &FlowRecord::rtt_ts_server_avg_us,
                                         .max = &FlowRecord::rtt_ts_server_max_us};
constexpr RttFields client_timestamp_rtt{.n = &FlowRecord::rtt_ts_client_n,
                                         .min = &FlowRecord::rtt_ts_client_min_us,
                                         .average = &FlowRecord::rtt_ts_client_avg_us,
                                         .max = &FlowRecord::rtt_ts_client_max_us};

void add_rtt(FlowRecord& record, const RttFields& fields, const RttRange& rtt) noexcept {
  if (rtt.n() == 0) return;
  record.*fields.n = rtt.n();
  record.*fields.min = rtt.min();
  record.*fields.average = rtt.average();
  record.*fields.max = rtt.max();
}

void add_rtt(FlowRecord& record, const RttFields& fields, const RttStats& rtt) noexcept {
  if (rtt.n() == 0) return;
  add_rtt(record, fields, rtt.range());
  record.*fields.smoothed = rtt.smoothed();
}

void add_timestamp_rtt(FlowRecord& record, const TcpMeter& meter) noexcept {
  const RttRange* server = meter.timestamp_rtt(Direction::to_server);
  const RttRange* client = meter.timestamp_rtt(Direction::to_client);
  if (server == nullptr || client == nullptr) return;
  add_rtt(record, server_timestamp_rtt, *server);
  add_rtt(record, client_timestamp_rtt, *client);
}

// Without a meter, the handshake is all that could be timed.
void add_rtt(FlowRecord& record, const RttFields& fields, std::optional<Duration> half) noexcept {
  if (!half) return;
  RttStats rtt;
  rtt.add(static_cast<std::uint32_t>(to_us(*half)));
  add_rtt(record, fields, rtt.range());
  if (fields.smoothed != nullptr) record.*fields.smoothed = rtt.smoothed();
}

// Kinds of repeats are told where there were any: that there was none is told by `rtx`.
void add_repeats(FlowRecord& record, const SideFields& fields, const SegmentCounts& counts) {
  const auto put = [&record](SideFields::Count field, std::uint64_t value) {
    record.*field = static_cast<std::uint32_t>(value);
  };
  put(fields.rtx, counts.retransmissions());
  put(fields.reorder, counts.reordered);
  if (counts.data != 0) {
    record.*fields.loss_up = counts.loss_before_ratio();
    record.*fields.loss_down = counts.loss_behind_ratio();
    record.*fields.loss = counts.loss_ratio();
  }
  if (counts.retransmissions() == 0) return;
  put(fields.rtx_fast, counts.fast);
  put(fields.rtx_rto, counts.timeout);
  put(fields.rtx_spurious, counts.spurious);
  put(fields.rtx_upstream, counts.upstream);
  put(fields.rtx_other, counts.other);
}

void add_trouble(FlowRecord& record, const SideFields& fields, const TcpTrouble& trouble) {
  record.*fields.syn_rtx = unless_zero<std::uint32_t>(trouble.syn_repeats);
  record.*fields.keepalive = unless_zero(trouble.of(SegmentKind::keep_alive));
  record.*fields.zwp = unless_zero(trouble.of(SegmentKind::window_probe));
  record.*fields.dup_capture = unless_zero(trouble.of(SegmentKind::capture_copy));
  record.*fields.gso_frames = unless_zero(trouble.gso_packets);
  record.*fields.zero_win = unless_zero(trouble.zero_windows);
}

void add_window(FlowRecord& record, const SideFields& fields, const SideMeter& meter,
                unsigned shift) noexcept {
  if (meter.least_window > meter.most_window) return;
  record.*fields.rwnd_min = std::uint32_t{meter.least_window} << shift;
  record.*fields.rwnd_max = std::uint32_t{meter.most_window} << shift;
}

bool unread_scale(const TcpSide& side) noexcept {
  return !side.has_window_scale && side.window_scale == unread_window_scale;
}

void add_side(FlowRecord& record, const SideFields& fields, const TcpConnection& tcp,
              Direction direction) {
  const TcpMeter& meter = *tcp.meter();
  const TcpSide& side = tcp.side(direction);
  const SideMeter& own = meter.side(direction);
  static constexpr TcpTrouble none;
  const TcpTrouble* kept = meter.trouble(direction);
  const TcpTrouble& trouble = kept == nullptr ? none : *kept;
  record.*fields.data_segs = own.data_segments;
  record.*fields.dupacks = trouble.duplicate_acks;
  record.*fields.rtx_bytes = trouble.repeated_bytes;
  record.*fields.unseen_bytes = trouble.unseen_bytes;
  add_repeats(record, fields, meter.segments(direction));
  add_trouble(record, fields, trouble);
  record.*fields.zero_win_us = meter.zero_window_us(direction);
  record.*fields.zero_win_pkts = unless_zero(side.zero_windows);
  if (own.has_data) {
    // Without any ACK of the other side nobody knows.
    if (tcp.side(reverse(direction)).has_ack)
      record.*fields.bif_max = unless_zero(own.most_in_flight);
    record.*fields.goodput_bps = rate_bps(side.goodput_bytes, own.data_lasted());
  }
  // RFC 7323 2.2: the scale stands in the SYN, and holds if both have one.
  const TcpSide& peer = tcp.side(reverse(direction));
  if (!side.syn_seen || !peer.syn_seen || unread_scale(side) || unread_scale(peer)) return;
  const bool scaled = side.has_window_scale && peer.has_window_scale;
  add_window(record, fields, own, scaled ? side.window_scale : 0U);
}

// There are packets whose header could not be read, and no other tells of payload: how much of them
// was that nobody knows.
bool unread(const Flow& flow, Direction direction) noexcept {
  const Side& side = flow.sides[index(direction)];
  return flow.uncommon != nullptr && flow.uncommon->ports_only[index(direction)] &&
         side.payload_bytes == 0 && side.tcp_flags == 0;
}

void add_tcp(FlowRecord& record, const Flow& flow, const TcpConnection& tcp) {
  const TcpSide& client = tcp.side(Direction::to_server);
  const TcpSide& server = tcp.side(Direction::to_client);
  const bool client_unread = unread(flow, Direction::to_server);
  const bool server_unread = unread(flow, Direction::to_client);
  if (!client_unread) record.src_goodput_bytes = client.goodput_bytes;
  if (!server_unread) record.dst_goodput_bytes = server.goodput_bytes;
  const auto server_half = tcp.handshake_server();
  const auto client_half = tcp.handshake_client();
  record.hs_rtt_server_us = microseconds(server_half);
  record.hs_rtt_client_us = microseconds(client_half);
  record.hs_rtt_us = microseconds(tcp.handshake());
  record.connect_us = microseconds(tcp.connect());
  record.src_mss = unless_zero(client.mss);
  record.dst_mss = unless_zero(server.mss);
  if (client.has_window_scale) record.src_wscale = client.window_scale;
  if (server.has_window_scale) record.dst_wscale = server.window_scale;
  if (const TcpMeter* meter = tcp.meter(); meter != nullptr) {
    add_rtt(record, server_rtt, meter->side(Direction::to_server).rtt);
    add_rtt(record, client_rtt, meter->side(Direction::to_client).rtt);
    add_timestamp_rtt(record, *meter);
    if (!client_unread) add_side(record, src_fields, tcp, Direction::to_server);
    if (!server_unread) add_side(record, dst_fields, tcp, Direction::to_client);
  } else {
    add_rtt(record, server_rtt, server_half ? server_half : tcp.refusal());
    add_rtt(record, client_rtt, client_half);
    if (client.syn_stamp != 0) add_rtt(record, server_timestamp_rtt, server_half);
    if (server.syn_stamp != 0) add_rtt(record, client_timestamp_rtt, client_half);
  }
}

void add_lone_syn(FlowRecord& record, const FirstSyn& syn) noexcept {
  record.src_mss = unless_zero(syn.mss);
  if (syn.has_window_scale) record.src_wscale = syn.window_scale;
  if (syn.repeats == 0) return;
  record.src_syn_rtx = syn.repeats;
  add_repeats(record, src_fields,
              {.timeout = syn.timeouts(), .other = std::uint64_t{syn.repeats} - syn.timeouts()});
}

}  // namespace

event::FixedText<8> flag_text(std::uint8_t flags) noexcept {
  constexpr std::string_view letters = "FSRPAUEC";
  event::FixedText<8> text;
  for (std::size_t bit = 0; bit < letters.size(); ++bit) {
    if ((flags >> bit & 1U) != 0) text.octets[text.size++] = letters[bit];
  }
  return text;
}

std::string_view to_text(AppSource source) noexcept {
  return source == AppSource::content ? "content" : "port";
}

FlowRecord make_record(const Flow& flow, const TcpConnection* tcp) {
  const Side& client = flow.sides[0];
  const Side& server = flow.sides[1];
  const Timestamp first = flow.first_own();
  const Timestamp last = std::max(first, flow.last_own());
  const Duration duration = last - first;
  FlowRecord record{.first_ts = first,
                    .last_ts = last,
                    .duration_us = to_us(duration),
                    .seq = flow.records,
                    .state = state(flow, tcp),
                    .history = flow.history.text(),
                    .orient = flow.orientation.how,
                    .src_pkts = client.packets,
                    .dst_pkts = server.packets,
                    .src_bytes = client.wire_bytes,
                    .dst_bytes = server.wire_bytes,
                    .src_l3_bytes = client.l3_bytes,
                    .dst_l3_bytes = server.l3_bytes,
                    .src_payload = client.payload_bytes,
                    .dst_payload = server.payload_bytes,
                    .peak_1s_bps = std::uint64_t{flow.peak.octets(flow.wire_bytes())} * 8,
                    .src_throughput_bps = rate_bps(client.payload_bytes, duration),
                    .dst_throughput_bps = rate_bps(server.payload_bytes, duration),
                    .src_tcp_flags = flag_text(client.tcp_flags),
                    .dst_tcp_flags = flag_text(server.tcp_flags)};
  if (unread(flow, Direction::to_server)) record.src_payload.reset();
  if (unread(flow, Direction::to_client)) record.dst_payload.reset();
  if (flow.uncommon != nullptr) {
    const Uncommon& uncommon = *flow.uncommon;
    record.icmp_err = unless_zero(uncommon.icmp_errors);
    record.frags = unless_zero(uncommon.fragments);
    record.csum_bad = unless_zero(uncommon.bad_checksums[0] + uncommon.bad_checksums[1]);
  }
  if (tcp != nullptr) {
    add_tcp(record, flow, *tcp);
  } else if (flow.proto() == ip_protocol::tcp) {
    add_lone_syn(record, flow.first_syn);
  }
  return record;
}

}  // namespace ntan::flow

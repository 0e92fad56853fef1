#include "flow/record.h"

#include <limits>

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

void add_tcp(FlowRecord& record, const TcpConnection& tcp) noexcept {
  const TcpSide& client = tcp.side(Direction::to_server);
  const TcpSide& server = tcp.side(Direction::to_client);
  record.src_goodput_bytes = client.goodput_bytes;
  record.dst_goodput_bytes = server.goodput_bytes;
  const auto server_half = tcp.handshake_server();
  const auto client_half = tcp.handshake_client();
  record.hs_rtt_server_us = microseconds(server_half);
  record.hs_rtt_client_us = microseconds(client_half);
  if (server_half && client_half) record.hs_rtt_us = to_us(*server_half + *client_half);
  record.connect_us = microseconds(tcp.connect());
  record.src_mss = unless_zero(client.mss);
  record.dst_mss = unless_zero(server.mss);
  if (client.has_window_scale) record.src_wscale = client.window_scale;
  if (server.has_window_scale) record.dst_wscale = server.window_scale;
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

FlowRecord make_record(const Flow& flow, const TcpConnection* tcp) noexcept {
  const Side& client = flow.sides[0];
  const Side& server = flow.sides[1];
  const Duration duration = flow.last - flow.first;
  FlowRecord record{.first_ts = flow.first,
                    .last_ts = flow.last,
                    .duration_us = to_us(duration),
                    .seq = flow.records,
                    .state = state(flow, tcp),
                    .history = flow.history.view(),
                    .orient = flow.orientation.how,
                    .src_pkts = client.packets,
                    .dst_pkts = server.packets,
                    .src_bytes = client.wire_bytes,
                    .dst_bytes = server.wire_bytes,
                    .src_l3_bytes = client.l3_bytes,
                    .dst_l3_bytes = server.l3_bytes,
                    .src_payload = client.payload_bytes,
                    .dst_payload = server.payload_bytes,
                    .src_throughput_bps = rate_bps(client.payload_bytes, duration),
                    .dst_throughput_bps = rate_bps(server.payload_bytes, duration),
                    .src_tcp_flags = flag_text(client.tcp_flags),
                    .dst_tcp_flags = flag_text(server.tcp_flags),
                    .icmp_err = unless_zero(flow.icmp_errors),
                    .frags = unless_zero(flow.fragments),
                    .csum_bad = unless_zero(flow.bad_checksums[0] + flow.bad_checksums[1])};
  if (tcp != nullptr) {
    add_tcp(record, *tcp);
  } else if (flow.proto() == wire::ip_protocol::tcp) {
    record.src_mss = unless_zero(flow.first_syn.mss);
    if (flow.first_syn.has_window_scale) record.src_wscale = flow.first_syn.window_scale;
  }
  return record;
}

}  // namespace ntan::flow

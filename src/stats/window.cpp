#include "stats/window.h"

#include <cstring>
#include <limits>

#include "base/digits.h"

namespace ntan::stats {
namespace {

using Kind = event::Note::Kind;

constexpr std::string_view unknown_app = "unknown";

constexpr std::size_t index(Kind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

/// Place of a kind in latency_metrics, or their number.
constexpr auto metric_of = [] {
  std::array<std::size_t, event::Note::kinds> places{};
  places.fill(latency_metrics.size());
  for (std::size_t i = 0; i < latency_metrics.size(); ++i)
    places[index(latency_metrics[i].kind)] = i;
  return places;
}();

void count(ProtocolTable::Row& row, std::uint64_t packets, std::uint64_t bytes) noexcept {
  row.packets += packets;
  row.bytes += bytes;
}

std::string_view network_name(IpVersion version) noexcept {
  switch (version) {
    case IpVersion::v4: return "ipv4";
    case IpVersion::v6: return "ipv6";
    case IpVersion::none: break;
  }
  return {};
}

}  // namespace

void NoteCounts::add(event::Note note) noexcept {
  ++total_;
  const std::size_t kind = index(note.kind);
  if (metric_of[kind] < latency_.size()) {
    add_latency(metric_of[kind], note.value);
  } else if (note.kind == Kind::dns_rcode) {
    if (note.value < rcodes) ++rcodes_[note.value];
  } else if (note.kind == Kind::http_status) {
    if (note.value >= 100 && note.value < 600) ++status_[note.value / 100 - 1];
  } else {
    counts_[kind] += note.value;
  }
}

void NoteCounts::clear() noexcept {
  if (total_ == 0) return;
  total_ = 0;
  counts_.fill(0);
  rcodes_.fill(0);
  status_.fill(0);
  for (Histogram& histogram : latency_) histogram.clear();
}

void NoteCounts::add_latency(std::size_t metric, std::uint64_t us) noexcept {
  // Packets with times that run backwards give negative durations: those measure nothing.
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 1000;
  if (us <= most) latency_[metric].add(us * 1000);
}

void Window::on_packet(const PacketFacts& packet) noexcept {
  rate_.add({.clock = packet.clock,
             .wire_bytes = packet.wire_bytes,
             .captured_bytes = packet.captured_bytes});
  count(table(Level::link).row(link_name(packet.link)), 1, packet.wire_bytes);
  if (!packet.network.empty()) {
    count(table(Level::network).row(packet.network), 1, packet.wire_bytes);
  }
  if (!packet.transport.empty()) {
    count(table(Level::transport).row(packet.transport), 1, packet.wire_bytes);
  }
}

void Window::on_flow(const FlowFacts& flow) noexcept {
  ++flows_.told;
  if (flow.began) ++flows_.began;
  if (flow.ended) ++flows_.ended;
  if (flow.client_packets != 0 && flow.client.known())
    talkers_.add(flow.client, flow.client_bytes, flow.client_packets);
  if (flow.server_packets != 0 && flow.server.known())
    talkers_.add(flow.server, flow.server_bytes, flow.server_packets);

  const std::uint64_t packets = flow.client_packets + flow.server_packets;
  if (packets == 0 && !flow.began) return;
  ProtocolTable::Row& app =
      table(Level::application).row(flow.app.empty() ? unknown_app : flow.app);
  count(app, packets, flow.client_bytes + flow.server_bytes);
  if (!flow.began) return;
  ++app.flows;
  if (!flow.transport.empty()) ++table(Level::transport).row(flow.transport).flows;
  const std::string_view network = network_name(flow.client.version);
  if (!network.empty()) ++table(Level::network).row(network).flows;
}

void Window::clear() noexcept {
  if (empty()) return;
  rate_.clear();
  flows_ = {};
  for (ProtocolTable& protocols : protocols_) protocols.clear();
  talkers_.clear();
  notes_.clear();
}

std::string_view Window::link_name(LinkType link) noexcept {
  if (link != last_link_ || last_link_name_.empty()) [[unlikely]] {
    const std::string_view known = to_text(link);
    last_link_name_ = known.empty() ? make_link_name(link) : known;
    last_link_ = link;
  }
  return last_link_name_;
}

std::string_view Window::make_link_name(LinkType link) noexcept {
  event::FixedText<13> name{"LINKTYPE"};
  const char* end = append_unsigned(name.octets.data() + name.size, static_cast<unsigned>(link));
  name.size = static_cast<std::uint8_t>(end - name.octets.data());
  for (std::size_t i = 0; i < made_; ++i) {
    if (made_names_[i].view() == name.view()) return made_names_[i].view();
  }
  if (made_ == made_names_.size()) return ProtocolTable::other_name;
  made_names_[made_] = name;
  return made_names_[made_++].view();
}

}  // namespace ntan::stats

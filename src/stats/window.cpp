#include "stats/window.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace ntan::stats {
namespace {

using Kind = event::Note::Kind;

constexpr std::string_view unknown_app = "unknown";
// Packets with times that run backwards give negative durations: those measure nothing.
constexpr auto most_us =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 1000;

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

Rate::Frame frame_of(const PacketFacts& packet) noexcept {
  return {.clock = packet.clock,
          .wire_bytes = packet.wire_bytes,
          .captured_bytes = packet.captured_bytes};
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
  if (us <= most_us) latency_[metric].add(us * 1000);
}

void Window::on_packet(const PacketFacts& packet) noexcept {
  if (rate_.ends_second(packet.clock)) [[unlikely]]
    end_second(packet.clock);
  rate_.add(frame_of(packet));
  if (interfaces_ != nullptr) count_interface(packet);
  Mix& mix = mix_of(packet);
  ++mix.packets;
  mix.bytes += packet.wire_bytes;
}

void Window::on_server(const IpAddress& server, event::Note note) {
  if (note.value <= most_us) servers_.add(server, note.kind, note.value * 1000);
}

void Window::tell_interfaces_apart() {
  interfaces_ = std::make_unique<std::array<Rate, most_interfaces>>();
  interfaces_->front() = rate_;
}

void Window::count_interface(const PacketFacts& packet) noexcept {
  const auto place = std::min<std::size_t>(packet.interface, most_interfaces - 1);
  (*interfaces_)[place].add(frame_of(packet));
}

void Window::end_second(Timestamp clock) noexcept {
  if (rate_.frames() == 0) return;
  for (std::size_t level = 0; level < packet_levels; ++level) {
    const ProtocolTable now = protocols(static_cast<Level>(level));
    const std::span<const ProtocolTable::Row> rows = now.rows();
    for (std::size_t place = 0; place < rows.size(); ++place)
      protocols_[level].at(place).second.roll(to_ns(clock), rows[place].bytes);
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

void Window::count_directions(const FlowFacts& flow, std::span<const Network> home) noexcept {
  const bool client_is_home = any_contains(home, flow.client);
  const bool server_is_home = any_contains(home, flow.server);
  const auto add = [](Volume& to, std::uint64_t packets, std::uint64_t bytes) {
    to.packets += packets;
    to.bytes += bytes;
  };
  if (client_is_home && server_is_home) {
    add(directions_.internal, flow.client_packets + flow.server_packets,
        flow.client_bytes + flow.server_bytes);
  } else if (client_is_home || server_is_home) {
    add(client_is_home ? directions_.outbound : directions_.inbound, flow.client_packets,
        flow.client_bytes);
    add(client_is_home ? directions_.inbound : directions_.outbound, flow.server_packets,
        flow.server_bytes);
  }
}

void Window::clear() noexcept {
  if (empty()) return;
  rate_.clear();
  if (interfaces_ != nullptr) std::ranges::for_each(*interfaces_, &Rate::clear);
  flows_ = {};
  directions_ = {};
  for (ProtocolTable& protocols : protocols_) protocols.clear();
  mixes_.fill({});  // their places are of the rows that are gone
  talkers_.clear();
  servers_.clear();
  notes_.clear();
}

ProtocolTable Window::protocols(Level level) const noexcept {
  const auto at = static_cast<std::size_t>(level);
  ProtocolTable all = protocols_[at];
  if (level == Level::application) return all;
  for (const Mix& mix : mixes_) {
    if (mix.packets != 0 && mix.places[at] != no_place)
      count(all.at(mix.places[at]), mix.packets, mix.bytes);
  }
  return all;
}

std::size_t Window::home(const PacketFacts& packet) noexcept {
  const std::hash<SharedName> address;
  const std::uint64_t words = address(packet.network) ^ (address(packet.transport) << 20U);
  return (words + static_cast<std::uint64_t>(packet.link)) * 0x9e3779b97f4a7c15U >> 58U;
}

Window::Mix& Window::mix_of(const PacketFacts& packet) noexcept {
  const std::size_t first = home(packet);
  if (mixes_[first].holds(packet)) [[likely]]
    return mixes_[first];
  Mix& second = mixes_[first ^ 1U];
  return second.holds(packet) ? second : make_mix(packet);
}

Window::Mix& Window::make_mix(const PacketFacts& packet) noexcept {
  const std::size_t first = home(packet);
  const bool neighbour = mixes_[first].packets != 0 && mixes_[first ^ 1U].packets == 0;
  Mix& mix = mixes_[neighbour ? first ^ 1U : first];
  for (std::size_t i = 0; i < packet_levels; ++i) {
    if (mix.packets != 0 && mix.places[i] != no_place)
      count(protocols_[i].at(mix.places[i]), mix.packets, mix.bytes);
  }
  const std::string_view link = link_name(packet.link);
  mix = {.link = packet.link,
         .places = {place_of(Level::link, &link), place_of(Level::network, packet.network),
                    place_of(Level::transport, packet.transport)},
         .network = packet.network,
         .transport = packet.transport};
  return mix;
}

std::uint8_t Window::place_of(Level level, SharedName name) noexcept {
  static_assert(ProtocolTable::capacity < no_place);
  return name == nullptr ? no_place : static_cast<std::uint8_t>(table(level).place_of(*name));
}

std::string_view Window::link_name(LinkType link) noexcept {
  const std::string_view known = to_text(link);
  if (!known.empty()) return known;
  const auto made = std::span{made_names_}.first(made_);
  const auto found = std::ranges::find(made, link, &MadeName::link);
  if (found != made.end()) return found->name;
  if (link_namer_ == nullptr || made_ == made_names_.size()) return ProtocolTable::other_name;
  made_names_[made_] = {.link = link, .name = link_namer_(link)};
  return made_names_[made_++].name;
}

}  // namespace ntan::stats

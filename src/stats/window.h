// What one window has gathered. Fixed in size but for the interfaces of an input that has several.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/packet.h"
#include "event/note.h"
#include "stats/aggregator.h"
#include "stats/histogram.h"
#include "stats/protocol_table.h"
#include "stats/rate.h"
#include "stats/server_times.h"
#include "stats/space_saving.h"
#include "stats/summary_record.h"

namespace ntan::stats {

struct LatencyMetric {
  event::Note::Kind kind{};
  std::string_view name;
};

inline constexpr std::array latency_metrics{
    LatencyMetric{event::Note::Kind::dns_rtt_us, "dns_rtt"},
    LatencyMetric{event::Note::Kind::dns_rtt_first_us, "dns_rtt_first"},
    LatencyMetric{event::Note::Kind::http_ttfb_us, "http_ttfb"},
    LatencyMetric{event::Note::Kind::http_total_us, "http_total"},
    LatencyMetric{event::Note::Kind::tls_ch_sh_us, "tls_ch_sh"},
    LatencyMetric{event::Note::Kind::tls_handshake_us, "tls_handshake"},
    LatencyMetric{event::Note::Kind::icmp_rtt_us, "icmp_rtt"},
    LatencyMetric{event::Note::Kind::tcp_hs_rtt_server_us, "tcp_hs_rtt_server"},
    LatencyMetric{event::Note::Kind::tcp_hs_rtt_client_us, "tcp_hs_rtt_client"},
    LatencyMetric{event::Note::Kind::tcp_hs_rtt_us, "tcp_hs_rtt"},
    LatencyMetric{event::Note::Kind::tcp_connect_us, "tcp_connect"},
    LatencyMetric{event::Note::Kind::tcp_rtt_server_us, "tcp_rtt_server"},
    LatencyMetric{event::Note::Kind::tcp_rtt_client_us, "tcp_rtt_client"},
};

/// What dissectors have told.
class NoteCounts {
 public:
  static constexpr std::size_t rcodes = 4096;  // 12 bits
  static constexpr std::size_t status_classes = 5;

  void add(event::Note note) noexcept;
  void clear() noexcept;

  [[nodiscard]] bool empty() const noexcept { return total_ == 0; }

  /// Sum of the values of a kind that counts; 0 of the others.
  [[nodiscard]] std::uint64_t of(event::Note::Kind kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
  }

  [[nodiscard]] std::uint64_t rcode(std::size_t code) const noexcept { return rcodes_[code]; }

  /// 0 for 1xx to 4 for 5xx.
  [[nodiscard]] std::uint64_t status(std::size_t place) const noexcept { return status_[place]; }

  /// As in latency_metrics.
  [[nodiscard]] const Histogram& latency(std::size_t metric) const noexcept {
    return latency_[metric];
  }

 private:
  void add_latency(std::size_t metric, std::uint64_t us) noexcept;

  std::uint64_t total_ = 0;
  std::array<std::uint64_t, event::Note::kinds> counts_{};
  std::array<std::uint64_t, rcodes> rcodes_{};
  std::array<std::uint64_t, status_classes> status_{};
  std::array<Histogram, latency_metrics.size()> latency_;
};

struct FlowCounts {
  std::uint64_t began = 0;
  std::uint64_t ended = 0;
  std::uint64_t told = 0;
};

struct Volume {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// Traffic of flows, seen from the home networks.
struct DirectionCounts {
  Volume inbound;   ///< from elsewhere to them
  Volume outbound;  ///< from them to elsewhere
  Volume internal;  ///< between them
};

class Window {
 public:
  static constexpr std::size_t most_interfaces = 16;

  explicit Window(LinkNamer namer) noexcept : link_namer_(namer) {}

  void on_packet(const PacketFacts& packet) noexcept;
  void on_flow(const FlowFacts& flow) noexcept;

  /// Beside on_flow(), where home networks are known.
  void count_directions(const FlowFacts& flow, std::span<const Network> home) noexcept;

  void on_note(event::Note note) noexcept { notes_.add(note); }
  /// Requires: measures_server(note.kind).
  void on_server(const IpAddress& server, event::Note note);

  void clear() noexcept;

  /// Nothing was told.
  [[nodiscard]] bool empty() const noexcept {
    return rate_.frames() == 0 && flows_.told == 0 && notes_.empty();
  }

  [[nodiscard]] const Rate& rate() const noexcept { return rate_; }

  /// From now on frames count under their interface too; those before were of the first. Allocates,
  /// once a run.
  void tell_interfaces_apart();

  /// By index, the last for all that follow too; none unless they are told apart.
  [[nodiscard]] std::span<const Rate> interfaces() const noexcept {
    return interfaces_ == nullptr ? std::span<const Rate>{} : std::span<const Rate>{*interfaces_};
  }

  [[nodiscard]] const FlowCounts& flows() const noexcept { return flows_; }

  [[nodiscard]] const DirectionCounts& directions() const noexcept { return directions_; }

  [[nodiscard]] const NoteCounts& notes() const noexcept { return notes_; }

  [[nodiscard]] ServerTimes& servers() noexcept { return servers_; }

  [[nodiscard]] const SpaceSaving& talkers() const noexcept { return talkers_; }

  [[nodiscard]] ProtocolTable protocols(Level level) const noexcept;

 private:
  static constexpr std::size_t levels = 4;
  static constexpr std::size_t packet_levels = 3;  // application is known of flows only
  static constexpr std::size_t mixes = 64;

  /// Packets that are the same at every level, so that one lookup counts a packet at all of them.
  /// Which have a place here depends on where names lie in memory; what is counted does not.
  struct Mix {
    LinkType link{};
    std::array<std::uint8_t, packet_levels> places{};  ///< of the rows, or `no_place`
    SharedName network = nullptr;
    SharedName transport = nullptr;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;

    [[nodiscard]] bool holds(const PacketFacts& packet) const noexcept {
      return network == packet.network && transport == packet.transport && link == packet.link &&
             packets != 0;
    }
  };

  struct MadeName {
    LinkType link{};
    std::string name;
  };

  static constexpr std::uint8_t no_place = 255;

  ProtocolTable& table(Level level) noexcept { return protocols_[static_cast<std::size_t>(level)]; }

  /// Kept out of on_packet(), as make_mix().
  [[gnu::noinline]] void end_second(Timestamp clock) noexcept;
  [[gnu::noinline]] void count_interface(const PacketFacts& packet) noexcept;
  [[nodiscard]] static std::size_t home(const PacketFacts& packet) noexcept;
  [[nodiscard]] Mix& mix_of(const PacketFacts& packet) noexcept;
  /// Kept out of on_packet(), which then needs neither a frame nor a stack guard.
  [[nodiscard, gnu::noinline]] Mix& make_mix(const PacketFacts& packet) noexcept;
  [[nodiscard]] std::uint8_t place_of(Level level, SharedName name) noexcept;
  [[nodiscard]] std::string_view link_name(LinkType link) noexcept;

  Rate rate_;
  std::unique_ptr<std::array<Rate, most_interfaces>> interfaces_;
  FlowCounts flows_;
  DirectionCounts directions_;
  std::array<ProtocolTable, levels> protocols_;
  std::array<Mix, mixes> mixes_{};
  SpaceSaving talkers_;
  ServerTimes servers_;
  NoteCounts notes_;
  LinkNamer link_namer_;
  /// `frelay`, …: they stay when the window is cleared, because names live for ever.
  std::array<MadeName, ProtocolTable::capacity> made_names_;
  std::size_t made_ = 0;
};

}  // namespace ntan::stats

// The record of a window, with the memory its lists live in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stats/summary_record.h"
#include "stats/window.h"

namespace ntan::stats {

struct WindowFrame {
  Timestamp begin;
  Timestamp end;
  std::uint64_t skipped = 0;  ///< windows before it that are not reported
  bool window = false;        ///< one of several
  bool whole_run = false;     ///< no window, but all of them
};

/// What has become more since `before`; flows_active as it is. A counter that went back counts as
/// unchanged.
[[nodiscard]] Quality since(const Quality& before, const Quality& now) noexcept;

class Summary {
 public:
  /// `top`: entries of each list. `directed`: home networks are known.
  Summary(std::size_t top, bool directed) : top_(top), directed_(directed) {}

  void name_interface(std::size_t interface, std::string_view name);

  /// The record of a window; valid until the next call.
  [[nodiscard]] const SummaryRecord& of(Window& window, const WindowFrame& frame,
                                        const Quality& quality, const PathCounts& path);

 private:
  void fill_traffic(const Window& window, Duration length);
  void fill_directions(const DirectionCounts& directions) noexcept;
  void fill_quality(const Quality& quality) noexcept;
  void fill_path(const PathCounts& path) noexcept;
  void fill_latency(const NoteCounts& notes);
  void fill_servers(ServerTimes& servers);
  void fill_interfaces(const Window& window, Duration length);
  void fill_protocols(const Window& window);
  void fill_level(const ProtocolTable& table, Level level);
  void fill_talkers(const SpaceSaving& talkers);
  void fill_dns(const NoteCounts& notes);
  void fill_rcodes(const NoteCounts& notes);
  void fill_http(const NoteCounts& notes);

  std::size_t top_;
  bool directed_;
  SummaryRecord record_;
  std::string loss_;
  std::array<std::string, Window::most_interfaces> interface_names_;
  std::vector<InterfaceRow> interfaces_;
  std::vector<LatencyRow> latency_;
  std::vector<ServerRow> servers_;
  std::vector<ProtocolRow> protocols_;
  std::vector<TalkerRow> talkers_;
  std::vector<RcodeRow> rcodes_;
  std::vector<HttpStatusRow> http_status_;
};

}  // namespace ntan::stats

// Windows of the whole trace: throughput, latency, protocols, talkers. Feeds the `summary` event
// and nothing else knows its inside. Told by values only: it knows neither packets nor flows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/packet.h"
#include "base/time.h"
#include "event/event.h"
#include "event/note.h"
#include "stats/path_counts.h"

namespace ntan::stats {

/// What a link type is called that is not decoded.
using LinkNamer = std::string (*)(LinkType);

struct Options {
  Duration every{};      ///< length of a window; 0: one summary at the end
  std::size_t top = 10;  ///< entries of each list
  std::string sensor;
  std::vector<Network>
      home;  ///< our own addresses: flows are told apart by them; empty: not at all
  LinkNamer link_name = nullptr;  ///< null: they count as `other`
  bool total = false;  ///< with windows: a summary of the whole run after the last of them
};

/// A name that many packets share, told by its place: to count a packet no text is compared. It
/// lives for ever. Null: none.
using SharedName = const std::string_view*;

/// One packet as the statistics see it.
struct PacketFacts {
  Timestamp clock;  ///< trace clock
  std::uint32_t wire_bytes = 0;
  std::uint32_t captured_bytes = 0;
  LinkType link{};
  std::uint32_t interface = 0;     ///< among those of the input
  SharedName network = nullptr;    ///< `ipv4`, `ipv6`, `arp`, …
  SharedName transport = nullptr;  ///< `tcp`, `udp`, …
};

/// What a flow has added since it was last told of, both directions together.
struct FlowFacts {
  IpAddress client;
  IpAddress server;
  std::string_view app;  ///< application protocol; lives for ever; empty if unknown
  std::uint64_t client_packets = 0;
  std::uint64_t server_packets = 0;
  std::uint64_t client_bytes = 0;
  std::uint64_t server_bytes = 0;
  std::string_view transport;  ///< lives for ever
  bool began = false;          ///< told of for the first time
  bool ended = false;
};

/// What only the source and the shards know, as totals of the run so far. Absent: not known.
struct Quality {
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> dropped_by_kernel;
  std::optional<std::uint64_t> dropped_by_interface;
  std::uint64_t dropped_by_ntan = 0;
  std::uint64_t truncated_packets = 0;
  std::uint64_t undecodable_packets = 0;
  std::uint64_t unknown_link_packets = 0;
  std::uint64_t incomplete_fragments = 0;  ///< of datagrams that never became whole
  std::uint64_t flows_active = 0;
  std::uint64_t flows_evicted = 0;
  std::uint64_t memory_refused = 0;
};

/// Where the tap stands on the path, a round-trip time there and back covers one of two halves.
enum class PathHalf : std::uint8_t { server, client };

/// Windows are aligned to the epoch: with a length of 10 s they begin at :00, :10, …; the first and
/// the last may be shorter. A packet at a border belongs to the window that begins there.
class Aggregator {
 public:
  using Emit = std::function<void(const event::Event&)>;

  explicit Aggregator(const Options& options);
  ~Aggregator();
  Aggregator(const Aggregator&) = delete;
  Aggregator& operator=(const Aggregator&) = delete;

  /// The first packet's time.
  void start(Timestamp first);
  void on_packet(const PacketFacts& packet) noexcept;
  void on_flow(const FlowFacts& flow);
  /// A flow that has ended, with all it ever had, beside on_flow(): what the summary of the whole
  /// run counts. Applications are recognised late, so parts would not add up to it.
  void on_whole_flow(const FlowFacts& flow);
  void on_note(event::Note note) noexcept;
  /// Whose latency on_note() was just told. Requires: measures_server(note.kind).
  void on_server(const IpAddress& server, event::Note note);
  /// Microseconds. Must have been told before the window ends.
  void on_rtts(PathHalf half, std::span<const std::uint32_t> us) noexcept;
  /// Before a window ends in which a packet came from it. Names of the first 16 are kept.
  void name_interface(std::size_t interface, std::string_view name);
  /// Totals of the run so far, before the window ends.
  void set_path(const PathCounts& path) noexcept;

  /// End of the present window in ns, or INT64_MAX without windows.
  [[nodiscard]] std::int64_t next_due() const noexcept;
  /// Whether on_whole_flow() has to be told.
  [[nodiscard]] bool wants_whole_flows() const noexcept { return total_ != nullptr; }
  /// Reports the window that ends at next_due() and begins the next one (empty windows are reported
  /// too, up to a bound after which idle time is skipped and said).
  void close_window(const Quality& quality, const Emit& emit);
  /// Reports the last window, and the whole run where Options::total asks for it.
  void finish(Timestamp last, const Quality& quality, const Emit& emit);

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::unique_ptr<State> total_;  ///< never cut into windows; null unless asked for
};

}  // namespace ntan::stats

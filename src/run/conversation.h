// A flow with everything that hangs on it: TCP state, streams, a dissector, the scan contact.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "app/protocol.h"
#include "base/budget.h"
#include "flow/contact.h"
#include "flow/flow.h"
#include "flow/record.h"
#include "flow/stream.h"
#include "flow/tcp.h"

namespace ntan::run {

/// Octets of both sides of a stream while it is not yet known which protocol they are.
struct Probing {
  explicit Probing(Budget& memory) : held{Buffer{memory, limit}, Buffer{memory, limit}} {}

  static constexpr std::size_t limit = std::size_t{4} << 10U;  ///< octets of a stream's side
  /// Gaps in one side before it is nothing known. Segments do not count: they may be as short as an
  /// octet.
  static constexpr std::uint8_t max_attempts = 8;
  /// Octets of one side of a stream in which a protocol may still follow.
  static constexpr std::uint32_t late_octets = std::uint32_t{16} << 10U;

  /// The beginning; once it has failed, of a segment that may begin a protocol that follows.
  std::array<Buffer, 2> held;
  std::array<Timestamp, 2> since{};  ///< when what is held began
  /// Where in what is held a protocol that follows may begin; 0: nowhere.
  std::array<std::uint16_t, 2> late_at{};
  std::array<Timestamp, 2> late_since{};   ///< when that came
  std::array<std::uint32_t, 2> late{};     ///< octets since it failed, up to about late_octets
  std::array<std::uint8_t, 2> attempts{};  ///< up to max_attempts
  std::array<std::uint64_t, 2> missed{};   ///< octets that were never seen
  std::array<bool, 2> failed{};
};

/// Datagrams of either side that were no protocol known: each says little about the next one.
class DatagramTries {
 public:
  static constexpr std::uint8_t most = 8;  ///< before the side is nothing known

  /// Requires: !over(direction).
  void add(Direction direction) noexcept {
    counts_ = static_cast<std::uint8_t>(counts_ + (1U << shift(direction)));
  }
  [[nodiscard]] bool over(Direction direction) const noexcept {
    return (counts_ >> shift(direction) & 0xfU) >= most;
  }

 private:
  static constexpr unsigned shift(Direction direction) noexcept {
    return direction == Direction::to_server ? 0 : 4;
  }

  std::uint8_t counts_ = 0;
};

/// What stood around a flow's first packet.
struct Encapsulation {
  Encapsulation() = default;
  explicit Encapsulation(const wire::Decoded& packet, const wire::Extra& extra) noexcept;

  std::uint8_t vlan_count = 0;
  std::uint8_t tunnel_count = 0;
  std::array<std::uint16_t, wire::Extra::max_vlans> vlans{};
  std::array<wire::Extra::TunnelEntry, wire::Extra::max_tunnels> tunnels{};
};

/// `vxlan:42`, `gre`: a name of up to nine letters and a number of 32 bits.
using TunnelText = event::FixedText<20>;
[[nodiscard]] TunnelText tunnel_text(const wire::Extra::TunnelEntry& tunnel) noexcept;

/// From the shard's pool, for a flow that has anything of it.
struct Uncommon : flow::Uncommon {
  Encapsulation around;
};
static_assert(sizeof(Uncommon) <= 96);

/// What the statistics have been told of a flow.
struct Reported {
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> bytes{};
};

/// The look of a flow's first SYN, for the scan detector.
struct SynLook {
  bool has_sack : 1 = false;
  bool has_timestamp : 1 = false;
  bool has_window_scale : 1 = false;
  std::uint16_t window = 0;
};

/// Place in the shard's list of flows that only one side has spoken in.
struct ListLink {
  static constexpr flow::Number nowhere = UINT32_MAX;

  flow::Number previous = nowhere;  ///< 0: the first
  flow::Number next = 0;            ///< 0: the last

  [[nodiscard]] bool linked() const noexcept { return previous != nowhere; }
};

enum class AppStage : std::uint8_t { probing, active, finished };

/// What a packet of a known flow touches lies together in the front: three cache lines, wherever in
/// a line the record begins. TCP takes the rest too.
struct Conversation {
  static constexpr std::size_t front = 144;  ///< octets

  flow::TcpConnection* tcp =
      nullptr;                ///< from the shard's pool; null for a lone SYN and for others
  void* app_state = nullptr;  ///< what `stage` says; null when it would hold nothing
  flow::Contact contact;
  AppStage stage : 2 = AppStage::probing;
  bool hole_timer : 1 = false;            ///< a time-out for a hole in a stream is armed
  std::uint8_t contact_timers : 5 = 0;    ///< armed contact time-outs, by bit
  DatagramTries tries;                    ///< while probing; a stream has its Probing
  std::uint32_t anomalies = 0;            ///< reasons already reported, by bit
  [[no_unique_address]] flow::Flow flow;  // members lie in its padding
  std::uint8_t ttl = 0;                   ///< of the first packet
  std::uint8_t protocol_place = 0;        ///< among app::protocols(), from 1: recognised by content
  SynLook syn;
  std::array<flow::Stream, 2>* streams = nullptr;
  ListLink one_sided;

  /// Null unless octets are held or counted of what is not recognised yet.
  [[nodiscard]] Probing* probing() const noexcept {
    return stage == AppStage::probing ? static_cast<Probing*>(app_state) : nullptr;
  }
  /// Null unless a protocol was recognised and something of it is kept.
  [[nodiscard]] app::Dissector* dissector() const noexcept {
    return stage == AppStage::active ? static_cast<app::Dissector*>(app_state) : nullptr;
  }
  /// Null if none was recognised by content.
  [[nodiscard]] const app::Protocol* protocol() const noexcept {
    return protocol_place == 0 ? nullptr : app::protocols()[protocol_place - 1U];
  }
  void set_protocol(const app::Protocol& recognised) noexcept;
  /// Null if nothing stood around the first packet.
  [[nodiscard]] const Encapsulation* encapsulation() const noexcept;
};
static_assert(sizeof(Conversation) <= 240);
static_assert(offsetof(Conversation, flow) + offsetof(flow::Flow, tag) <= Conversation::front);

/// The application protocol of a flow as records show it.
struct AppName {
  std::string_view name;  ///< lives for ever; empty if unknown
  std::optional<flow::AppSource> source;
};
[[nodiscard]] AppName app_name(const Conversation& conversation) noexcept;

}  // namespace ntan::run

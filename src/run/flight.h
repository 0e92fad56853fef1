// Packets that go through the shards together, on several threads: copied out of the source's
// memory, decoded, and given to their shards as tasks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/arrival.h"
#include "base/packet.h"
#include "flow/key.h"
#include "flow/outcome.h"
#include "run/fragment_flaws.h"
#include "run/ledger.h"
#include "run/shard_log.h"
#include "wire/decoded.h"

namespace ntan::run {

class Flight {
 public:
  static constexpr std::size_t shards = 16;
  static constexpr std::size_t most_packets = 1'024;

  enum class Work : std::uint8_t {
    packet,       ///< of a flow
    packet_line,  ///< a `packet` event for a packet without flow
    fragment,     ///< what is wrong with it
    undecodable,
    arp,
    icmp_error,
    quoted,  ///< an ICMP error, for the flow that it quotes
  };

  struct Task {
    std::uint32_t tag = 0;
    std::uint16_t packet = 0;
    Work work{};
  };

  struct Packet {
    PacketView view;
    wire::Decoded decoded;
    wire::Extra extra;
    stats::PacketFacts facts;
    flow::DirectedKey key;                  ///< of its flow, or of the flow that it quotes
    std::optional<flow::Outcome> neighbor;  ///< a contact that the packet itself shows (ARP, ND)
    Arrival first;                          ///< of a reassembled datagram
    Tally tally;                            ///< frames this stands for
    Timestamp clock;                        ///< trace clock
    bool reassembled = false;
    FragmentFlaws flaws;
    std::array<std::uint8_t, 4> shards{};  ///< whose tasks it has, in order
    std::uint8_t tasks = 0;
  };

  /// What one shard has to do, and what it told.
  struct Lane {
    explicit Lane(Renderer renderer) : log(std::move(renderer)) {}

    std::vector<Task> tasks;
    std::size_t done = 0;
    std::int64_t tick = 0;  ///< the second its wheel is in
    bool complete = true;
    ShardLog log;
  };

  explicit Flight(const Renderer& renderer) {
    for (std::size_t i = 0; i < shards; ++i) lanes.emplace_back(renderer.another());
    packets.reserve(most_packets);
  }

  [[nodiscard]] bool empty() const noexcept { return packets.empty(); }
  /// There is a place for a packet of this size. An empty one has room for any.
  [[nodiscard]] bool has_room(std::size_t octets) const noexcept {
    return packets.empty() || (packets.size() < most_packets && used_ + octets <= capacity_);
  }

  /// Octets of its own, the same for as long as the flight lasts.
  [[nodiscard]] Bytes keep(Bytes octets) {
    if (used_ + octets.size() > capacity_) {
      older_.push_back(std::move(block_));
      capacity_ = std::max(block_size, octets.size());
      block_ = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_);  // NOLINT(*-c-arrays)
      used_ = 0;
    }
    std::uint8_t* const at = block_.get() + used_;
    if (!octets.empty()) std::memcpy(at, octets.data(), octets.size());
    used_ += octets.size();
    return {at, octets.size()};
  }

  void add_task(std::size_t shard, Task task) {
    Packet& packet = packets[task.packet];
    lanes[shard].tasks.push_back(task);
    packet.shards[packet.tasks++] = static_cast<std::uint8_t>(shard);
  }

  void clear() noexcept {
    packets.clear();
    older_.clear();
    used_ = 0;
    for (Lane& lane : lanes) {
      lane.tasks.clear();
      lane.done = 0;
      lane.complete = true;
      lane.log.clear();
    }
  }

  std::vector<Packet> packets;
  std::deque<Lane> lanes;  ///< by shard
  Timestamp end{};         ///< trace clock after the last packet

 private:
  static constexpr std::size_t block_size = std::size_t{1} << 20U;

  std::unique_ptr<std::uint8_t[]> block_;               // NOLINT(*-c-arrays)
  std::vector<std::unique_ptr<std::uint8_t[]>> older_;  // NOLINT(*-c-arrays): full ones
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

}  // namespace ntan::run

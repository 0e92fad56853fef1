// Scans that several sources share: each probes a part, together they cover the targets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/budget.h"
#include "detect/ring.h"
#include "detect/set_table.h"
#include "detect/tables.h"

namespace ntan::detect {

/// A bad first contact of a source that has no alert of its own.
struct Share {
  IpAddress source;
  bool again = false;  ///< its source had tried another target of the same kind before
  std::uint64_t source_key = 0;
  Probe probe;
  std::uint64_t target = 0;  ///< target_of() its cluster
};

/// What the shares of one cluster have in common.
enum class ClusterShape : std::uint8_t {
  host,     ///< one host, ever other ports
  network,  ///< one port, ever other hosts of one network
};

/// What a cluster counts: the port, or a hash of the host.
[[nodiscard]] std::uint64_t target_of(ClusterShape shape, const Probe& probe) noexcept;

/// The latest contacts towards one host, or towards one port of one network.
struct Cluster {
  std::uint64_t key = 0;
  Timestamp last{};
  Timestamp oldest{};  ///< no share is older
  Ring<Share> shares;  ///< at most 64, in the order they came
  AlertIndex alert = no_alert;
  bool refused = false;  ///< would have an alert if there were a place

  [[nodiscard]] std::int64_t worth() const noexcept { return last.time_since_epoch().count(); }
  [[nodiscard]] bool pinned() const noexcept { return alert != no_alert; }
};

/// Coverage without overlap (Gates 2009): at least 30 targets by 5 sources within 600 s, of which
/// few targets were probed twice and no source probed most.
class Clusters {
 public:
  static constexpr std::size_t min_targets = 30;
  static constexpr std::size_t min_sources = 5;
  /// So many of a hundred contacts may be with targets that others had, so many of one source.
  static constexpr std::size_t most_again_percent = 25, most_by_one_percent = 40;

  Clusters(std::size_t max_clusters, Budget& budget) : table_(max_clusters), memory_(budget) {}

  /// The key of the cluster that a contact belongs to. Its set is on the way to the cache.
  [[nodiscard]] std::uint64_t key_of(ClusterShape shape, const Probe& probe) const noexcept;
  [[nodiscard]] Cluster& entry(std::uint64_t key);
  /// Adds a share, forgets what is older than 600 s. True if its target is new and there are enough
  /// shares that a look at them may pay.
  bool add(Cluster& cluster, const Share& share);
  [[nodiscard]] Cluster* find(std::uint64_t key) noexcept { return table_.find(key); }

  /// Of one in eight the source has tried more than one port of the host, or more than one host:
  /// spoofed sources are drawn anew for each packet.
  [[nodiscard]] static bool come_again(const Ring<Share>& shares);
  /// All sources are of one network (/24, /64), as of who takes another address for each probe.
  [[nodiscard]] static bool are_of_one_network(const Ring<Share>& shares);
  /// The number of targets if the shares are coordinated work, else 0.
  /// Requires: shares of sources with alerts are gone.
  [[nodiscard]] static std::size_t coordinated_targets(const Ring<Share>& shares);
  /// Forgets the shares and gives their memory back.
  void drop_shares(Cluster& cluster) noexcept { memory_.release(cluster.shares); }

  [[nodiscard]] std::uint64_t evictions() const noexcept { return table_.evictions(); }

 private:
  static void forget_old(Cluster& cluster, Timestamp now);

  static constexpr std::size_t max_shares = 64;

  SetTable<Cluster> table_;
  RingMemory<Share> memory_;
};

}  // namespace ntan::detect

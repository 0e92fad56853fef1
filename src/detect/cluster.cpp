#include "detect/cluster.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "detect/keys.h"

namespace ntan::detect {
namespace {

constexpr Duration window = std::chrono::seconds{600};

std::uint64_t cluster_key(ClusterShape shape, const Probe& probe) noexcept {
  if (shape == ClusterShape::host) {
    return row_key(IpAddress{}, probe.dst, group_of(probe.contact_class));
  }
  return column_key(network_words_of(probe.dst), probe.contact_class, probe.port);
}

}  // namespace

std::uint64_t target_of(ClusterShape shape, const Probe& probe) noexcept {
  return shape == ClusterShape::host ? probe.port : host_key(probe.dst);
}

std::uint64_t Clusters::key_of(ClusterShape shape, const Probe& probe) const noexcept {
  const std::uint64_t key = cluster_key(shape, probe);
  table_.prefetch(key);
  return key;
}

Cluster& Clusters::entry(std::uint64_t key) {
  return table_.find_or_insert(key, [this](Cluster& victim) { drop_shares(victim); });
}

bool Clusters::add(Cluster& cluster, const Share& share) {
  const Timestamp now = share.probe.time;
  cluster.last = std::max(cluster.last, now);
  auto& shares = cluster.shares;
  if (!shares.empty() && now - cluster.oldest > window) forget_old(cluster, now);
  if (shares.size() >= max_shares) shares.pop_front();
  if (shares.size() == shares.capacity() && !memory_.widen(shares)) return false;
  const bool known =
      shares.size() + 1 < min_targets || shares.find_last([&share](const Share& other) {
        return other.target == share.target;
      }) != nullptr;
  cluster.oldest = shares.empty() ? now : std::min(cluster.oldest, now);
  shares.push_back(share);
  return !known;
}

void Clusters::forget_old(Cluster& cluster, Timestamp now) {
  cluster.shares.erase_if([now](const Share& share) { return now - share.probe.time > window; });
  cluster.oldest = Timestamp::max();
  for (const Share& share : cluster.shares) {
    cluster.oldest = std::min(cluster.oldest, share.probe.time);
  }
}

bool Clusters::come_again(const Ring<Share>& shares) {
  std::size_t again = 0;
  for (const Share& share : shares) again += share.again ? 1U : 0U;
  return 8 * again >= shares.size();
}

bool Clusters::are_of_one_network(const Ring<Share>& shares) {
  for (const Share& share : shares) {
    if (network_words_of(share.source) != network_words_of(shares[0].source)) return false;
  }
  return true;
}

// Without memory of its own: under a flood of shares it is asked for each of them.
std::size_t Clusters::coordinated_targets(const Ring<Share>& shares) {
  std::array<std::pair<std::uint64_t, std::uint64_t>, max_shares> pair_space{};
  std::array<std::uint64_t, max_shares> target_space{};
  std::size_t count = 0;
  for (const Share& share : shares) {
    pair_space[count] = {share.source_key, share.target};
    target_space[count] = share.target;
    ++count;
  }
  const auto distinct = [count](auto& space) {
    const std::span all = std::span{space}.first(count);
    std::ranges::sort(all);
    return all.first(static_cast<std::size_t>(std::ranges::unique(all).begin() - all.begin()));
  };
  const std::size_t covered = distinct(target_space).size();
  if (covered < min_targets) return 0;
  const auto pairs = distinct(pair_space);
  std::size_t sources = 0;
  std::size_t most = 0;
  for (std::size_t at = 0; at < pairs.size();) {
    const std::size_t first = at;
    while (at < pairs.size() && pairs[at].first == pairs[first].first) ++at;
    ++sources;
    most = std::max(most, at - first);
  }
  const std::size_t all = pairs.size();
  const bool little_overlap = 100 * (all - covered) <= most_again_percent * all;
  const bool shared = 100 * most <= most_by_one_percent * all;
  return sources >= min_sources && little_overlap && shared ? covered : 0;
}

}  // namespace ntan::detect

// The two sums of one sequential test, and what they were made of.
#pragma once

#include <algorithm>
#include <cstdint>

#include "detect/evidence.h"

namespace ntan::detect {

/// A walk over first contacts, reflected at floor_nats: evidence never expires, credit is capped.
struct Walk {
  Nats client = 0;  ///< against "client"
  Nats peer = 0;    ///< against "peer-to-peer node"
  std::uint32_t bad = 0;
  std::uint32_t good = 0;

  void add(Nats client_step, Nats peer_step) noexcept {
    client = std::max(floor_nats, client + client_step);
    peer = std::max(floor_nats, peer + peer_step);
  }

  /// Whether at least `permille` of what counted was bad.
  [[nodiscard]] bool mostly_bad(std::uint32_t permille) const noexcept {
    return bad != 0 && std::uint64_t{bad} * 1000 >= std::uint64_t{permille} * (bad + good);
  }

  /// Both hypotheses of good behaviour are beaten.
  [[nodiscard]] bool beats(Nats bound) const noexcept {
    return client >= bound && peer >= std::min(bound, peer_bound);
  }

  /// What the two sums are worth together: at least `bound` where both models are beaten. Peers are
  /// rarer than clients by as much as their bound is lower.
  [[nodiscard]] Nats score(Nats bound) const noexcept {
    return std::min(client, peer - std::min(bound, peer_bound) + bound);
  }
};

}  // namespace ntan::detect

// What is known about the capture and its services when an outcome is weighed.
#pragma once

#include <cstdint>
#include <memory>

#include "base/port.h"
#include "detect/bloom.h"
#include "detect/evidence.h"
#include "detect/set_table.h"
#include "detect/tables.h"

namespace ntan::detect {

/// Steps of one outcome on every axis.
struct Weight {
  Nats row = 0;
  Nats row_peer = 0;
  Nats column = 0;
  Nats column_peer = 0;
  Nats source = 0;
  Nats source_peer = 0;
  GuardSet guards = 0;

  void note(Guard guard) noexcept {
    guards = static_cast<GuardSet>(guards | static_cast<GuardSet>(guard));
  }
  /// A quarter is left of what counts for rows, or columns.
  void doubt_row(Guard guard) noexcept {
    row /= discount;
    row_peer /= discount;
    note(guard);
  }
  void doubt_column(Guard guard) noexcept {
    column /= discount;
    column_peer /= discount;
    note(guard);
  }
  [[nodiscard]] bool has(Guard guard) const noexcept {
    return (guards & static_cast<GuardSet>(guard)) != 0;
  }
};

/// Ports of UDP traceroute.
[[nodiscard]] constexpr bool is_trace_port(std::uint16_t port) noexcept {
  return port >= 33434 && port <= 33690;
}

/// mtr numbers its UDP probes by ports from here up.
[[nodiscard]] constexpr bool is_numbered_port(std::uint16_t port) noexcept {
  return port >= 33000;
}

/// What a DHCP server says to a client (RFC 2131 4.1), who may have asked without an address.
[[nodiscard]] constexpr bool is_dhcp_answer(const Outcome& outcome) noexcept {
  const bool datagram = outcome.asks_group || outcome.contact_class == ContactClass::udp;
  return datagram && outcome.src_port == dhcp_server_port && outcome.dst_port == dhcp_client_port;
}

/// What the detector has hashed of an outcome already.
struct OutcomeKeys {
  std::uint64_t source = 0;  ///< source_key
  std::uint64_t target = 0;  ///< target_key
};

/// Facts across sources that discount evidence: one-way captures, outages, services that went down,
/// path measurements, active FTP.
class Context {
 public:
  explicit Context(std::size_t max_outages);

  /// Learns from the result of a first contact. Returns what there is about its target's failing,
  /// until the next call; nullptr if it did not fail.
  const Outage* observe(const Outcome& outcome, const OutcomeKeys& keys);
  /// What there is about the failing of an outcome's target without learning from it.
  [[nodiscard]] const Outage* outage_of(const Outcome& outcome) noexcept;
  /// Learns how much of the traffic was captured.
  void observe(flow::Continuation continuation) noexcept;
  /// Of TCP there are only SYNs and their answers, as behind a filter: none shows whether a
  /// handshake was completed.
  [[nodiscard]] bool only_handshakes() const noexcept {
    constexpr std::uint32_t enough = 3;
    return !goes_on_ && left_ > enough;
  }
  /// A handshake of a system that was completed for all that such a capture tells.
  [[nodiscard]] bool is_cut_handshake(const Outcome& outcome) const noexcept;
  /// Somebody used what has this target_key within 12 to 24 h.
  [[nodiscard]] bool is_service(std::uint64_t key) const noexcept {
    return services_ != nullptr && services_->contains(key);
  }
  /// A DHCP server answered at this address.
  [[nodiscard]] bool is_dhcp_server(const IpAddress& address) const noexcept;
  /// One answered from there a client that had no address yet.
  void note_dhcp_server(const IpAddress& address, Timestamp now);
  /// DNS told `client` of an address.
  void note_name(const IpAddress& client, const IpAddress& address, Timestamp now);
  /// It did so, within the last hour or two.
  [[nodiscard]] bool was_named(const IpAddress& client, const IpAddress& address) const noexcept;
  /// What a source has shown of itself beside its outcome.
  struct Habits {
    bool sweeps = false;           ///< it goes from host to host of the target's network
    bool asks_neighbours = false;  ///< it failed at several hosts of the target's network
  };
  /// The steps of `outcome` for its source; `row` is that of its target, `outage` as above.
  [[nodiscard]] Weight weigh(const Outcome& outcome, const OutcomeKeys& keys, const Row& row,
                             const Outage* outage, Habits habits) const noexcept;

  /// Of at least 20 results, less than 1 % were answered.
  [[nodiscard]] bool one_way() const noexcept {
    return resolved_ >= 20 && answered_ * 100 < resolved_;
  }
  /// Answers there were are not captured: several sources got none, or one went on as after one.
  [[nodiscard]] bool misses_answers() const noexcept { return misses_answers_; }
  /// Of the first segments of recent connections a quarter jumped, and more than one end did:
  /// packets were sampled, or lost by the capture as if they were.
  [[nodiscard]] bool sampled() const noexcept {
    constexpr std::uint32_t most_of_one_end = 3;
    return jumped_ > most_of_one_end && jumped_ * 3 >= followed_;
  }

 private:
  using Services = RotatingBloom<std::size_t{1} << 20U>;
  using Names = RotatingBloom<std::size_t{1} << 20U>;

  const Outage* remember_failure(const Outcome& outcome, const OutcomeKeys& keys);
  /// A segment as of the middle of a connection, to a port that connections are opened to.
  [[nodiscard]] bool is_used_inside(const Outcome& outcome) const noexcept;
  /// Forgets services by halves as time goes on. Requires: there are any.
  void fade_services(Timestamp now) noexcept;
  void doubt(Weight& weight, const Outcome& outcome, const OutcomeKeys& keys,
             const Outage* outage) const noexcept;
  void remember_service(const Outcome& outcome, const OutcomeKeys& keys);
  Services& services(Timestamp now);

  SetTable<Outage> outages_;
  std::unique_ptr<Services> services_;  // (host, port) that answered within 12 to 24 h, if any did
  Timestamp services_since_{};
  std::unique_ptr<Names> names_;  // (client, address) that DNS told of within 1 to 2 h, if it did
  Timestamp names_since_{};
  std::uint64_t resolved_ = 0;
  std::uint64_t answered_ = 0;
  std::uint32_t followed_ = 0;  // recent segments
  std::uint32_t jumped_ = 0;
  std::uint32_t left_ = 0;        // handshakes after which nothing came
  std::uint64_t unanswered_ = 0;  // the first source without an answer, by its key
  bool misses_answers_ = false;
  bool goes_on_ = false;  // there was TCP but for SYNs and their answers
};

}  // namespace ntan::detect

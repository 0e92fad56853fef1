// The entries of the detector's bounded tables: one per source, per (source, host), per (source,
// port).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/address.h"
#include "base/hash.h"
#include "base/time.h"
#include "detect/alert_book.h"
#include "detect/contact_set.h"
#include "detect/journal.h"
#include "detect/probe.h"
#include "detect/walk.h"

namespace ntan::detect {

/// Evidence loses one nat per idle hour when entries compete for memory, never otherwise.
[[nodiscard]] constexpr std::int64_t aged(Nats value, Timestamp last) noexcept {
  // Older by an hour counts 1000 less: compare value + last seen in thousandths of an hour.
  return value +
         std::chrono::duration_cast<std::chrono::milliseconds>(last.time_since_epoch()).count() /
             3600;
}

[[nodiscard]] constexpr Nats worth_of(const Walk& walk) noexcept {
  return std::max(walk.client, walk.peer / 2);
}

/// Counts within a sliding time by two half windows: at least half of the window is always covered.
struct RateWindow {
  Timestamp start{};
  std::uint32_t current = 0;
  std::uint32_t former = 0;

  /// One more at `now`; returns how many of about the last `window`.
  std::uint32_t add(Timestamp now, Duration window) noexcept {
    const Duration half = window / 2;
    if (now - start >= half) {
      former = now - start >= window ? 0 : current;
      current = 0;
      start = now;
    }
    return ++current + former;
  }
};

/// First contacts that began together and wait for an answer.
struct Burst {
  Timestamp start{};
  std::uint32_t waiting = 0;

  void begin(Timestamp now, Duration window) noexcept {
    if (waiting == 0 || now - start > window) {
      start = now;
      waiting = 0;
    }
    ++waiting;
  }

  /// A contact of `began` got its answer.
  void end(Timestamp began) noexcept {
    if (waiting != 0 && began >= start) --waiting;
  }
};

/// One host, seen from one source: many ports make a vertical scan.
struct Row {
  std::uint64_t key = 0;
  Walk walk;
  Timestamp last{};
  Burst burst;
  std::uint32_t contacts = 0;
  std::uint32_t trace_ttls = 0;  ///< TTL values (mod 32) sent to the ports of traceroute
  std::uint32_t epoch = 0;       ///< of its source, when it was made
  bool trace = false;            ///< a router answered: this is a path measurement
  bool alarmed = false;

  [[nodiscard]] std::int64_t worth() const noexcept { return aged(worth_of(walk), last); }
  [[nodiscard]] bool pinned() const noexcept { return alarmed; }
};

/// One port, seen from one source: many hosts make a horizontal scan.
struct Column {
  std::uint64_t key = 0;
  Walk walk;
  Timestamp last{};
  Burst burst;
  RateWindow rate;
  std::uint32_t unanswered = 0;  ///< R, N, X
  std::uint32_t handshakes = 0;  ///< H, C
  std::uint32_t epoch = 0;       ///< of its source, when it was made
  bool alarmed = false;

  [[nodiscard]] std::int64_t worth() const noexcept { return aged(worth_of(walk), last); }
  [[nodiscard]] bool pinned() const noexcept { return alarmed; }
};

/// Address resolution by one sender.
enum class Sweep : std::uint8_t { none, deciding, alarmed };

struct Source {
  std::uint64_t key = 0;
  IpAddress address;
  Walk walk;
  Timestamp last{};
  ContactSet seen;
  Journal journal;  ///< what an alert would have to show, oldest first
  RateWindow resolutions;
  /// Changes when `seen` is lost: evidence without the memory of what it counted is void, or the
  /// same contacts would be counted again.
  std::uint32_t epoch = 0;
  Sweep sweep{};
  AlertIndex alert = no_alert;  ///< open, or closed less than an hour ago

  [[nodiscard]] std::int64_t worth() const noexcept { return aged(worth_of(walk), last); }
  [[nodiscard]] bool pinned() const noexcept { return alert != no_alert; }
};

/// One target that failed for several sources of one network: the target is to blame.
struct Outage {
  std::uint64_t key = 0;
  std::array<std::uint32_t, 3> sources{};  ///< short hashes of the first three
  Timestamp last{};

  [[nodiscard]] std::int64_t worth() const noexcept { return last.time_since_epoch().count(); }
  [[nodiscard]] bool pinned() const noexcept { return false; }
};

/// Octets of an address as two words, for keys.
[[nodiscard]] std::array<std::uint64_t, 2> words_of(const IpAddress& address) noexcept;
/// The /24 of an IPv4, the /64 of an IPv6 address.
[[nodiscard]] IpAddress network_of(const IpAddress& address) noexcept;

// Keys: 64-bit hashes that are the same in every run. Never 0.
[[nodiscard]] std::uint64_t source_key(const IpAddress& source) noexcept;
[[nodiscard]] std::uint64_t row_key(const IpAddress& source, const IpAddress& host,
                                    Group group) noexcept;
[[nodiscard]] std::uint64_t column_key(const IpAddress& source, ContactClass contact_class,
                                       std::uint16_t port) noexcept;
[[nodiscard]] std::uint64_t target_key(const IpAddress& host, ContactClass contact_class,
                                       std::uint16_t port) noexcept;
[[nodiscard]] std::uint64_t host_key(const IpAddress& host) noexcept;
[[nodiscard]] std::uint64_t outage_key(const IpAddress& network, const IpAddress& host,
                                       ContactClass contact_class, std::uint16_t port) noexcept;
[[nodiscard]] std::uint64_t mac_key(const MacAddress& mac) noexcept;
/// Two hosts in an order that matters.
[[nodiscard]] std::uint64_t pair_key(const IpAddress& first, const IpAddress& second) noexcept;

}  // namespace ntan::detect

// The entries of the detector's bounded tables: one per source, per (source, host), per (source,
// port).
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ratio>

#include "base/address.h"
#include "base/time.h"
#include "detect/alert_book.h"
#include "detect/contact_set.h"
#include "detect/journal.h"
#include "detect/probe.h"
#include "detect/walk.h"

namespace ntan::detect {

/// Thousandths of an hour. Evidence loses one nat per idle hour when entries compete for memory,
/// never otherwise: of two entries the one with more evidence + last use stays.
using FadeTime = std::chrono::duration<std::int64_t, std::ratio<18, 5>>;

[[nodiscard]] constexpr FadeTime fade_time(Timestamp time) noexcept {
  return std::chrono::duration_cast<FadeTime>(time.time_since_epoch());
}

/// Of what has been named nothing gets worth more as it grows: after as many hours it makes room.
inline constexpr Nats most_worth = 16'000;

[[nodiscard]] constexpr Nats worth_of(const Walk& walk) noexcept {
  return std::min(most_worth, std::max(walk.client, walk.peer / 2));
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

  /// Times may go back a little: each contact has that of its own first packet.
  void begin(Timestamp now, Duration window) noexcept {
    if (waiting == 0 || now - start > window) {
      start = now;
      waiting = 0;
    }
    start = std::min(start, now);
    ++waiting;
  }

  /// A contact of `began` got its answer.
  void end(Timestamp began) noexcept {
    if (waiting != 0 && began >= start) --waiting;
  }
};

/// What else is remembered of a row: its group decides what, in the same four octets.
class GroupNote {
 public:
  /// UDP: TTL values (mod 32) sent to the ports of traceroute, by bit.
  [[nodiscard]] std::uint32_t trace_ttls() const noexcept { return bits_; }
  void add_trace_ttl(std::uint8_t ttl) noexcept { bits_ |= 1U << (ttl % 32U); }

  /// TCP: the port that the latest laden ACK came from; 0 before there is one.
  [[nodiscard]] std::uint16_t laden_port() const noexcept {
    return static_cast<std::uint16_t>(bits_);
  }
  void set_laden_port(std::uint16_t port) noexcept { bits_ = port; }

 private:
  std::uint32_t bits_ = 0;
};

// What tells the worth of an entry comes first in each: of a full set eight are looked at.

/// One host, seen from one source: many ports make a vertical scan.
struct Row {
  std::uint64_t key = 0;
  Walk walk;
  FadeTime last_used{};
  std::uint32_t epoch = 0;   ///< of its source, when it was made
  bool alarmed = false;      ///< in the alert that is open, or was when this was last used
  bool trace = false;        ///< a router answered: this is a path measurement
  std::uint16_t checks = 0;  ///< handshakes that were given a probation
  Burst burst;
  std::uint32_t contacts = 0;
  GroupNote note;

  [[nodiscard]] std::int64_t worth() const noexcept {
    return (alarmed ? most_worth : worth_of(walk)) + last_used.count();
  }
  [[nodiscard]] bool pinned() const noexcept { return false; }
};

/// What else is remembered of a column: its class of contacts decides what, in the same two octets.
class ClassNote {
 public:
  /// ACK, FIN+ACK: the port that the latest failure came from; 0 before there is one.
  [[nodiscard]] std::uint16_t closing_port() const noexcept { return number_; }
  void set_closing_port(std::uint16_t port) noexcept { number_ = port; }

  /// SYN, UDP: failures over IPv6 that the same host makes up for otherwise.
  [[nodiscard]] std::uint16_t rescued_failures() const noexcept { return number_; }
  void count_rescued_failure() noexcept { count(); }

  /// ICMP: pings of a DHCP server.
  [[nodiscard]] std::uint16_t dhcp_checks() const noexcept { return number_; }
  void count_dhcp_check() noexcept { count(); }

 private:
  void count() noexcept {
    if (number_ != UINT16_MAX) ++number_;
  }

  std::uint16_t number_ = 0;
};

/// One port, seen from one source: many hosts make a horizontal scan.
struct Column {
  std::uint64_t key = 0;
  Walk walk;
  FadeTime last_used{};
  std::uint32_t epoch = 0;  ///< of its source, when it was made
  bool alarmed = false;     ///< as in Row
  ClassNote note;
  Burst burst;
  RateWindow rate;
  std::uint32_t unanswered = 0;  ///< refused, silent or malformed
  std::uint32_t handshakes = 0;  ///< half_open or connect

  [[nodiscard]] std::int64_t worth() const noexcept {
    return (alarmed ? most_worth : worth_of(walk)) + last_used.count();
  }
  [[nodiscard]] bool pinned() const noexcept { return false; }
};

/// Address resolution by one sender.
enum class Sweep : std::uint8_t { none, deciding, alarmed };

struct Source {
  std::uint64_t key = 0;
  Walk walk;
  FadeTime last_used{};
  /// Changes when `seen` is lost: evidence without the memory of what it counted is void, or the
  /// same contacts would be counted again.
  std::uint32_t epoch = 0;
  AlertIndex alert = no_alert;  ///< open, or closed and not yet forgotten
  IpAddress address;
  Sweep sweep{};
  std::uint16_t kept = 0;  ///< ACK, FIN+ACK: that turned out to be of a connection
  MacAddress mac;          ///< of IPv6: who put its latest contact on the link
  ContactSet seen;
  Journal journal;  ///< what an alert would have to show, oldest first
  RateWindow resolutions;

  [[nodiscard]] std::int64_t worth() const noexcept { return worth_of(walk) + last_used.count(); }
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

}  // namespace ntan::detect

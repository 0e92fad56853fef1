// What one outcome is worth: steps of the sequential tests, and the thresholds they are held
// against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "flow/outcome.h"

namespace ntan::detect {

using flow::ContactClass;
using flow::Outcome;
using flow::Result;

/// How many there are of each.
inline constexpr std::size_t contact_class_count = 15, contact_result_count = 10;
static_assert(static_cast<std::size_t>(ContactClass::reverse_rst) + 1 == contact_class_count);
static_assert(static_cast<std::size_t>(Result::time_exceeded) + 1 == contact_result_count);

/// Log-likelihood ratios in thousandths of a nat: sums of integers are the same in every run.
using Nats = std::int32_t;

/// Evidence that says little is divided by it: a quarter is left.
inline constexpr Nats discount = 4;
/// Wald's lower bound ln(.01/.99), made a reflecting barrier: good behaviour earns no more credit.
inline constexpr Nats floor_nats = -4600;
/// Bound against "peer-to-peer node", whatever the sensitivity.
inline constexpr Nats peer_bound = 6900;

enum class Sense : std::uint8_t { low, medium, high };

/// Odds against a false alarm: ln 1e7, ln 1e5, ln 1e3.
[[nodiscard]] constexpr Nats alarm_bound(Sense sense) noexcept {
  switch (sense) {
    case Sense::low: return 16100;
    case Sense::medium: return 11500;
    case Sense::high: return 6900;
  }
  return 11500;
}

/// Classes that make up one row (many ports of one host) together.
enum class Group : std::uint8_t { none, tcp, udp, sctp, icmp, ip, reverse, link };
[[nodiscard]] constexpr Group group_of(ContactClass contact_class) noexcept {
  switch (contact_class) {
    case ContactClass::none: return Group::none;
    case ContactClass::syn:
    case ContactClass::fin:
    case ContactClass::null:
    case ContactClass::xmas:
    case ContactClass::synfin:
    case ContactClass::ack:
    case ContactClass::maimon: return Group::tcp;
    case ContactClass::udp: return Group::udp;
    case ContactClass::sctp: return Group::sctp;
    case ContactClass::icmp: return Group::icmp;
    case ContactClass::ip_protocol: return Group::ip;
    case ContactClass::reverse_rst: return Group::reverse;
    case ContactClass::arp:
    case ContactClass::nd: return Group::link;
  }
  return Group::none;
}

/// TCP, UDP or SCTP: the contact has a port.
[[nodiscard]] constexpr bool has_port(ContactClass contact_class) noexcept {
  switch (group_of(contact_class)) {
    case Group::tcp:
    case Group::udp:
    case Group::sctp:
    case Group::reverse: return true;
    default: return false;
  }
}

/// A segment as of the middle of a connection.
[[nodiscard]] constexpr bool is_inside(ContactClass contact_class) noexcept {
  return contact_class == ContactClass::ack || contact_class == ContactClass::maimon;
}

/// ln P(outcome | scan) / P(outcome | benign client), for many ports of one host and for one port
/// of many hosts.
struct Steps {
  Nats row = 0;
  Nats column = 0;
};
[[nodiscard]] Steps client_steps(ContactClass contact_class, Result result) noexcept;

/// The same against a peer-to-peer node, which fails towards every second peer on its own port.
/// Where the port is not peer-prone this is the client's step.
[[nodiscard]] Steps peer_steps(ContactClass contact_class, Result result,
                               std::uint16_t port) noexcept;

/// Why evidence counts less than it would, or only against one model.
enum class Guard : std::uint16_t {
  traceroute = 1U << 0U,  ///< a path is measured: nothing counts
  ftp_data = 1U << 1U,    ///< the data connection of an FTP session: nothing, or a quarter, counts
  one_way = 1U << 2U,     ///< answers are not in this capture: silence of datagrams says nothing
  churn = 1U << 3U,       ///< the service answered before, and is down now: a quarter counts
  outage = 1U << 4U,      ///< it fails for others of the source's network too: a quarter counts
  peer_prone = 1U << 5U,  ///< a port as peer-to-peer nodes use: little against that model
  sampled = 1U << 6U,     ///< most packets are not in this capture: what is missing says little
  fallback = 1U << 7U,    ///< UDP to a port that the source uses over TCP: nothing counts
  older = 1U << 8U,       ///< looks like the end of a connection from before the capture
  dhcp_check = 1U << 9U,  ///< a DHCP server asks whether an address is free: nothing counts
  call_back = 1U << 10U,  ///< was asked to, or both ends call alike: nothing counts
  media = 1U << 11U,      ///< the port above one that is in use, as media have: nothing counts
  elsewhere = 1U << 12U,  ///< this port works at other hosts, or others at this one: a quarter
  named = 1U << 13U,      ///< DNS had told the source of the host: a quarter counts on columns
};
inline constexpr std::size_t guard_count = 14;
static_assert(static_cast<std::size_t>(Guard::named) == std::size_t{1} << (guard_count - 1));
/// Guard values, or-ed.
using GuardSet = std::uint16_t;
[[nodiscard]] std::string_view to_text(Guard guard) noexcept;

/// A user port, and not of a service that is commonly scanned for.
[[nodiscard]] bool is_peer_prone(std::uint16_t port) noexcept;

/// Nobody was there.
[[nodiscard]] constexpr bool has_failed(Result result) noexcept {
  return result == Result::refused || result == Result::silent;
}

/// What a scan meets.
[[nodiscard]] constexpr bool is_bad(Result result) noexcept {
  return has_failed(result) || result == Result::half_open || result == Result::connect ||
         result == Result::malformed;
}

}  // namespace ntan::detect

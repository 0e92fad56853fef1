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

/// Log-likelihood ratios in thousandths of a nat: sums of integers are the same in every run.
using Nats = std::int32_t;

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
[[nodiscard]] Group group_of(ContactClass contact_class) noexcept;
/// TCP, UDP or SCTP: the contact has a port.
[[nodiscard]] bool has_port(ContactClass contact_class) noexcept;
/// fin, null, xmas, synfin: named at once by the flags of one packet.
[[nodiscard]] bool is_stealth(ContactClass contact_class) noexcept;

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
enum class Guard : std::uint8_t {
  traceroute = 1U << 0U,  ///< a path is measured: nothing counts
  ftp_data = 1U << 1U,    ///< the data connection of an FTP session: nothing counts
  one_way = 1U << 2U,     ///< answers are not in this capture: silence of datagrams says nothing
  churn = 1U << 3U,       ///< the service answered before, and is down now: a quarter counts
  outage = 1U << 4U,      ///< it fails for others of the source's network too: a quarter counts
  peer_prone = 1U << 5U,  ///< a port as peer-to-peer nodes use: little against that model
};
inline constexpr std::size_t guard_count = 6;
[[nodiscard]] std::string_view to_text(Guard guard) noexcept;

/// At least 1024 and not a service that is commonly scanned for.
[[nodiscard]] bool is_peer_prone(std::uint16_t port) noexcept;

/// R, N, H, C, X: what a scan meets.
[[nodiscard]] bool is_bad(Result result) noexcept;

}  // namespace ntan::detect

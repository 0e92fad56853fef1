// The notes that a contact gives rise to, made of what its flow record knows.
#pragma once

#include <cstdint>
#include <optional>

#include "base/arp_message.h"
#include "base/arrival.h"
#include "flow/contact.h"
#include "flow/outcome.h"
#include "wire/decoded.h"

namespace ntan::flow {

/// What an Outcome needs and a flow record has. Ends are the flow's, client first.
struct ContactOrigin {
  Timestamp time;  ///< of the flow's first packet, its own
  IpAddress client;
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t proto = 0;
  std::uint8_t icmp_type = 0;  ///< of the first packet
  std::uint8_t ttl = 0;        ///< of the first packet
  std::uint64_t packet = 0;    ///< number of the first packet
};

/// The note for the detector, decided at `now`. SYN options and link addresses are left to the
/// caller (see describe_first_packet); they matter on Kind::contact and, for the SYN, on every
/// kind.
[[nodiscard]] Outcome make_outcome(const ContactOrigin& origin, const Contact& contact,
                                   Outcome::Kind kind, Timestamp now) noexcept;

/// An ARP request to a group address, or in a frame without link addresses, for somebody else is a
/// first contact too (it has no flow). Nothing for replies, probes and announcements of the
/// sender's own address, and unicast revalidation. The sender's link address is the one in the
/// message.
[[nodiscard]] std::optional<Outcome> arp_contact(const ArpMessage& arp, const wire::Extra& extra,
                                                 const Arrival& arrival,
                                                 std::uint64_t packet) noexcept;

/// Whom a neighbour solicitation asks for (RFC 4861 4.3); unknown for any other packet.
[[nodiscard]] IpAddress solicited_address(const wire::Decoded& packet) noexcept;

/// What a message of neighbour discovery tells. A solicitation to a solicited-node group (RFC 4291
/// 2.7.1) is a first contact like an ARP request; nothing for duplicate address detection, which
/// has no sender, and for unicast revalidation. An advertisement of a default router, or of a
/// neighbour with the router flag (RFC 4861 4.2, 4.4), is no contact but says what its sender is;
/// as 6.1.2 and 7.1.2 demand, only if nobody has forwarded it. Nothing for other packets.
[[nodiscard]] std::optional<Outcome> neighbor_outcome(const wire::Decoded& packet,
                                                      const wire::Extra& extra,
                                                      const Arrival& arrival,
                                                      std::uint64_t number) noexcept;

/// Adds what only the first packet tells: the look of the SYN, and the link addresses.
void describe_first_packet(const wire::Decoded& packet, const wire::Extra& extra,
                           Outcome& outcome) noexcept;

}  // namespace ntan::flow

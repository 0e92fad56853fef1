// A message of DHCP or BOOTP (RFC 951, 2131), with the options worth telling of (RFC 2132).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/parsed.h"
#include "event/value.h"

namespace ntan::app::dhcp {

inline constexpr std::size_t header_size = 236;  // before the options, or what BOOTP has there
inline constexpr std::uint32_t magic = 0x63825363;
inline constexpr std::size_t max_hardware = 16;  // octets of an address in the header

/// Option 53.
namespace type {
inline constexpr std::uint8_t discover = 1;
inline constexpr std::uint8_t offer = 2;
inline constexpr std::uint8_t request = 3;
inline constexpr std::uint8_t decline = 4;
inline constexpr std::uint8_t acknowledge = 5;
inline constexpr std::uint8_t refuse = 6;
inline constexpr std::uint8_t release = 7;
inline constexpr std::uint8_t inform = 8;
inline constexpr std::uint8_t lease_query = 10;
inline constexpr std::uint8_t lease_unassigned = 11;
inline constexpr std::uint8_t lease_unknown = 12;
inline constexpr std::uint8_t lease_active = 13;
}  // namespace type

using TypeName = event::FixedText<16>;

/// `DISCOVER`, `ACK`, …; `TYPE42` where it has no name.
[[nodiscard]] TypeName type_name(std::uint8_t type) noexcept;

/// What is wrong with a message that was read up to there.
struct Defect {
  Flaw flaw{};
  std::string_view where;
};

/// Addresses of zeros are unknown ones. Views point into the message, or into the Scratch it was
/// read with.
struct Message {
  bool is_reply = false;
  std::uint8_t hardware_type = 0;
  Bytes hardware;  ///< the client's address; as many octets as it has, none if it claims too many
  std::uint8_t hops = 0;
  std::uint32_t xid = 0;
  std::uint16_t seconds = 0;
  bool broadcast = false;
  IpAddress client;
  IpAddress assigned;
  IpAddress next_server;
  IpAddress relay;
  std::optional<std::uint8_t> type;  ///< absent: BOOTP
  IpAddress requested;
  IpAddress server_id;
  IpAddress subnet_mask;
  std::optional<std::uint32_t> lease;
  std::optional<std::uint32_t> renewal;
  std::optional<std::uint32_t> rebinding;
  std::string_view host_name;
  std::string_view fqdn;  ///< RFC 1035 5.1 text where it came as a DNS name
  std::string_view domain;
  std::string_view vendor_class;
  std::string_view text;
  std::string_view boot_file;
  Bytes client_id;
  std::span<const std::uint8_t> parameters;
  std::span<const IpAddress> routers;
  std::span<const IpAddress> dns_servers;
  std::span<const IpAddress> ntp_servers;
  std::optional<Defect> defect;  ///< the first
};

/// What a message is read with: octets of options that came in parts, texts and lists. On the
/// caller's stack, and written before it is read.
struct Scratch {                                    // NOLINT(*-member-init): see above
  static constexpr std::size_t max_addresses = 16;  // of one option; more are left out

  std::array<std::uint8_t, 2048> joined;
  std::array<char, 1024> text;
  std::array<std::array<IpAddress, max_addresses>, 3> lists;
};

/// Reads what can be read. Nothing where the header is not that of a message.
[[nodiscard]] std::optional<Message> read_message(Bytes octets, Scratch& scratch) noexcept;

}  // namespace ntan::app::dhcp

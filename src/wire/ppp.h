// PPP encapsulation (RFC 1661 2), PPPoE (RFC 2516 4) and Cisco HDLC.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

namespace ppp_protocol {
inline constexpr std::uint16_t ipv4 = 0x0021, ipv6 = 0x0057, mpls = 0x0281, mpls_multicast = 0x0283;
/// From here on: control and authentication protocols (RFC 1661 2).
inline constexpr std::uint16_t first_control = 0x8000;
}  // namespace ppp_protocol

struct Ppp {
  std::uint16_t protocol = 0;
  Slice payload{};

  /// Address, control and the protocol's first octet may each be compressed away (RFC
  /// 1661 6.5, 6.6).
  [[nodiscard]] static Parsed<Ppp> parse(Slice input) noexcept {
    constexpr std::uint16_t all_stations_ui = 0xff03;
    constexpr std::uint8_t odd_bit = 1;
    std::size_t size = 0;
    if (Reader(input.captured).be16() == all_stations_ui) size = 2;
    Reader r(input.after(size).captured);
    // RFC 1661 2: only the last octet of a protocol number is odd.
    const bool compressed = (r.peek() & odd_bit) != 0;
    size += compressed ? 1 : 2;
    const std::uint16_t protocol = compressed ? r.u8() : r.be16();
    if (!r.ok()) return input.missing(size);
    return Ppp{.protocol = protocol, .payload = input.after(size)};
  }
};

struct Pppoe {
  static constexpr std::size_t header_size = 6;

  std::uint16_t session = 0;
  bool length_bad = false;  ///< the length says more than was sent; cut to what was sent
  Slice payload{};          ///< a PPP frame without address and control

  /// The session stage only; discovery never carries packets.
  [[nodiscard]] static Parsed<Pppoe> parse(Slice input) noexcept {
    constexpr std::uint16_t version1_session = 0x1100;
    if (!input.has(header_size)) return input.missing(header_size);
    Reader r(input.captured.first(header_size));
    if (r.be16() != version1_session) return Flaw::bad_value;
    const auto session = r.be16();
    const std::size_t length = r.be16();
    const Slice behind = input.after(header_size);
    return Pppoe{
        .session = session, .length_bad = length > behind.sent, .payload = behind.first(length)};
  }
};

/// Address, control and an EtherType, as Cisco frames a serial line.
struct CiscoHdlc {
  static constexpr std::size_t header_size = 4;

  std::uint16_t type = 0;
  Slice payload{};

  [[nodiscard]] static Parsed<CiscoHdlc> parse(Slice input) noexcept {
    if (!input.has(header_size)) return input.missing(header_size);
    Reader r(input.captured.first(header_size));
    r.skip(2);
    return CiscoHdlc{.type = r.be16(), .payload = input.after(header_size)};
  }
};

}  // namespace ntan::wire

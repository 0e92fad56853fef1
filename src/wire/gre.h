// GRE (RFC 2784, RFC 2890), its version of PPTP (RFC 2637 4.1), and what it carries for port
// mirrors (ERSPAN).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Gre {
  static constexpr std::uint16_t udp_port = 4754;  ///< RFC 8086 8.3

  bool has_checksum = false;
  bool has_key = false;
  bool has_sequence = false;
  std::uint16_t type = 0;  ///< EtherType of the payload
  std::uint32_t key = 0;   ///< with version 1 the id of the call
  Slice payload{};

  /// A wireless frame on its way from an access point of Aruba to its controller.
  [[nodiscard]] bool is_wireless() const noexcept;

  /// With the type of WCCP, what a router redirects to a cache: version 2 has a header of its own
  /// in front of the IPv4 packet (draft-wilson-wrec-wccp-v2-01 4.12).
  [[nodiscard]] Slice redirected() const noexcept;

  /// RFC 7637 3.2: a key and nothing else in front of a transparent Ethernet frame.
  [[nodiscard]] bool is_nvgre() const noexcept;

  /// Refused: source routes of RFC 1701.
  [[nodiscard]] static Parsed<Gre> parse(Slice input) noexcept;
};

/// The header between GRE and a mirrored Ethernet frame (draft-foschiano-erspan-03 4).
struct Erspan {
  std::uint16_t session = 0;
  Slice payload{};

  [[nodiscard]] static Parsed<Erspan> parse(const Gre& gre) noexcept;
};

}  // namespace ntan::wire

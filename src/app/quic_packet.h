// Packets of QUIC as far as no key is needed: the invariants of all versions (RFC 8999) and the
// long headers of versions 1 and 2 (RFC 9000 17.2, RFC 9369 3) and of the drafts before them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/parsed.h"
#include "event/value.h"

namespace ntan::app {

namespace quic_version {
inline constexpr std::uint32_t negotiation = 0;
inline constexpr std::uint32_t v1 = 1;
inline constexpr std::uint32_t v2 = 0x6b3343cf;
}  // namespace quic_version

/// `v1`, `v2`, `draft-29`, `Q050`; VERSION_0x1A2A3A4A where it has no name.
using QuicVersionName = event::FixedText<24>;
[[nodiscard]] QuicVersionName quic_version_name(std::uint32_t version) noexcept;

/// Reserved for clients to provoke a Version Negotiation (RFC 9000 15): 0x?a?a?a?a.
[[nodiscard]] constexpr bool is_quic_grease(std::uint32_t version) noexcept {
  return (version & 0x0f0f0f0fU) == 0x0a0a0a0aU;
}

/// The versions of Google before the IETF took over: `Q` or `T` and three digits.
[[nodiscard]] bool is_google_quic(std::uint32_t version) noexcept;

/// Whether long headers of this version read like those of version 1. Drafts 23 to 34.
[[nodiscard]] constexpr bool is_readable_quic(std::uint32_t version) noexcept {
  return version == quic_version::v1 || version == quic_version::v2 ||
         (version >= 0xff000017U && version <= 0xff000022U);
}

enum class QuicPacketType : std::uint8_t {
  initial,
  zero_rtt,
  handshake,
  retry,
  version_negotiation,
  opaque,  ///< of a version of which only the invariants are known
};

/// What one side calls itself, or is called at first; at most 20 octets (RFC 9000 17.2).
class QuicConnectionId {
 public:
  static constexpr std::size_t max_size = 20;

  QuicConnectionId() = default;

  /// Requires: octets.size() <= max_size.
  explicit QuicConnectionId(Bytes octets) noexcept
      : size_(static_cast<std::uint8_t>(octets.size())) {
    std::ranges::copy(octets, octets_.begin());
  }

  [[nodiscard]] Bytes bytes() const noexcept { return Bytes{octets_}.first(size_); }

  friend bool operator==(const QuicConnectionId&, const QuicConnectionId&) = default;

 private:
  std::array<std::uint8_t, max_size> octets_{};
  std::uint8_t size_ = 0;
};

/// A packet with a long header. All ranges lie in the datagram.
struct QuicPacket {
  QuicPacketType type{};
  std::uint32_t version = 0;
  QuicConnectionId dcid;
  QuicConnectionId scid;
  Bytes token;                    ///< of an Initial: what the client shows to prove its address
  Bytes versions;                 ///< of a Version Negotiation: four octets each
  Bytes octets;                   ///< all of it, header included
  std::size_t number_offset = 0;  ///< where in `octets` the packet number is, in its protected form
  /// It goes on behind the octets that are there: cut by the capture, or no packet at all.
  bool cut = false;
};

/// Takes one packet with a long header off the front of a datagram; where its end is not told
/// (Retry, Version Negotiation, unknown versions), all the rest. Requires: the first octet is there
/// and has its highest bit set.
/// bad_length: the octets end in the connection IDs, or those are too long; unsupported: they are
/// beyond 20 octets in a version that may have such.
[[nodiscard]] Parsed<QuicPacket> take_quic_packet(Reader& datagram) noexcept;

/// A variable-length integer (RFC 9000 16).
[[nodiscard]] std::uint64_t read_quic_integer(Reader& reader) noexcept;

}  // namespace ntan::app

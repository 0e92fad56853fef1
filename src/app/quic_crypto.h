// What protects the Initial packets of QUIC (RFC 9001 5, RFC 9369 3.3): keys that everybody can
// derive who has seen the client's first packet. They keep nothing secret; they only make sure that
// who reads a ClientHello knows the version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace ntan::app {

enum class QuicSide : std::uint8_t { client, server };

/// Of one side.
struct QuicInitialKeys {
  std::array<std::uint8_t, 16> key{};
  std::array<std::uint8_t, 12> iv{};
  std::array<std::uint8_t, 16> header{};  ///< for the mask over first octet and packet number
};

/// The keys that follow from the Destination Connection ID of the client's first Initial, or of the
/// first one after a Retry. Nothing for a version that is not read, or where OpenSSL fails.
[[nodiscard]] std::optional<QuicInitialKeys> derive_quic_keys(std::uint32_t version, QuicSide side,
                                                              Bytes connection_id);

/// Decrypts an Initial packet into `room` and returns its frames; nothing where it was not made
/// with these keys. Requires: room.size() >= packet.size().
[[nodiscard]] std::optional<Bytes> open_quic_packet(const QuicInitialKeys& keys, Bytes packet,
                                                    std::size_t number_offset,
                                                    std::span<std::uint8_t> room);

}  // namespace ntan::app

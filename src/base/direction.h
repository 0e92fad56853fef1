#pragma once

#include <cstddef>
#include <cstdint>

namespace ntan {

/// Which half of a flow a packet belongs to. The client is the originator (src_*), decided once at
/// the flow's first packet and never flipped; the server is the responder (dst_*).
enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };

[[nodiscard]] constexpr Direction reverse(Direction direction) noexcept {
  return direction == Direction::to_server ? Direction::to_client : Direction::to_server;
}

/// For arrays of two that hold one entry per direction.
[[nodiscard]] constexpr std::size_t index(Direction direction) noexcept {
  return static_cast<std::size_t>(direction);
}

}  // namespace ntan

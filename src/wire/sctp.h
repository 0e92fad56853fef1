// SCTP common header (RFC 9260 3.1) and the type of its first chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

namespace sctp_chunk {
inline constexpr std::uint8_t data = 0, init = 1, init_ack = 2, abort = 6, shutdown = 7,
                              cookie_echo = 10, cookie_ack = 11, shutdown_complete = 14;
}

struct Sctp {
  static constexpr std::size_t header_size = 12;

  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint32_t verification_tag = 0;
  Slice payload{};  ///< chunks

  [[nodiscard]] static Parsed<Sctp> parse(Slice input) noexcept {
    if (!input.has(header_size)) return input.missing(header_size);
    Reader r(input.captured.first(header_size));
    const auto src_port = r.be16();
    const auto dst_port = r.be16();
    const auto tag = r.be32();
    return Sctp{.src_port = src_port,
                .dst_port = dst_port,
                .verification_tag = tag,
                .payload = input.after(header_size)};
  }
};

/// The type of the first chunk in the payload of an SCTP packet; nothing if there is no chunk
/// header.
[[nodiscard]] inline std::optional<std::uint8_t> first_sctp_chunk(Bytes payload) noexcept {
  constexpr std::size_t chunk_header_size = 4;
  if (payload.size() < chunk_header_size) return std::nullopt;
  return payload.front();
}

}  // namespace ntan::wire

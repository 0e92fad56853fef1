// TCP header (RFC 9293 3.1). Its options are parsed on demand: see parse_tcp_options() in
// decoded.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/parsed.h"
#include "wire/slice.h"

namespace ntan::wire {

struct Tcp {
  static constexpr std::size_t min_header_size = 20;
  static constexpr std::size_t checksum_at = 16;

  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  Bytes options;             ///< what was captured of them
  bool options_cut = false;  ///< by the snaplen
  Slice payload{};

  [[nodiscard]] static Parsed<Tcp> parse(Slice input) noexcept;
};

}  // namespace ntan::wire

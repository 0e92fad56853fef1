// One frame decoded for a test: kept in a heap block of exactly its size, so that ASan sees a read
// one octet past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/packet.h"
#include "wire/decoded.h"

namespace ntan::test {

struct Frame {
  std::unique_ptr<std::uint8_t[]> octets;  // NOLINT(*-avoid-c-arrays)
  PacketView packet;
  wire::Decoded decoded;
  wire::Extra extra;

  [[nodiscard]] std::vector<std::uint8_t> payload() const {
    const Bytes bytes = decoded.payload_bytes();
    return {bytes.begin(), bytes.end()};
  }
};

struct FrameOptions {
  LinkType link = LinkType::ethernet;
  std::size_t captured = SIZE_MAX;  ///< a snaplen
  bool verify_checksums = false;
};

inline Frame decode_frame(Bytes sent, const FrameOptions& options = {}) {
  const std::size_t captured = std::min(options.captured, sent.size());
  Frame frame{.octets = std::make_unique<std::uint8_t[]>(captured),  // NOLINT(*-avoid-c-arrays)
              .packet = {},
              .decoded = {},
              .extra = {}};
  std::copy_n(sent.begin(), captured, frame.octets.get());
  frame.packet.data = Bytes{frame.octets.get(), captured};
  frame.packet.wire_size = static_cast<std::uint32_t>(sent.size());
  frame.packet.link = options.link;
  wire::decode(frame.packet, {.verify_checksums = options.verify_checksums}, frame.decoded,
               frame.extra);
  return frame;
}

}  // namespace ntan::test

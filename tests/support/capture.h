// Capture files in memory: what a reader makes of them, and blocks to build them from.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/packet.h"
#include "source/capture_file.h"
#include "source/source.h"
#include "tests/support/bytes.h"
#include "tests/support/memory_stream.h"

namespace ntan::test {

struct ReadPacket {
  std::int64_t ns = 0;
  std::vector<std::uint8_t> data;
  std::uint32_t wire_size = 0;
  std::uint32_t interface = 0;
  LinkType link{};
  friend bool operator==(const ReadPacket&, const ReadPacket&) = default;
};

struct ReadFile {
  std::vector<ReadPacket> packets;
  std::optional<source::Damage> damage;
  std::vector<source::Interface> interfaces;
  source::Counters counters;

  [[nodiscard]] std::string damage_text() const { return damage ? damage->text : std::string(); }
};

struct ReadSizes {
  std::size_t piece = std::size_t{1} << 30U;  ///< octets that one read of the stream gives
  std::size_t buffer = 4096;
};

/// All packets of `file`, named `x`. Throws as CaptureFile does.
inline ReadFile read_capture(Bytes file, ReadSizes sizes = {}) {
  source::InterfaceTable interfaces;
  source::CaptureFile capture(std::make_unique<MemoryStream>(file, sizes.piece), interfaces, "x",
                              sizes.buffer);
  ReadFile result;
  Batch batch;
  while (capture.read(batch) == source::Status::packets) {
    for (const PacketView& packet : batch.view()) {
      result.packets.push_back({.ns = to_ns(packet.time),
                                .data = {packet.data.begin(), packet.data.end()},
                                .wire_size = packet.wire_size,
                                .interface = packet.interface,
                                .link = packet.link});
    }
  }
  result.damage = capture.damage();
  result.interfaces = interfaces.all();
  result.counters = capture.counters();
  return result;
}

inline std::vector<std::uint8_t> le16(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U)};
}

inline std::vector<std::uint8_t> le32(std::uint64_t value) {
  return join(le16(static_cast<std::uint32_t>(value & 0xffffU)),
              le16(static_cast<std::uint32_t>(value >> 16U & 0xffffU)));
}

/// A little-endian pcapng block around `body`, which is padded to four octets.
inline std::vector<std::uint8_t> block(std::uint32_t type, Bytes body) {
  const std::vector<std::uint8_t> padding((4 - body.size() % 4) % 4);
  const std::vector<std::uint8_t> length = le32(12 + body.size() + padding.size());
  return join(le32(type), length, body, padding, length);
}

inline std::vector<std::uint8_t> section_block() {
  return block(0x0a0d0d0a, "4d3c2b1a 0100 0000 ffffffff ffffffff"_hex);
}

/// `options` as they lie in the file.
inline std::vector<std::uint8_t> interface_block(LinkType link, std::uint32_t snaplen,
                                                 Bytes options = {}) {
  return block(1, join(le16(static_cast<std::uint32_t>(link)), le16(0), le32(snaplen), options));
}

/// One option with a number of eight octets.
inline std::vector<std::uint8_t> number_option(std::uint32_t code, std::uint64_t value) {
  return join(le16(code), le16(8), le32(value & 0xffffffffU), le32(value >> 32U));
}

inline std::vector<std::uint8_t> statistics_block(std::uint32_t interface, Bytes options) {
  return block(5, join(le32(interface), le32(0), le32(0), options));
}

inline std::vector<std::uint8_t> enhanced_block(std::uint32_t interface, std::uint64_t ticks,
                                                Bytes data, std::uint32_t wire_size) {
  return block(6, join(le32(interface), le32(ticks >> 32U), le32(ticks & 0xffffffffU),
                       le32(data.size()), le32(wire_size), data));
}

}  // namespace ntan::test

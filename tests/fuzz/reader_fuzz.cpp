// Capture files from their first octet: unpacking, format, records.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "source/capture_file.h"
#include "source/source.h"
#include "tests/support/memory_stream.h"

namespace {

using namespace ntan;

struct Sums {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
  std::uint64_t hash = 0;
  bool capture = false;
  std::optional<source::Damage::Kind> damage;
  friend bool operator==(const Sums&, const Sums&) = default;
};

void require(bool condition) {
  if (!condition) __builtin_trap();
}

void add(Sums& sums, const PacketView& packet, std::size_t interfaces) {
  require(packet.interface < interfaces);
  require(packet.data.size() <= source::max_packet_size);
  ++sums.packets;
  sums.octets += packet.data.size();
  // Every octet counts: a view outside the buffer is found by the sanitizer here.
  for (const std::uint8_t octet : packet.data) sums.hash = sums.hash * 31 + octet;
  sums.hash = sums.hash * 31 + static_cast<std::uint64_t>(to_ns(packet.time));
  sums.hash = sums.hash * 31 + packet.wire_size + packet.interface;
}

Sums read(Bytes input, std::size_t piece, std::size_t buffer) {
  Sums sums;
  source::InterfaceTable interfaces;
  try {
    source::CaptureFile file(std::make_unique<test::MemoryStream>(input, piece), interfaces, "x",
                             buffer);
    sums.capture = true;
    Batch batch;
    // Unpacked, a small input can be huge: a prefix of the packets serves as well.
    constexpr std::uint64_t enough = 20'000;
    while (sums.packets < enough && file.read(batch) == source::Status::packets) {
      require(batch.count > 0 && batch.count <= Batch::capacity);
      for (const PacketView& packet : batch.view()) {
        if (sums.packets < enough) add(sums, packet, interfaces.all().size());
      }
    }
    if (sums.packets < enough && file.damage()) sums.damage = file.damage()->kind;
  } catch (const source::Error& error) {
    require(error.kind() == source::Error::Kind::not_a_capture);
  }
  return sums;
}

bool packed(Bytes input) {
  Reader reader{input};
  const std::uint32_t magic = reader.be32();
  return magic != 0xa1b2c3d4U && magic != 0xd4c3b2a1U && magic != 0xa1b23c4dU &&
         magic != 0x4d3cb2a1U && magic != 0xa1b2cd34U && magic != 0x34cdb2a1U &&
         magic != 0x0a0d0d0aU;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input{data, size};
  const Sums whole = read(input, size + 1, 1U << 16U);
  // Neither where reads end nor where the buffer ends may change what is read.
  require(read(input, size + 1, 64) == whole);
  require(read(input, 7, 64) == whole);
  // Packets come out of the input: nothing is made up, nothing comes twice.
  if (!packed(input)) require(whole.octets <= size && whole.packets <= size / 16);
  return 0;
}

// A QUIC connection: datagrams as they come, and Initial packets whose frames are the input, sealed
// so that they open.
//
// Input: flags (one octet), then per datagram: kind (one octet: lowest bit the direction, the next
// two what it is), size (two octets), octets.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "app/quic_packet.h"
#include "tests/app/quic_bytes.h"
#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol quic_protocol;
}

namespace {

using namespace ntan;
using namespace ntan::test;

Octets datagram(std::uint8_t kind, Bytes octets, std::uint32_t version) {
  const Bytes client_id = "c1c2c3c4"_hex;
  const Bytes server_id = "5152535455565758"_hex;
  const Bytes chosen = "8394c8f03e515708"_hex;
  const bool from_server = (kind & 1U) != 0;
  switch (kind >> 1U & 3U) {
    case 0: return {octets.begin(), octets.end()};
    case 1: {
      const Octets head = quic_long(0xe0, version, chosen, client_id);
      return join(head, octets);
    }
    default: break;
  }
  // QuicInitial keeps to lengths of two octets.
  const Bytes frames = octets.first(std::min<std::size_t>(octets.size(), 8'000));
  return sealed({.version = version,
                 .side = from_server ? app::QuicSide::server : app::QuicSide::client,
                 .key_id = chosen,
                 .dcid = from_server ? client_id : chosen,
                 .scid = from_server ? server_id : client_id,
                 .frames = {frames.begin(), frames.end()}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader reader{Bytes{data, size}};
  const std::uint8_t flags = reader.u8();
  const std::uint32_t version = (flags & 1U) != 0 ? app::quic_version::v2 : app::quic_version::v1;
  const std::size_t memory = (flags & 2U) != 0 ? 2048 : std::size_t{1} << 20U;
  FuzzRun run{app::quic_protocol, {.transport = app::Transport::udp}, memory};
  while (!reader.done()) {
    const std::uint8_t kind = reader.u8();
    const std::size_t wanted = reader.be16();
    const Bytes octets = reader.take(std::min(wanted, reader.left()));
    const Octets packet = datagram(kind, octets, version);
    const app::Segment start{.data = packet, .size = static_cast<std::uint32_t>(packet.size())};
    (void)app::quic_protocol.probe(start, {});
    run.feed({.direction = (kind & 1U) != 0 ? Direction::to_client : Direction::to_server,
              .data = packet});
  }
  run.finish();
  require(std::ranges::count(run.lines(), '\n') <= 2);  // one of QUIC, one of TLS
  return 0;
}

// Any sequence of ARP packets.
#include <cstddef>
#include <cstdint>

#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol arp_protocol;
}  // namespace ntan::app

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ntan;
  using namespace ntan::test;
  Reader reader{Bytes{data, size}};
  const std::size_t memory = (reader.u8() & 1U) != 0 ? 512 : std::size_t{1} << 20U;
  FuzzRun run{app::arp_protocol, {.transport = app::Transport::arp}, memory};
  std::uint64_t steps = 0;
  while (!reader.done()) {
    run.feed(FuzzStep::read(reader));
    ++steps;
  }
  run.finish();
  // No packet is counted twice.
  require(run.total("queried", "retries") <= steps);
  return 0;
}

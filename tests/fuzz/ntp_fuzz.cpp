// Any sequence of NTP messages: each question and each answer is told once.
#include <cstddef>
#include <cstdint>

#include "app/ntp_packet.h"
#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol ntp_protocol;
}  // namespace ntan::app

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ntan;
  using namespace ntan::test;
  Reader reader{Bytes{data, size}};
  const std::uint8_t choice = reader.u8();
  const app::FlowContext flow{
      .transport = app::Transport::udp,
      .client = *parse_address("192.0.2.9"),
      .server = *parse_address((choice & 1U) != 0 ? "224.0.1.1" : "192.0.2.1"),
      .client_port = 40000,
      .server_port = static_cast<std::uint16_t>((choice & 2U) != 0 ? 9000 : 123)};
  const std::size_t memory = (choice & 4U) != 0 ? 512 : std::size_t{1} << 20U;
  FuzzRun run{app::ntp_protocol, flow, memory};
  std::ptrdiff_t messages = 0;
  while (!reader.done()) {
    const FuzzStep step = FuzzStep::read(reader);
    ++messages;
    (void)app::ntp_protocol.probe(
        {.data = step.data,
         .size = static_cast<std::uint32_t>(step.data.size()) + (step.cut ? 100 : 0)},
        flow);
    if (const auto read = app::ntp::read_packet(step.data)) {
      const Timestamp now = from_ns(1'700'000'000'000'000'000);
      const Timestamp time = app::ntp::to_time(read->packet.transmit, now);
      // Rounded to nanoseconds, each of which is a little more than four units.
      constexpr app::ntp::Stamp lost = 4;
      require(read->packet.transmit - app::ntp::to_stamp(time) + lost <= 2 * lost);
    }
    run.feed(step);
  }
  run.finish();
  require(std::ranges::count(run.lines(), '\n') <= messages);
  return 0;
}

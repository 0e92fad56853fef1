// Any sequence of ICMP messages and errors.
#include <cstddef>
#include <cstdint>

#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol icmp_protocol;
extern const Protocol icmp_error_protocol;
}  // namespace ntan::app

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ntan;
  using namespace ntan::test;
  using ntan::event::Note;
  Reader reader{Bytes{data, size}};
  const std::uint8_t choice = reader.u8();
  const bool v6 = (choice & 1U) != 0;
  const std::size_t memory = (choice & 2U) != 0 ? 256 : std::size_t{1} << 20U;
  const app::FlowContext flow{.transport = app::Transport::icmp,
                              .client = *parse_address(v6 ? "2001:db8::1" : "10.0.0.1"),
                              .server = *parse_address(v6 ? "2001:db8::2" : "10.0.0.2")};
  FuzzRun run{app::icmp_protocol, flow, memory};
  FuzzRun errors{app::icmp_error_protocol, {.transport = app::Transport::icmp_error}, memory};
  while (!reader.done()) {
    const FuzzStep step = FuzzStep::read(reader);
    run.feed(step);
    errors.feed(step, v6 ? IpVersion::v6 : IpVersion::v4);
  }
  run.finish();
  const std::uint64_t echoes = run.notes(Note::Kind::icmp_echo);
  const std::uint64_t answered = run.notes(Note::Kind::icmp_answered);
  require(run.notes(Note::Kind::icmp_lost) + answered <= echoes);
  require(run.notes(Note::Kind::icmp_rtt_us) <= answered);
  return 0;
}

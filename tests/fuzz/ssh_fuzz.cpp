// An SSH opening: however its segments are cut, the same event comes out.
#include <cstddef>
#include <cstdint>

#include "app/ssh_kex.h"
#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol ssh_protocol;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ntan;
  using namespace ntan::test;
  Reader reader{Bytes{data, size}};
  const app::FlowContext flow{.transport = app::Transport::tcp};
  FuzzRun run{app::ssh_protocol, flow, std::size_t{1} << 20U};
  FuzzRun single{app::ssh_protocol, flow, std::size_t{1} << 20U};
  FuzzRun poor{app::ssh_protocol, flow, 600};
  while (!reader.done()) {
    FuzzStep step = FuzzStep::read(reader);
    step.cut = false;  // of a stream what was cut is a gap
    (void)app::ssh_protocol.probe(
        {.data = step.data, .size = static_cast<std::uint32_t>(step.data.size())}, {});
    if (const auto offers = app::parse_ssh_kex_init(step.data))
      require(app::hassh(*offers, 0).view().size() == 32);
    run.feed(step);
    single.feed_single(step);
    poor.feed(step);
  }
  run.finish();
  single.finish();
  poor.finish();
  require(run.lines() == single.lines());
  require(std::ranges::count(run.lines(), '\n') <= 1);
  return 0;
}

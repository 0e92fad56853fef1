// Any sequence of DNS messages, and any DNS over TCP, in any pieces.
#include <cstddef>
#include <cstdint>

#include "app/dns_message.h"
#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol dns_protocol;
}  // namespace ntan::app

namespace {

using namespace ntan;
using namespace ntan::test;
using ntan::event::Note;

constexpr std::size_t longest_name = 1020;  // 255 octets, four characters each

bool inside(std::string_view text, const app::dns::Scratch& scratch) {
  const char* const first = scratch.text.data();
  return text.empty() ||
         (text.data() >= first && text.data() + text.size() <= first + scratch.text.size());
}

void check_message(Bytes octets) {
  app::dns::Scratch scratch;  // NOLINT(*-member-init): zeroing it would be most of a run
  const auto message = app::dns::read_message(octets, app::dns::Service::mdns, scratch);
  require(message.has_value() == (octets.size() >= app::dns::header_size));
  if (!message) return;
  require(message->answers.size() <= app::dns::max_answers);
  require(message->answers.size() <= message->header.counts[1]);
  std::size_t text = 0;
  for (const auto& answer : message->answers) {
    require(inside(answer.name, scratch) && inside(answer.data, scratch));
    require(!answer.name.empty() && answer.name.size() <= longest_name);
    require(answer.data.size() <= app::dns::TextArena::item_limit);
    text += answer.data.size();
  }
  require(text <= scratch.text.size());
  if (message->question) {
    require(inside(message->question->name, scratch));
    require(message->question->name.size() <= longest_name);
  }
}

app::FlowContext flow_of(std::uint8_t choice) {
  app::FlowContext flow{.transport = (choice & 1U) != 0 ? app::Transport::tcp : app::Transport::udp,
                        .client = *parse_address("10.0.0.1"),
                        .server = *parse_address("224.0.0.251"),
                        .client_port = 40001,
                        .server_port = 53};
  if ((choice & 2U) != 0) flow.server_port = (choice & 4U) != 0 ? 5353 : 5355;
  return flow;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader reader{Bytes{data, size}};
  const std::uint8_t choice = reader.u8();
  const app::FlowContext flow = flow_of(choice);
  const std::size_t memory = (choice & 8U) != 0 ? 2048 : std::size_t{1} << 20U;
  FuzzRun run{app::dns_protocol, flow, memory};
  FuzzRun single{app::dns_protocol, flow, std::size_t{1} << 20U};
  while (!reader.done()) {
    FuzzStep step = FuzzStep::read(reader);
    if (flow.transport == app::Transport::tcp) step.cut = false;
    check_message(step.data);
    (void)app::dns_protocol.probe({.data = step.data,
                                   .size = static_cast<std::uint32_t>(step.data.size()),
                                   .direction = step.direction},
                                  flow);
    run.feed(step);
    if (flow.transport == app::Transport::tcp) single.feed_single(step);
  }
  run.finish();
  single.finish();
  require(run.total("queried", "retries") == run.notes(Note::Kind::dns_query));
  require(run.total("answered", "duplicate_answers") == run.notes(Note::Kind::dns_answer));
  if (flow.transport == app::Transport::tcp && memory > 2048)
    require(run.lines() == single.lines());
  return 0;
}

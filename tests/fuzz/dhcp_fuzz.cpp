// Any sequence of DHCP messages, of clients among themselves and of relays.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "app/dhcp_exchanges.h"
#include "app/dhcp_message.h"
#include "tests/support/fuzz_dissect.h"

namespace ntan::app {
extern const Protocol dhcp_protocol;
}  // namespace ntan::app

namespace {

using namespace ntan;
using namespace ntan::test;

bool inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_message(Bytes octets) {
  const auto scratch = std::make_unique<app::dhcp::Scratch>();
  const auto message = app::dhcp::read_message(octets, *scratch);
  if (!message) return;
  const auto known = [&](Bytes part) {
    return inside(part, octets) || inside(part, Bytes{scratch->joined});
  };
  for (const std::string_view text : {message->host_name, message->domain, message->vendor_class,
                                      message->text, message->boot_file})
    require(known(as_bytes(text)));
  require(known(message->client_id) && known(message->parameters));
  require(known(as_bytes(message->fqdn)) ||
          inside(as_bytes(message->fqdn),
                 as_bytes(std::string_view{scratch->text.data(), scratch->text.size()})));
  require(message->hardware.size() <= app::dhcp::max_hardware);
  for (const auto list : {message->routers, message->dns_servers, message->ntp_servers})
    require(list.size() <= app::dhcp::Scratch::max_addresses);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader reader{Bytes{data, size}};
  const std::uint8_t choice = reader.u8();
  Budget memory{.limit = (choice & 2U) != 0 ? 256U : std::size_t{1} << 20U};
  {
    app::DhcpExchanges exchanges{memory};
    const app::FlowContext flow{.transport = app::Transport::udp,
                                .client = *parse_address("10.0.0.9"),
                                .server = *parse_address("10.0.0.1"),
                                .client_port = static_cast<std::uint16_t>(67 + (choice & 1U)),
                                .server_port = 67,
                                .dhcp = &exchanges};
    FuzzRun run{app::dhcp_protocol, flow, 256};
    std::ptrdiff_t messages = 0;
    while (!reader.done()) {
      const FuzzStep step = FuzzStep::read(reader);
      check_message(step.data);
      (void)app::dhcp_protocol.probe(
          {.data = step.data,
           .size = static_cast<std::uint32_t>(step.data.size()) + (step.cut ? 100 : 0)},
          flow);
      run.feed(step);
      ++messages;
    }
    run.finish();
    require(std::ranges::count(run.lines(), '\n') <= messages);
  }
  require(memory.used == 0);
  return 0;
}

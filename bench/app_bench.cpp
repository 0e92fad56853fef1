// Cost of dissectors: nanoseconds per exchange, from construction to the end of the flow, without
// rendering. What is emitted is counted and forgotten.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "app/protocol.h"
#include "base/budget.h"
#include "tests/app/certificates.h"
#include "tests/app/tls_bytes.h"
#include "tests/support/bytes.h"

namespace {

using namespace ntan;
using namespace ntan::test;

constexpr auto client = Direction::to_server;
constexpr auto server = Direction::to_client;

struct Message {
  Direction direction{};
  Octets octets;
};

struct Exchange {
  std::string_view protocol;
  app::Transport transport{};
  std::vector<Message> messages;
};

class CountingOutput final : public app::Output {
 public:
  void arm(app::Timer /*timer*/, std::uint32_t /*token*/) override {}

  void note(event::Note /*note*/) override {}
  void resolved(const IpAddress& /*address*/) override {}

  bool may_decrypt() override { return true; }

  void anomaly(std::string_view /*layer*/, event::Reason /*reason*/,
               std::string_view /*detail*/) override {}

  [[nodiscard]] std::int64_t events() const noexcept { return events_; }

 private:
  void emit_record(const event::Schema& /*schema*/, const void* record,
                   const Ends* /*ends*/) override {
    benchmark::DoNotOptimize(record);
    ++events_;
  }

  std::int64_t events_ = 0;
};

const app::Protocol* find_protocol(std::string_view name) {
  for (const app::Protocol* protocol : app::protocols()) {
    if (protocol->name == name) return protocol;
  }
  return nullptr;
}

void dissect(benchmark::State& state, const Exchange& exchange) {
  const app::Protocol* const protocol = find_protocol(exchange.protocol);
  if (protocol == nullptr) return state.SkipWithError("no such protocol");
  alignas(std::max_align_t) std::array<std::byte, 4096> memory{};
  Budget budget{.limit = std::size_t{1} << 20U};
  const app::FlowContext context{.transport = exchange.transport, .memory = &budget};
  CountingOutput output;
  std::int64_t octets = 0;
  for (auto _ : state) {
    app::Dissector* const dissector = protocol->construct(memory.data(), context);
    app::Progress progress = app::Progress::more;
    for (const Message& message : exchange.messages) {
      if (progress != app::Progress::more && progress != app::Progress::idle) break;
      const app::Segment segment{.data = message.octets,
                                 .size = static_cast<std::uint32_t>(message.octets.size()),
                                 .direction = message.direction};
      progress = dissector->consume(segment, output);
      octets += static_cast<std::int64_t>(message.octets.size());
    }
    if (progress == app::Progress::more || progress == app::Progress::idle)
      dissector->on_end({}, output);
    dissector->~Dissector();
  }
  if (output.events() == 0) state.SkipWithError("nothing was reported");
  state.SetItemsProcessed(output.events());
  state.SetBytesProcessed(octets);
}

void dissect_http(benchmark::State& state) {
  constexpr std::string_view request =
      "GET /index.html?q=1 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11; "
      "Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\nAccept: text/html,*/*;q=0.8\r\n"
      "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nReferer: "
      "http://www.example.org/start\r\nConnection: keep-alive\r\n\r\n";
  constexpr std::string_view response =
      "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nServer: nginx/1.22.1\r\n"
      "Content-Type: text/html; charset=utf-8\r\nContent-Length: 12\r\nConnection: keep-alive\r\n"
      "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\n\r\nhello world\n";
  dissect(state, {.protocol = "http",
                  .transport = app::Transport::tcp,
                  .messages = {{client, octets(request)}, {server, octets(response)}}});
}

void dissect_dns(benchmark::State& state) {
  constexpr Bytes question = "03 777777 07 6578616d706c65 03 6f7267 00 0001 0001"_hex;
  dissect(state, {.protocol = "dns",
                  .transport = app::Transport::udp,
                  .messages = {{client, join("10e1 0100 0001 0000 0000 0000"_hex, question)},
                               {server, join("10e1 8180 0001 0002 0000 0000"_hex, question,
                                             "c00c 0005 0001 0000012c 0007 04 65646765 c010"_hex,
                                             "c02d 0001 0001 0000003c 0004 cb007107"_hex)}}});
}

Octets server_flight() {
  const Octets certificate = with_length(3, ec_certificate);
  return join(server_hello("c02b"_hex, "ff01 0001 00 | 000b 0002 0100"_hex),
              tls_record(22, tls_message(11, with_length(3, certificate))),
              tls_record(22, tls_message(14, {})));
}

void dissect_tls(benchmark::State& state) {
  const Octets extensions = join(
      sni_extension("www.example.org"), "000a 0008 0006 001d 0017 0018"_hex, "000b 0002 0100"_hex,
      "000d 000a 0008 0403 0804 0401 0503"_hex, "0010 000e 000c 02 6832 08 687474702f312e31"_hex);
  dissect(state,
          {.protocol = "tls",
           .transport = app::Transport::tcp,
           .messages = {{client, client_hello("c02b c02f c02c c030 cca9 cca8"_hex, extensions)},
                        {server, server_flight()}}});
}

void dissect_icmp(benchmark::State& state) {
  dissect(state, {.protocol = "icmp",
                  .transport = app::Transport::icmp,
                  .messages = {{client, join("0800 0000 0001 0001 6162636465666768"_hex)},
                               {server, join("0000 0000 0001 0001 6162636465666768"_hex)}}});
}

void dissect_arp(benchmark::State& state) {
  dissect(
      state,
      {.protocol = "arp",
       .transport = app::Transport::arp,
       .messages = {
           {client,
            join("0001 0800 06 04 0001 | 020000000001 0a000001 | 000000000000 0a000002"_hex)},
           {client,
            join("0001 0800 06 04 0002 | 020000000002 0a000002 | 020000000001 0a000001"_hex)}}});
}

BENCHMARK(dissect_http);
BENCHMARK(dissect_dns);
BENCHMARK(dissect_tls);
BENCHMARK(dissect_icmp);
BENCHMARK(dissect_arp);

}  // namespace

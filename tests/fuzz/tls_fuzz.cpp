// A TLS conversation: however its segments are cut, the same events, notes and anomalies come out.
//
// Input: how finely to cut (one octet), then per segment: direction (lowest bit of one octet), size
// (two octets), octets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "app/protocol.h"
#include "app/tls_fingerprint.h"
#include "app/tls_hello.h"

namespace ntan::app {
extern const Protocol tls_protocol;
}

namespace {

using namespace ntan;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Writes down all that a dissector does.
class Transcript final : public app::Output {
 public:
  void arm(app::Timer /*timer*/, std::uint32_t /*token*/) override { text_ += "arm\n"; }

  void note(event::Note note) override {
    text_ += "note " + std::to_string(static_cast<int>(note.kind)) + ' ' +
             std::to_string(note.value) + '\n';
  }

  void resolved(const IpAddress& /*address*/) override {}

  bool may_decrypt() override { return true; }

  void anomaly(std::string_view layer, event::Reason /*reason*/, std::string_view detail) override {
    text_.append(layer).append(" ").append(detail) += '\n';
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] int events() const { return events_; }

 private:
  void emit_record(const event::Schema& schema, const void* record, const Ends*) override {
    std::string line(schema.json_bound(record), '\0');
    line.resize(
        static_cast<std::size_t>(schema.append_json(line.data(), record, {}) - line.data()));
    simdjson::dom::parser parser;
    const simdjson::dom::element json = parser.parse(simdjson::padded_string(line));
    std::string_view ja4;
    if (json["ja4"].get(ja4) == simdjson::SUCCESS) require(ja4.size() == 36);
    text_ += line + '\n';
    ++events_;
  }

  std::string text_;
  int events_ = 0;
};

std::string run(Reader script, std::size_t cut) {
  Budget budget{.limit = std::size_t{1} << 20U};
  const app::FlowContext flow{.transport = app::Transport::tcp, .memory = &budget};
  const auto memory = std::make_unique<std::byte[]>(app::tls_protocol.state_size);
  app::Dissector* tls = app::tls_protocol.construct(memory.get(), flow);
  Transcript out;
  auto progress = app::Progress::more;
  for (std::int64_t ms = 0; progress == app::Progress::more && !script.done(); ++ms) {
    const auto direction = static_cast<Direction>(script.u8() & 1U);
    const std::size_t size = std::min<std::size_t>(script.be16(), script.left());
    Reader segment{script.take(size)};
    while (progress == app::Progress::more && !segment.done()) {
      const Bytes piece = segment.take(std::min(cut, segment.left()));
      progress = tls->consume({.data = piece,
                               .size = static_cast<std::uint32_t>(piece.size()),
                               .direction = direction,
                               .time = from_ns(ms * 1'000'000)},
                              out);
    }
  }
  if (progress == app::Progress::more) tls->on_end(from_ns(0), out);
  tls->~Dissector();
  require(budget.used == 0);
  require(out.events() <= 1);
  return out.text() + std::to_string(static_cast<int>(progress));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input{{data, size}};
  const std::size_t cut = std::size_t{input.u8()} + 1;
  require(run(input, SIZE_MAX) == run(input, cut));

  const app::Segment start{.data = {data, size}, .size = static_cast<std::uint32_t>(size)};
  (void)app::tls_protocol.probe(start, {});
  if (const auto hello = app::parse_client_hello({data, size})) {
    const std::size_t length = app::ja4(*hello, app::Ja4Transport::quic).view().size();
    require(length == 36 || length == 0);
  }
  return 0;
}

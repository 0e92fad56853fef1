#include "run/extract.h"

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "run/choice.h"
#include "run/console.h"
#include "run/engine_options.h"
#include "run/ids.h"
#include "run/outputs.h"
#include "run/replay.h"

namespace ntan::run {
namespace {

std::string asked_for(const Options& options) {
  return options.scan_id ? "scan " + id_text({*options.scan_id})
                         : "flow " + id_text({options.flow_id.value_or(0)});
}

std::string target_of(const Options& options) {
  const std::string file = options.write_packets.value_or("-");
  return file == "-" ? "standard output" : file;
}

std::unique_ptr<Choice> choice_of(const Options& options) {
  if (options.scan_id) return std::make_unique<ScanChoice>(event::Id{*options.scan_id});
  const EngineOptions engine = engine_options(options);
  return std::make_unique<FlowChoice>(event::Id{options.flow_id.value_or(0)}, engine.vlan,
                                      engine.decode, defragment_limits(engine));
}

bool choose(Replay& replay, Choice& choice, PacketSet& chosen) {
  wire::Decoded decoded;
  wire::Extra extra;
  Timestamp clock{};
  bool begun = false;
  return replay.read([&](const Batch& batch, const source::Source&) {
    for (const PacketView& packet : batch.view()) {
      clock = begun ? std::max(clock, packet.time) : packet.time;
      begun = true;
      wire::decode(packet, {}, decoded, extra);
      choice.look_at({.packet = packet, .decoded = decoded, .extra = extra, .clock = clock},
                     chosen);
    }
    return true;
  });
}

struct Copied {
  std::uint64_t packets = 0;
  bool whole = false;  ///< the user did not stop it
};

Copied copy(Replay& replay, const PacketSet& chosen, Outputs& outputs) {
  Copied copied;
  copied.whole = replay.read([&](const Batch& batch, const source::Source& source) {
    Batch kept;
    for (const PacketView& packet : batch.view()) {
      if (chosen.contains(packet.number)) kept.packets[kept.count++] = packet;
    }
    copied.packets += kept.count;
    outputs.write_packets(kept, source.interfaces());
    return !outputs.useless();
  });
  return copied;
}

}  // namespace

ExitCode extract(const Options& options, source::Interrupt& interrupt) {
  Replay replay(options, interrupt);
  const auto choice = choice_of(options);
  const auto stopped = [] {
    say_error("stopped; nothing was written");
    return ExitCode::runtime;
  };
  do {
    if (!replay.analyse(*choice)) return stopped();
  } while (choice->wants_more());
  if (!choice->found()) {
    say_error(fmt::format("there is no {} in this input", asked_for(options)), choice->hints());
    return ExitCode::not_found;
  }
  PacketSet chosen;
  if (!choose(replay, *choice, chosen)) return stopped();
  Outputs outputs(options);
  outputs.open();
  const Copied copied = copy(replay, chosen, outputs);
  outputs.finish();
  if (outputs.closed()) return replay.ending();
  for (const std::string& message : outputs.take_failures()) say_error(message);
  const std::vector<std::string> changes = outputs.changes();
  for (const std::string& change : changes) say_warning(change);
  if (const std::string doubt = choice->doubt(chosen); !doubt.empty()) say_warning(doubt);
  if (!copied.whole) {
    say_error(fmt::format("stopped: {} of {} packets written to {}", copied.packets, chosen.count(),
                          target_of(options)));
  }
  if (outputs.failed() || !changes.empty() || !copied.whole) return ExitCode::runtime;
  if (options.verbosity != Verbosity::quiet) {
    say(fmt::format("{}: {} packets written to {}", asked_for(options), chosen.count(),
                    target_of(options)));
  }
  return replay.ending();
}

}  // namespace ntan::run

#include "run/replay.h"

#include "run/console.h"
#include "run/engine.h"
#include "run/engine_options.h"
#include "run/filter_file.h"
#include "run/input_limit.h"
#include "run/recorder.h"
#include "source/file_source.h"
#include "source/filter.h"

namespace ntan::run {
namespace {

class NoLines final : public LineSink {
 public:
  void write(const event::Schema&, Timestamp, Format, std::string_view) override {}
};

bool nothing_wanted(const void*, const event::Schema&, Format) {
  return false;
}

/// Hands over batches until the input ends, or the limit ends it, or `take` returns false. Whether
/// that never was.
template <class Take>
bool drain(source::Source& source, InputLimit limit, Take take) {
  Batch batch;
  while (true) {
    batch.count = 0;
    const source::Status status = source.read(batch);
    if (status == source::Status::end) return true;
    if (status != source::Status::packets) continue;
    const bool last = limit.cut(batch).has_value();
    if (batch.count != 0 && !take(batch)) return false;
    if (last) return true;
  }
}

}  // namespace

Replay::Replay(const Options& options, source::Interrupt& interrupt)
    : options_(&options),
      interrupt_(&interrupt),
      filter_(options.filter_file ? read_filter_file(*options.filter_file) : options.filter) {
  if (!filter_.empty()) source::check_filter(filter_);
}

std::unique_ptr<source::Source> Replay::open() const {
  return source::open_files(options_->files, {.filter = filter_, .interrupt = interrupt_});
}

void Replay::tell_damage(const source::Source& source) {
  if (damage_told_) return;
  damage_told_ = true;
  for (const source::Damage& each : source.damage()) say_warning(each.text);
  other_file_ = source::has_damage(source.damage(), source::Damage::Kind::not_a_capture);
  unreadable_ = source::has_damage(source.damage(), source::Damage::Kind::unreadable);
}

bool Replay::read(const Take& take) {
  const auto source = open();
  const bool whole = drain(*source, InputLimit{*options_},
                           [&](const Batch& batch) { return take(batch, *source); });
  if (interrupt_->stopped()) return false;
  if (whole) tell_damage(*source);
  return true;
}

bool Replay::analyse(Watch& watch) {
  NoLines lines;
  Recorder recorder(lines, nothing_wanted, nullptr, {});
  EngineOptions options = engine_options(*options_);
  options.watch = &watch;
  const auto source = open();
  Engine engine(options, recorder, source->interfaces());
  drain(*source, InputLimit{*options_}, [&](const Batch& batch) {
    engine.run(batch);
    return true;
  });
  engine.finish();
  if (interrupt_->stopped()) return false;
  tell_damage(*source);
  return true;
}

}  // namespace ntan::run

#include "run/explain.h"

#include <fmt/core.h>

#include "run/console.h"
#include "run/ids.h"
#include "run/print.h"
#include "run/replay.h"
#include "run/scan_story.h"

namespace ntan::run {

ExitCode explain(const Options& options, source::Interrupt& interrupt) {
  const Replay replay(options, interrupt);
  const event::Id id{options.scan_id.value_or(0)};
  ScanVerdict verdict(id);
  if (!replay.analyse(verdict)) {
    say_error("stopped");
    return ExitCode::runtime;
  }
  if (!verdict.ending()) {
    say_error(fmt::format("there is no scan {} in this input", id_text(id)),
              verdict.scans().hints());
    return ExitCode::not_found;
  }
  ScanStory story(id, verdict);
  if (!replay.analyse(story)) {
    say_error("stopped");
    return ExitCode::runtime;
  }
  return print(story.text());
}

}  // namespace ntan::run

#include "run/explain.h"

#include <fmt/core.h>

#include "run/console.h"
#include "run/ids.h"
#include "run/print.h"
#include "run/replay.h"
#include "run/scan_story.h"
#include "run/story_output.h"

namespace ntan::run {

ExitCode explain(const Options& options, source::Interrupt& interrupt) {
  Replay replay(options, interrupt);
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
  ScanStory walk(id, verdict);
  if (!replay.analyse(walk)) {
    say_error("stopped");
    return ExitCode::runtime;
  }
  const Story story = walk.story();
  const ExitCode printed = print(options.as_json ? json_of(story) : text_of(story));
  return printed == ExitCode::done ? replay.ending() : printed;
}

}  // namespace ntan::run

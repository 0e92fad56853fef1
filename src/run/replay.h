// Saved input, as far as the options read it, again and again for commands that ask it several
// questions.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "run/exit_code.h"
#include "run/options.h"
#include "run/watch.h"
#include "source/interrupt.h"
#include "source/source.h"

namespace ntan::run {

class Replay {
 public:
  /// False: that was enough.
  using Take = std::function<bool(const Batch&, const source::Source&)>;

  /// Checks the filter. `options` and `interrupt` outlive the replay. Throws source::Error,
  /// std::system_error.
  Replay(const Options& options, source::Interrupt& interrupt);

  /// Calls `take` for every batch of a fresh pass, or until it has enough. Damage is told of the
  /// first whole pass. False if the user stopped it.
  [[nodiscard]] bool read(const Take& take);
  /// A pass of the whole analysis, for what it tells `watch`; nothing is written. Damage as above.
  /// False if the user stopped it.
  [[nodiscard]] bool analyse(Watch& watch);

  /// How a command ends that has done its work.
  [[nodiscard]] ExitCode ending() const noexcept {
    if (unreadable_) return ExitCode::runtime;
    return other_file_ ? ExitCode::not_a_capture : ExitCode::done;
  }

 private:
  [[nodiscard]] std::unique_ptr<source::Source> open() const;
  void tell_damage(const source::Source& source);

  const Options* options_;
  source::Interrupt* interrupt_;
  std::string filter_;
  bool damage_told_ = false;
  bool other_file_ = false;  ///< one of the files is no capture
  bool unreadable_ = false;  ///< the system could not read all of them
};

}  // namespace ntan::run

// Saved input, read again by commands that ask it several questions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "run/options.h"
#include "run/watch.h"
#include "source/interrupt.h"
#include "source/source.h"

namespace ntan::run {

class Replay {
 public:
  enum class Damage : std::uint8_t { silent, told };
  /// False: that was enough.
  using Take = std::function<bool(const Batch&, const source::Source&)>;

  /// Checks the filter. `options` and `interrupt` outlive the replay. Throws source::Error,
  /// std::system_error.
  Replay(const Options& options, source::Interrupt& interrupt);

  /// Calls `take` for every batch of a fresh pass, or until it has enough; damage is told of a
  /// whole pass. False if the user stopped it.
  [[nodiscard]] bool read(Damage damage, const Take& take) const;
  /// A pass of the whole analysis, for what it tells `watch`; nothing is written. False if the user
  /// stopped it.
  [[nodiscard]] bool analyse(Watch& watch) const;

 private:
  [[nodiscard]] std::unique_ptr<source::Source> open() const;

  const Options* options_;
  source::Interrupt* interrupt_;
  std::string filter_;
};

}  // namespace ntan::run

// The command that cuts a scan's packets out of the input, as its events carry it.
#pragma once

#include <string>

#include "run/ids.h"

namespace ntan::run {

/// A command line around the id of a scan, which stands in it twice.
struct ExtractLine {
  std::string before;
  std::string between;
  std::string after;

  /// False where no file holds the packets.
  [[nodiscard]] bool known() const noexcept { return !before.empty(); }

  [[nodiscard]] std::string of(event::Id scan) const {
    const std::string id = id_text(scan);
    return before + id + between + id + after;
  }
};

}  // namespace ntan::run

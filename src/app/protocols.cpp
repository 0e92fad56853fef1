#include <array>

#include "app/protocol.h"

namespace ntan::app {

// Order matters only where two probes can both say yes: the first wins.
std::span<const Protocol* const> protocols() noexcept {
  return {};
}

}  // namespace ntan::app

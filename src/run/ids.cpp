#include "run/ids.h"

#include <fmt/core.h>

namespace ntan::run {

std::string id_text(event::Id id) {
  return fmt::format("{:016x}", id.value);
}

}  // namespace ntan::run

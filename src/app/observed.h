// Values of fields that are absent where nothing was observed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace ntan::app {

/// Microseconds from one to the other; nothing where one is not known, or a clock went back.
[[nodiscard]] inline std::optional<std::int64_t> elapsed_us(std::optional<Timestamp> from,
                                                            std::optional<Timestamp> to) noexcept {
  if (!from || !to || *to < *from) return std::nullopt;
  return to_us(*to - *from);
}

/// What is worth telling only where it happened.
[[nodiscard]] inline std::optional<bool> if_true(bool value) noexcept {
  return value ? std::optional{true} : std::nullopt;
}

}  // namespace ntan::app
